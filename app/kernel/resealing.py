"""After the house's secret has changed: everything the old one sealed is sealed anew, while work goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, bindparam, select, update

from app.kernel import crypto
from app.kernel.db import Base, session, transaction
from app.kernel.errors import PeerlineError

AT_ONCE = 200
"""Rows of one transaction: short enough that nobody waits for them."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of one column."""

    column: str
    """As table.column."""
    anew: int
    """Values that were sealed by the old secret and now are by the new one."""
    lost: int
    """Values that neither secret opens; they are left as they are."""


def reseal() -> Iterator[Resealed]:
    """Seal every stored secret with the newest of the house's secrets, column by column. Done twice, it does nothing.

    Each batch is a transaction of its own. A value that somebody renews meanwhile is left to them: it is sealed by
    the newest secret already, provided that every process has been started with it.
    """
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, crypto.Sealed):
                yield _column(table, column)


def _column(table: Table, column: Column[str]) -> Resealed:
    [key] = table.primary_key.columns
    still = update(table).where(key == bindparam("number"), column == bindparam("before"))
    anew = still.values({column.name: bindparam("after")})
    last, done, lost = 0, 0, 0
    while True:
        with transaction():
            rows = session.execute(
                select(key, column).where(key > last, column.is_not(None)).order_by(key).limit(AT_ONCE)
            ).all()
            fresh, unreadable = _resealed([(row[0], row[1]) for row in rows])
            if fresh:
                session.connection().execute(anew, fresh)
        done, lost = done + len(fresh), lost + unreadable
        if len(rows) < AT_ONCE:
            return Resealed(f"{table.name}.{column.name}", done, lost)
        last = rows[-1][0]


def _resealed(rows: Sequence[tuple[int, str]]) -> tuple[list[dict[str, Any]], int]:
    """What of these rows is to be written, and how many of them no secret opens."""
    fresh, lost = [], 0
    for number, sealed in rows:
        try:
            after = crypto.vault().reseal(sealed)
        except PeerlineError:
            lost += 1
            continue
        if after is not None:
            fresh.append({"number": number, "before": sealed, "after": after})
    return fresh, lost
