"""A post with the words that decided set apart, and no more of it than shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.web.formats import clean

MOST_SHOWN = 280
_BEFORE = 80


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of a post's letters, plain or one of the words that matched."""

    text: str
    hit: bool


def marked(text: str, spans: Sequence[tuple[int, int]]) -> list[Mark]:
    """The text in runs, cut to a window around the first word that matched."""
    start = max(0, spans[0][0] - _BEFORE) if spans else 0
    end = min(len(text), start + MOST_SHOWN)
    marks = [Mark("… ", hit=False)] if start else []
    at = start
    for a, b in spans:
        if b > end:
            break
        marks += [Mark(clean(text[at:a]), hit=False), Mark(clean(text[a:b]), hit=True)]
        at = b
    marks.append(Mark(clean(text[at:end]) + (" …" if end < len(text) else ""), hit=False))
    return [mark for mark in marks if mark.text]
