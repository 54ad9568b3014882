"""A question to a network: bound to who asked, answered once, kept sealed, and gone a day after its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.channels import consents
from app.channels.models import Consent
from app.kernel.db import session, transaction
from app.kernel.errors import NotFoundError, RefusedError
from tests.world import House, World

HELD = {"proof": "canary-51c0"}


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def ask(house: House) -> str:
    with transaction(), house.scope():
        return consents.ask("x", house.dana.member_id, HELD)


def answer(house: House, token: str, channel: str = "x") -> consents.Answered:
    with transaction(), house.scope():
        return consents.answer(channel, token, house.dana.member_id)


def test_what_was_kept_comes_back_with_the_word_once(house: House) -> None:
    token = ask(house)
    assert answer(house, token).held == HELD
    with pytest.raises(RefusedError, match="used already"):
        answer(house, token)


def test_another_networks_answer_does_not_fit(house: House) -> None:
    token = ask(house)
    with pytest.raises(RefusedError, match="no question"):
        answer(house, token, "facebook")
    assert answer(house, token).held == HELD


def test_nothing_of_it_can_be_read_and_nothing_of_it_stays(house: House, later: Callable[..., None]) -> None:
    token = ask(house)
    with house.scope():
        [row] = session.execute(select(Consent)).scalars()
        assert row.held is not None
        assert HELD["proof"] not in row.held
        assert token not in row.token_hash
        session.rollback()
    later(hours=23)
    consents.forget()
    with pytest.raises(RefusedError, match="ten minutes"):
        answer(house, token)
    later(hours=2)
    consents.forget()
    with house.scope():
        assert session.execute(select(Consent)).first() is None
        session.rollback()


def test_a_choice_is_the_askers_and_is_taken_once(world: World, house: House) -> None:
    number = answer(house, ask(house)).id
    with transaction(), house.scope():
        consents.offer(number, {"pages": [1, 2]})
    for who in (house.sam.member_id, world.rival.dana.member_id):
        with pytest.raises(NotFoundError), house.scope():
            consents.offered(number, "x", who)
    with pytest.raises(NotFoundError), world.rival.scope():
        consents.offered(number, "x", house.dana.member_id)
    with transaction(), house.scope():
        assert consents.take(number, "x", house.dana.member_id) == {"pages": [1, 2]}
    with pytest.raises(RefusedError, match="made already"), transaction(), house.scope():
        consents.take(number, "x", house.dana.member_id)
