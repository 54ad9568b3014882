"""Who did what: one hash chain per brand, so that a line changed or taken out later can be named.

h(n) = SHA-256(h(n-1), canonical JSON of the row, n). TRUST calls it S27.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import clock
from app.kernel.db import Base, BrandRow, Id, across_brands, brand_scope, session, transaction

_START = "0" * 64
AT_A_LOOK = 1000
"""The most lines that a page proves; the clock has proved what stands before them."""
AT_A_BEAT = 20_000
"""The most lines of one brand that one beat of the clock goes through."""
WHOLE_EVERY = timedelta(days=1)
"""How often the chain is gone through again from its first line: an old line may be changed later, too."""
_LOCK = 7_310
"""Namespace of the advisory lock under which one brand's lines are numbered."""


class AuditRow(BrandRow, Base):
    """One act of one person (or of the house: no member) on one subject. Never changed, never deleted."""

    __tablename__ = "audit_row"
    __table_args__ = (
        UniqueConstraint("brand_id", "seq"),
        CheckConstraint("seq > 0", name="seq"),
        Index("ix_audit_row_at", "brand_id", "at"),
        Index("ix_audit_row_member", "brand_id", "member_id", "seq"),
        Index("ix_audit_row_act", "brand_id", "act", "seq"),
        Index("ix_audit_row_subject", "brand_id", "subject", "seq"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime]
    member_id: Mapped[int | None] = mapped_column(Id)
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]]
    hash: Mapped[str] = mapped_column(String(64))


class AuditCheck(BrandRow, Base):
    """How far a brand's chain has been proved, and how far the pass over its old lines has come."""

    __tablename__ = "audit_check"

    brand_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Id, comment="every line up to here followed from the one before it")
    hash: Mapped[str] = mapped_column(String(64))
    again_seq: Mapped[int] = mapped_column(Id, comment="how far the pass from the first line has come")
    again_hash: Mapped[str] = mapped_column(String(64))
    whole_at: Mapped[datetime | None] = mapped_column(comment="when a pass over the whole chain last ended")
    broken_seq: Mapped[int | None] = mapped_column(Id, comment="the first line that does not follow; stays")


@dataclass(frozen=True, slots=True)
class Chain:
    """A brand's chain as a page says it."""

    since: datetime | None
    """When its first line was written; None while there is none."""
    lines: int
    proved: int
    """Lines that are known to follow from each other; fewer than `lines` only after very many in a short time."""
    broken: int | None
    """The first line that does not follow from the one before it."""
    whole_at: datetime | None


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
    return _walk(brand_id, 0, _START, None).broken


def chain(brand_id: int) -> Chain:
    """What is known of the chain now: proved by the clock up to some line, and from there on in this very moment."""
    known = session.execute(select(AuditCheck).where(AuditCheck.brand_id == brand_id)).scalar_one_or_none()
    row = select(AuditRow.seq, AuditRow.at).where(AuditRow.brand_id == brand_id)
    first = session.execute(row.where(AuditRow.seq == 1)).one_or_none()
    last = session.execute(row.order_by(AuditRow.seq.desc()).limit(1)).one_or_none()
    seen = _walk(brand_id, known.seq if known else 0, known.hash if known else _START, AT_A_LOOK)
    lines = last.seq if last else 0
    broken = known.broken_seq if known and known.broken_seq else seen.broken
    if known and lines < known.seq:
        broken = broken or lines + 1  # the end was cut off
    return Chain(first.at if first else None, lines, seen.seq, broken, known.whole_at if known else None)


def prove() -> None:
    """Go on proving every brand's chain: what is new, and once a day everything again, piece by piece."""
    for brand_id in _brands():
        with transaction(), brand_scope(brand_id):
            _prove(brand_id)


def _prove(brand_id: int) -> None:
    at = clock.now()
    known = session.execute(
        select(AuditCheck).where(AuditCheck.brand_id == brand_id).with_for_update()
    ).scalar_one_or_none()
    if known is None:
        known = AuditCheck(brand_id=brand_id, seq=0, hash=_START, again_seq=0, again_hash=_START)
        session.add(known)
    new = _walk(brand_id, known.seq, known.hash, AT_A_BEAT)
    known.seq, known.hash = new.seq, new.hash
    broken = new.broken
    if known.whole_at is None or known.whole_at + WHOLE_EVERY <= at:
        upto = min(known.again_seq + AT_A_BEAT, known.seq)
        again = _walk(brand_id, known.again_seq, known.again_hash, upto - known.again_seq)
        known.again_seq, known.again_hash = again.seq, again.hash
        if again.seq < upto or (upto == known.seq and again.hash != known.hash):
            broken = again.broken or again.seq + 1  # a line was changed since it was proved, or it is gone
        if again.seq < upto or upto == known.seq:
            known.again_seq, known.again_hash, known.whole_at = 0, _START, at
    if broken is not None:
        known.broken_seq = min(broken, known.broken_seq or broken)


def _brands() -> Iterator[int]:
    """Every brand that has a chain, found through the index."""
    last = 0
    while True:
        with across_brands():
            found = session.execute(select(func.min(AuditRow.brand_id)).where(AuditRow.brand_id > last)).scalar()
        session.rollback()
        if found is None:
            return
        yield found
        last = found


@dataclass(frozen=True, slots=True)
class _Walked:
    """How far a walk along the chain came: the last line that held, and the first that did not."""

    seq: int
    hash: str
    broken: int | None


def _walk(brand_id: int, seq: int, previous: str, most: int | None) -> _Walked:
    """Walk from behind the line `seq`, whose hash is `previous`, over at most so many lines."""
    statement = select(AuditRow).where(AuditRow.brand_id == brand_id, AuditRow.seq > seq).order_by(AuditRow.seq)
    for row in session.execute(statement.limit(most)).scalars():
        if row.seq != seq + 1 or row.hash != _hash(previous, row):
            return _Walked(seq, previous, seq + 1)
        seq, previous = row.seq, row.hash
    return _Walked(seq, previous, None)


def _hash(previous: str, row: AuditRow) -> str:
    line = json.dumps(
        [row.seq, row.at.isoformat(), row.member_id, row.act, row.subject, row.detail],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256((previous + line).encode()).hexdigest()
