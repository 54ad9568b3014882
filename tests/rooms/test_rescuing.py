"""A post that was set aside by mistake becomes a mention, once, and is heard no second time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.channels import accounts
from app.channels.base import Post
from app.kernel import bus
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from listeners import listing, rescuing
from listeners.hear import NotOurs, Tally, take_in
from listeners.models import SetAside
from tests.world import HOW_TO, House, World


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def stray(house: House) -> Post:
    """A question to us that was taken for another brand's."""
    post = house.post(HOW_TO)
    hear_stray(house, post)
    return post


def hear_stray(house: House, post: Post) -> Tally:
    with transaction(), house.scope():
        tally = take_in(accounts.account(house.account_id), "{}", [NotOurs(post)], origin="poll")
    bus.drain()
    return tally


def aside_of(house: House, post: Post) -> int:
    with house.scope():
        found = session.execute(select(SetAside.id).where(SetAside.external_id == post.external_id)).scalar_one()
        session.rollback()
    return found


def rescue(house: House, set_aside_id: int) -> int:
    with transaction(), house.scope():
        mention_id = rescuing.rescue(set_aside_id, house.sam.member_id)
    bus.drain()
    return mention_id


def test_a_rescued_post_is_a_mention_with_its_case(house: House, stray: Post) -> None:
    mention_id = rescue(house, aside_of(house, stray))
    case = house.page(house.case_of(stray)).case
    assert (case.mention.id, case.mention.text, case.state, case.lane) == (mention_id, HOW_TO, "open", "advocates")
    assert case.mention.replyable
    assert case.mention.assessment is not None
    with house.scope():
        lines = listing.lines(listing.Wish()).lines
        session.rollback()
    assert [(line.kind, line.id) for line in lines] == [("mention", mention_id)]


def test_it_is_rescued_once_and_heard_no_second_time(house: House, stray: Post) -> None:
    aside = aside_of(house, stray)
    rescue(house, aside)
    with pytest.raises(ConflictError):
        rescue(house, aside)
    assert hear_stray(house, stray) == Tally(heard=1, duplicates=1)
    assert house.hear(stray) == Tally(heard=1, duplicates=1)


def test_our_own_posts_and_other_brands_are_not_rescued(house: House, world: World) -> None:
    question = house.post(HOW_TO)
    own = replace(house.own_post("We are closed today.", question), thread=question.thread)
    house.hear(question)
    house.hear(own)
    aside = aside_of(house, own)
    with pytest.raises(RefusedError):
        rescue(house, aside)
    with pytest.raises(NotFoundError):
        rescue(world.rival, aside)
    with pytest.raises(NotFoundError):
        rescue(house, 999)
