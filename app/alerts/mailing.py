"""The digest: what a member has not read goes into one mail per brand, once, when their hours allow it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import select

from app.alerts import letters, places, wishes
from app.alerts.letters import Letter, Line
from app.alerts.models import Alert
from app.alerts.rules.timing import allowed_from
from app.brands import queries as brands
from app.kernel import clock, mail
from app.kernel.db import across_brands, brand_scope, current_brand, session, transaction
from app.people import reach

MAILED_WITHIN = timedelta(days=7)
"""What is older, after a long pause, is found under the bell; a mail about it would be no news."""
MOST_MAILS = 200
"""In one go; the next comes half a minute later."""
MOST_LINES = 500

log = structlog.get_logger()


def post_due() -> None:
    """Mail what may leave now. Called by the clock; where no mail server is set up, everything stays under the bell."""
    if not mail.is_set_up():
        return
    with across_brands():
        due = session.execute(
            select(Alert.brand_id, Alert.member_id)
            .where(Alert.mail_after <= clock.now())
            .group_by(Alert.brand_id, Alert.member_id)
            .limit(MOST_MAILS)
        ).all()
    session.rollback()
    for brand_id, member_id in due:
        try:
            with transaction(), brand_scope(brand_id):
                _post(member_id)
        except Exception as error:  # one member's mail must not keep the others' waiting
            log.exception("a digest could not be made", member=member_id, error=repr(error))


def _post(member_id: int) -> None:
    """One mail with all that waits for one, and the mark on each that it was mailed, in one transaction."""
    at = clock.now()
    waiting = _waiting(member_id)
    if not any(row.mail_after is not None and row.mail_after <= at for row in waiting):
        return
    if member_id not in reach.active([member_id]):
        _let_go(waiting)
        return
    wish = wishes.of(member_id)
    may_at = allowed_from(at, wish)
    if may_at > at:
        for row in waiting:
            row.mail_after = may_at
        return
    fresh = [row for row in waiting if row.at > at - MAILED_WITHIN]
    if fresh:
        stop = mail.link(places.stop_path(wishes.link_id(member_id)))
        mail.send(reach.address(member_id), *_letter(fresh, stop), until=at + MAILED_WITHIN, stop=stop)
    _let_go(waiting)
    for row in fresh:
        row.mailed_at = at


def _waiting(member_id: int) -> Sequence[Alert]:
    return (
        session.execute(
            select(Alert)
            .where(Alert.member_id == member_id, Alert.mail_after.is_not(None), Alert.read_at.is_(None))
            .order_by(Alert.id)
            .limit(MOST_LINES)
            .with_for_update()
        )
        .scalars()
        .all()
    )


def _let_go(rows: Sequence[Alert]) -> None:
    """No mail waits for these any more."""
    for row in rows:
        row.mail_after = None


def _letter(rows: Sequence[Alert], stop: str) -> Letter:
    by_kind: dict[str, list[Alert]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    lines = [_line(kind, alerts) for kind, alerts in by_kind.items()]
    brand = brands.brand(current_brand()).name
    return letters.digest(
        brand, lines, all_link=places.link(places.ALL), wish_link=places.link("/me/alerts"), stop_link=stop
    )


def _line(kind: str, alerts: Sequence[Alert]) -> Line:
    """One alert leads to its place, several of a kind to the page with all of them."""
    single = alerts[0] if len(alerts) == 1 else None
    path = places.place_of(kind, single.subject_id, single.case_id) if single else places.ALL
    return Line(kind, sum(alert.count for alert in alerts), places.link(path))
