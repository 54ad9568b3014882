"""The reports' figures are what a recount of the rows gives, whatever was heard twice, undone or said too late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from app.channels.base import Post
from app.desk import figures as answered
from app.desk import replies
from app.desk.counted import AuthorDay, Promise, PromiseDay
from app.kernel import bus
from app.kernel.db import Base, session, transaction
from listeners import figures as heard
from listeners.counted import HeardDay, HeardHour
from listeners.models import Assessment, Mention
from tests.flow.spoken import ANSWER, Recorded
from tests.rooms.conftest import Together
from tests.world import FURIOUS, HOW_TO, House, World

pytestmark = pytest.mark.long

pytest_plugins = ("tests.flow.desk",)
SUMS = (HeardDay, HeardHour, PromiseDay, AuthorDay)


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def sums(house: House) -> dict[str, list[Any]]:
    """Every row of every table of sums that says anything."""
    found = {}
    for model in SUMS:
        table = Base.metadata.tables[model.__tablename__]
        numbers = [column for column in table.columns if not column.primary_key]
        rows = session.execute(table.select().where(table.c.brand_id == house.brand_id)).all()
        found[table.name] = sorted(tuple(row) for row in rows if any(getattr(row, each.name) for each in numbers))
    session.rollback()
    return found


def recounted(house: House) -> dict[str, list[Any]]:
    with transaction(), house.scope():
        heard.rebuild()
        answered.rebuild()
    return sums(house)


def of_day(house: House, model: type[Any], *names: str) -> tuple[int, ...]:
    with house.scope():
        rows = session.execute(select(*(getattr(model, name) for name in names))).all()
        session.rollback()
    return tuple(sum(row[place] for row in rows) for place in range(len(names)))


def publish(house: House, post: Post, **verdict: str) -> int:
    """Maya answers a post, Sam judges it; the reply's id."""
    review = house.submit(house.case_of(post), house.maya, ANSWER)
    house.judge(review, house.sam, **verdict)
    bus.drain()
    page = house.page(house.case_of(post))
    return next(post.reply.id for post in page.thread if post.reply)


def test_a_whole_day_with_everything_twice_adds_up_to_its_rows(
    house: House, network: Recorded, later: Callable[..., None]
) -> None:
    asked = [house.post(f"{HOW_TO} {words}", author=f"c-{words}") for words in ("one", "two", "three", "four", "five")]
    furious = house.post(FURIOUS, author="c-furious")
    house.hear(*asked, furious)
    house.hear(*asked[:3], furious)
    later(minutes=20)
    first = publish(house, asked[0])
    later(minutes=80)
    publish(house, asked[1], verdict="edit", text="Open Settings, Display, Dark, and restart.", reason="shorter")
    house.hear(house.post("thank you so much, that worked!", reply_to=asked[0], author="c-one"))
    house.hear(house.post("thanks again, it works!", reply_to=asked[0], author="c-one"))
    house.hear(house.own_post("We have written to you.", asked[2]))
    house.judge(house.submit(house.case_of(asked[3]), house.maya, ANSWER), house.sam, "return", reason="which menu?")
    house.judge(house.submit(house.case_of(asked[3]), house.maya, ANSWER), house.sam, "reject", reason="not so")
    third = publish(house, asked[4])
    with transaction(), house.scope():
        replies.ask_take_down(third, house.sam, "It was wrong.")
    bus.drain()
    with transaction():  # as if every mark had been lost: what follows twice is counted once
        session.execute(update(bus.Delivery).values(state="pending", done_at=None))
    bus.drain()
    assert first
    assert len(network.said) == 2, "the third was taken down"
    assert of_day(house, HeardDay, "mentions") == of_day(house, HeardHour, "mentions") == (8,)
    by_whom = dict.fromkeys(("advocates", "outside", "taken_down"), 0)
    with house.scope():
        for row in session.execute(select(PromiseDay)).scalars():
            by_whom[row.answered_as] += row.answers
        session.rollback()
    assert by_whom == {"advocates": 2, "outside": 1, "taken_down": 1}
    assert of_day(house, AuthorDay, "published", "taken_down", "thanked") == (2, 1, 1)
    assert of_day(house, AuthorDay, "approved", "edited", "returned", "rejected") == (2, 1, 1, 1)
    assert of_day(house, PromiseDay, "up_to_30", "up_to_120") == (1, 3)
    before = sums(house)
    assert recounted(house) == before
    assert recounted(house) == before


def test_the_promise_was_kept_only_when_the_answer_came_in_time(
    house: House, network: Recorded, later: Callable[..., None]
) -> None:
    in_time, late = house.post(HOW_TO, author="c-early"), house.post(HOW_TO, author="c-late")
    house.hear(in_time, late)
    publish(house, in_time)
    with transaction(), house.scope():
        case = house.case_of(late)
        session.execute(
            update(Base.metadata.tables["case"])
            .where(Base.metadata.tables["case"].c.id == case)
            .values(due_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        )
    later(minutes=1)
    publish(house, late)
    assert len(network.said) == 2
    assert of_day(house, PromiseDay, "answers", "kept") == (2, 1)


def test_a_corrected_assessment_moves_its_mention(house: House) -> None:
    post = house.post(HOW_TO)
    house.hear(post)
    with transaction(), house.scope():
        mention = session.execute(select(Mention)).scalars().one()
        row = session.execute(select(Assessment)).scalars().one()
        columns = ("language", "topic", "mood", "needs_reply")
        before = heard.judged_of(mention, {name: getattr(row, name) for name in columns})
        row.topic, row.mood = "billing", "negative"
        heard.moved(before, heard.judged_of(mention, {name: getattr(row, name) for name in columns}))
    with house.scope():
        counted = session.execute(
            select(HeardDay.topic, HeardDay.mentions, HeardDay.negative).where(HeardDay.mentions > 0)
        ).all()
        session.rollback()
    assert [tuple(row) for row in counted] == [("billing", 1, 1)]
    assert recounted(house) == sums(house)


def test_batches_at_the_same_moment_are_all_counted(house: House, together: Together) -> None:
    for number in range(6):
        house.hear(*(house.post(HOW_TO, author=f"c-{number}-{each}") for each in range(4)), drain=False)
    ids = list(bus.due())
    session.rollback()
    together([lambda each=each: bus.deliver(each) for each in ids])
    bus.drain()
    assert of_day(house, HeardDay, "mentions", "asking") == (24, 24)
    assert recounted(house) == sums(house)


def test_a_recount_touches_no_other_brand(world: World) -> None:
    for house in (world.lumo, world.rival):
        house.hear(house.post(HOW_TO.replace("lumo", house.handle)))
    theirs = sums(world.rival)
    assert recounted(world.lumo)["heard_day"]
    assert sums(world.rival) == theirs


def test_every_promise_remembers_whose_answer_ended_it(house: House, network: Recorded) -> None:
    post = house.post(HOW_TO)
    house.hear(post)
    reply_id = publish(house, post)
    with house.scope():
        names = (Promise.reply_id, Promise.author_id, Promise.answered_as)
        row = session.execute(select(*names, Promise.offered_at, Promise.answered_at, Promise.due_at)).one()
        session.rollback()
    assert network.said
    assert (row.reply_id, row.author_id, row.answered_as) == (reply_id, house.maya.member_id, "advocates")
    assert row.offered_at < row.answered_at < row.due_at
