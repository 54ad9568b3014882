"""Moving a case by hand: into another lane, to one person, or aside as none of ours; always with a reason, kept."""

from __future__ import annotations

from typing import NoReturn

from sqlalchemy import select

from app.brands import queries as brands
from app.desk import cases, claims, waking
from app.desk.history import note
from app.desk.models import Case, Claim, Reply
from app.desk.rules.hand import Hand
from app.desk.rules.routing import LANES, Lane
from app.desk.rules.states import SPOKEN_REPLY
from app.kernel import audit, clock
from app.kernel.bus import emit
from app.kernel.db import session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from app.kernel.facts import CaseGiven
from app.people import queries as people
from app.people.queries import MemberView
from listeners import queries as heard

REASON_LEAST, REASON_MOST = 3, 200
BY_HAND = "not_ours_by_hand"
"""Why a case is closed that a person set aside."""
_TO = {"staff": "Moved to staff", "advocates": "Moved to the advocates", "no_reply": "Closed without an answer"}


def move(case_id: int, hand: Hand, lane: Lane, reason: str) -> None:
    """Staff puts a case into another lane; `no_reply` closes it. A done case opens again, its promise counts from now.

    A claim on it ends with its draft kept. An answer that waits for a verdict, or is on its way, is not pulled away.

    Raises:
        NotAllowedError: not staff, or a hard rule keeps it from the advocates.
        NotFoundError: no such case.
        RefusedError: no reason, or no such lane.
        ConflictError: it is there already, an answer is under way, or ours stands under the post.

    """
    why = _said(hand, reason)
    if lane not in LANES:
        raise RefusedError("Choose where the case goes: staff, the advocates, or no reply.")
    case = _locked(case_id)
    if lane == case.lane and (case.state in {"open", "claimed"} or lane == "no_reply"):
        raise ConflictError("The case is there already.")
    _make_free(case)
    if lane == "no_reply":
        _close(case, "nothing_to_answer")
    else:
        _open(case)
        if lane == "advocates":
            cases.refuse_if_kept_from_advocates(case)
    was = case.lane
    case.lane, case.lane_reason, case.updated_at = lane, f"{_TO[lane]} by {hand.alias}: {why}"[:300], clock.now()
    note(case, "moved", f"{_TO[lane]}: {why}", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "case.move", f"case:{case_id}", was=was, now=lane)


def give_to(case_id: int, member_id: int, hand: Hand, reason: str) -> None:
    """Staff hands a case to one person, who then holds it, whatever else they hold, for as long as typing could extend.

    Whoever held it loses the claim and keeps the draft. Nobody who may not see the case is given it.

    Raises:
        NotAllowedError: not staff, or a hard rule keeps it from an advocate.
        NotFoundError: no such case, or nobody of that name at this brand.
        RefusedError: no reason.
        ConflictError: they hold it already or are suspended, an answer is under way, or ours stands under the post.

    """
    why = _said(hand, reason)
    case = _locked(case_id)
    taker = people.members([member_id]).get(member_id)
    if taker is None:
        raise NotFoundError("There is nobody of that name at this brand.")
    if not taker.is_active:
        raise ConflictError(f"{taker.name} is suspended and cannot answer. Nothing was changed; choose somebody else.")
    held = claims.live_claim(case_id)
    if held is not None and held.member_id == member_id:
        raise ConflictError(f"{taker.name} holds this case already.")
    _make_free(case)
    _open(case)
    case.lane = _lane_for(case, taker)
    case.lane_reason = f"Given to {taker.name} by {hand.alias}: {why}"[:300]
    case.state, case.updated_at = "claimed", clock.now()
    lease = claims.lease(case, member_id, brands.brand(case.brand_id).policy.lease_most_minutes)
    session.flush()
    note(case, "given", f"Given to {taker.name}: {why}", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "case.give", f"case:{case_id}", to=member_id)
    emit(CaseGiven(case.brand_id, case_id, member_id, hand.member_id, lease.id))


def set_aside(case_id: int, hand: Hand, reason: str) -> None:
    """Staff says that a case is none of ours: it is closed as set aside by hand, and stays readable.

    Raises:
        NotAllowedError, NotFoundError, RefusedError, ConflictError: as `move`.

    """
    why = _said(hand, reason)
    case = _locked(case_id)
    if case.closed_reason == BY_HAND:
        raise ConflictError("The case is set aside already.")
    _make_free(case)
    _close(case, BY_HAND)
    case.lane, case.lane_reason = "no_reply", f"Set aside by {hand.alias}: {why}"[:300]
    case.updated_at = clock.now()
    note(case, "set_aside", f"Set aside as none of ours: {why}", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "case.set_aside", f"case:{case_id}")


def _said(hand: Hand, reason: str) -> str:
    """The reason, if this person may move cases and gave one."""
    if not hand.is_staff:
        raise NotAllowedError("Only staff moves a case by hand.")
    words = " ".join(reason.split())
    if len(words) < REASON_LEAST:
        raise RefusedError("Say in a few words why; whoever meets the case next reads it.")
    return words[:REASON_MOST]


def _locked(case_id: int) -> Case:
    """The case, held still; its claim first, in the order in which whoever ends a claim takes both."""
    session.execute(select(Claim.id).where(Claim.case_id == case_id, Claim.ended_at.is_(None)).with_for_update())
    row = session.execute(select(Case).where(Case.id == case_id).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such case.")
    return row


def _make_free(case: Case) -> None:
    """Nothing and nobody is in the way: a claim ends with its draft kept, an answer under way is left alone."""
    if case.state == "in_review":
        raise ConflictError("An answer to this case waits for a verdict, or is approved. Judge it first, then move it.")
    if case.state in {"sending", "unknown"}:
        raise ConflictError("An answer is on its way to the thread. Move the case when it is known what came of it.")
    if case.state == "claimed":
        claims.end_of_case(case, "moved", "The claim ended: staff moved the case. The draft is kept.")
        case.state = "open"
    waking.wake(case, "moved")


def _close(case: Case, closed_reason: str) -> None:
    if case.state == "answered" and _is_answered_by_us(case):
        _refuse_answered()
    case.state, case.closed_reason = "closed", closed_reason


def _open(case: Case) -> None:
    """Open again what was done; what is open keeps its promise."""
    if case.state == "open":
        return
    if _is_answered_by_us(case):
        _refuse_answered()
    at = clock.now()
    mention = heard.mentions([case.mention_id])[case.mention_id]
    case.state, case.closed_reason, case.offered_at = "open", None, at
    case.due_at = cases.promised_by(brands.brand(case.brand_id), mention, at)


def _refuse_answered() -> NoReturn:
    raise ConflictError(
        "Our answer stands under this post already. The case opens again by itself when the customer writes again."
    )


def _is_answered_by_us(case: Case) -> bool:
    spoken = select(Reply.id).where(Reply.mention_id == case.mention_id, Reply.state.in_(SPOKEN_REPLY)).limit(1)
    return session.execute(spoken).scalar() is not None


def _lane_for(case: Case, taker: MemberView) -> Lane:
    """An advocate is given only what advocates may answer; staff keep the lane, unless it was closed unanswered."""
    if taker.role == "advocate":
        cases.refuse_if_kept_from_advocates(case)
        return "advocates"
    return "advocates" if case.lane == "advocates" else "staff"
