"""An alert is raised: once per member, kind, subject and version, for somebody who may get it and wants to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from app.alerts import wishes
from app.alerts.models import Alert
from app.alerts.rules.kinds import KINDS
from app.alerts.rules.timing import mail_at
from app.kernel import clock
from app.kernel.db import current_brand
from app.kernel.upsert import insert_new
from app.people import reach

KEPT_FOR = timedelta(days=90)
KEPT_READ = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class News:
    """What one member should know, before it is an alert."""

    member_id: int
    kind: str
    subject_id: int
    version: int = 0
    case_id: int | None = None
    count: int = 1
    detail: str = ""


def tell(news: Iterable[News]) -> None:
    """Raise the alerts that are new; in any order, and again, the same ones come of it.

    Nobody gets one who is suspended, whose role may not have its kind, or who switched the kind off.
    """
    told = sorted(news, key=lambda one: (one.member_id, one.kind, one.subject_id, one.version))
    people = reach.active({one.member_id for one in told}) if told else {}
    may = [one for one in told if one.member_id in people and people[one.member_id].role in KINDS[one.kind].roles]
    if not may:
        return
    at, wanted = clock.now(), wishes.of_these({one.member_id for one in may})
    rows = [
        {
            "brand_id": current_brand(),
            "member_id": one.member_id,
            "kind": one.kind,
            "subject_id": one.subject_id,
            "version": one.version,
            "case_id": one.case_id,
            "count": one.count,
            "detail": one.detail,
            "at": at,
            "mail_after": mail_at(at, wanted[one.member_id].way(one.kind), wanted[one.member_id]),
            "kept_until": at + KEPT_FOR,
        }
        for one in may
        if wanted[one.member_id].way(one.kind) != "off"
    ]
    insert_new(Alert, rows, Alert.id)
