"""Staff moves a case by hand: with a reason, never past a hard rule, and never away from under an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from app.channels.base import Post
from app.desk import moving, replies
from app.desk.models import Case
from app.kernel import audit, clock
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, PeerlineError, RefusedError
from app.people import team
from tests.world import FURIOUS, HOW_TO, House, World

WHY = "the store knows this one"
DRAFT = "Open Settings and"


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def asked(house: House) -> Post:
    """A question of Ada's, open in the advocates' lane."""
    post = house.post(HOW_TO)
    house.hear(post)
    return post


@pytest.fixture
def case(house: House, asked: Post) -> int:
    return house.case_of(asked)


def heard(house: House, text: str) -> int:
    post = house.post(text)
    house.hear(post)
    return house.case_of(post)


def do(house: House, verb: Callable[..., Any], *words: object) -> None:
    with transaction(), house.scope():
        verb(*words)


def put_into(house: House, case_id: int, state: str) -> None:
    with transaction(), house.scope():
        session.execute(update(Case).where(Case.id == case_id).values(state=state))


def last_audit(house: House) -> tuple[str, str, int | None]:
    with house.scope():
        columns = (audit.AuditRow.act, audit.AuditRow.subject, audit.AuditRow.member_id)
        row = session.execute(select(*columns).order_by(audit.AuditRow.seq.desc()).limit(1)).one()
        session.rollback()
    return row.act, row.subject, row.member_id


def test_a_case_is_moved_with_its_reason_and_its_promise_kept(house: House, case: int) -> None:
    before = house.page(case).case
    do(house, moving.move, case, house.sam, "staff", WHY)
    page = house.page(case)
    assert (page.case.state, page.case.lane, page.case.due_at) == ("open", "staff", before.due_at)
    assert page.case.lane_reason == f"Moved to staff by {house.sam.alias}: {WHY}"
    assert (page.history[-1].act, page.history[-1].member_id) == ("moved", house.sam.member_id)
    assert last_audit(house) == ("case.move", f"case:{case}", house.sam.member_id)


@pytest.mark.parametrize(
    ("who", "lane", "reason", "error"),
    [
        ("maya", "staff", WHY, NotAllowedError),
        ("sam", "staff", "  x ", RefusedError),
        ("sam", "moon", WHY, RefusedError),
        ("sam", "advocates", WHY, ConflictError),
    ],
)
def test_a_move_needs_staff_a_reason_and_another_lane(
    house: House, case: int, who: str, lane: str, reason: str, error: type[PeerlineError]
) -> None:
    before = house.page(case)
    with pytest.raises(error):
        do(house, moving.move, case, getattr(house, who), lane, reason)
    assert house.page(case) == before


def test_no_reply_closes_and_a_move_opens_again_with_a_new_promise(
    house: House, case: int, later: Callable[..., None]
) -> None:
    do(house, moving.move, case, house.sam, "no_reply", WHY)
    closed = house.page(case).case
    assert (closed.state, closed.lane, closed.closed_reason) == ("closed", "no_reply", "nothing_to_answer")
    later(hours=30)
    do(house, moving.move, case, house.tess, "advocates", "it does ask something")
    opened = house.page(case).case
    assert (opened.state, opened.lane, opened.closed_reason) == ("open", "advocates", None)
    assert opened.due_at > clock.now()
    assert opened.due_at - opened.offered_at == closed.due_at - closed.mention.heard_at


@pytest.mark.parametrize("text", [FURIOUS, "@lumo how do I pay? My card is 4111 1111 1111 1111"])
def test_the_hard_rules_hold_whoever_decides(house: House, text: str) -> None:
    case = heard(house, text)
    before = house.page(case)
    for verb, words in (
        (moving.move, (house.sam, "advocates", WHY)),
        (moving.give_to, (house.maya.member_id, house.sam, WHY)),
    ):
        with pytest.raises(NotAllowedError, match="stays with staff"):
            do(house, verb, case, *words)
    assert house.page(case) == before


def test_a_claim_ends_with_its_draft_kept(house: House, case: int) -> None:
    house.claim(case, house.maya)
    do(house, replies.save_draft, case, house.maya, DRAFT)
    do(house, moving.move, case, house.sam, "staff", WHY)
    page = house.page(case)
    assert (page.case.state, page.case.lane, page.claim, page.live_reply) == ("open", "staff", None, None)
    assert house.page(case, house.maya).kept == DRAFT


@pytest.mark.parametrize("state", ["in_review", "sending", "unknown"])
def test_an_answer_under_way_is_not_pulled_away(house: House, case: int, state: str) -> None:
    house.submit(case, house.maya)
    put_into(house, case, state)
    before = house.page(case)
    for verb, words in (
        (moving.move, (case, house.sam, "staff", WHY)),
        (moving.give_to, (case, house.tess.member_id, house.sam, WHY)),
        (moving.set_aside, (case, house.sam, WHY)),
    ):
        with pytest.raises(ConflictError):
            do(house, verb, *words)
    assert house.page(case) == before


def test_what_we_answered_is_not_answered_twice(house: House, case: int) -> None:
    house.judge(house.submit(case, house.maya), house.sam)
    put_into(house, case, "answered")
    for lane in ("staff", "no_reply"):
        with pytest.raises(ConflictError, match="stands under this post"):
            do(house, moving.move, case, house.sam, lane, WHY)
    assert house.page(case).case.state == "answered"


def test_a_colleague_is_given_a_case_and_holds_it(house: House, case: int) -> None:
    house.claim(case, house.maya)
    do(house, replies.save_draft, case, house.maya, DRAFT)
    do(house, moving.give_to, case, house.tess.member_id, house.sam, WHY)
    page = house.page(case, house.tess)
    assert page.claim is not None
    assert (page.case.state, page.claim.member_id) == ("claimed", house.tess.member_id)
    assert page.history[-1].act == "given"
    assert WHY in page.history[-1].words
    assert house.page(case, house.maya).kept == DRAFT
    do(house, replies.submit, case, house.tess, "Open Settings, then Display.")
    with pytest.raises(ConflictError):
        do(house, moving.give_to, case, house.sam.member_id, house.tess, WHY)


def test_an_advocate_can_be_given_a_calm_case_of_staffs(house: House, case: int) -> None:
    do(house, moving.move, case, house.sam, "staff", WHY)
    do(house, moving.give_to, case, house.noor.member_id, house.sam, WHY)
    page = house.page(case, house.noor)
    assert (page.case.lane, page.case.state) == ("advocates", "claimed")


def test_a_closed_case_opens_for_whom_it_is_given_to(house: House, case: int) -> None:
    do(house, moving.set_aside, case, house.sam, "they mean the lamp, not us")
    closed = house.page(case).case
    assert (closed.state, closed.lane, closed.closed_reason) == ("closed", "no_reply", moving.BY_HAND)
    with pytest.raises(ConflictError):
        do(house, moving.set_aside, case, house.sam, WHY)
    do(house, moving.give_to, case, house.tess.member_id, house.sam, WHY)
    page = house.page(case, house.tess)
    assert (page.case.state, page.case.lane, page.case.closed_reason) == ("claimed", "staff", None)


def test_who_is_suspended_is_given_nothing(house: House, case: int) -> None:
    for taker in (house.tess, house.noor):
        with transaction(), house.scope():
            team.suspend(taker.member_id, by=house.dana.member_id)
    before = house.page(case)
    for taker in (house.tess, house.noor):
        with pytest.raises(ConflictError, match="is suspended"):
            do(house, moving.give_to, case, taker.member_id, house.sam, WHY)
    assert house.page(case) == before


def test_nobody_is_given_what_they_hold_and_strangers_nothing(house: House, world: World, case: int) -> None:
    house.claim(case, house.tess)
    before = house.page(case)
    for member_id, error in ((house.tess.member_id, ConflictError), (world.rival.sam.member_id, NotFoundError)):
        with pytest.raises(error):
            do(house, moving.give_to, case, member_id, house.sam, WHY)
    with pytest.raises(NotAllowedError):
        do(house, moving.give_to, case, house.noor.member_id, house.maya, WHY)
    with pytest.raises(NotFoundError):
        do(world.rival, moving.move, case, world.rival.sam, "staff", WHY)
    assert house.page(case) == before
