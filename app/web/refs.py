"""Rows in URLs: one converter per kind, so that no number of ours is ever seen or guessed."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter, ValidationError

from app.kernel.crypto import refs
from app.kernel.errors import NotFoundError

KINDS = (
    "case",
    "reply",
    "review",
    "txn",
    "member",
    "thanks",
    "note",
    "customer",
    "appeal",
    "mention",
    "model",
    "aside",
    "skill",
    "fact",
    "answer",
    "invitation",
    "account",
    "consent",
    "alert",
    "unsubscribe",
)


class _Ref(BaseConverter):
    """A row of one kind; anything that is not exactly one of our names is no such page."""

    regex = "[A-Za-z0-9_-]{22}"
    kind = ""

    def to_python(self, value: str) -> int:
        """The row's number."""
        number = number_of(self.kind, value)
        if number is None:
            raise ValidationError
        return number

    def to_url(self, value: Any) -> str:
        """The row's name."""
        return refs().name(self.kind, int(value))


def number_of(kind: str, name: str) -> int | None:
    """The row behind a name of this kind; None for anything else, also for a second spelling of the same name."""
    try:
        return refs().number(kind, name)
    except NotFoundError:
        return None


def name_of(kind: str, number: int) -> str:
    """The name that a row has in pages."""
    return refs().name(kind, number)


def register(app: Flask) -> None:
    """Teach the app's URLs the kinds of rows."""
    for kind in KINDS:
        app.url_map.converters[kind] = type(f"{kind.title()}Ref", (_Ref,), {"kind": kind})
    app.jinja_env.globals["name_of"] = name_of
    app.jinja_env.filters["ref"] = lambda number, kind: name_of(kind, number)
