"""The one way in which batches are stored once, and sums are kept: insert what is new, add to what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from typing import cast as known_as

from sqlalchemy import ARRAY, Column, Insert, Row, String, Table, Text, bindparam, cast, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from app.kernel.db import current_brand, session


def insert_new(
    model: type[DeclarativeBase], rows: Sequence[dict[str, Any]], *returning: InstrumentedAttribute[Any]
) -> Sequence[Row[Any]]:
    """Insert the rows that meet no unique key; only those come back. Replaying a batch gives nothing.

    All rows name the same columns. Sort them by their unique key first: two processes that insert overlapping
    batches in different orders deadlock.
    """
    if not rows:
        return []
    columns = tuple(rows[0])
    if session.connection().dialect.name == "postgresql":
        arrays = {f"every_{name}": [row[name] for row in rows] for name in columns}
        return session.execute(_from_arrays(model, columns, returning), arrays).all()
    table = known_as("Table", model.__table__)
    statement = sqlite.insert(table).on_conflict_do_nothing().returning(*(table.c[c.key] for c in returning))
    return session.execute(statement, list(rows)).all()


@lru_cache(maxsize=64)
def _from_arrays(
    model: type[DeclarativeBase], columns: tuple[str, ...], returning: tuple[InstrumentedAttribute[Any], ...]
) -> Insert:
    """One parameter per column, not one per value: for a batch of 500 PostgreSQL takes a fraction of the time."""
    table = known_as("Table", model.__table__)
    types = [ARRAY(_unbounded(table.c[name])) for name in columns]
    arrays = [cast(bindparam(f"every_{name}", type_=kind), kind) for name, kind in zip(columns, types, strict=True)]
    rows = func.unnest(*arrays).table_valued(*columns).render_derived()
    return (
        postgresql.insert(table)
        .from_select(columns, select(*(rows.c[name] for name in columns)))
        .on_conflict_do_nothing()
        .returning(*(table.c[column.key] for column in returning))
    )


def _unbounded(column: Column[Any]) -> TypeEngine[Any]:
    """A cast to VARCHAR(80) cuts what is too long without a word; the column itself refuses it."""
    return Text() if isinstance(column.type, String) else column.type


Sums = dict[tuple[Any, ...], Counter[str]]
"""What is to be added to a table of sums: the values of its primary key, and how much for which column."""


def add_up(model: type[DeclarativeBase], sums: Sums) -> None:
    """Add to rows of sums, in the caller's transaction; a row that is not there begins at nothing.

    In the order of the keys, so that two processes that add to the same rows take turns and never deadlock.
    """
    if not sums:
        return
    table = known_as("Table", model.__table__)
    key = [column.name for column in table.columns if column.primary_key]
    numbers = [column.name for column in table.columns if not column.primary_key]
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    added = {name: table.c[name] + statement.excluded[name] for name in numbers}
    rows = [
        dict(zip(key, values, strict=True)) | {name: sums[values][name] for name in numbers} for values in sorted(sums)
    ]
    session.execute(statement.on_conflict_do_update(index_elements=key, set_=added), rows)


def empty(model: type[DeclarativeBase]) -> None:
    """Drop the sums of the brand in scope before they are made again; until the commit nobody else adds to any."""
    table = known_as("Table", model.__table__)
    if session.connection().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        session.execute(text(f'LOCK TABLE "{table.name}" IN EXCLUSIVE MODE'))
    session.execute(delete(table).where(table.c.brand_id == current_brand()))
