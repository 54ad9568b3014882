"""Who did what: one hash chain per brand, so that a line changed or taken out later can be named.

h(n) = SHA-256(h(n-1), canonical JSON of the row, n). TRUST calls it S27.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import clock
from app.kernel.db import Base, BrandRow, Id, brand_scope, session

_START = "0" * 64
_LOCK = 7_310
"""Namespace of the advisory lock under which one brand's lines are numbered."""


class AuditRow(BrandRow, Base):
    """One act of one person (or of the house: no member) on one subject. Never changed, never deleted."""

    __tablename__ = "audit_row"
    __table_args__ = (UniqueConstraint("brand_id", "seq"), CheckConstraint("seq > 0", name="seq"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime]
    member_id: Mapped[int | None] = mapped_column(Id)
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]]
    hash: Mapped[str] = mapped_column(String(64))


def record(brand_id: int, member_id: int | None, act: str, subject: str, **detail: Any) -> None:
    """Write one line. Concurrent writers of one brand take turns; `detail` holds ids and enums, never texts."""
    with brand_scope(brand_id):
        if session.connection().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
            session.execute(select(func.pg_advisory_xact_lock(_LOCK, brand_id)))
        last = session.execute(
            select(AuditRow.seq, AuditRow.hash)
            .where(AuditRow.brand_id == brand_id)
            .order_by(AuditRow.seq.desc())
            .limit(1)
        ).one_or_none()
        seq, previous = (last.seq + 1, last.hash) if last else (1, _START)
        row = AuditRow(
            brand_id=brand_id,
            seq=seq,
            at=clock.now(),
            member_id=member_id,
            act=act,
            subject=subject,
            detail=detail,
            hash="",
        )
        row.hash = _hash(previous, row)
        session.add(row)
        session.flush()


def first_broken(brand_id: int) -> int | None:
    """The first line whose hash does not follow from the one before it; None when the chain is whole."""
    previous, expected = _START, 1
    for row in session.execute(select(AuditRow).where(AuditRow.brand_id == brand_id).order_by(AuditRow.seq)).scalars():
        if row.seq != expected or row.hash != _hash(previous, row):
            return expected
        previous, expected = row.hash, expected + 1
    return None


def _hash(previous: str, row: AuditRow) -> str:
    line = json.dumps(
        [row.seq, row.at.isoformat(), row.member_id, row.act, row.subject, row.detail],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256((previous + line).encode()).hexdigest()
