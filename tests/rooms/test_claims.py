"""A claim is exclusive, ends by itself, and never loses a text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.desk import claims, replies
from app.desk import queries as desk
from app.kernel.db import transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from tests.world import FURIOUS, HOW_TO, World


@pytest.fixture
def case(world: World) -> int:
    """An open case of the advocates' lane."""
    post = world.lumo.post(HOW_TO)
    world.lumo.hear(post)
    return world.lumo.case_of(post)


def test_one_holder_at_a_time(world: World, case: int) -> None:
    house = world.lumo
    house.claim(case, house.maya)
    with pytest.raises(ConflictError):
        house.claim(case, house.noor)
    house.claim(case, house.maya)  # claiming what one holds is harmless
    assert house.page(case).claim.member_id == house.maya.member_id


def test_a_lapsed_claim_falls_back_with_the_draft_kept(world: World, case: int, later: Callable[..., None]) -> None:
    house = world.lumo
    house.claim(case, house.maya)
    before = house.page(case).case.due_at
    with transaction(), house.scope():
        replies.save_draft(case, house.maya, "Open Settings and")
    later(minutes=21)
    claims.expire()
    page = house.page(case)
    assert (page.case.state, page.claim, page.case.due_at) == ("open", None, before)
    house.claim(case, house.noor)
    with house.scope():
        assert desk.page(case, house.maya).kept == "Open Settings and"
        assert desk.page(case, house.noor).kept == ""


def test_typing_extends_a_claim_but_not_for_ever(world: World, case: int, later: Callable[..., None]) -> None:
    house = world.lumo
    house.claim(case, house.maya)
    start = house.page(case).claim.expires_at
    for _ in range(4):
        later(minutes=9)
        with transaction(), house.scope():
            replies.save_draft(case, house.maya, "still typing")
    assert (house.page(case).claim.expires_at - start).total_seconds() == 20 * 60
    later(minutes=5)
    with pytest.raises(ConflictError), transaction(), house.scope():
        replies.save_draft(case, house.maya, "too late")


def test_a_late_submit_is_refused_and_its_text_kept(world: World, case: int, later: Callable[..., None]) -> None:
    house = world.lumo
    house.claim(case, house.maya)
    later(minutes=21)
    claims.expire()
    house.claim(case, house.noor)
    with pytest.raises(ConflictError), transaction(), house.scope():
        replies.submit(case, house.maya, "My late answer.")
    with transaction(), house.scope():
        replies.keep_loose(case, house.maya, "My late answer.")
    with house.scope():
        assert desk.page(case, house.maya).kept == "My late answer."
    assert house.page(case).claim.member_id == house.noor.member_id


def test_passing_needs_a_word_and_makes_it_staffs(world: World, case: int) -> None:
    house = world.lumo
    house.claim(case, house.maya)
    with pytest.raises(RefusedError), transaction(), house.scope():
        claims.pass_to_staff(case, house.maya, " ")
    with transaction(), house.scope():
        claims.pass_to_staff(case, house.maya, "needs their order")
    page = house.page(case)
    assert (page.case.lane, page.case.state) == ("staff", "open")
    assert "needs their order" in page.case.lane_reason
    with pytest.raises(NotFoundError):
        house.claim(case, house.noor)


def test_giving_back_and_skipping(world: World, case: int) -> None:
    from app.desk import queries

    house = world.lumo
    house.claim(case, house.maya)
    with transaction(), house.scope():
        claims.give_back(case, house.maya)
    with house.scope():
        assert [offer.case.id for offer in queries.queue(house.maya)] == [case]
    with transaction(), house.scope():
        claims.skip(case, house.maya)
    with house.scope():
        assert queries.queue(house.maya) == ()
        assert [offer.case.id for offer in queries.queue(house.noor)] == [case]


def test_what_is_not_for_advocates_does_not_exist_for_them(world: World, case: int) -> None:
    house = world.lumo
    furious = house.post(FURIOUS, author="c-bob")
    house.hear(furious)
    with pytest.raises(NotFoundError):
        house.claim(house.case_of(furious), house.maya)
    house.claim(house.case_of(furious), house.sam)
    with pytest.raises(NotFoundError):
        world.rival.claim(case, world.rival.maya)


def test_an_advocate_holds_one_case_and_only_in_their_languages(world: World, case: int) -> None:
    house = world.lumo
    other = house.post("@lumo how do I pair the lamp with my phone?", author="c-bob")
    korean = house.post("@lumo 다크 모드는 어떻게 켜나요?", author="c-kim")
    house.hear(other, korean)
    house.claim(case, house.maya)
    with pytest.raises(ConflictError):
        house.claim(house.case_of(other), house.maya)
    with pytest.raises(NotAllowedError):
        house.claim(house.case_of(korean), house.noor)
