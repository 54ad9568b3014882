"""The team changes: roles, pauses and their end; what was held goes back, and somebody can always manage the brand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.brands import editing
from app.desk import leaving
from app.kernel import clock
from app.kernel.audit import AuditRow
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, PeerlineError, RefusedError
from app.people import members, queries, roster, sign_in, team
from tests.rooms.conftest import Together
from tests.world import HOW_TO, PASSWORD, House, World


def change(house: House, member_id: int, role: str, seen: str | None = None, **more: object) -> None:
    with transaction(), house.scope():
        now = roster.teammate(member_id)
        marked = editing.mark(team.marked(now.role, now.languages, now.topics)) if seen is None else seen
        words = {"languages": ("en",), "topics": ("tech",)} | more
        team.change(member_id, role, by=house.dana.member_id, seen=marked, **words)  # type: ignore[arg-type]


def suspend(house: House, member_id: int, by: int | None = None) -> int:
    with transaction(), house.scope():
        return leaving.suspend(member_id, by=by or house.dana.member_id)


def teammate(house: House, member_id: int) -> roster.TeamView:
    with house.scope():
        found = roster.teammate(member_id)
        session.rollback()
    return found


def test_a_role_is_changed_and_on_record(world: World) -> None:
    house = world.lumo
    change(house, house.maya.member_id, "moderator", languages=("en", "vi"), topics=())
    now = teammate(house, house.maya.member_id)
    assert (now.role, now.languages, now.topics) == ("moderator", ("en", "vi"), ())
    with house.scope():
        detail = session.execute(select(AuditRow.detail).where(AuditRow.act == "member.change")).scalar_one()
        session.rollback()
    assert detail["before"]["role"] == "advocate"
    assert detail["after"] == {"role": "moderator", "languages": ["en", "vi"], "topics": []}


def test_who_is_suspended_is_out_and_what_they_held_goes_back_with_the_draft_kept(world: World) -> None:
    house = world.lumo
    post = house.post(HOW_TO)
    house.hear(post)
    case_id = house.case_of(post)
    house.claim(case_id, house.maya)
    with transaction():
        token = sign_in.begin(house.maya.member_id)
    assert suspend(house, house.maya.member_id) == 1
    page = house.page(case_id)
    assert (page.case.state, page.claim) == ("open", None)
    assert "suspended" in page.history[-1].words
    assert sign_in.person_behind(token) is None
    session.rollback()
    assert teammate(house, house.maya.member_id).suspended_at is not None
    with pytest.raises(ConflictError, match="already"):
        suspend(house, house.maya.member_id)
    with transaction(), house.scope():
        team.reinstate(house.maya.member_id, by=house.dana.member_id)
    assert teammate(house, house.maya.member_id).suspended_at is None
    with pytest.raises(ConflictError, match="not suspended"), transaction(), house.scope():
        team.reinstate(house.maya.member_id, by=house.dana.member_id)


@pytest.mark.parametrize(
    ("role", "more", "error"),
    [
        ("owner", {}, RefusedError),
        ("advocate", {"languages": ()}, RefusedError),
        ("moderator", {"seen": "x"}, ConflictError),
    ],
)
def test_what_cannot_be_is_refused(
    world: World, role: str, more: dict[str, object], error: type[PeerlineError]
) -> None:
    house = world.lumo
    with pytest.raises(error):
        change(house, house.maya.member_id, role, **more)  # type: ignore[arg-type]
    assert teammate(house, house.maya.member_id).role == "advocate"


def test_nobody_locks_themselves_or_the_brand_out(world: World) -> None:
    house = world.lumo
    dana = house.dana.member_id
    with pytest.raises(NotAllowedError, match="your own"):
        change(house, dana, "advocate")
    with pytest.raises(NotAllowedError, match="your own"):
        suspend(house, dana)
    with pytest.raises(NotAllowedError, match="last manager"):
        suspend(house, dana, by=house.sam.member_id)
    change(house, dana, "manager", languages=("en", "ko"))
    assert teammate(house, dana).languages == ("en", "ko")


def test_two_managers_cannot_suspend_each_other_at_once(world: World, together: Together) -> None:
    house = world.lumo
    change(house, house.sam.member_id, "manager")
    pair = (house.dana.member_id, house.sam.member_id)

    def try_it(one: int, other: int) -> str:
        try:
            suspend(house, one, by=other)
        except PeerlineError as error:
            return type(error).__name__
        return "done"

    assert sorted(together([lambda: try_it(*pair), lambda: try_it(pair[1], pair[0])])) == ["NotAllowedError", "done"]


def test_another_brands_people_are_not_there(world: World) -> None:
    with pytest.raises(NotFoundError):
        suspend(world.lumo, world.rival.maya.member_id)
    with world.lumo.scope():
        everybody = roster.team(limit=3)
        after = roster.team(after=everybody[-1].membership_id)
        managers = roster.team(role="manager")
        session.rollback()
    assert [one.alias for one in (*everybody, *after)] == ["maya", "noor", "sam", "tess", "dana"]
    assert [one.alias for one in managers] == ["dana"]


def test_who_is_suspended_is_not_on_duty_though_signed_in_for_another_brand(world: World) -> None:
    house = world.lumo
    with transaction():
        alone = members.add("kim@lumo.example", "Kim", "kim", PASSWORD)
        for brand_id in (house.brand_id, world.rival.brand_id):
            members.join(brand_id, alone, "moderator")
        sign_in.begin(alone)
        sign_in.begin(house.sam.member_id)

    def here() -> frozenset[int]:
        with house.scope():
            found = queries.on_duty(clock.now() - timedelta(minutes=5))
            session.rollback()
        return found

    assert here() == {alone, house.sam.member_id}
    suspend(house, alone)
    assert here() == {house.sam.member_id}
