"""What staff says of mentions in these tests, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from app.channels.base import Post
from app.kernel import bus
from app.kernel.audit import AuditRow
from app.kernel.db import session, transaction
from listeners import corrections
from listeners import queries as heard
from listeners.counted import HeardDay
from listeners.queries import AssessmentView
from tests.world import House

SADDLE = "@lumo the new saddle squeaks on every climb, is that normal?"
LIKE_SADDLE = "@lumo my new saddle squeaks on each climb. Is it normal?"


@contextmanager
def seen_by(house: House) -> Iterator[None]:
    with house.scope():
        yield
        session.rollback()


def said_of(house: House, post: Post) -> AssessmentView:
    with seen_by(house):
        view = heard.mentions([mention_of(house, post)])[mention_of(house, post)].assessment
    assert view is not None
    return view


def mention_of(house: House, post: Post) -> int:
    with house.scope():
        [found] = heard.thread(post.channel, post.thread)[:1]
    return found.id


def heard_now(house: House, text: str, author: str = "c-ada") -> Post:
    post = house.post(text, author=author)
    house.hear(post)
    return post


def correct(house: House, post: Post, field: str, value: str, *, drain: bool = True) -> int:
    with transaction(), house.scope():
        correction_id = corrections.correct(mention_of(house, post), field, value, by=house.sam.member_id)
    if drain:
        bus.drain()
    return correction_id


def take_back(house: House, post: Post, field: str) -> None:
    with transaction(), house.scope():
        corrections.take_back(mention_of(house, post), field, by=house.sam.member_id)
    bus.drain()


def acts(house: House) -> list[str]:
    with seen_by(house):
        return list(session.execute(select(AuditRow.act).order_by(AuditRow.seq)).scalars())


def days(house: House) -> list[Any]:
    with seen_by(house):
        rows = session.execute(select(HeardDay)).scalars()
        return sorted((row.topic, row.asking, row.positive, row.neutral, row.negative) for row in rows if row.mentions)
