"""Texts that people corrected, and the nearest of them to a new one: found by rare words, compared by letters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from listeners.rules import likeness
from listeners.rules.correcting import Said

COMPARED: Final = 5
"""Texts with the most common words that are compared letter by letter."""
MOST_OF_A_PIECE: Final = 100
"""A word that more corrected texts share tells next to nothing."""
LEAST_COMMON: Final = 2


@dataclass(frozen=True, slots=True)
class Corrected:
    """One text, its private data masked, with all that people said of it."""

    mention_id: int
    text: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """The corrected texts of a brand, the newest first."""

    texts: Mapping[int, Corrected]
    _places: Mapping[str, Sequence[int]] = field(repr=False)

    @classmethod
    def of(cls, texts: Sequence[Corrected]) -> Memory:
        """What is remembered of these texts."""
        places: dict[str, list[int]] = defaultdict(list)
        for one in texts:
            for piece in _pieces(one.text):
                if len(places[piece]) < MOST_OF_A_PIECE:
                    places[piece].append(one.mention_id)
        return cls({one.mention_id: one for one in texts}, places)

    def near(self, text: str) -> list[tuple[Corrected, float]]:
        """The remembered texts that say nearly the same as a masked one, the nearest first, with how near (NEAR to 1).

        Costs next to nothing for a text that shares no two words, or pairs of them, with any.
        """
        if not self.texts:
            return []
        common: Counter[int] = Counter()
        for piece in likeness.pieces(text):
            common.update(self._places.get(piece, ()))
        candidates = [place for place, count in common.most_common(COMPARED) if count >= LEAST_COMMON]
        if not candidates:
            return []
        own = likeness.runs(text)
        close = [(self.texts[place], likeness.nearness(own, _runs(self.texts[place].text))) for place in candidates]
        return sorted((pair for pair in close if pair[1] >= likeness.NEAR), key=lambda pair: -pair[1])


@lru_cache(maxsize=4096)
def _pieces(text: str) -> frozenset[str]:
    return likeness.pieces(text)


@lru_cache(maxsize=4096)
def _runs(text: str) -> frozenset[str]:
    return likeness.runs(text)
