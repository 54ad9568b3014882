"""What a person typed into a form that was refused: shown once more, so that nothing is lost, and never a secret."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask, g, request

from app.alerts.rules.kinds import KINDS

SECRET = frozenset({"password", "secret", "token", "key", "code"})
"""A field with one of these words in its name is never shown again."""
STATE = frozenset({"drawn_for", "next", "username", "seen", "seen_revision", "from", "place", "shown", "zone"})
"""Fields that a page fills in by itself."""
CHOSEN = frozenset(
    """
    allow_links brand days digest lane language languages loud now outcome page private require_second_factor_for_staff
    rewards role sign_replies to topic topics until usual verdict when where which
    """.split()  # noqa: SIM905  as the common passwords
)
"""Fields that are chosen with a click: their values say little in words, and are chosen again as fast."""
_OURS = STATE | CHOSEN | KINDS.keys()


def typed(name: str, otherwise: str = "") -> str:
    """What the person typed into a field, when the page is shown again because something stood in the way."""
    if request.method != "POST":
        return otherwise
    stands_again(name)
    return request.form.get(name, otherwise)


def stands_again(name: str) -> None:
    """Note that the page that is being drawn shows what was typed into this field."""
    g.setdefault("shown_again", set()).add(name)


def everything() -> str:
    """All that was typed, for a page that has no fields."""
    return _words(())


def left_over() -> str:
    """What was typed and stands in no field of the page that was drawn."""
    return _words(g.get("shown_again", ()))


def is_typed(name: str) -> bool:
    """Whether a field holds words of a person that may be shown again."""
    return name not in _OURS and not SECRET & set(name.split("_"))


def _words(elsewhere: Collection[str]) -> str:
    if request.method != "POST":
        return ""
    fields = request.form.items(multi=True)
    return "\n\n".join(words for name, words in fields if words.strip() and is_typed(name) and name not in elsewhere)


def register(app: Flask) -> None:
    """Teach the templates these words."""
    app.jinja_env.globals.update(typed=typed, left_over=left_over)
