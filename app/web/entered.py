"""Numbers and days as people enter them, in forms and in addresses: read, or None where they are none of ours."""

from __future__ import annotations

from datetime import date

MOST_DIGITS = 9
"""More than anything here is counted in, and fewer than a database minds."""
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
"""Days around which one may reckon without leaving the calendar."""


def number(text: str) -> int | None:
    """A whole number, in the digits 0 to 9 alone: what other scripts and ² count as digits is not always a number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def day(text: str) -> date | None:
    """A day of the calendar in which something here can have happened, as in 2026-12-24."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_DAY <= found <= LAST_DAY else None
