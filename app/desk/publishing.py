"""Say an approved reply in the customer's thread, at most once, whatever dies or answers when.

approved → sending (committed) → the call, outside of any transaction → what came of it (committed). An answer that
proves nothing makes the reply `unknown`: the thread is read back at 120, 300 and 900 s; absent three times, a person
decides. Nothing is ever sent a second time blindly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, func, or_, select, update

from app.channels import accounts
from app.channels.base import (
    ChannelError,
    Network,
    OwnReply,
    RateLimitedError,
    RefusedByNetworkError,
    SignedOutError,
    UnreachableError,
)
from app.desk import figures, outcomes, replies
from app.desk.history import note
from app.desk.models import Attempt, Case, CaseMention, Reply
from app.desk.rules.approval import edit_distance, public_text, same_words
from app.desk.rules.hand import Hand
from app.kernel import audit, clock
from app.kernel.bus import NotYetError, emit
from app.kernel.db import across_brands, brand_scope, changed, session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError
from app.kernel.facts import ReplyApproved, ReplyPublished, ReplyTakenDown, TakeDownAsked
from app.kernel.failpoints import hit
from listeners import queries as heard

READ_BACK_AFTER = (timedelta(seconds=120), timedelta(seconds=300), timedelta(seconds=900))
"""Counted from the attempt. The first is longer than a worker may take, so that no call is still under way."""
SKEW = timedelta(seconds=30)
WAIT_WHEN_UNTOLD = WAIT_WHEN_SIGNED_OUT = timedelta(minutes=15)
WAIT_WHEN_UNREACHABLE = timedelta(seconds=30)
FORGOTTEN_AFTER = timedelta(minutes=2)
"""An approved reply that nobody has taken up for so long has lost its delivery."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Going:
    """A reply on its way out: everything the call needs, with no database behind it."""

    attempt_id: int
    network: Network
    target: str
    text: str


def publish(fact: ReplyApproved) -> None:
    """Send one approved reply. Called again, by whomever, it does nothing that was done before.

    Raises:
        NotYetError: a post of the thread was heard and has no case yet; it might void the approval.

    """
    with transaction():
        going = _begin(fact.reply_id)
        hit("publish.before_intent")
    if going is None:
        return
    hit("publish.before_call")
    try:
        sent = going.network.reply(going.target, going.text)
        hit("publish.after_call")
    except (RateLimitedError, UnreachableError, SignedOutError, RefusedByNetworkError) as error:
        with transaction():
            _not_sent(fact.reply_id, going.attempt_id, error)
            hit("publish.before_not_sent")
    except Exception as error:  # noqa: BLE001  whatever broke, the post may be out there
        log.warning("outcome of a reply unknown", reply=fact.reply_id, error=repr(error))
        with transaction():
            _unknown(fact.reply_id, going.attempt_id, str(error))
            hit("publish.before_unknown")
    else:
        with transaction():
            _published(fact.reply_id, going.attempt_id, sent.external_id, clock.now())
            hit("publish.before_record")
    hit("publish.after_record")


def settle() -> None:
    """What the clock does for replies on their way: send again what may be, find out what is unknown."""
    at = clock.now()
    forgotten = and_(Reply.state == "approved", Reply.check_at.is_(None), Reply.updated_at <= at - FORGOTTEN_AFTER)
    with across_brands():
        waiting = session.execute(
            select(Reply.brand_id, Reply.id, Reply.state)
            .where(
                Reply.state.in_(("approved", "sending", "unknown")),
                or_(Reply.check_at <= at, forgotten),
            )
            .order_by(Reply.check_at)
            .limit(100)
        ).all()
    session.rollback()
    for brand_id, reply_id, state in waiting:
        try:
            _settle(brand_id, reply_id, state)
        except NotYetError:
            continue  # it stays due
        except Exception as error:  # one reply that cannot be settled must not keep the others waiting
            log.exception("a reply could not be settled", reply=reply_id, error=repr(error))


def _settle(brand_id: int, reply_id: int, state: str) -> None:
    with brand_scope(brand_id):
        if state == "approved":
            publish(ReplyApproved(brand_id, reply_id))
        elif state == "sending":  # whoever was sending it is gone
            with transaction():
                _unknown(reply_id, None, "The sender stopped before it could say what happened.")
        else:
            read_back(reply_id)


def read_back(reply_id: int) -> None:
    """Look in the thread for a reply whose outcome is unknown."""
    with transaction():
        reply = _locked(reply_id)
        if reply is None or reply.state != "unknown":
            return
        first_at, started_at = session.execute(
            select(func.min(Attempt.started_at), func.max(Attempt.started_at)).where(
                Attempt.reply_id == reply_id, Attempt.outcome != "not_sent"
            )
        ).one()
        checks, text = reply.checks, public_text(reply.text, reply.signature)
        target = heard.mentions([reply.mention_id])[reply.mention_id].external_id
        try:
            network = accounts.open_network(reply.account_id)
        except SignedOutError as error:
            reply.problem, reply.check_at = str(error), clock.now() + WAIT_WHEN_SIGNED_OUT
            return
    hit("settle.before_read")
    try:
        found = _find(network.own_replies(first_at - SKEW), target, text)  # an earlier try may turn up late
    except Exception as error:  # noqa: BLE001  a look that broke has seen nothing
        log.warning("could not read a thread back", reply=reply_id, error=repr(error))
        with transaction():
            _check_later(reply_id, checks, clock.now() + READ_BACK_AFTER[0], f"Could not read the thread: {error}")
        return
    hit("settle.after_read")
    with transaction():
        if found is not None:
            _published(reply_id, None, found.external_id, found.posted_at)
        elif checks + 1 < len(READ_BACK_AFTER):
            _check_later(reply_id, checks + 1, started_at + READ_BACK_AFTER[checks + 1], "Not seen in the thread yet.")
        else:
            _check_later(reply_id, checks + 1, None, "Not in the thread after three looks. Send it again?")
        hit("settle.before_record")


def send_again(reply_id: int, hand: Hand) -> None:
    """A person looked: it is not in the thread. It goes back to approved and out once more.

    Raises:
        NotAllowedError: not staff.
        ConflictError: its outcome is not open, or the thread was not yet read back three times.

    """
    reply = _undecided(reply_id, hand)
    reply.state, reply.problem, reply.checks, reply.check_at = "approved", None, 0, None
    case = _case(reply)
    note(case, "sent_again", "Not in the thread: sent again by hand.", member_id=hand.member_id)
    audit.record(reply.brand_id, hand.member_id, "reply.send_again", f"reply:{reply.id}")
    emit(ReplyApproved(reply.brand_id, reply.id))


def give_up(reply_id: int, hand: Hand) -> None:
    """A person looked: it is not in the thread, and it will not be said. The case is open again, for staff.

    Raises:
        NotAllowedError, ConflictError: as for `send_again`.

    """
    reply = _undecided(reply_id, hand)
    _failed(reply, "Given up by hand.")
    audit.record(reply.brand_id, hand.member_id, "reply.give_up", f"reply:{reply.id}")


def take_down(fact: TakeDownAsked) -> None:
    """Remove a published reply from the network; then its points are reversed. Removing twice is harmless.

    Raises:
        NotYetError: the network cannot do it now; it is asked again when it can.

    """
    with transaction():
        reply = _locked(fact.reply_id)
        if reply is None or reply.state != "published" or reply.external_id is None:
            return
        account_id, external_id = reply.account_id, reply.external_id
    try:
        with transaction():
            network = accounts.open_network(account_id)
        hit("take_down.before_call")
        network.take_down(external_id)
    except ChannelError as error:
        with transaction():
            _still_public(fact.reply_id, error)
        if isinstance(error, RefusedByNetworkError):
            return
        raise NotYetError("the network has not removed the reply yet", _wait_until(error)) from error
    hit("take_down.after_call")
    with transaction():
        reply = _locked(fact.reply_id)
        if reply is None or reply.state != "published":
            return
        reply.state, reply.updated_at, reply.problem = "withdrawn", clock.now(), "Taken down."
        case = _case(reply)
        if case.state == "answered":
            case.state, case.closed_reason = "closed", "taken_down"
        note(case, "taken_down", "The reply was taken down.")
        figures.taken_down(reply.id)
        emit(ReplyTakenDown(reply.brand_id, reply.id, reply.author_id, reply.by_advocate))
        hit("take_down.before_record")


def _begin(reply_id: int) -> _Going | None:
    """Approved → sending, if what was approved is still what would be said."""
    at = clock.now()
    reply = _locked(reply_id)
    if reply is None or reply.state != "approved" or (reply.check_at is not None and reply.check_at > at):
        return None
    case = _case(reply)
    _wait_for_the_thread(case)
    if replies.bound_hash(reply, case) != reply.approved_hash:
        replies.void_approval(reply, case, "The thread changed after the approval: it must be read again.")
        return None
    try:
        network = accounts.open_network(reply.account_id)
    except SignedOutError as error:
        reply.problem, reply.check_at = str(error), at + WAIT_WHEN_SIGNED_OUT
        return None
    taken = changed(
        update(Reply)
        .where(Reply.id == reply_id, Reply.state == "approved")
        .values(state="sending", checks=0, check_at=at + READ_BACK_AFTER[0], updated_at=at)
    )
    if not taken:
        return None
    attempt = Attempt(brand_id=reply.brand_id, reply_id=reply_id, started_at=at, outcome="open", words="")
    session.add(attempt)
    case.state, case.updated_at = "sending", at
    session.flush()
    target = heard.mentions([reply.mention_id])[reply.mention_id].external_id
    return _Going(attempt.id, network, target, public_text(reply.text, reply.signature))


def _wait_for_the_thread(case: Case) -> None:
    there = {mention.id for mention in heard.thread(case.channel, case.thread)}
    placed = session.execute(select(CaseMention.mention_id).where(CaseMention.mention_id.in_(there))).scalars()
    if there - set(placed):
        raise NotYetError("a post of this thread is still on its way to its case")


def _published(reply_id: int, attempt_id: int | None, external_id: str, at: datetime) -> None:
    reply = _locked(reply_id)
    if reply is None or reply.state not in {"sending", "unknown"}:
        return
    reply.state, reply.external_id, reply.published_at = "published", external_id, at
    reply.problem, reply.check_at, reply.updated_at = None, None, clock.now()
    _end_attempt(reply_id, attempt_id, "sent", "")
    case = _case(reply)
    asked_meanwhile = case.mention_id != reply.mention_id and replies.bound_hash(reply, case) != reply.approved_hash
    figures.answered(case, at, reply)
    case.state, case.updated_at = "open" if asked_meanwhile else "answered", clock.now()
    note(case, "published", "The reply stands in the thread.")
    audit.record(reply.brand_id, reply.author_id, "reply.publish", f"reply:{reply.id}", external_id=external_id)
    emit(
        ReplyPublished(
            reply.brand_id,
            reply_id=reply.id,
            case_id=case.id,
            customer_id=case.customer_id,
            author_id=reply.author_id,
            by_advocate=reply.by_advocate,
            expertise=case.expertise,
            edit_distance=edit_distance(reply.submitted_text or reply.text, reply.text),
            promise_share=reply.promise_share or 0.0,
            published_at=at,
        )
    )
    if asked_meanwhile:  # nobody who approved this reply has seen that post
        case.offered_at = clock.now()
        note(case, "opened_again", "The customer wrote again while the reply was on its way.")
    else:
        outcomes.thanked_meanwhile(case, at)


def _not_sent(reply_id: int, attempt_id: int, error: ChannelError) -> None:
    """It is certain that nothing was said."""
    reply = _locked(reply_id)
    if reply is None or reply.state != "sending":
        return
    _end_attempt(reply_id, attempt_id, "not_sent", str(error))
    if isinstance(error, RefusedByNetworkError):
        _failed(reply, f"The network refused it: {error}")
        return
    if isinstance(error, SignedOutError):
        accounts.mark_signed_out(reply.account_id)
    reply.state, reply.problem, reply.check_at = "approved", str(error), _wait_until(error)
    reply.updated_at = clock.now()
    _case(reply).state = "in_review"


def _wait_until(error: ChannelError) -> datetime:
    """When to ask a network again that said no for now."""
    at = clock.now()
    if isinstance(error, RateLimitedError):
        return error.until or at + WAIT_WHEN_UNTOLD
    return at + (WAIT_WHEN_SIGNED_OUT if isinstance(error, SignedOutError) else WAIT_WHEN_UNREACHABLE)


def _still_public(reply_id: int, error: ChannelError) -> None:
    """Staff wants it gone and it is not: say so where they look."""
    reply = _locked(reply_id)
    if reply is None or reply.state != "published":
        return
    if isinstance(error, SignedOutError):
        accounts.mark_signed_out(reply.account_id)
    reply.problem = f"It still stands in the thread: {error}"[:300]


def _unknown(reply_id: int, attempt_id: int | None, words: str) -> None:
    reply = _locked(reply_id)
    if reply is None or reply.state != "sending":
        return
    at = clock.now()
    _end_attempt(reply_id, attempt_id, "unknown", words)
    reply.state, reply.checks, reply.updated_at = "unknown", 0, at
    reply.problem = "The network gave no clear answer; the thread is being read back."
    reply.check_at = max(reply.check_at or at, at)
    case = _case(reply)
    case.state = "unknown"
    note(case, "unknown", "The network gave no clear answer; the thread is being read back.")


def _failed(reply: Reply, why: str) -> None:
    reply.state, reply.problem, reply.check_at, reply.updated_at = "failed", why[:300], None, clock.now()
    case = _case(reply)
    case.state, case.lane, case.lane_reason, case.updated_at = "open", "staff", why[:300], clock.now()
    note(case, "failed", why)


def _check_later(reply_id: int, checks: int, at: datetime | None, problem: str) -> None:
    session.execute(
        update(Reply)
        .where(Reply.id == reply_id, Reply.state == "unknown")
        .values(checks=checks, check_at=at, problem=problem[:300])
    )


def _end_attempt(reply_id: int, attempt_id: int | None, outcome: str, words: str) -> None:
    """Finish a try; without an id, the newest one: of several tries at most one was taken."""
    newest = select(func.max(Attempt.id)).where(Attempt.reply_id == reply_id).scalar_subquery()
    session.execute(
        update(Attempt)
        .where(Attempt.reply_id == reply_id, Attempt.id == (attempt_id or newest))
        .values(outcome=outcome, ended_at=clock.now(), words=words[:300])
    )


def _find(own: Sequence[OwnReply], target: str, text: str) -> OwnReply | None:
    """Our reply among what the account said: same target, same words."""
    return next((o for o in own if o.in_reply_to == target and same_words(o.text, text)), None)


def _undecided(reply_id: int, hand: Hand) -> Reply:
    if not hand.is_staff:
        raise NotAllowedError("Only staff decides about a reply whose outcome is unknown.")
    reply = _locked(reply_id)
    if reply is None:
        raise NotFoundError("There is no such reply.")
    if reply.state != "unknown":
        raise ConflictError("The outcome of this reply is known by now.")
    if reply.check_at is not None:
        raise ConflictError("The thread is still being read back. Wait for the last look.")
    return reply


def _locked(reply_id: int) -> Reply | None:
    return session.execute(select(Reply).where(Reply.id == reply_id).with_for_update()).scalar_one_or_none()


def _case(reply: Reply) -> Case:
    """The reply's case, locked: a post of the customer joins it either before the thread is looked at, or after."""
    return session.execute(select(Case).where(Case.id == reply.case_id).with_for_update()).scalar_one()
