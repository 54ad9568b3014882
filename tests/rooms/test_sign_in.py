"""Signing in, staying in, and being out at once when somebody says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from app.kernel import clock
from app.kernel.db import brand_scope, session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from app.people import members, passwords
from app.people.models import Member, Membership, SignIn
from app.people.sign_in import (
    Person,
    begin,
    is_seen_due,
    look_at,
    person_behind,
    proven,
    seated,
    seen,
    sign_out,
    sign_out_everywhere,
)
from tests.world import PASSWORD, House, World


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def enter(email: str = "maya@lumo.example", password: str = PASSWORD) -> str | None:
    with transaction():
        member_id = proven(email, password)
        return begin(member_id, "Firefox on Linux") if member_id else None


def behind(token: str | None) -> Person | None:
    found = person_behind(token)
    session.rollback()
    return found


def token_of(who: str) -> str:
    token = enter(f"{who}@lumo.example")
    assert token is not None
    return token


def test_the_right_password_opens_a_seat(house: House) -> None:
    person = behind(enter("  MAYA@lumo.example "))
    assert person is not None
    assert (person.member_id, person.alias, person.email) == (house.maya.member_id, "maya", "maya@lumo.example")
    assert (seated(person).brand_id, seated(person).role, seated(person).is_staff) == (
        house.brand_id,
        "advocate",
        False,
    )


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("maya@lumo.example", "not her password"),
        ("maya@lumo.example", ""),
        ("maya@lumo.example", PASSWORD + " "),
        ("maya@lumo.example", PASSWORD.upper()),
        ("nobody@lumo.example", PASSWORD),
        ("nobody@lumo.example", "nobody has this password"),
        ("", ""),
        ("%@lumo.example", PASSWORD),
    ],
)
def test_anything_else_opens_nothing(house: House, email: str, password: str) -> None:  # noqa: ARG001
    assert enter(email, password) is None
    assert session.execute(select(SignIn)).first() is None


def test_an_unknown_address_costs_the_same_work(house: House, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    done: list[str] = []
    real = PasswordHasher.verify

    def verify(self: PasswordHasher, stored: str, password: str) -> bool:
        done.append(stored.rpartition("$")[0].rpartition("$")[0])  # kind and cost of the hash
        return real(self, stored, password)

    enter("nobody@lumo.example", "first, so that the hash of nobody is made")
    monkeypatch.setattr(PasswordHasher, "verify", verify)
    enter("maya@lumo.example", "not her password")
    enter("nobody@lumo.example", "not her password")
    assert len(done) == 2
    assert done[0] == done[1]


def test_the_token_is_not_in_the_database(house: House) -> None:  # noqa: ARG001
    token = token_of("maya")
    stored = session.execute(select(SignIn.token_hash)).scalar_one()
    assert len(token) >= 40
    assert token not in stored
    assert behind(stored) is None
    assert behind(None) is behind("") is behind("made up") is None


def test_an_old_hash_is_made_anew_with_the_right_password_only(house: House) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    member = (Member.id == house.maya.member_id,)
    with transaction():
        session.execute(update(Member).where(*member).values(password_hash=old))
    enter(password="not her password")
    assert session.execute(select(Member.password_hash).where(*member)).scalar_one() == old
    session.rollback()
    token_of("maya")
    stored = session.execute(select(Member.password_hash).where(*member)).scalar_one()
    assert stored != old
    assert not passwords.is_outdated(stored)


@pytest.mark.parametrize(("who", "idle", "absolute"), [("maya", 8 * 60, 7 * 24 * 60), ("sam", 60, 12 * 60)])
def test_a_sign_in_lapses_when_idle_and_at_its_age(
    house: House,  # noqa: ARG001
    later: Callable[..., None],
    who: str,
    idle: int,
    absolute: int,
) -> None:
    token, unused = token_of(who), token_of(who)
    begun = clock.now()
    while (clock.now() - begun).total_seconds() / 60 + idle < absolute:
        later(minutes=idle - 1)
        assert is_seen_due(token)
        assert behind(token) is not None
        with transaction():
            seen(token)
    assert behind(unused) is None  # nobody was seen with it
    left = absolute - (clock.now() - begun).total_seconds() / 60
    later(minutes=left - 1)
    assert behind(token) is not None
    with transaction():
        seen(token)
    later(minutes=2)
    assert behind(token) is None


def test_being_seen_is_written_at_most_once_a_minute(house: House, later: Callable[..., None]) -> None:  # noqa: ARG001
    token = token_of("maya")
    assert not is_seen_due(token)
    later(seconds=61)
    assert is_seen_due(token)
    with transaction():
        seen(token)
    assert not is_seen_due(token)


def test_signing_out_ends_this_browser_and_signing_out_everywhere_all(house: House) -> None:
    first, second, sams = token_of("maya"), token_of("maya"), token_of("sam")
    with transaction():
        sign_out(first)
    assert behind(first) is None
    assert behind(second) is not None
    with transaction():
        sign_out_everywhere(house.maya.member_id)
    assert behind(second) is None
    assert behind(sams) is not None


def test_a_new_role_acts_with_the_next_request(house: House) -> None:
    token = token_of("maya")
    with transaction():
        members.join(house.brand_id, house.maya.member_id, "moderator", by=house.dana.member_id)
    assert seated(behind(token)).role == "moderator"
    with transaction():
        members.join(house.brand_id, house.maya.member_id, "advocate", by=house.dana.member_id)
    assert not seated(behind(token)).is_staff


def test_who_is_suspended_has_no_seat_at_once(house: House) -> None:
    token = token_of("sam")
    with transaction(), house.scope():
        session.execute(
            update(Membership).where(Membership.member_id == house.sam.member_id).values(suspended_at=clock.now())
        )
    person = behind(token)
    assert person is not None
    assert (person.seats, person.seat) == ((), None)
    with pytest.raises(NotAllowedError):
        seated(person)


def test_a_person_with_two_seats_looks_at_one_brand_at_a_time(world: World) -> None:
    with transaction():
        members.join(world.rival.brand_id, world.lumo.maya.member_id, "moderator")
    token = token_of("maya")
    person = behind(token)
    assert person is not None
    assert seated(person).brand_id == world.lumo.brand_id
    with transaction():
        look_at(token, person, world.rival.brand_id)
    assert seated(behind(token)).role == "moderator"
    assert {seat.brand_id for seat in person.seats} == {world.lumo.brand_id, world.rival.brand_id}


def test_nobody_looks_at_a_brand_without_a_seat_in_it(world: World) -> None:
    token = token_of("maya")
    person = behind(token)
    assert person is not None
    with pytest.raises(NotFoundError), transaction():
        look_at(token, person, world.rival.brand_id)
    assert seated(behind(token)).brand_id == world.lumo.brand_id


def test_a_person_without_any_seat_is_told_so() -> None:
    with pytest.raises(NotAllowedError):
        seated(None)


@pytest.mark.parametrize(
    ("email", "alias", "password", "error"),
    [
        ("no address", "ok", PASSWORD, RefusedError),
        ("@lumo.example", "ok", PASSWORD, RefusedError),
        ("a b@lumo.example", "ok", PASSWORD, RefusedError),
        ("new@lumo.example", "^", PASSWORD, RefusedError),
        ("new@lumo.example", "ok", "short", RefusedError),
        ("MAYA@lumo.example", "ok", PASSWORD, ConflictError),
    ],
)
def test_who_cannot_become_a_member(
    house: House,  # noqa: ARG001
    email: str,
    alias: str,
    password: str,
    error: type[Exception],
) -> None:
    with pytest.raises(error), transaction():
        members.add(email, "New", alias, password)


def test_there_is_no_fourth_role(house: House) -> None:
    with pytest.raises(RefusedError), transaction(), brand_scope(house.brand_id):
        members.join(house.brand_id, house.maya.member_id, "owner")
    assert seated(behind(token_of("maya"))).role == "advocate"
