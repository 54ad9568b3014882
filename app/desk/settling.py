"""What the clock does for replies on their way: those that wait are sent, those of unknown outcome are looked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, func, or_, select, update

from app.channels import accounts
from app.channels.base import OwnReply, SignedOutError
from app.desk.models import Attempt, Case, Reply
from app.desk.publishing import (
    READ_BACK_AFTER,
    WAIT_WHEN_SIGNED_OUT,
    locked,
    made_published,
    made_unknown,
    publish,
)
from app.desk.rules.approval import public_text, same_words
from app.kernel import clock
from app.kernel.bus import NotYetError
from app.kernel.db import across_brands, brand_scope, session, transaction
from app.kernel.facts import ReplyApproved
from app.kernel.failpoints import hit
from listeners import queries as heard

SKEW = timedelta(seconds=30)
FORGOTTEN_AFTER = timedelta(minutes=2)
"""An approved reply that nobody has taken up for so long has lost its delivery."""

log = structlog.get_logger()


def settle() -> None:
    """What the clock does for replies on their way: send what may be, the most pressing promise first; find out what is
    unknown.
    """
    at = clock.now()
    forgotten = and_(Reply.state == "approved", Reply.check_at.is_(None), Reply.updated_at <= at - FORGOTTEN_AFTER)
    with across_brands():
        waiting = session.execute(
            select(Reply.brand_id, Reply.id, Reply.state)
            .join(Case, and_(Case.brand_id == Reply.brand_id, Case.id == Reply.case_id))
            .where(
                Reply.state.in_(("approved", "sending", "unknown")),
                or_(Reply.check_at <= at, forgotten),
            )
            .order_by(Case.due_at, Reply.id)
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
                made_unknown(reply_id, None, "The sender stopped before it could say what happened.")
        else:
            read_back(reply_id)


def read_back(reply_id: int) -> None:
    """Look in the thread for a reply whose outcome is unknown."""
    with transaction():
        reply = locked(reply_id)
        if reply is None or reply.state != "unknown":
            return
        first_at, started_at = session.execute(
            select(func.min(Attempt.started_at), func.max(Attempt.started_at)).where(
                Attempt.reply_id == reply_id, Attempt.outcome != "not_sent"
            )
        ).one()
        checks, text = reply.checks, public_text(reply.text, reply.signature)
        target, versions = heard.versions_of(reply.mention_id)
        try:
            network = accounts.open_network(reply.account_id)
        except SignedOutError as error:
            reply.problem, reply.check_at = str(error), clock.now() + WAIT_WHEN_SIGNED_OUT
            return
    hit("settle.before_read")
    try:
        found = _find(
            network.own_replies(first_at - SKEW, under=target), versions, text
        )  # an earlier try may turn up late
    except Exception as error:  # noqa: BLE001  a look that broke has seen nothing
        log.warning("could not read a thread back", reply=reply_id, error=repr(error))
        with transaction():
            _check_later(reply_id, checks, clock.now() + READ_BACK_AFTER[0], f"Could not read the thread: {error}")
        return
    hit("settle.after_read")
    with transaction():
        if found is not None:
            made_published(reply_id, None, found.external_id, found.posted_at)
        elif checks + 1 < len(READ_BACK_AFTER):
            _check_later(reply_id, checks + 1, started_at + READ_BACK_AFTER[checks + 1], "Not seen in the thread yet.")
        else:
            _check_later(reply_id, checks + 1, None, "Not in the thread after three looks. Send it again?")
        hit("settle.before_record")


def _check_later(reply_id: int, checks: int, at: datetime | None, problem: str) -> None:
    session.execute(
        update(Reply)
        .where(Reply.id == reply_id, Reply.state == "unknown")
        .values(checks=checks, check_at=at, problem=problem[:300])
    )


def _find(own: Sequence[OwnReply], targets: Collection[str], text: str) -> OwnReply | None:
    """Our reply among what the account said: same target, in whichever of its versions, and same words."""
    return next((o for o in own if o.in_reply_to in targets and same_words(o.text, text)), None)
