"""What was handed over is counted to the last post, stored once, and never stops on garbage."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from app.channels import accounts
from app.channels.base import Post
from app.kernel import bus
from app.kernel.db import Base, session, transaction
from listeners import hear, x
from listeners.hear import Item, NotOurs, Tally, Unreadable, take_in
from listeners.models import Envelope, Mention, Quarantined, SetAside
from tests.rooms.conftest import Together
from tests.world import HOW_TO, House, World


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def hear_items(house: House, items: Sequence[Item], raw: str = "{}") -> Tally:
    """Hear a batch without letting anything follow."""
    with transaction(), house.scope():
        tally = take_in(accounts.account(house.account_id), raw, items, origin="poll")
    assert tally.heard == len(items) == tally.new + tally.duplicates + tally.set_aside + tally.quarantined
    return tally


def rows(house: House, model: type[Base]) -> int:
    with house.scope():
        count = session.execute(select(func.count()).select_from(model)).scalar_one()
        session.rollback()
    return count


def mixed(house: House) -> list[Item]:
    """One of everything that can be heard."""
    question = house.post(HOW_TO, external_id="1")
    return [
        question,
        house.post("@lumo another one", external_id="2"),
        replace(question, text="the same post again in the same batch"),
        house.own_post("We are on it.", question),
        replace(house.post("RT @rival", external_id="4"), kind="repost"),
        NotOurs(house.post("@rival hello", external_id="5")),
        Unreadable("item 7", '{"id": 7}', "The post cannot be read."),
    ]


def test_every_post_ends_in_exactly_one_place(house: House) -> None:
    assert hear_items(house, mixed(house)) == Tally(heard=7, new=2, duplicates=1, set_aside=3, quarantined=1)
    assert (rows(house, Mention), rows(house, SetAside), rows(house, Quarantined)) == (2, 3, 1)
    with house.scope():
        reasons = session.execute(select(SetAside.reason).order_by(SetAside.reason)).scalars().all()
        first = session.execute(select(Mention.text).where(Mention.external_id == "1")).scalar_one()
    assert reasons == ["not_ours", "own_post", "repost"]
    assert first == HOW_TO


def test_hearing_it_again_adds_nothing(house: House) -> None:
    batch = mixed(house)
    hear_items(house, batch)
    bus.drain()
    assert hear_items(house, batch) == Tally(heard=7, new=0, duplicates=7, set_aside=0, quarantined=0)
    assert (rows(house, Mention), rows(house, SetAside), rows(house, Quarantined)) == (2, 3, 1)
    assert bus.drain() == 0


def test_an_empty_batch_keeps_its_envelope(house: House) -> None:
    assert hear_items(house, [], raw='{"meta": {"result_count": 0}}') == Tally()
    with house.scope():
        kept = session.execute(select(Envelope)).scalar_one()
    assert (kept.raw, kept.origin) == ('{"meta": {"result_count": 0}}', "poll")


def test_the_same_batch_heard_by_two_processes_at_once_is_stored_once(house: House, together: Together) -> None:
    posts = [house.post(f"@lumo question {number}", external_id=str(number)) for number in range(40)]
    orders = [posts, posts[::-1], posts, posts[::-1]]
    tallies = together([lambda order=order: hear_items(house, order) for order in orders])
    assert sum(tally.new for tally in tallies) == rows(house, Mention) == 40
    assert sum(tally.heard for tally in tallies) == 160
    bus.drain()
    with house.scope():
        assert len(session.execute(select(Mention.id)).all()) == 40


def test_the_same_post_is_stored_for_each_brand_that_hears_it(world: World) -> None:
    post = world.lumo.post("@lumo @rival which of you is it?", external_id="77", summons=("lumo", "rival"))
    world.lumo.hear(post)
    world.rival.hear(post)
    assert (rows(world.lumo, Mention), rows(world.rival, Mention)) == (1, 1)


@pytest.mark.parametrize(
    ("summons", "replyable"), [(("lumo",), True), (("rival",), False), ((), False)], ids=["us", "rival", "nobody"]
)
def test_whether_the_network_lets_us_answer_is_known_at_once(
    house: House,
    summons: tuple[str, ...],
    replyable: bool,  # noqa: FBT001
) -> None:
    hear_items(house, [house.post("hello lamp", external_id="9", summons=summons)])
    with house.scope():
        assert session.execute(select(Mention.replyable)).scalar_one() is replyable


def test_letters_that_no_database_holds_are_replaced(house: House) -> None:
    post = replace(
        house.post("a\x00b \ud83d half, whole 🙂", external_id="1"), author_name="A\x00da\udc00", author_handle="a\x00"
    )
    hear_items(house, [post], raw='{"text": "\x00 \udfff"}')
    with house.scope():
        stored = session.execute(select(Mention)).scalar_one()
    assert stored.text == "a\ufffdb ? half, whole 🙂"
    assert (stored.author_name, stored.author_handle) == ("A\ufffdda?", "a\ufffd")


@pytest.mark.parametrize(
    "wrong",
    [
        {"external_id": "x" * 81},
        {"external_id": ""},
        {"external_id": "1\x00"},
        {"thread": "t" * 5000},
        {"in_reply_to": "\ud800"},
        {"author_id": "\x00"},
        {"posted_at": datetime(2026, 1, 1)},  # noqa: DTZ001  that is the point
        {"posted_at": datetime(1, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda wrong: ascii(next(iter(wrong))),
)
def test_one_post_that_cannot_be_stored_does_not_stop_the_others(house: House, wrong: dict[str, Any]) -> None:
    good = house.post(HOW_TO, external_id="1")
    bad = replace(house.post("@lumo odd", external_id="2"), **wrong)
    tally = hear_items(house, [bad, good])
    assert (tally.new, tally.quarantined) == (1, 1)
    with house.scope():
        kept = session.execute(select(Quarantined)).scalar_one()
    assert kept.raw == "@lumo odd"
    assert kept.reason


def test_more_followers_than_a_number_holds(house: House) -> None:
    hear_items(house, [replace(house.post("hi", external_id="1"), author_followers=10**12)])
    with house.scope():
        assert session.execute(select(Mention.author_followers)).scalar_one() == 2**31 - 1


def test_envelopes_are_forgotten_after_30_days_and_mentions_stay(house: House, later: Callable[..., None]) -> None:
    hear_items(house, [house.post(HOW_TO)], raw="the old one")
    later(days=30, minutes=-1)
    hear.forget_envelopes()
    assert rows(house, Envelope) == 1
    hear_items(house, [], raw="the young one")
    later(minutes=2)
    hear.forget_envelopes()
    with house.scope():
        assert session.execute(select(Envelope.raw)).scalars().all() == ["the young one"]
    assert rows(house, Mention) == 1


def good_item(external_id: str = "1", **more: Any) -> dict[str, Any]:
    """A post as X writes it."""
    return {
        "id": external_id,
        "author_id": "42",
        "text": "@lumo how do I turn on dark mode?",
        "created_at": "2026-03-01T12:00:00.000Z",
        "conversation_id": external_id,
        "entities": {"mentions": [{"username": "Lumo"}]},
    } | more


def page(*items: Any, **more: Any) -> str:
    users = [{"id": "42", "username": "ada", "name": "Ada", "public_metrics": {"followers_count": 5}}]
    return json.dumps({"data": list(items), "includes": {"users": users}} | more)


def test_a_page_of_x_becomes_posts() -> None:
    reply = good_item("2", conversation_id="1", referenced_tweets=[{"type": "replied_to", "id": "1"}])
    repost = good_item("3", referenced_posts=[{"type": "retweeted", "id": "1"}])
    first, second, third = x.read_page(page(good_item(), reply, repost))
    assert first == Post(
        channel="x",
        external_id="1",
        thread="1",
        in_reply_to=None,
        author_id="42",
        author_handle="ada",
        author_name="Ada",
        author_followers=5,
        text="@lumo how do I turn on dark mode?",
        posted_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        summons=("lumo",),
    )
    assert (second.thread, second.in_reply_to, third.kind) == ("1", "1", "repost")


def test_a_long_post_is_read_whole_and_a_quote_summons_whom_it_quotes() -> None:
    quoted = {"id": "8", "author_id": "43"}
    raw = page(
        good_item(note_tweet={"text": "all of it"}, entities=None, referenced_tweets=[{"type": "quoted", "id": "8"}]),
        includes={"users": [{"id": "43", "username": "LUMO"}], "tweets": [quoted]},
    )
    (post,) = x.read_page(raw)
    assert (post.text, post.summons, post.author_handle) == ("all of it", ("lumo",), "42")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "<html>502</html>",
        "null",
        "[]",
        '"text"',
        '{"data": 5}',
        '{"data": [], "includes": "none"}',
        '{"data": [{}], "includes": {"users": 1}}',
        "[" * 100_000,
        '{"data": [' + "9" * 5000 + "]}",
    ],
    ids=lambda raw: raw[:20],
)
def test_an_answer_that_is_no_page_is_one_unreadable_item(raw: str) -> None:
    found = list(x.read_page(raw))
    assert [(type(item), item.place) for item in found] == [(Unreadable, "answer")]


GARBAGE: tuple[dict[str, Any], ...] = (
    {"id": None, "author_id": None},
    {"created_at": "yesterday"},
    {"created_at": "2026-03-01T12:00:00"},
    {"created_at": 5},
    {"text": 7},
    {"text": None},
    {"entities": "none"},
    {"entities": {"mentions": ["lumo"]}},
    {"referenced_tweets": [{"type": "replied_to"}]},
    {"referenced_tweets": {"type": "replied_to"}},
    {"conversation_id": ["1"] * 99},
    {"note_tweet": "text"},
    {"text": "half \ud83d", "id": "\ud83d"},
)


def test_garbage_in_a_post_costs_that_post_alone(house: House) -> None:
    broken = [
        {name: value for name, value in (good_item(f"bad {number}") | change).items() if value is not None}
        for number, change in enumerate(GARBAGE)
    ]
    raw = page(good_item("1"), *broken, 5, None, "post", [], good_item("3"))
    tally = hear_items(house, list(x.read_page(raw)), raw=raw)
    assert (tally.new, tally.quarantined) == (2, len(GARBAGE) + 4)
    with house.scope():
        assert session.execute(select(Mention.external_id).order_by(Mention.id)).scalars().all() == ["1", "3"]
