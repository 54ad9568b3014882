"""An alert is read: opened from the bell's page, put away with all others, or met at the place that it speaks of."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update

from app.alerts import places
from app.alerts.models import Alert, Noticed
from app.alerts.raising import KEPT_READ
from app.kernel import clock
from app.kernel.db import across_brands, changed, session, transaction
from app.kernel.errors import NotFoundError

NOTICED_FOR = timedelta(days=30)
MOST_DROPPED = 5000
"""Rows of one transaction."""


def open_alert(alert_id: int, member_id: int) -> str:
    """Mark one's own alert read; the path of its place. Reading twice changes nothing.

    Raises:
        NotFoundError: no such alert of this person.

    """
    mine = (Alert.id == alert_id, Alert.member_id == member_id)
    row = session.execute(select(Alert.kind, Alert.subject_id, Alert.case_id).where(*mine)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such alert.")
    _read(*mine)
    return places.place_of(row.kind, row.subject_id, row.case_id)


def read_all(member_id: int) -> int:
    """Mark everything read; how much it was."""
    return _read(Alert.member_id == member_id)


def met_at(path: str, member_id: int) -> int:
    """The member looks at a page with a list of what waits: alerts that lead there are read; how many they were."""
    return _read(Alert.member_id == member_id, Alert.kind.in_(places.kinds_at(path)))


def met_case(case_id: int, member_id: int) -> int:
    """The member looks at a case: alerts that lead there are read; how many they were."""
    return _read(Alert.member_id == member_id, Alert.case_id == case_id)


def forget() -> None:
    """Drop alerts that were read 30 days ago, all that are 90 days old, and what the watch noticed long ago."""
    at = clock.now()
    with transaction(), across_brands():
        old = select(Alert.id).where(Alert.kept_until < at).limit(MOST_DROPPED)
        session.execute(delete(Alert).where(Alert.id.in_(old.scalar_subquery())))
        session.execute(delete(Noticed).where(Noticed.at < at - NOTICED_FOR))


def _read(*which: ColumnElement[bool]) -> int:
    at = clock.now()
    return changed(
        update(Alert)
        .where(*which, Alert.read_at.is_(None))
        .values(read_at=at, mail_after=None, kept_until=at + KEPT_READ)
    )
