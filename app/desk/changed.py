"""A customer edits or deletes what they wrote: the case takes note, and no answer goes out that was meant for the old.

Each mention's place in its case knows which version of it was counted, so that nothing is counted twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import select

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.desk import cases, claims, replies, waking
from app.desk.history import note
from app.desk.models import Case, CaseMention, Claim, Reply
from app.desk.rules.states import LIVE_REPLY
from app.kernel import clock
from app.kernel.bus import NotYetError
from app.kernel.db import current_brand, session
from app.kernel.facts import MentionsChanged
from listeners import queries as heard
from listeners.queries import MentionView
from moderation import reviews

EDITED_WORDS = "The customer edited their post after the approval: it must be read again."
GONE_WORDS = "The customer deleted the post that this answers."
_SAID = frozenset({"sending", "unknown"})
"""States of a case in which an answer may be out there already."""


def mentions_changed(fact: MentionsChanged) -> None:
    """Let each case count what changed in it since it last looked.

    Raises:
        NotYetError: one of the mentions is still on its way to its case.

    """
    catch_up(fact.mention_ids)


def catch_up(mention_ids: Collection[int]) -> None:
    """Let the cases of these mentions count their changes, now, in the caller's transaction.

    Raises:
        NotYetError: as `mentions_changed`.

    """
    places = {
        place.mention_id: place
        for place in session.execute(select(CaseMention).where(CaseMention.mention_id.in_(mention_ids))).scalars()
    }
    if set(mention_ids) - places.keys():
        raise NotYetError("a mention that was changed has no case yet")
    views, changed = heard.mentions(mention_ids), defaultdict[int, list[MentionView]](list)
    for mention_id, place in sorted(places.items()):
        if place.version < views[mention_id].version:
            changed[place.case_id].append(views[mention_id])
    if not changed:
        return
    brand = brands.brand(current_brand())
    claimed = select(Claim.id).where(Claim.case_id.in_(changed), Claim.ended_at.is_(None)).order_by(Claim.id)
    session.execute(claimed.with_for_update())  # the claim first, in the order in which whoever ends one takes both
    live = select(Reply.id).where(Reply.case_id.in_(changed), Reply.state.in_(LIVE_REPLY)).order_by(Reply.id)
    session.execute(live.with_for_update())  # then the reply, as whoever sends it does, and the case last
    rows = session.execute(
        select(Case)
        .where(Case.id.in_(changed))
        .order_by(Case.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars()
    for case in rows:
        for mention in changed[case.id]:
            _count(brand, case, mention, places[mention.id])


def _count(brand: BrandView, case: Case, mention: MentionView, place: CaseMention) -> None:
    session.refresh(place, with_for_update=True)
    if place.version >= mention.version:
        return
    case.thread_revision += mention.version - place.version
    case.updated_at, place.version = clock.now(), mention.version
    if mention.gone_at is None:
        _edited(brand, case, mention)
    else:
        _gone(brand, case, mention)
    session.flush()


def _edited(brand: BrandView, case: Case, mention: MentionView) -> None:
    """The words are others: what was approved is read again, and what the case asks for is asked of the new words."""
    note(case, "edited", "The customer edited their post.")
    reply = _live_reply(case)
    if reply is not None and reply.state == "approved":
        replies.void_approval(reply, case, EDITED_WORDS)
    if mention.id != case.mention_id:
        return
    chosen = cases.routed(brand, mention)
    asked = cases.asked_of(brand, mention, chosen)
    if case.state == "closed" and case.closed_reason == "nothing_to_answer" and chosen.lane != "no_reply":
        cases.take(case, asked)
        case.state, case.closed_reason, case.offered_at = "open", None, clock.now()
        note(case, "opened_again", f"The customer edited their post. {chosen.reason}")
    elif case.state in {"open", "claimed"} and chosen.lane == "staff" and case.lane == "advocates":
        if case.state == "claimed":
            claims.end_of_case(case, "escalated", "The matter became one for staff; the draft is kept.")
            case.state = "open"
        cases.take(case, asked | {"due_at": min(case.due_at, asked["due_at"])})


def _gone(brand: BrandView, case: Case, mention: MentionView) -> None:
    """Nobody answers what was deleted; the customer's other posts of the case are answered in its stead."""
    note(case, "source_gone", "The customer deleted their post.")
    reply = _live_reply(case)
    if case.state in _SAID or case.state in {"answered", "closed"}:
        return  # what is out there is out there; what comes back unsaid is looked at again before it is said
    if reply is not None and reply.mention_id == mention.id:
        withdraw(reply, GONE_WORDS)
    elif reply is not None and reply.state == "approved":
        replies.void_approval(reply, case, "The customer deleted a post of the thread: it must be read again.")
        return
    if mention.id == case.mention_id:
        _ask_for_the_rest(brand, case)


def withdraw(reply: Reply, why: str) -> None:
    """An answer that was not said will not be said: it is kept with its author, and nobody needs to judge it."""
    reply.state, reply.problem, reply.updated_at, reply.check_at = "withdrawn", why, clock.now(), None
    reviews.void(replies.SUBJECT, reply.id)
    session.flush()


def _ask_for_the_rest(brand: BrandView, case: Case) -> None:
    """What else the customer asks on this thread, or nothing: then the case is closed."""
    if case.state == "claimed":
        claims.end_of_case(case, "source_gone", "The claim ended: the post was deleted. The draft is kept.")
    waking.wake(case, "closed")
    left = _still_asking(brand, case)
    if left:
        newest = left[-1]
        cases.take(case, cases.asked_of(brand, newest, cases.routed(brand, newest)))
        case.state, case.closed_reason = "open", None
    else:
        case.state, case.closed_reason = "closed", cases.GONE
        case.lane, case.lane_reason = "no_reply", "The customer deleted this post."


def _still_asking(brand: BrandView, case: Case) -> Sequence[MentionView]:
    """The customer's posts of the case that stand and need an answer, oldest first."""
    ids = session.execute(select(CaseMention.mention_id).where(CaseMention.case_id == case.id)).scalars().all()
    there = sorted(heard.mentions(ids).values(), key=lambda one: (one.posted_at, one.id))
    answered = set(
        session.execute(select(Reply.mention_id).where(Reply.case_id == case.id, Reply.state == "published")).scalars()
    )
    return [one for one in there if one.id not in answered and cases.routed(brand, one).lane != "no_reply"]


def _live_reply(case: Case) -> Reply | None:
    return session.execute(
        select(Reply).where(Reply.case_id == case.id, Reply.state.in_(LIVE_REPLY)).with_for_update()
    ).scalar_one_or_none()
