"""How Bluesky counts: 300 graphemes (Unicode's extended clusters) and 3,000 bytes of UTF-8, by its post's lexicon."""

from __future__ import annotations

import regex

from app.channels.base import Length

GRAPHEMES = 300
BYTES = 3000
_GRAPHEME = regex.compile(r"\X")


def measure(text: str) -> Length:
    """The text's graphemes, or its bytes where those come closer to their limit; within both only if within this one.

    Bytes bind where people write with families of emoji, twenty-five bytes to a grapheme.
    """
    graphemes = sum(1 for _ in _GRAPHEME.finditer(text))
    size = len(text.encode("utf-8", "replace"))
    return Length(size, BYTES) if size * GRAPHEMES > graphemes * BYTES else Length(graphemes, GRAPHEMES)
