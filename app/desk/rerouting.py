"""A judgement is another now, because a person corrected it or history was judged anew: its case follows, if it may.

What a person decided about the case stays: only a hard rule moves a case against a hand.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, func, select

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.desk import cases, claims, outcomes, skilling, waking
from app.desk.history import note
from app.desk.models import Case, CaseEvent, CaseMention, Claim, Reply
from app.desk.rules.routing import is_kept_from_advocates
from app.kernel import clock
from app.kernel.bus import NotYetError
from app.kernel.db import current_brand, session
from app.kernel.facts import MentionCorrected
from listeners import queries as heard
from listeners.queries import MentionView

BY_HAND = ("moved", "handed_over", "given", "passed", "set_aside")
"""Lines of a case's history that say that a person chose its lane."""
NOTHING = "nothing_to_answer"
CORRECTED = "The judgement was corrected."


def mention_corrected(fact: MentionCorrected) -> None:
    """The case of a corrected mention goes where the corrected judgement sends it. Again changes nothing.

    Raises:
        NotYetError: the mention is still on its way to its case.

    """
    placed = select(CaseMention.case_id).where(CaseMention.mention_id == fact.mention_id)
    case_id = session.execute(placed).scalar()
    if case_id is None:
        raise NotYetError("the corrected mention has no case yet")
    follow([fact.mention_id], CORRECTED)
    _follow_up(case_id, fact.mention_id)
    session.flush()
    skilling.tell([case_id], heard.mentions([fact.mention_id]))


def follow(mention_ids: Collection[int], because: str, *, also_claimed: bool = True) -> int:
    """Route the open cases that these mentions decide again; how many went into another lane.

    A claimed case only leaves the advocates, if it is looked at; what is reviewed, sent or answered stays.
    """
    claimed = select(Claim.id).join(Case, Case.id == Claim.case_id).where(Case.mention_id.in_(mention_ids))
    session.execute(claimed.where(Claim.ended_at.is_(None)).order_by(Claim.id).with_for_update(of=Claim))
    by_hand = exists().where(CaseEvent.case_id == Case.id, CaseEvent.act.in_(BY_HAND)).label("by_hand")
    states = ("open", "claimed", "closed") if also_claimed else ("open",)
    rows = session.execute(
        select(Case, by_hand)
        .where(Case.mention_id.in_(mention_ids), Case.state.in_(states))
        .order_by(Case.id)
        .with_for_update(of=Case)
        .execution_options(populate_existing=True)
    ).all()
    mentions = heard.mentions([row.Case.mention_id for row in rows])
    brand = brands.brand(current_brand())
    moved = 0
    for row in rows:
        before = row.Case.lane
        _follow(brand, row.Case, mentions[row.Case.mention_id], because, by_hand=row.by_hand)
        moved += row.Case.lane != before
    session.flush()
    return moved


def _follow_up(case_id: int, mention_id: int) -> None:
    """A post that is not the one which the case asks: it wakes an answered case, thanks for its answer, or is a danger.

    Only what was written after the newest answer can do so.
    """
    case = session.execute(
        select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    if case.mention_id == mention_id:
        return
    brand, mention = brands.brand(current_brand()), heard.mentions([mention_id])[mention_id]
    chosen = cases.routed(brand, mention)
    if case.state == "answered" or (case.state == "closed" and case.closed_reason == NOTHING):
        answered = select(func.max(Reply.published_at)).where(Reply.case_id == case_id, Reply.state == "published")
        last = session.execute(answered).scalar()
        if last is not None and mention.posted_at < last:
            return
        outcomes.thanked_by_correction(case, mention)
        if chosen.lane == "no_reply":
            return
        case.state, case.closed_reason, case.offered_at = "open", None, clock.now()
        cases.take(
            case,
            cases.asked_of(brand, mention, chosen) | {"due_at": cases.promised_by(brand, mention, case.offered_at)},
        )
        note(case, "opened_again", f"{CORRECTED} {chosen.reason}"[:300])
    elif (
        case.state in {"open", "claimed"}
        and case.lane == "advocates"
        and is_kept_from_advocates(cases.signals_of(mention))
    ):
        if case.state == "claimed":
            claims.end_of_case(case, "escalated", "The matter became one for staff; the draft is kept.")
            case.state = "open"
        case.lane, case.lane_reason = chosen.lane, chosen.reason[:300]
        note(case, "judged_again", f"{CORRECTED} {chosen.reason}"[:300])
    else:
        return
    case.updated_at = clock.now()


def _follow(brand: BrandView, case: Case, mention: MentionView, because: str, *, by_hand: bool) -> None:
    chosen = cases.routed(brand, mention)
    asked = cases.asked_of(brand, mention, chosen) | {"due_at": case.due_at}
    if by_hand and not (case.lane == "advocates" and is_kept_from_advocates(cases.signals_of(mention))):
        asked |= {"lane": case.lane, "lane_reason": case.lane_reason}
    lane, at = asked["lane"], clock.now()
    if case.state == "closed":
        if case.closed_reason != NOTHING or lane == "no_reply":
            return
        case.state, case.closed_reason, case.offered_at = "open", None, at
        asked["due_at"] = cases.promised_by(brand, mention, at)
    elif case.state == "claimed":
        if lane != "staff" or case.lane != "advocates":
            return
        claims.end_of_case(case, "escalated", "The matter became one for staff; the draft is kept.")
        case.state = "open"
    elif lane == "no_reply":
        waking.wake(case, "closed")
        case.state, case.closed_reason = "closed", NOTHING
    if lane != case.lane:
        note(case, "judged_again", f"{because} {asked['lane_reason']}"[:300])
    cases.take(case, asked)
    case.updated_at = at
