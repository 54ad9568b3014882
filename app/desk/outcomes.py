"""How a case turns out after somebody spoke: thanked for, answered outside, or simply our own words coming back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from app.desk import claims, figures
from app.desk.history import note
from app.desk.models import Case, CaseEvent, CaseMention, Reply, Thanks
from app.desk.rules.approval import public_text, same_words
from app.kernel.bus import emit
from app.kernel.db import session
from app.kernel.facts import CustomerThanked
from listeners import queries as heard
from listeners.queries import MentionView, OwnPostView

THANKFUL = frozenset({"thanks", "solved"})
"""Outcomes of a follow-up that say that the answer helped."""
UNSOLVED = frozenset({"still_broken", "wants_human"})
"""Outcomes that ask for another answer, whatever else the words ask for."""


def thanked(case: Case, mention_id: int, at: datetime) -> None:
    """The customer says that it helped: the author of the newest published reply hears of it."""
    reply = session.execute(
        select(Reply).where(Reply.case_id == case.id, Reply.state == "published").order_by(Reply.id.desc()).limit(1)
    ).scalar_one_or_none()
    if reply is None:
        return
    note(case, "thanked", "The customer says that it helped.")
    figures.thanked(reply.id, at)
    emit(CustomerThanked(case.brand_id, reply.id, mention_id, reply.author_id, reply.by_advocate, at))


def thanked_by_correction(case: Case, mention: MentionView) -> None:
    """A person says that this post thanks for the answer; told once, however often it is said."""
    if mention.assessment is None or mention.assessment.outcome not in THANKFUL:
        return
    if session.execute(select(Thanks.id).where(Thanks.mention_id == mention.id).limit(1)).scalar() is None:
        thanked(case, mention.id, mention.posted_at)


def thanked_meanwhile(case: Case, since: datetime) -> None:
    """Thanks that came while we did not know yet that the reply stood there."""
    ids = session.execute(select(CaseMention.mention_id).where(CaseMention.case_id == case.id)).scalars()
    session.flush()
    for mention in heard.mentions(ids).values():
        if mention.posted_at >= since and mention.assessment and mention.assessment.outcome in THANKFUL:
            thanked(case, mention.id, mention.posted_at)


def own_post(case_id: int, post: OwnPostView, *, newest_question: datetime | None) -> None:
    """The brand's account said something on this case: by our hand, or outside of the house.

    It is counted once; whether it answers the case is asked again with every post that is heard late.
    An approved reply in the same words is none of ours yet: its approval is void, so that it is not said twice.
    """
    case = session.execute(select(Case).where(Case.id == case_id).with_for_update()).scalar_one()
    replies = session.execute(
        select(Reply).where(
            Reply.case_id == case_id,
            or_(Reply.state.in_(("sending", "unknown", "published")), Reply.external_id == post.external_id),
        )
    ).scalars()
    spoken = f"The brand's account wrote outside of Peerline (post {post.external_id})."
    if any(_is_echo(reply, post) for reply in replies):
        return
    if not _is_noted(case_id, spoken):
        case.thread_revision += 1
        note(case, "spoken_outside", spoken)
    is_late = newest_question is not None and post.posted_at < newest_question
    if is_late or case.state not in {"open", "claimed"}:
        return
    if case.state == "claimed":
        claims.end_of_case(case, "answered_outside", "The brand answered outside; the draft is kept.")
    figures.answered(case, post.posted_at)
    case.state, case.closed_reason = "closed", "answered_outside"
    note(case, "answered_outside", "The brand's account answered outside of Peerline.")


def _is_echo(reply: Reply, post: OwnPostView) -> bool:
    """Whether a post on the network is this reply, also while we do not know yet that it went out."""
    if reply.external_id is not None:
        return reply.external_id == post.external_id
    return same_words(public_text(reply.text, reply.signature), post.text)


def _is_noted(case_id: int, words: str) -> bool:
    """Whether an own post was counted before: it is looked at when it is heard, and when a case of its thread opens."""
    known = select(CaseEvent.id).where(
        CaseEvent.case_id == case_id, CaseEvent.act == "spoken_outside", CaseEvent.words == words
    )
    return session.execute(known.limit(1)).scalar() is not None
