"""Threads are read again, parents fetched, edits and deletions noticed: what the network does not tell, we look up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from sqlalchemy import select

from app.channels import accounts, base, networks
from app.channels.base import (
    ChannelError,
    Door,
    RateLimitedError,
    RefusedByNetworkError,
    SignedOutError,
    UnreachableError,
)
from app.kernel import bus, clock
from app.kernel.db import session
from listeners.following import FAILURES_IN_A_ROW, FOLLOWED_FOR, follow
from listeners.hear import Tally
from listeners.models import Mention, PostChange, SetAside, ThreadLook
from tests.channels.sandbox import Network, running_network
from tests.flow.story import Story
from tests.world import HOW_TO

pytestmark = pytest.mark.long

Later = Callable[..., None]


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def story(app: Flask, running: Network) -> Story:  # noqa: ARG001
    return Story.begin(running.afresh())


@pytest.fixture
def tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if X did not tell of later replies, like other networks."""
    silent = replace(networks.kind("x"), tells_of_replies=False)
    monkeypatch.setattr(networks, "KINDS", dict(networks.KINDS) | {"x": silent})


def follows(story: Story, *, again: bool = True) -> Tally:
    story.network.clock.moment = clock.now()
    with story.house.scope():
        account = accounts.account(story.house.account_id)
        session.rollback()
    return follow(account, again=again)


def shown(story: Story, case_id: int) -> list[tuple[str, str]]:
    """The thread as the case's page shows it: whose post, and its words."""
    return [(post.who, post.text) for post in story.house.page(case_id).thread]


@dataclass
class Balky:
    """What a network will not show, by the ids of threads and posts, and what it was asked for."""

    errors: dict[str, ChannelError]
    asked: list[str]

    def ask(self, ids: Sequence[str]) -> None:
        """Write it down, and say no if one of them is not shown."""
        self.asked += ids
        for one in ids:
            if one in self.errors:
                raise self.errors[one]


@pytest.fixture
def balky(monkeypatch: pytest.MonkeyPatch) -> Balky:
    found, original = Balky({}, []), networks.opened

    def opened(channel: str, door: Door) -> base.Network:
        network = original(channel, door)
        thread, look_up = network.thread, network.look_up
        network.thread = lambda name, page: (found.ask([name]), thread(name, page))[1]  # type: ignore[method-assign]
        network.look_up = lambda ids: (found.ask(ids), look_up(ids))[1]  # type: ignore[method-assign]
        return network

    monkeypatch.setattr(networks, "opened", opened)
    return found


ALONE = [
    pytest.param(UnreachableError("X gave an answer that cannot be read."), id="unreadable"),
    pytest.param(RefusedByNetworkError("The account may not see this."), id="refused"),
]


def test_a_deleted_question_is_noticed_and_closed(story: Story) -> None:
    posts = [story.says(f"c{number}", HOW_TO) for number in range(3)]
    story.listen()
    bus.drain()
    story.network.control("DELETE", f"/posts/{posts[1]['id']}")
    assert follows(story).changed == 1
    bus.drain()
    states = [story.house.page(story.case_of(post)).case for post in posts]
    assert [case.closed_reason for case in states] == [None, "source_gone", None]
    assert states[1].mention.text == ""
    assert follows(story).changed == 0


def test_an_edit_is_noticed_with_its_new_words(story: Story) -> None:
    post = story.says("ada", HOW_TO)
    story.listen()
    bus.drain()
    newer = story.network.control("PATCH", f"/posts/{post['id']}", {"text": "@lumo how do I turn on LIGHT mode?"})
    follows(story)
    bus.drain()
    mention = story.house.page(story.case_of(post)).case.mention
    assert (mention.text, mention.answered_under) == ("@lumo how do I turn on LIGHT mode?", newer["id"])
    assert follows(story) == Tally()
    assert story.listen().new == 0, "the new version is no new mention"


def test_batch_after_batch_every_recent_mention_has_its_turn(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listeners.following.MOST_LOOKED_UP", 2)
    posts = [story.says(f"c{number}", HOW_TO) for number in range(5)]
    story.listen()
    for post in posts:
        story.network.control("DELETE", f"/posts/{post['id']}")
    assert [follows(story).changed for _ in range(4)] == [2, 2, 1, 0]


def test_a_batch_that_the_network_will_not_show_keeps_no_other_waiting(
    story: Story, balky: Balky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listeners.following.MOST_LOOKED_UP", 2)
    posts = [story.says(f"c{number}", HOW_TO) for number in range(5)]
    story.listen()
    for post in posts[1:]:
        story.network.control("DELETE", f"/posts/{post['id']}")
    balky.errors = {posts[0]["id"]: RefusedByNetworkError("The account may not see this.")}
    assert [follows(story).changed for _ in range(4)] == [0, 2, 1, 0]
    assert changed(story) == ["gone"] * 3
    balky.errors.clear()
    assert sum(follows(story).changed for _ in range(2)) == 1
    assert changed(story) == ["gone"] * 4, "the one that stands was never told gone"


@pytest.mark.parametrize("bad", [0, 3, 6])
def test_of_a_batch_with_one_post_that_cannot_be_read_the_others_are_looked_at(
    story: Story, balky: Balky, bad: int
) -> None:
    posts = [story.says(f"c{number}", HOW_TO) for number in range(7)]
    story.listen()
    for post in posts:
        story.network.control("DELETE", f"/posts/{post['id']}")
    balky.errors = {posts[bad]["id"]: UnreachableError("X gave an answer that cannot be read.")}
    assert (follows(story).changed, changed(story)) == (6, ["gone"] * 6)
    balky.errors.clear()
    assert follows(story).changed == 1


def test_a_network_that_is_away_is_not_asked_about_each_post(story: Story, balky: Balky) -> None:
    posts = [story.says(f"c{number}", HOW_TO)["id"] for number in range(7)]
    story.listen()
    balky.errors = dict.fromkeys(posts, UnreachableError("X cannot be reached."))
    assert follows(story) == Tally()
    assert sorted(balky.asked) == sorted(posts * 2), "once together, and once by halves"


@pytest.mark.parametrize("error", ALONE)
def test_a_parent_that_the_network_will_not_show_keeps_no_mention_from_being_looked_at(
    story: Story, balky: Balky, error: ChannelError
) -> None:
    root = story.says("eve", "My lamp flickers, what now?")
    question = story.says("ada", HOW_TO, reply_to=root["id"])
    story.listen()
    story.network.control("DELETE", f"/posts/{question['id']}")
    balky.errors = {root["id"]: error}
    assert follows(story).changed == 1
    assert balky.asked == [root["id"], question["id"]]


def test_the_posts_that_a_mention_answers_are_fetched_and_shown(story: Story) -> None:
    root = story.says("eve", "My lamp flickers, what now?")
    middle = story.says("bob", "Ask the makers.", reply_to=root["id"])
    question = story.says("ada", HOW_TO, reply_to=middle["id"])
    story.listen()
    bus.drain()
    assert [follows(story, again=False).set_aside for _ in range(3)] == [1, 1, 0]
    case = story.case_of(question)
    assert shown(story, case) == [("stranger", root["text"]), ("stranger", middle["text"]), ("customer", HOW_TO)]


def test_a_parent_that_is_gone_is_asked_for_once(story: Story) -> None:
    root = story.says("eve", "My lamp flickers, what now?")
    story.says("ada", HOW_TO, reply_to=root["id"])
    story.network.control("DELETE", f"/posts/{root['id']}")
    story.listen()
    bus.drain()
    assert follows(story, again=False).changed == 1
    fault = story.network.fault("error_before", "GET /2/tweets")
    assert follows(story, again=False) == Tally()
    [left] = [each for each in story.network.control("GET", "/faults")["faults"] if each["id"] == fault["id"]]
    assert left["hits"] == 0


@pytest.mark.usefixtures("tells_nothing")
class TestThreads:
    def test_what_the_customer_says_later_joins_the_case(self, story: Story, later: Later) -> None:
        question = story.says("ada", HOW_TO)
        story.listen()
        bus.drain()
        follows(story)
        later(minutes=5)
        story.says("ada", "I mean on the phone, not on the web?", reply_to=question["id"])
        story.says("bob", "Same here.", reply_to=question["id"])
        tally = follows(story)
        bus.drain()
        assert (tally.new, tally.set_aside) == (1, 1)
        assert [who for who, _text in shown(story, story.case_of(question))] == ["customer", "customer", "stranger"]
        with story.house.scope():
            assert len(session.execute(select(Mention.id)).all()) == 2
            assert session.execute(select(SetAside.reason)).scalars().all() == ["context"]
            session.rollback()

    def test_a_thread_that_grew_quiet_is_let_go_and_taken_up_again(self, story: Story, later: Later) -> None:
        question = story.says("ada", HOW_TO)
        story.listen()
        follows(story)
        later(days=FOLLOWED_FOR.days, hours=1)
        follows(story)
        assert due(story) == [False]
        story.says("ada", "@lumo hello?", reply_to=question["id"])
        story.listen()
        follows(story)
        assert due(story) == [True]

    def test_a_round_reads_only_so_many_threads_those_first_that_wait_longest(
        self, story: Story, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("listeners.following.THREADS_AT_ONCE", 2)
        for number in range(5):
            story.says(f"c{number}", HOW_TO)
        story.listen()
        reads = []
        original = networks.opened

        def counting(channel: str, door: object) -> object:
            network = original(channel, door)  # type: ignore[arg-type]
            asked = network.thread
            network.thread = lambda thread, page: reads.append(thread) or asked(thread, page)  # type: ignore[method-assign, func-returns-value]
            return network

        monkeypatch.setattr(networks, "opened", counting)
        for _ in range(3):
            follows(story, again=False)
        assert len(reads) == len(set(reads)) == 5

    @pytest.mark.parametrize("error", ALONE)
    def test_one_that_the_network_will_not_show_keeps_no_other_waiting(
        self, story: Story, later: Later, balky: Balky, error: ChannelError
    ) -> None:
        posts = [story.says(f"c{number}", HOW_TO) for number in range(3)]
        story.listen()
        follows(story, again=False)
        later(minutes=10)
        bad, *_ = (post["conversation_id"] for post in posts)
        balky.errors = {bad: error}
        for number, post in enumerate(posts):
            story.says(f"c{number}", "I mean on the phone, not on the web?", reply_to=post["id"])
        assert follows(story, again=False).new == 2
        balky.asked.clear()
        follows(story, again=False)
        assert balky.asked == [], "it is not always the first in its row"
        assert changed(story) == []
        balky.errors.clear()
        later(minutes=5)
        assert follows(story, again=False).new == 1

    def test_many_that_fail_in_a_row_end_the_round_and_the_others_come_first_in_the_next(
        self, story: Story, balky: Balky
    ) -> None:
        threads = [story.says(f"c{number}", HOW_TO)["conversation_id"] for number in range(5)]
        story.listen()
        balky.errors = dict.fromkeys(threads, UnreachableError("The network cannot be reached."))
        follows(story, again=False)
        assert len(balky.asked) == FAILURES_IN_A_ROW
        follows(story, again=False)
        assert sorted(balky.asked) == sorted(threads)

    @pytest.mark.parametrize("error", [RateLimitedError(None), SignedOutError("The permission has ended.")], ids=repr)
    def test_what_concerns_the_whole_account_stops_everything_at_once(
        self, story: Story, later: Later, balky: Balky, error: ChannelError
    ) -> None:
        posts = [story.says(f"c{number}", HOW_TO) for number in range(3)]
        story.listen()
        follows(story)
        later(minutes=10)
        balky.asked.clear()
        balky.errors = {post["conversation_id"]: error for post in posts}
        assert follows(story) == Tally()
        assert len(balky.asked) == 1
        balky.errors.clear()
        follows(story)
        assert balky.asked[0] == balky.asked[1], "it is still the first that is due"
        assert len(balky.asked) == 1 + 3 + 3


def changed(story: Story) -> list[str]:
    """What we believe to have become of posts."""
    with story.house.scope():
        found = session.execute(select(PostChange.state)).scalars().all()
        session.rollback()
    return list(found)


def due(story: Story) -> list[bool]:
    with story.house.scope():
        found = session.execute(select(ThreadLook.due_at)).scalars().all()
        session.rollback()
    return [moment is not None for moment in found]
