"""Tables as files, sent while they are read, a piece at a time: a large one needs no more memory than a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response, current_app, g

from app.kernel.db import brand_scope, session
from app.reports.export import Key, as_csv

Rows = Callable[[Key | None], list[Key]]
"""Rows from behind the one with this key on; fewer than a whole piece, or none, at the end."""


def table(name: str, header: tuple[str, ...], rows: Rows, *, key: int) -> Response:
    """The whole table as a CSV file. `key` is how many of the first columns tell one row from another."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  Flask's own way
    response = Response(_pieces(app, g.seat.brand_id, header, rows, key), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _pieces(app: Flask, brand_id: int, header: tuple[str, ...], rows: Rows, key: int) -> Iterator[str]:
    """Each piece is read in a scope of its own, because the request is over when the file is sent."""
    yield as_csv([header])
    last: Any = None
    while True:
        with app.app_context(), brand_scope(brand_id):
            found = rows(last)
            session.rollback()
        if not found:
            return
        yield as_csv(found)
        last = found[-1][:key]
