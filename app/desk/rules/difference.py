"""What an edit changed, word by word, in reading order: for the author to learn from, not to be scolded by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

Change = Literal["same", "new", "gone"]
MOST_WORDS = 3000
"""Longer texts are shown whole, as gone and new: comparing grows with the square of their length."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['’][^\W_]+)*\s*|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that stayed, came or went between two texts."""

    text: str
    change: Change


def difference(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in reading order: without what is new they give `before`, without what went `after`.

    Words count with the space behind them; single characters where words are not spaced (Chinese, Japanese); Korean
    words are spaced. A gap of white space between two changes joins them.
    """
    old, new = _words(before), _words(after)
    if len(old) + len(new) > MOST_WORDS:
        return _joined([Piece(before, "gone"), Piece(after, "new")])
    pieces: list[Piece] = []
    for act, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            pieces.append(Piece("".join(old[a:b]), "same"))
        else:
            pieces += [Piece("".join(old[a:b]), "gone"), Piece("".join(new[c:d]), "new")]
    return _joined(_without_gaps(pieces))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _without_gaps(pieces: Sequence[Piece]) -> list[Piece]:
    """A lone space that stayed between two changes is counted with them: "red car" → "blue bus" is one change."""
    found: list[Piece] = []
    for at, piece in enumerate(pieces):
        inside = 0 < at < len(pieces) - 1
        if piece.change == "same" and not piece.text.strip() and inside:
            found += [replace(piece, change="gone"), replace(piece, change="new")]
        else:
            found.append(piece)
    return found


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one kind become one piece; within a change, what went stands before what came."""
    found: list[Piece] = []
    for changed, run in groupby(pieces, key=lambda piece: piece.change != "same"):
        group = list(run)
        for change in ("gone", "new") if changed else ("same",):
            text = "".join(piece.text for piece in group if piece.change == change)
            if text:
                found.append(Piece(text, change))
    return found
