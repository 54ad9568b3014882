"""The one way in which batches are stored once: insert what is new, and learn which rows those were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from app.kernel.db import session


def insert_new(
    model: type[DeclarativeBase], rows: Sequence[dict[str, Any]], *returning: InstrumentedAttribute[Any]
) -> Sequence[Row[Any]]:
    """Insert the rows that meet no unique key; only those come back. Replaying a batch gives nothing.

    Sort `rows` by their unique key first: two processes that insert overlapping batches in different orders deadlock.
    """
    if not rows:
        return []
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    table = model.__table__
    statement = dialect.insert(table).on_conflict_do_nothing().returning(*(table.c[c.key] for c in returning))
    return session.execute(statement, list(rows)).all()
