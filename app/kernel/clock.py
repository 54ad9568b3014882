"""The one clock: the database's time plus an offset that tests and the sandbox may set. There is no other now()."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, String, delete, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base

SYNC_SECONDS = 30.0
"""How long a process trusts its last comparison with the database's clock."""


class HouseFact(Base):
    """A few named values about this database itself: who created it, how far its clock is set ahead."""

    __tablename__ = "house"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class _State:
    """What this process knows of the database's time."""

    skew = timedelta(0)
    offset = timedelta(0)
    synced_at = float("-inf")


def now() -> datetime:
    """The house's time, aware, in UTC. Every lease, promise and record is measured with it."""
    return datetime.now(UTC) + _State.skew + _State.offset


def offset() -> timedelta:
    """How far this process's house time is set ahead."""
    return _State.offset


def forget() -> None:
    """Drop what is known of the database's time: this process turns to another database."""
    _State.skew = _State.offset = timedelta(0)
    _State.synced_at = float("-inf")


@contextmanager
def lived_at(moment: datetime) -> Iterator[None]:
    """Within it, for this process alone, the house's time is `moment`: how the demo's past is lived through."""
    before = _State.offset, _State.synced_at
    _State.offset, _State.synced_at = _State.offset + (moment - now()), float("inf")
    try:
        yield
    finally:
        _State.offset, _State.synced_at = before


def is_stale() -> bool:
    """Whether the last comparison is older than SYNC_SECONDS."""
    return time.monotonic() - _State.synced_at > SYNC_SECONDS


def sync(connection: Connection) -> None:
    """Compare with the database: its time on PostgreSQL (on SQLite the file has no clock), and the stored offset."""
    if connection.dialect.name == "postgresql":
        _State.skew = connection.execute(text("SELECT clock_timestamp()")).scalar_one() - datetime.now(UTC)
    stored = connection.execute(select(HouseFact.value).where(HouseFact.name == "clock_offset_s")).scalar()
    _State.offset = timedelta(seconds=float(stored or 0))
    _State.synced_at = time.monotonic()


def set_offset(connection: Connection, offset: timedelta) -> None:
    """Set the house's time ahead (or back) for every process that shares this database. Tests and the demo only."""
    connection.execute(delete(HouseFact).where(HouseFact.name == "clock_offset_s"))
    connection.execute(insert(HouseFact).values(name="clock_offset_s", value=str(offset.total_seconds())))
    _State.offset = offset
