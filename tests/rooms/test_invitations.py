"""Invitations: a link for one address, for a week, used once; it gives the role that the manager meant and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.kernel import clock
from app.kernel.audit import AuditRow
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, PeerlineError, RefusedError
from app.people import invitations, profile, queries, sign_in
from app.people.invitations import Invited
from app.people.models import Invitation
from tests.mailbox import Mailbox, mailbox
from tests.rooms.conftest import Together
from tests.world import PASSWORD, House, World

__all__ = ["mailbox"]
ADA = "ada@lumo.example"
Later = Callable[..., None]


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def invite(house: House, email: str = ADA, role: str = "advocate") -> Invited:
    with transaction():
        return invitations.invite(
            house.brand_id, email, role, languages=("en", "vi"), topics=("tech",), by=house.dana.member_id
        )


def token_of(invited: Invited) -> str:
    return invited.path.removeprefix("/join/")


def join(invited: Invited, password: str = PASSWORD, alias: str = "ada", name: str = "Ada Byron") -> int:
    with transaction():
        return invitations.accept_as_new(token_of(invited), name, alias, password)


def seats(member_id: int) -> list[tuple[int, str, tuple[str, ...], tuple[str, ...]]]:
    found = [(seat.brand_id, seat.role, seat.languages, seat.topics) for seat in sign_in.seats_of(member_id)]
    session.rollback()
    return found


def states(house: House) -> list[tuple[str, str]]:
    with house.scope():
        found = [(view.email, view.state) for view in queries.invitations()]
        session.rollback()
    return found


def acts(house: House) -> list[str]:
    with house.scope():
        rows = session.execute(select(AuditRow.act).order_by(AuditRow.seq)).scalars().all()
        session.rollback()
    return [act for act in rows if act.startswith("invitation.")]


def test_the_link_comes_by_mail_and_makes_a_member_with_the_invited_role(house: House, mailbox: Mailbox) -> None:
    invited = invite(house, "  ADA@lumo.example ", "moderator")
    assert invited.mailed
    letter = mailbox.newest(ADA)
    assert letter.path == invited.path
    assert ("Dana" in letter.text, "Lumo" in letter.subject) == (True, True)
    member_id = join(invited)
    assert seats(member_id) == [(house.brand_id, "moderator", ("en", "vi"), ("tech",))]
    assert states(house) == [(ADA, "accepted")]
    assert acts(house) == ["invitation.send", "invitation.accept"]


def test_without_mail_the_manager_has_the_link_to_hand_over(house: House) -> None:
    invited = invite(house)
    assert not invited.mailed
    assert seats(join(invited))


def test_the_link_is_kept_as_its_hash_only(house: House) -> None:
    invited = invite(house)
    row = session.execute(select(Invitation.__table__)).one()
    session.rollback()
    assert token_of(invited) not in str(row)
    assert invitations.behind(row.token_hash) is None


def test_it_works_once(house: House) -> None:
    invited = invite(house)
    join(invited)
    with pytest.raises(NotFoundError):
        join(invited, alias="eve")
    assert invitations.behind(token_of(invited)) is None


def test_of_many_who_use_it_at_the_same_moment_one_gets_in(house: House, together: Together) -> None:
    invited = invite(house)

    def attempt() -> int | None:
        try:
            return join(invited)
        except PeerlineError:
            return None

    found = together([attempt] * 4)
    assert len([member_id for member_id in found if member_id]) == 1
    assert states(house) == [(ADA, "accepted")]


@pytest.mark.parametrize("end", ["a week", "revoked", "invited anew"])
def test_a_link_that_is_over_opens_nothing(house: House, later: Later, end: str) -> None:
    invited = invite(house)
    assert invitations.behind(token_of(invited)) is not None
    if end == "a week":
        later(days=7, seconds=1)
    elif end == "revoked":
        with transaction(), house.scope():
            invitations.revoke(invited.id, house.dana.member_id)
    else:
        invite(house)
    assert invitations.behind(token_of(invited)) is None
    with pytest.raises(NotFoundError):
        join(invited)
    assert states(house)[-1] == (ADA, "expired" if end == "a week" else "revoked")


def test_what_is_over_cannot_be_taken_back(house: House) -> None:
    invited = invite(house)
    join(invited)
    with pytest.raises(ConflictError), transaction(), house.scope():
        invitations.revoke(invited.id, house.dana.member_id)


def test_another_brand_neither_sees_nor_revokes_it(world: World) -> None:
    invited = invite(world.lumo)
    assert states(world.rival) == []
    with pytest.raises(NotFoundError), transaction(), world.rival.scope():
        invitations.revoke(invited.id, world.rival.dana.member_id)
    assert states(world.lumo) == [(ADA, "open")]


def test_somebody_with_an_account_takes_the_role_with_it(world: World) -> None:
    invited = invite(world.rival, "maya@lumo.example", "moderator")
    found = invitations.behind(token_of(invited))
    assert found is not None
    assert (found.has_account, found.brand, found.inviter) == (True, "Rival", "Dana")
    with pytest.raises(NotAllowedError), transaction():
        invitations.accept(token_of(invited), world.lumo.noor.member_id)
    with pytest.raises(ConflictError):
        join(invited)
    with transaction():
        profile.rename(world.lumo.maya.member_id, "Maya", "mayal")
        assert invitations.accept(token_of(invited), world.lumo.maya.member_id) == world.rival.brand_id
    assert [seat[:2] for seat in seats(world.lumo.maya.member_id)] == [
        (world.lumo.brand_id, "advocate"),
        (world.rival.brand_id, "moderator"),
    ]


@pytest.mark.parametrize(
    ("email", "role", "error"),
    [
        ("no address", "advocate", RefusedError),
        ("ada@lumo.example, eve@evil.example", "advocate", RefusedError),
        ("ada@lumo.example\r\nBcc: eve@evil.example", "advocate", RefusedError),
        (ADA, "owner", RefusedError),
        ("MAYA@lumo.example", "manager", ConflictError),
    ],
)
def test_what_is_no_invitation(house: House, email: str, role: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        invite(house, email, role)
    assert states(house) == []


@pytest.mark.parametrize("password", ["short", "password123", "ada.byron2026", "AdaByron!!", "aaaaaaaaaaaa"])
def test_a_bad_password_uses_nothing_up(house: House, password: str) -> None:
    invited = invite(house)
    with pytest.raises(RefusedError):
        join(invited, password)
    assert seats(join(invited))


@pytest.mark.parametrize(
    ("name", "alias", "error"),
    [
        ("A" * 81, "ada", RefusedError),
        ("<b>Ada</b>", "ada", RefusedError),
        ("  ", "ada", RefusedError),
        ("Ada", "maya", ConflictError),
        ("Ada", " ^MAYA", ConflictError),
        ("Ada", "Élan", ConflictError),
        ("Ada", "éLAN", ConflictError),
    ],
)
def test_a_name_and_an_alias_are_taken_as_in_renaming_and_use_nothing_up(
    house: House, name: str, alias: str, error: type[Exception]
) -> None:
    with transaction():
        profile.rename(house.noor.member_id, "Noor", "Élan")
    invited = invite(house)
    with pytest.raises(error):
        join(invited, name=name, alias=alias)
    assert seats(join(invited, name="  Ada   Byron ", alias="^ada"))
    with house.scope():
        assert ("Ada Byron", "ada") in {(one.name, one.alias) for one in queries.members().values()}
        session.rollback()


def test_of_two_who_want_one_alias_at_the_same_moment_one_has_it(house: House, together: Together) -> None:
    links = [invite(house, f"{name}@lumo.example") for name in ("ada", "eve", "ida")]

    def attempt(invited: Invited) -> int | None:
        try:
            return join(invited)
        except ConflictError:
            return None

    found = together([lambda invited=invited: attempt(invited) for invited in links])
    assert len([member_id for member_id in found if member_id]) == 1


def test_who_signs_as_somebody_of_the_second_brand_chooses_another_alias_first(world: World) -> None:
    invited, maya = invite(world.rival, "maya@lumo.example"), world.lumo.maya.member_id
    with pytest.raises(ConflictError, match="already signs as"), transaction():
        invitations.accept(token_of(invited), maya)
    with transaction():
        profile.rename(maya, "Maya", "mayal")
    with transaction():
        assert invitations.accept(token_of(invited), maya) == world.rival.brand_id


def test_the_list_goes_on_where_it_ended(house: House) -> None:
    for number in range(5):
        invite(house, f"p{number}@lumo.example")
    with house.scope():
        first = queries.invitations(limit=3)
        rest = queries.invitations(before=first[-1].id, limit=3)
        session.rollback()
    assert [view.email[:2] for view in (*first, *rest)] == ["p4", "p3", "p2", "p1", "p0"]
    assert all(view.expires_at > clock.now() for view in first)
