"""How a case turns out after somebody spoke: thanked for, answered outside, or simply our own words coming back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.desk import claims
from app.desk.history import note
from app.desk.models import Case, Reply
from app.desk.rules.approval import public_text, same_words
from app.kernel.bus import emit
from app.kernel.db import session
from app.kernel.facts import CustomerThanked
from listeners.queries import OwnPostView


def thanked(case: Case, mention_id: int, at: datetime) -> None:
    """The customer says that it helped: the author of the newest published reply hears of it."""
    reply = session.execute(
        select(Reply).where(Reply.case_id == case.id, Reply.state == "published").order_by(Reply.id.desc()).limit(1)
    ).scalar_one_or_none()
    if reply is None:
        return
    note(case, "thanked", "The customer says that it helped.")
    emit(CustomerThanked(case.brand_id, reply.id, mention_id, reply.author_id, reply.by_advocate, at))


def own_post(case_id: int, post: OwnPostView, *, newest_customer_post: datetime) -> None:
    """The brand's account said something on this case: by our hand, or outside of the house."""
    case = session.execute(select(Case).where(Case.id == case_id).with_for_update()).scalar_one()
    replies = session.execute(
        select(Reply).where(Reply.case_id == case_id, Reply.state.in_(("approved", "sending", "unknown", "published")))
    ).scalars()
    if any(_is_echo(reply, post) for reply in replies):
        return
    case.thread_revision += 1
    if post.posted_at < newest_customer_post or case.state not in {"open", "claimed"}:
        return
    if case.state == "claimed":
        claims.end_of_case(case, "answered_outside", "The brand answered outside; the draft is kept.")
    case.state, case.closed_reason = "closed", "answered_outside"
    note(case, "answered_outside", "The brand's account answered outside of Peerline.")


def _is_echo(reply: Reply, post: OwnPostView) -> bool:
    """Whether a post on the network is this reply, also while we do not know yet that it went out."""
    if reply.external_id is not None:
        return reply.external_id == post.external_id
    return same_words(public_text(reply.text, reply.signature), post.text)
