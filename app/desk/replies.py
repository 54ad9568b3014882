"""Draft, submit, judge: a reply on its way to an approval that is bound to exactly what will be said."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.brands import queries as brands
from app.desk import claims, figures
from app.desk.drafting import refuse_bad, signature_of
from app.desk.history import note
from app.desk.models import Case, CaseEvent, Claim, Reply
from app.desk.queries import may_see
from app.desk.rules.approval import approval_hash, public_text
from app.desk.rules.hand import Hand
from app.desk.rules.promise import share_used
from app.kernel import audit, clock
from app.kernel.bus import emit
from app.kernel.db import session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from app.kernel.facts import ReplyApproved, ReplyJudged, TakeDownAsked
from listeners import queries as heard
from moderation import reviews
from moderation.reviews import Decided
from moderation.rules.policy import PASSING

SUBJECT = "reply"
MOST_DRAFT = 5000
REJECTIONS_UNTIL_STAFF = 2


def save_draft(case_id: int, hand: Hand, text: str) -> Reply:
    """Keep what was typed, and the claim with it.

    Raises:
        ConflictError: the claim is over; see `keep_loose` for the text.

    """
    claims.keep(case_id, hand)
    reply = _draft(case_id, hand)
    reply.text, reply.updated_at = text[:MOST_DRAFT], clock.now()
    session.flush()
    return reply


def keep_loose(case_id: int, hand: Hand, text: str) -> None:
    """Keep a text whose claim is over: its author finds it again with the case. Never lost, never public."""
    if not text.strip():
        return
    case = _case(case_id)
    if not may_see(case, hand) and not claims.ever_held(case_id, hand.member_id):
        raise NotFoundError("There is no such case.")
    held = claims.live_claim(case_id)
    if held is not None and held.member_id == hand.member_id:
        _draft(case_id, hand).text = text[:MOST_DRAFT]
        return
    session.add(_new(case, hand, text[:MOST_DRAFT], state="withdrawn"))


def submit(case_id: int, hand: Hand, text: str) -> Reply:
    """Hand the draft in for review: the claim ends, a moderator is asked.

    Raises:
        ConflictError: the claim is over.
        RefusedError: a check stands in the way; the text is not lost when the caller keeps it.

    """
    claims.held_by(case_id, hand.member_id)
    reply = _draft(case_id, hand)
    case = _case(case_id)
    refuse_bad(case, text, reply.signature)
    at = clock.now()
    reply.text = reply.submitted_text = text.strip()
    reply.state, reply.submitted_at, reply.updated_at = "in_review", at, at
    reply.promise_share = share_used(case.offered_at, case.due_at, at, brands.brand(case.brand_id).policy.hours)
    claims.end(case_id, "submitted")
    case.state, case.updated_at = "in_review", at
    session.flush()
    reviews.open_review(SUBJECT, reply.id, reply.version, author_id=hand.member_id, text=reply.text, due_at=case.due_at)
    note(case, "submitted", "Handed in for review.", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "reply.submit", f"reply:{reply.id}", version=reply.version)
    return reply


def judge(
    review_id: int, hand: Hand, verdict: str, *, seen_revision: int, reason: str = "", text: str | None = None
) -> Decided:
    """A moderator's verdict on a reply, and all that follows from it, at once.

    Raises:
        ConflictError: the thread moved on since the moderator opened it, or somebody was faster.
        RefusedError: the edited text does not pass the checks, or a reason is missing.
        NotAllowedError: one's own reply, or not staff.

    """
    decided = reviews.decide(review_id, hand.member_id, hand.role, verdict, reason=reason, text=text)
    reply = session.execute(select(Reply).where(Reply.id == decided.subject_id).with_for_update()).scalar_one()
    case = _case(reply.case_id)
    if reply.state != "in_review" or reply.version != decided.version:
        raise ConflictError("The author has changed this reply meanwhile. Nothing was decided.")
    if case.thread_revision != seen_revision:
        raise ConflictError("Something new was said in the thread while you read. Please look at it again.")
    reply.updated_at = clock.now()
    figures.judged(reply.author_id, verdict, decided.decided_at)
    if verdict in PASSING:
        _approve(reply, case, hand, decided)
    elif verdict == "return":
        _return(reply, case, hand, decided)
    else:
        _reject(reply, case, hand, decided)
    emit(ReplyJudged(reply.brand_id, reply.id, case.id, reply.author_id, decided.version))
    return decided


def withdraw(reply_id: int, hand: Hand) -> None:
    """Take one's own reply back while nobody has judged it; the case goes back to the queue.

    Raises:
        NotFoundError: no such reply of this person.
        ConflictError: a moderator was faster.

    """
    reviews.void(
        SUBJECT, _own_reply(reply_id, hand).id
    )  # the review first, as a verdict does: whoever waits, waits here
    reply = session.execute(
        select(Reply).where(Reply.id == reply_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    if reply.state != "in_review":
        raise ConflictError("It is too late to withdraw this reply.")
    case = _case(reply.case_id)
    reply.state, reply.updated_at = "withdrawn", clock.now()
    case.state, case.updated_at = "open", clock.now()
    note(case, "withdrawn", "The author took the reply back.", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "reply.withdraw", f"reply:{reply.id}")


def ask_take_down(reply_id: int, hand: Hand, why: str) -> None:
    """Staff wants a published reply gone: the network is asked, and its points are reversed."""
    if not hand.is_staff:
        raise NotAllowedError("Only staff can take a published reply down.")
    if len(why.strip()) < claims.PASS_REASON_LEAST:
        raise RefusedError("Say in a few words why it must go.")
    reply = session.execute(select(Reply).where(Reply.id == reply_id)).scalar_one_or_none()
    if reply is None:
        raise NotFoundError("There is no such reply.")
    if reply.state != "published":
        raise ConflictError("This reply is not public.")
    note(_case(reply.case_id), "take_down_asked", why.strip(), member_id=hand.member_id)
    audit.record(reply.brand_id, hand.member_id, "reply.take_down", f"reply:{reply.id}")
    emit(TakeDownAsked(reply.brand_id, reply.id))


def void_approval(reply: Reply, case: Case, why: str) -> None:
    """What was approved is no longer what would be said: back to review, visibly, under a new version."""
    reply.state, reply.version = "in_review", reply.version + 1
    reply.approved_by = reply.approved_at = reply.approved_hash = reply.check_at = None
    reply.problem, reply.updated_at = why, clock.now()
    case.state = "in_review"
    session.flush()
    reviews.open_review(
        SUBJECT, reply.id, reply.version, author_id=reply.author_id, text=reply.text, due_at=case.due_at
    )
    note(case, "approval_void", why)


def bound_hash(reply: Reply, case: Case) -> str:
    """The hash of what would be said now, where, in which state of the thread."""
    target = heard.mentions([reply.mention_id])[reply.mention_id]
    return approval_hash(
        text=public_text(reply.text, reply.signature),
        thread_revision=case.thread_revision,
        account_id=reply.account_id,
        target=target.external_id,
        brand_id=reply.brand_id,
    )


def _approve(reply: Reply, case: Case, hand: Hand, decided: Decided) -> None:
    refuse_bad(case, decided.text, reply.signature)
    reply.text = decided.text.strip()
    approved_hash = bound_hash(reply, case)
    reply.state, reply.problem, reply.check_at = "approved", None, None
    reply.approved_by, reply.approved_at, reply.approved_hash = hand.member_id, decided.decided_at, approved_hash
    words = "Approved." if decided.verdict == "approve" else "Approved with an edit."
    note(case, "approved", words, member_id=hand.member_id)
    session.flush()
    emit(ReplyApproved(reply.brand_id, reply.id))


def _return(reply: Reply, case: Case, hand: Hand, decided: Decided) -> None:
    """Back to its author with a reason, and time to revise."""
    policy = brands.brand(reply.brand_id).policy
    at = clock.now()
    reply.state, reply.version, reply.problem = "draft", reply.version + 1, decided.reason
    case.state, case.updated_at = "claimed", at
    session.add(
        Claim(
            brand_id=case.brand_id,
            case_id=case.id,
            member_id=reply.author_id,
            claimed_at=at,
            expires_at=at + timedelta(minutes=policy.lease_minutes),
            latest_at=at + timedelta(minutes=policy.lease_most_minutes),
        )
    )
    note(case, "returned", f"Returned: {decided.reason}", member_id=hand.member_id)


def _reject(reply: Reply, case: Case, hand: Hand, decided: Decided) -> None:
    """It will not be said; the case is open again, and after two rejections it is one for staff."""
    reply.state, reply.problem = "withdrawn", decided.reason
    case.state, case.updated_at = "open", clock.now()
    note(case, "rejected", f"Rejected: {decided.reason}", member_id=hand.member_id)
    session.flush()
    if _standing_rejections(case) >= REJECTIONS_UNTIL_STAFF and case.lane == "advocates":
        case.lane, case.lane_reason = "staff", "Two answers were rejected: staff takes over."


def _standing_rejections(case: Case) -> int:
    """Rejections on this case that no second look has overturned."""
    acts = session.execute(
        select(CaseEvent.act).where(CaseEvent.case_id == case.id, CaseEvent.act.in_(("rejected", "appeal_overturned")))
    ).scalars()
    return sum(1 if act == "rejected" else -1 for act in acts)


def _draft(case_id: int, hand: Hand) -> Reply:
    """The member's live draft on this case, made if there is none yet."""
    reply = session.execute(
        select(Reply).where(Reply.case_id == case_id, Reply.author_id == hand.member_id, Reply.state == "draft")
    ).scalar_one_or_none()
    if reply is None:
        reply = _new(_case(case_id), hand, "", state="draft")
        session.add(reply)
        session.flush()
    return reply


def _new(case: Case, hand: Hand, text: str, *, state: str) -> Reply:
    at = clock.now()
    return Reply(
        brand_id=case.brand_id,
        case_id=case.id,
        mention_id=case.mention_id,
        account_id=case.account_id,
        author_id=hand.member_id,
        by_advocate=not hand.is_staff,
        state=state,
        version=1,
        text=text,
        signature=signature_of(case.brand_id, hand),
        created_at=at,
        updated_at=at,
        checks=0,
    )


def _own_reply(reply_id: int, hand: Hand) -> Reply:
    row = session.execute(
        select(Reply).where(Reply.id == reply_id, Reply.author_id == hand.member_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such reply.")
    return row


def _case(case_id: int) -> Case:
    row = session.execute(select(Case).where(Case.id == case_id)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such case.")
    return row
