"""How a brand writes its order numbers, as masks that a manager types and that the ears look for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from app.kernel.errors import RefusedError

MOST_FORMS: Final = 5
LONGEST_FORM: Final = 40
FEWEST_DIGITS: Final = 3
MANY_DIGITS: Final = 6
"""So many a form needs that nothing fixed marks: with fewer it would hide ordinary words and years."""
_STANDS_FOR: Final = {"#": r"\d", "?": r"[^\W\d_]", "*": r"[^\W_]"}
_ALLOWED: Final = re.compile(r"[A-Za-z0-9#?*./_ -]+")


def checked(forms: Iterable[str]) -> tuple[str, ...]:
    """The forms as they are kept: # is a digit, ? a letter, * either, every other sign stands for itself.

    Raises:
        RefusedError: too many, or one that is too long, holds other signs or too few digits.

    """
    plain = tuple(dict.fromkeys(" ".join(form.split()) for form in forms if form.strip()))
    if len(plain) > MOST_FORMS:
        raise RefusedError(f"A brand has at most {MOST_FORMS} forms of order numbers.")
    for form in plain:
        if len(form) > LONGEST_FORM or not _ALLOWED.fullmatch(form):
            raise RefusedError(
                f"“{form[:LONGEST_FORM]}” is no form of an order number: it has at most {LONGEST_FORM} letters, "
                "digits, and the signs # (a digit), ? (a letter), * (either), and - . / _ or a space."
            )
        digits = form.count("#")
        if digits < (FEWEST_DIGITS if set(form) - {"#", "?", "*"} else MANY_DIGITS):
            raise RefusedError(
                f"“{form}” would hide ordinary words and years: a form holds # at least {FEWEST_DIGITS} times, and "
                f"without a fixed letter or sign at least {MANY_DIGITS} times."
            )
    return plain


def pattern(forms: Sequence[str]) -> str | None:
    """One regular expression for these forms, None for none. Each matches one length, so time grows with the text only.

    Large and small letters are the same; what stands inside a longer word or number is none.
    """
    if not forms:
        return None
    each = ("".join(_STANDS_FOR.get(sign, re.escape(sign)) for sign in form) for form in forms)
    return rf"(?i:(?<![^\W_])(?:{'|'.join(each)})(?![^\W_]))"
