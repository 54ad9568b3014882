"""What the forms of the brand's pages share: what was typed, what stands now, and numbers read out of words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext

from app.kernel.errors import RefusedError
from app.web import entered
from app.web.formats import TOPICS

LANGUAGES = ("en", "vi", "zh", "ko", "ja", "es", "fr", "de", "pt", "id", "th")
"""Languages that a brand may answer in; the first four are judged best."""
MOST = 999_999
"""More minutes, percent or cases than anybody promises."""


def given(name: str) -> str:
    """A field's words, without the space around them."""
    return request.form.get(name, "").strip()


def ticked(name: str) -> bool:
    """Whether a box is ticked."""
    return request.form.get(name) == "yes"


def is_ticked(name: str, stored: bool) -> bool:  # noqa: FBT001  as the templates call it
    """Whether to draw a box ticked: as it was sent, when the page is shown again."""
    return ticked(name) if request.method == "POST" else stored


def is_chosen(name: str, value: str, stored: Sequence[str]) -> bool:
    """Whether to draw one of several boxes ticked, as it was sent or as it stands."""
    return value in (request.form.getlist(name) if request.method == "POST" else stored)


def stands_now(name: str, stored: Any) -> str:
    """What is stored, where the page shows something else because it was just typed."""
    plain = "" if stored is None else str(stored)
    if request.method != "POST" or name not in request.form:
        return ""
    said = "\n".join(request.form[name].split("\n")).replace("\r", "").strip()
    return plain if plain.strip() != said else ""


def words(name: str) -> list[str]:
    """The words of a field that holds several, with commas or line breaks between them."""
    text = request.form.get(name, "")
    for mark in "\r\n,、，;":
        text = text.replace(mark, ",")
    return [word.strip() for word in text.split(",") if word.strip()]


def lines(name: str) -> list[str]:
    """The lines of a field."""
    return [line.strip() for line in request.form.get(name, "").splitlines() if line.strip()]


def whole(name: str) -> int:
    """A field's whole number.

    Raises:
        RefusedError: it is none.

    """
    number = entered.number(given(name))
    if number is None or number > MOST:
        raise RefusedError(gettext("A whole number is missing, or “%(text)s” is none.", text=given(name)[:20]))
    return number


def percent(name: str) -> float:
    """A field's percentage as a share from 0 to 1."""
    return whole(name) / 100


def day(text: str) -> date:
    """A day of the calendar.

    Raises:
        RefusedError: it is none.

    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = gettext("“%(text)s” is no day of the calendar. Write it as 2026-12-24.", text=text[:20])
        raise RefusedError(said) from None


def topics() -> tuple[str, ...]:
    """The topics that cases are judged by."""
    return tuple(TOPICS)
