"""Count what a piece of work asks of the database: the figure beside every page, in the bench and in the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from app.kernel.db import db


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that runs within, as it was sent; the beginning of a transaction is none."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
