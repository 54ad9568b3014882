"""The audit as a person reads it: its lines, the newest first, about whom and what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from app.kernel.audit import AuditRow
from app.kernel.db import current_brand, session


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; None is every one."""

    member_id: int | None = None
    act: str | None = None
    subject: str | None = None
    """As it is stored: kind and number, as in "reply:12"."""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One act."""

    seq: int
    at: datetime
    member_id: int | None
    act: str
    kind: str
    number: int | None
    """The subject: what kind of thing, and which."""
    detail: dict[str, Any]


def lines(wanted: Wanted, *, before: int | None = None, limit: int = 50) -> tuple[Line, ...]:
    """Lines of the brand in scope, the newest first, from behind the line `before`."""
    statement = select(
        AuditRow.seq, AuditRow.at, AuditRow.member_id, AuditRow.act, AuditRow.subject, AuditRow.detail
    ).where(AuditRow.brand_id == current_brand())
    if before is not None:
        statement = statement.where(AuditRow.seq < before)
    if wanted.member_id is not None:
        statement = statement.where(AuditRow.member_id == wanted.member_id)
    if wanted.act is not None:
        statement = statement.where(AuditRow.act == wanted.act)
    if wanted.subject is not None:
        statement = statement.where(AuditRow.subject == wanted.subject)
    if wanted.first is not None:
        statement = statement.where(AuditRow.at >= datetime.combine(wanted.first, time(), UTC))
    if wanted.last is not None:
        statement = statement.where(AuditRow.at < datetime.combine(wanted.last + timedelta(days=1), time(), UTC))
    rows = session.execute(statement.order_by(AuditRow.seq.desc()).limit(limit))
    return tuple(_line(*row) for row in rows)


def _line(seq: int, at: datetime, member_id: int | None, act: str, *about: Any) -> Line:
    subject, detail = about
    kind, _, number = subject.partition(":")
    return Line(seq, at, member_id, act, kind, int(number) if number.isdigit() else None, detail)
