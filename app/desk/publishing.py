"""Say an approved reply in the customer's thread, at most once, whatever dies or answers when.

approved → sending (committed) → the call, outside of any transaction → what came of it (committed). An answer that
proves nothing makes the reply `unknown`: the thread is read back at 120, 300 and 900 s; absent three times, a person
decides. Nothing is ever sent a second time blindly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, or_, select, update

from app.channels import accounts, budgets
from app.channels.base import (
    ChannelError,
    Network,
    RateLimitedError,
    RefusedByNetworkError,
    ReplyKey,
    SignedOutError,
    UnreachableError,
)
from app.desk import figures, outcomes, replies, source
from app.desk.history import note
from app.desk.models import Attempt, Case, CaseMention, Reply
from app.desk.rules.approval import edit_distance, public_text
from app.desk.rules.hand import Hand
from app.kernel import audit, clock
from app.kernel.bus import NotYetError, emit
from app.kernel.db import changed, session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError
from app.kernel.facts import ReplyApproved, ReplyPublished, ReplyTakenDown, TakeDownAsked
from app.kernel.failpoints import hit
from listeners import queries as heard

READ_BACK_AFTER = (timedelta(seconds=120), timedelta(seconds=300), timedelta(seconds=900))
"""Counted from the attempt. The first is longer than a worker may take, so that no call is still under way."""
WAIT_WHEN_UNTOLD = WAIT_WHEN_SIGNED_OUT = timedelta(minutes=15)
WAIT_WHEN_UNREACHABLE = timedelta(seconds=30)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Going:
    """A reply on its way out: everything the call needs, with no database behind it."""

    attempt_id: int
    target: str
    text: str
    key: ReplyKey


def publish(fact: ReplyApproved) -> None:
    """Send one approved reply. Called again, by whomever, it does nothing that was done before.

    Raises:
        NotYetError: a post of the thread was heard and has no case yet; it might void the approval.

    """
    with transaction():
        asked = _asked(fact.reply_id)
    if asked is None:
        return
    network, post = asked
    hit("publish.before_look")
    seen = source.look(network, post)
    hit("publish.after_look")
    with transaction():
        going = _begin(fact.reply_id, seen)
        hit("publish.before_intent")
    if going is None:
        return
    hit("publish.before_call")
    try:
        sent = network.reply(going.target, going.text, going.key)
        hit("publish.after_call")
    except (RateLimitedError, UnreachableError, SignedOutError, RefusedByNetworkError) as error:
        with transaction():
            _not_sent(fact.reply_id, going.attempt_id, error)
            hit("publish.before_not_sent")
    except Exception as error:  # noqa: BLE001  whatever broke, the post may be out there
        log.warning("outcome of a reply unknown", reply=fact.reply_id, error=repr(error))
        with transaction():
            made_unknown(fact.reply_id, going.attempt_id, str(error))
            hit("publish.before_unknown")
    else:
        with transaction():
            made_published(fact.reply_id, going.attempt_id, sent.external_id, clock.now())
            hit("publish.before_record")
    hit("publish.after_record")


def send_again(reply_id: int, hand: Hand) -> None:
    """A person looked: it is not in the thread. It goes back to approved and out once more.

    Raises:
        NotAllowedError: not staff.
        ConflictError: its outcome is not open, or the thread was not yet read back three times.

    """
    reply = _undecided(reply_id, hand)
    reply.state, reply.problem, reply.checks, reply.check_at = "approved", None, 0, None
    case = case_of(reply)
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
        reply = locked(fact.reply_id)
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
        raise NotYetError("the network has not removed the reply yet", wait_until(error)) from error
    hit("take_down.after_call")
    with transaction():
        reply = locked(fact.reply_id)
        if reply is None or reply.state != "published":
            return
        reply.state, reply.updated_at, reply.problem = "withdrawn", clock.now(), "Taken down."
        case = case_of(reply)
        if case.state == "answered":
            case.state, case.closed_reason = "closed", "taken_down"
        note(case, "taken_down", "The reply was taken down.")
        figures.taken_down(reply.id)
        emit(ReplyTakenDown(reply.brand_id, reply.id, reply.author_id, reply.by_advocate))
        hit("take_down.before_record")


def _asked(reply_id: int) -> tuple[Network, str] | None:
    """The voice of a reply whose time has come, and the post that it answers."""
    reply = _due(reply_id)
    if reply is None or not _may_speak(reply):
        return None
    try:
        network = accounts.open_network(reply.account_id)
    except SignedOutError as error:
        reply.problem, reply.check_at = str(error), clock.now() + WAIT_WHEN_SIGNED_OUT
        return None
    return network, heard.mentions([reply.mention_id])[reply.mention_id].answered_under


def _may_speak(reply: Reply) -> bool:
    """Whether it is this reply's turn: the account may say something, and more pressing promises leave it room."""
    at = clock.now()
    full_until = budgets.closed_until(reply.account_id)
    if full_until is not None:
        reply.problem, reply.check_at = "The network takes no more answers until then.", full_until
        return False
    if reply.check_at is None and _others_go_first(reply):
        reply.check_at = at  # the clock takes up those that wait, by their promises
        return False
    return True


def _others_go_first(reply: Reply) -> bool:
    """Whether more replies wait than the network takes now, and one of them has a more pressing promise.

    While the network takes plenty nobody waits for anybody.
    """
    left = budgets.answers_left(reply.account_id, accounts.account(reply.account_id).channel)
    waiting = (
        select(Case.due_at)
        .join(Reply, Reply.case_id == Case.id)
        .where(Reply.account_id == reply.account_id, Reply.state == "approved", Reply.id != reply.id)
        .where(or_(Reply.check_at.is_(None), Reply.check_at <= clock.now()))
        .order_by(Case.due_at)
        .limit(left)
    )
    others = session.execute(waiting).scalars().all()
    return 0 < left <= len(others) and others[0] < case_of(reply).due_at


def _due(reply_id: int) -> Reply | None:
    reply = locked(reply_id)
    if reply is None or reply.state != "approved":
        return None
    return reply if reply.check_at is None or reply.check_at <= clock.now() else None


def _begin(reply_id: int, seen: source.Seen) -> _Going | None:
    """Approved → sending, if what was approved is still what would be said, and its question still stands."""
    at = clock.now()
    reply = _due(reply_id)
    if reply is None:
        return None
    case = case_of(reply)
    if seen.error is not None:
        _wait(reply, f"The post could not be looked at again before answering: {seen.error}", seen.error)
        return None
    _wait_for_the_thread(case)
    if not source.is_as_it_was(reply, case, seen):
        return None
    if replies.bound_hash(reply, case) != reply.approved_hash:
        replies.void_approval(reply, case, "The thread changed after the approval: it must be read again.")
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
    target = heard.mentions([reply.mention_id])[reply.mention_id].answered_under
    key = ReplyKey(reply.id, reply.created_at)
    return _Going(attempt.id, target, public_text(reply.text, reply.signature), key)


def _wait_for_the_thread(case: Case) -> None:
    there = {(mention.id, mention.version) for mention in heard.thread(case.channel, case.thread)}
    counted = session.execute(
        select(CaseMention.mention_id, CaseMention.version).where(CaseMention.mention_id.in_([one for one, _ in there]))
    )
    if there - {(row.mention_id, row.version) for row in counted}:
        raise NotYetError("a post of this thread, or what its author changed, is still on its way to its case")


def made_published(reply_id: int, attempt_id: int | None, external_id: str, at: datetime) -> None:
    """It stands in the thread, as that post, since then; nothing happens if that was known before."""
    reply = locked(reply_id)
    if reply is None or reply.state not in {"sending", "unknown"}:
        return
    reply.state, reply.external_id, reply.published_at = "published", external_id, at
    reply.problem, reply.check_at, reply.updated_at = None, None, clock.now()
    _end_attempt(reply_id, attempt_id, "sent", "")
    case = case_of(reply)
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
    reply = locked(reply_id)
    if reply is None or reply.state != "sending":
        return
    _end_attempt(reply_id, attempt_id, "not_sent", str(error))
    if isinstance(error, RefusedByNetworkError):
        _failed(reply, f"The network refused it: {error}")
        return
    reply.state = "approved"
    _wait(reply, str(error), error)
    case_of(reply).state = "in_review"


def _wait(reply: Reply, why: str, error: ChannelError) -> None:
    """The reply stays approved, and its turn comes when the network can be asked again."""
    if isinstance(error, SignedOutError):
        accounts.mark_signed_out(reply.account_id)
    reply.problem, reply.check_at, reply.updated_at = why[:300], wait_until(error), clock.now()


def wait_until(error: ChannelError) -> datetime:
    """When to ask a network again that said no for now."""
    at = clock.now()
    if isinstance(error, RateLimitedError):
        return error.until or at + WAIT_WHEN_UNTOLD
    if isinstance(error, RefusedByNetworkError):
        return at + WAIT_WHEN_UNTOLD
    return at + (WAIT_WHEN_SIGNED_OUT if isinstance(error, SignedOutError) else WAIT_WHEN_UNREACHABLE)


def _still_public(reply_id: int, error: ChannelError) -> None:
    """Staff wants it gone and it is not: say so where they look."""
    reply = locked(reply_id)
    if reply is None or reply.state != "published":
        return
    if isinstance(error, SignedOutError):
        accounts.mark_signed_out(reply.account_id)
    reply.problem = f"It still stands in the thread: {error}"[:300]


def made_unknown(reply_id: int, attempt_id: int | None, words: str) -> None:
    """It may stand in the thread or not; without an attempt's id, its newest attempt ended so."""
    reply = locked(reply_id)
    if reply is None or reply.state != "sending":
        return
    at = clock.now()
    _end_attempt(reply_id, attempt_id, "unknown", words)
    reply.state, reply.checks, reply.updated_at = "unknown", 0, at
    reply.problem = "The network gave no clear answer; the thread is being read back."
    reply.check_at = max(reply.check_at or at, at)
    case = case_of(reply)
    case.state = "unknown"
    note(case, "unknown", "The network gave no clear answer; the thread is being read back.")


def _failed(reply: Reply, why: str) -> None:
    reply.state, reply.problem, reply.check_at, reply.updated_at = "failed", why[:300], None, clock.now()
    case = case_of(reply)
    case.state, case.lane, case.lane_reason, case.updated_at = "open", "staff", why[:300], clock.now()
    note(case, "failed", why)


def _end_attempt(reply_id: int, attempt_id: int | None, outcome: str, words: str) -> None:
    """Finish a try; without an id, the newest one: of several tries at most one was taken."""
    newest = select(func.max(Attempt.id)).where(Attempt.reply_id == reply_id).scalar_subquery()
    session.execute(
        update(Attempt)
        .where(Attempt.reply_id == reply_id, Attempt.id == (attempt_id or newest))
        .values(outcome=outcome, ended_at=clock.now(), words=words[:300])
    )


def _undecided(reply_id: int, hand: Hand) -> Reply:
    if not hand.is_staff:
        raise NotAllowedError("Only staff decides about a reply whose outcome is unknown.")
    reply = locked(reply_id)
    if reply is None:
        raise NotFoundError("There is no such reply.")
    if reply.state != "unknown":
        raise ConflictError("The outcome of this reply is known by now.")
    if reply.check_at is not None:
        raise ConflictError("The thread is still being read back. Wait for the last look.")
    return reply


def locked(reply_id: int) -> Reply | None:
    """The reply, locked until the transaction ends; None if the brand in scope has none with this id."""
    return session.execute(select(Reply).where(Reply.id == reply_id).with_for_update()).scalar_one_or_none()


def case_of(reply: Reply) -> Case:
    """The reply's case, locked: a post of the customer joins it either before the thread is looked at, or after."""
    return session.execute(select(Case).where(Case.id == reply.case_id).with_for_update()).scalar_one()
