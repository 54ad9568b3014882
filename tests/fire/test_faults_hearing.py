"""Faults of hearing, each with its figures: everything twice and at once, gaps, own posts coming back, garbage."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.alerts import watching
from app.alerts.models import Alert
from app.channels import accounts, networks
from app.channels.base import Post
from app.desk.models import Case, CaseMention
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from listeners.hear import Changed, Item, Tally, Unreadable, take_in
from listeners.models import Assessment, Gap, Mention, Quarantined, SetAside
from listeners.readers import READERS
from listeners.watching import only_ours
from tests.channels.sandbox import Network, running_network
from tests.flow.story import Story, dead
from tests.world import HOW_TO, House, World

pytestmark = pytest.mark.slow

Later = Callable[..., None]
Report = Callable[[int, str, str], None]
Result = TypeVar("Result")
AT_ONCE = 8


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def story(app: Flask, running: Network) -> Story:  # noqa: ARG001
    return Story.begin(running.afresh())


class TestEverythingTwice:
    """R5: every event twice, out of order, eight at once, ends as each of them once, in order."""

    @pytest.mark.timeout(1800)
    @pytest.mark.parametrize("events", [1_000, 10_000])
    def test_faults_replay(self, app: Flask, world: World, report_fault: Report, events: int) -> None:
        once, often = world.lumo, world.rival
        for items in batches(every_event(once, events), 250):
            hear(once, items)
        drain(app, 1)
        dice = random.Random(events)
        doubled = [item for item in every_event(often, events) for _ in range(2)]
        dice.shuffle(doubled)
        counted = at_once(app, [lambda items=items: hear(often, items) for items in batches(doubled, 50)])
        drain(app, 4)
        total = sum(counted, Tally())
        assert total.heard == len(doubled)
        assert dead() == []
        single, twice = ending(once), ending(often)
        different = sum(single[name] != twice[name] for name in single)
        report_fault(
            5,
            f"{events:,} events twice, out of order, {AT_ONCE} at once",
            f"difference {different}; {total.heard:,} heard, {total.new:,} new, {total.duplicates:,} known before",
        )
        assert single == twice


def every_event(house: House, events: int) -> list[Item]:
    """Five kinds of threads: plain, edited twice, deleted, answered by the brand, followed up; and what is no post."""
    made: list[Item] = []
    number = 0
    at = clock.now() - timedelta(hours=2)
    while len(made) < events:
        number += 1
        post = replace(
            house.post(f"@{house.handle} how do I turn on dark mode in the app? no {number}", author=f"c-{number}"),
            external_id=f"{number}",
            thread=f"{number}",
            posted_at=at + timedelta(milliseconds=number),
        )
        made += [post, *following(house, post, number)]
        if number % 50 == 0:
            made.append(Unreadable(f"item {number}", '{"id": ', "The post cannot be read."))
    return made[:events]


def following(house: House, post: Post, number: int) -> list[Item]:
    later = post.posted_at + timedelta(minutes=1)
    if number % 5 == 1:
        return [
            Changed("x", post.external_id, "edited", f"{post.text} please", later),
            Changed("x", post.external_id, "edited", f"{post.text} thank you", later + timedelta(minutes=1)),
        ]
    if number % 5 == 2:
        return [Changed("x", post.external_id, "gone", at=later)]
    if number % 5 == 3:
        return [replace(house.own_post("In Settings.", post), external_id=f"own-{number}", posted_at=later)]
    if number % 5 == 4:
        more = house.post(f"@{house.handle} and where is the manual?", reply_to=post, author=post.author_id)
        return [replace(more, external_id=f"more-{number}", posted_at=later)]
    return []


def batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def hear(house: House, items: Sequence[Item]) -> Tally:
    def take() -> Tally:
        with transaction(), house.scope():
            return take_in(accounts.account(house.account_id), "{}", items, origin="webhook")

    return again_when_busy(take)  # whoever told us of it tells us again


def again_when_busy(verb: Callable[[], Result]) -> Result:
    """What it returns, after up to five tries: a deadlock, or a file that others write to, ends one."""
    for _ in range(4):
        try:
            return verb()
        except OperationalError:
            session.rollback()
    return verb()


def at_once(app: Flask, verbs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all of them, eight at any time."""
    session.remove()

    def alone(verb: Callable[[], Any]) -> Any:
        with app.app_context():
            try:
                return verb()
            finally:
                session.remove()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(alone, verbs))


def drain(app: Flask, hands: int) -> None:
    at_once(app, [lambda: again_when_busy(bus.drain)] * hands)  # workers get what is left from the clock's sweep
    bus.drain()


def ending(house: House) -> dict[str, Any]:
    """What must be the same however it was heard: no ids, no moments of ours."""
    with house.scope():
        mentions = session.execute(
            select(Mention.external_id, Mention.text, Mention.version, Mention.gone_at.is_not(None), Assessment.intent)
            .join(Assessment, Assessment.mention_id == Mention.id)
            .order_by(Mention.external_id)
        )
        said = sorted(tuple(row) for row in mentions)
        cases = session.execute(select(Case.thread, Case.state, Case.lane, Case.closed_reason, Case.thread_revision))
        found = {
            "mentions": [(one[0], one[1].replace(house.handle, ""), *one[2:]) for one in said],
            "cases": sorted(tuple(str(value) for value in row) for row in cases),
            "places": session.execute(select(func.count()).select_from(CaseMention)).scalar_one(),
            "aside": sorted(session.execute(select(SetAside.external_id)).scalars()),
            "quarantined": session.execute(select(func.count()).select_from(Quarantined)).scalar_one(),
        }
        session.rollback()
    return found


class TestGaps:
    """R6: nobody listens for a while; what was said meanwhile is heard afterwards, or its loss is told."""

    @pytest.mark.parametrize(
        ("name", "gap"),
        [
            ("5 s", timedelta(seconds=5)),
            ("90 s", timedelta(seconds=90)),
            ("6 min", timedelta(minutes=6)),
            ("23 h", timedelta(hours=23)),
            ("30 h", timedelta(hours=30)),
        ],
    )
    @pytest.mark.parametrize("reach", [timedelta(days=7), timedelta(hours=24)], ids=["week", "day"])
    def test_faults_gap(
        self,
        story: Story,
        later: Later,
        report_fault: Report,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        gap: timedelta,
        reach: timedelta,
    ) -> None:
        short = replace(networks.kind("x"), reach=reach)
        monkeypatch.setattr(networks, "KINDS", dict(networks.KINDS) | {"x": short})
        story.listen()
        began = clock.now()
        said = spoken_over(story, later, gap)
        for kind in ("duplicate_items", "late_items"):
            story.network.fault(kind, "GET /2/users/*/mentions")
        for _ in range(3):
            story.listen()
            later(seconds=60)
        reached = [moment for moment in said.values() if moment >= clock.now() - reach - timedelta(minutes=2)]
        watching.look()
        session.rollback()
        with story.house.scope():
            heard = set(session.execute(select(Mention.external_id)).scalars())
            lost = session.execute(select(Gap.since, Gap.until).where(Gap.kind == "lost")).all()
            told = session.execute(select(func.count()).select_from(Alert).where(Alert.kind == "hearing")).scalar_one()
            count = session.execute(select(func.count()).select_from(Mention)).scalar_one()
            session.rollback()
        within = {one for one, moment in said.items() if moment in reached}
        recall = len(heard & within) / len(within)
        hidden = len(set(said) - heard)
        shown = f"; {len(lost)} gap row, {told} alert, {hidden} lost to it" if lost else "; no gap"
        days = "7 days" if reach.days == 7 else "24 h"
        report_fault(6, f"nobody listens for {name}, reach {days}", f"recall {recall:.0%} of {len(within)}{shown}")
        assert (recall, count) == (1.0, len(heard))
        assert bool(lost) is (gap > reach)
        assert bool(hidden) <= bool(lost)
        if lost:
            assert abs(lost[0].since - began) < timedelta(minutes=1)
            assert told == 1


def spoken_over(story: Story, later: Later, gap: timedelta, posts: int = 24) -> dict[str, Any]:
    """People write all through the gap, several in the same moment, some told late; when each wrote, by id."""
    said: dict[str, Any] = {}
    for number in range(posts // 2):
        later(seconds=gap.total_seconds() / (posts // 2))
        for who in ("ada", "bob"):
            post = story.says(who, f"@lumo {number} {who}", late_by=min(number, 3))
            said[post["id"]] = clock.now()
    return said


class TestOwnPostsComingBack:
    """R26: what the brand says comes back to it in many shapes; none becomes work."""

    def test_faults_echo(self, story: Story, later: Later, report_fault: Report) -> None:
        questions = [story.says(f"c{number}", HOW_TO) for number in range(10)]
        story.listen()
        bus.drain()
        for number, question in enumerate(questions):
            case = story.case_of(question)
            answer = f"Open Settings, then Display, then Dark. ({number})"
            story.house.judge(story.house.submit(case, story.house.maya, answer), story.house.sam)
        bus.drain()
        before = cases_of(story)
        back = 0
        for question in questions:
            [said] = story.answers(question)
            story.says("eve", "", repost_of=said["id"])
            story.says("lumo", "Worth reading: @lumo", quote_of=said["id"])
            story.says("lumo", "@lumo says hello to itself")
            back += 4
        for _ in range(3):
            later(seconds=60)
            story.listen()
            bus.drain()
        after = cases_of(story)
        report_fault(26, f"{back} own posts, quotes and reposts come back", f"{len(after) - len(before)} cases")
        assert after == before


def cases_of(story: Story) -> list[tuple[str, str]]:
    with story.house.scope():
        rows = session.execute(select(Case.thread, Case.state).order_by(Case.id)).all()
        session.rollback()
    return [tuple(row) for row in rows]


@dataclass(frozen=True)
class Bad:
    """One item that is no post, and what is wrong with it."""

    name: str
    item: Any


class TestGarbage:
    """What cannot be read is quarantined with its reason; its neighbours are heard."""

    def test_faults_garbage(self, world: World, report_fault: Report) -> None:
        house = world.lumo
        good = 0
        bad = list(bad_items())
        for number, each in enumerate(bad):
            items = [x_item(f"1{number:05}"), each.item, x_item(f"2{number:05}")]
            raw = json.dumps({"data": items, "includes": {"users": [{"id": "7", "username": "ada"}]}})
            tally = hear_raw(house, "x", raw)
            assert tally.heard == 3, each.name
            places = (tally.new, tally.duplicates, tally.set_aside, tally.quarantined, tally.changed)
            assert sum(places) == 3, each.name
            good += 2
        known = stored(house)
        assert {f"{side}{number:05}" for side in (1, 2) for number in range(len(bad))} <= known
        report_fault(100, f"{len(bad)} kinds of items that are no posts", f"{good} of {good} neighbours heard, 0 stops")

    @pytest.mark.parametrize("channel", sorted(READERS))
    def test_faults_garbled_answers(self, world: World, report_fault: Report, channel: str) -> None:
        house, dice = world.lumo, random.Random(channel)
        whole = json.dumps({"data": [x_item(str(number)) for number in range(20)], "posts": [1], "entry": [2]})
        answers = ["", "null", "[]", "7", '"text"', "{", "\ufffd", '{"data": 7}', '{"data": {"a": 1}}', "[" * 5000]
        answers += [whole[: dice.randrange(len(whole))] for _ in range(100)]
        answers += ["".join(dice.sample(whole, len(whole))) for _ in range(20)]
        answers += ['{"data": [' + '"' + "a" * 1_000_000 + '"]}', '{"\\ud800": "\\udfff"}']
        for raw in answers:
            hear_raw(house, channel, raw)
        house.hear(house.post(HOW_TO, external_id="after"))
        assert "after" in stored(house)
        report_fault(100, f"{len(answers)} garbled answers of {channel}", "0 stops, the next item heard")

    def test_faults_garbled_line(self, story: Story, later: Later, report_fault: Report) -> None:
        """The same over a real line: an answer that is cut off leaves its window open, and is asked for again."""
        kinds = ("truncated_json", "string_body", "drop_after", "error_after")
        for number, kind in enumerate(kinds):
            story.says("ada", f"@lumo {number}")
            story.network.fault(kind, "GET /2/users/*/mentions")
            story.listen()
            later(seconds=60)
        story.listen()
        heard = len(stored(story.house))
        report_fault(100, f"{len(kinds)} answers broken on the line", f"{heard} of {len(kinds)} heard")
        assert heard == len(kinds)


def hear_raw(house: House, channel: str, raw: str) -> Tally:
    with transaction(), house.scope():
        account = accounts.account(house.account_id)
        items = only_ours(READERS[channel].read_page(raw), account, ())
        tally = take_in(account, raw, items, origin="poll")
    bus.drain()
    return tally


def stored(house: House) -> set[str]:
    with house.scope():
        found = set(session.execute(select(Mention.external_id)).scalars())
        session.rollback()
    return found


def x_item(number: str, **more: Any) -> dict[str, Any]:
    item = {
        "id": number,
        "author_id": "7",
        "text": "@lumo hello",
        "created_at": "2026-11-02T09:00:00Z",
        "entities": {"mentions": [{"username": "lumo"}]},
    }
    return item | more


def bad_items() -> Iterator[Bad]:
    yield from (Bad(f"no object {each!r}", each) for each in (None, 7, "text", [], [[]], True))
    for name in ("id", "author_id", "text", "created_at"):
        yield Bad(f"without {name}", {key: value for key, value in x_item("9").items() if key != name})
        for wrong in (None, 7, {}, [], "", "\x00", "\ud800", "9" * 500):
            yield Bad(f"{name} is {str(wrong)[:9]!r}", x_item(f"9{name}") | {name: wrong})
    for name in ("entities", "referenced_tweets", "note_tweet", "edit_history_tweet_ids", "public_metrics"):
        for wrong in (7, "text", [7], {"mentions": 7}, {"mentions": [7]}, [{"type": "quoted"}]):
            yield Bad(f"{name} is {wrong!r}", x_item(f"9{name}{wrong}"[:60].replace(" ", ""), **{name: wrong}))
    yield Bad("a million letters", x_item("91", text="@lumo " + "a" * 1_000_000))
    yield Bad("a million halves", x_item("92", text="\ud800" * 1_000_000))
    yield Bad("unknown fields", x_item("93", tomorrow={"deep": [[[[1]]]]}, **{"\u202e": "x"}))
    yield Bad("a time before time", x_item("94", created_at="0001-01-01T00:00:00Z"))
    yield Bad("a time after time", x_item("95", created_at="9999-12-31T23:59:59Z"))
