"""After the house's secret has changed: everything the old one sealed is sealed anew, while work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, Table, select, update

from app.kernel import crypto
from app.kernel.db import Base, changed, session, transaction
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
    last, anew, lost = 0, 0, 0
    while True:
        with transaction():
            rows = session.execute(
                select(key, column).where(key > last, column.is_not(None)).order_by(key).limit(AT_ONCE)
            ).all()
            for number, sealed in rows:
                last = number
                try:
                    fresh = crypto.vault().reseal(sealed)
                except PeerlineError:
                    lost += 1
                    continue
                if fresh is not None:
                    anew += changed(update(table).where(key == number, column == sealed).values({column.name: fresh}))
        if len(rows) < AT_ONCE:
            return Resealed(f"{table.name}.{column.name}", anew, lost)
