"""A named lease in the database: of many processes on many hosts, one does the work, and another takes over."""

from __future__ import annotations

import os
import secrets
import socket
import time
from datetime import datetime, timedelta

from sqlalchemy import String, or_, update
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import clock
from app.kernel.db import Base, changed, session, transaction
from app.kernel.errors import PeerlineError
from app.kernel.upsert import insert_new

LASTS = timedelta(seconds=30)
"""A holder that has not renewed for so long is taken for dead."""
ME = f"{socket.gethostname()[:60]}/{os.getpid()}/{secrets.token_hex(4)}"
"""This process among all others."""


class Lease(Base):
    """Who does a piece of work that only one process may do at a time."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(90))
    expires_at: Mapped[datetime]


class LostLeaseError(PeerlineError):
    """Another process has taken the work over: what was about to be written is not."""


_held_until: dict[str, float] = {}


def hold(name: str) -> bool:
    """Whether this process holds the lease; takes or renews it, in a transaction of its own, when that is due."""
    if time.monotonic() < _held_until.get(name, 0.0):
        return True
    asked_at = time.monotonic()
    with transaction():
        mine = take(name)
    if mine:
        _held_until[name] = asked_at + LASTS.total_seconds() / 3
    return mine


def keep(name: str) -> None:
    """Renew a lease inside the transaction that writes what it allows: whoever lost it writes nothing.

    On PostgreSQL the lease's row stays locked until the commit, so nobody takes it in between; SQLite has one writer.

    Raises:
        LostLeaseError: another process holds it now.

    """
    if not take(name):
        _held_until.pop(name, None)
        raise LostLeaseError("Another process has taken this work over.")


def let_go(name: str) -> None:
    """Give a lease back before it lapses, in a transaction of its own: the next process need not wait."""
    _held_until.pop(name, None)
    with transaction():
        session.execute(update(Lease).where(Lease.name == name, Lease.holder == ME).values(expires_at=clock.now()))


def take(name: str, holder: str = ME) -> bool:
    """Take or renew a lease, inside a transaction; False while another process holds it."""
    at = clock.now()
    renewed = changed(
        update(Lease)
        .where(Lease.name == name, or_(Lease.holder == holder, Lease.expires_at < at))
        .values(holder=holder, expires_at=at + LASTS)
    )
    if renewed:
        return True
    return bool(insert_new(Lease, [{"name": name, "holder": holder, "expires_at": at + LASTS}], Lease.name))
