"""What a model sees of a text: its words and pieces of words, and what our own rules found in it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from listeners.rules.reading import Reading

# Scripts that do not part their words are read in pieces alone; others word by word.
_PIECE: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+|[가-힣ㄱ-ㅎㅏ-ㅣ]+|[^\W_\u3040-\u30ff\u3400-\u9fff가-힣ㄱ-ㅎㅏ-ㅣ]+"
    r"|[!?！？]+|\.{2,}|…|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_DIGIT: Final = re.compile(r"\d")
_UNPARTED: Final = re.compile(r"[\u3040-\u9fff가-힣ㄱ-ㅎㅏ-ㅣ]")
MOST_CHARACTERS: Final = 1_000
LONGEST_PIECE: Final = 5
LONGEST_UNPARTED: Final = 4
LONGEST_WORD: Final = 24
# A tally of three speaks nearly as loudly as one of ten.
LOUD: Final = 3.0


class Parts(NamedTuple):
    """The words of a text in their order, and every two neighbours as one."""

    words: list[str]
    pairs: list[str]


def parts(plain: str) -> Parts:
    """The words of a cleaned text; digits are alike. Bounded by its length."""
    words = [word[:LONGEST_WORD] for word in _PIECE.findall(_DIGIT.sub("0", plain[:MOST_CHARACTERS].lower()))]
    return Parts(words, [f"{before}={word}" for before, word in zip(["", *words], words, strict=False)])


def grams(of: Parts) -> Counter[str]:
    """How often every word, pair of words and piece of a word stands in a text."""
    found: list[str] = []
    for word in of.words:
        found += of_word(word)
    return Counter(found + of.pairs)


@lru_cache(maxsize=20_000)
def of_word(word: str) -> tuple[str, ...]:
    """A word and its pieces; of scripts that do not part their words the pieces alone."""
    if _UNPARTED.match(word):
        return tuple(_pieces(f" {word} ", LONGEST_UNPARTED, 1))
    return ("=" + word, *_pieces(f" {word} ", LONGEST_PIECE, 2)) if len(word) > 1 else ("=" + word,)


def _pieces(padded: str, longest: int, shortest: int) -> Iterator[str]:
    for size in range(shortest, longest + 1):
        for start in range(len(padded) - size + 1):
            yield padded[start : start + size]


def signs(reading: Reading, answers: Mapping[str, float]) -> dict[str, float]:
    """What the rules found, each as a number from -1 to 1: the loudness of every list's words, and `answers`."""
    found = {
        f"#{question}.{label}": math.tanh(tally.weight / LOUD) for (question, label), tally in reading.tallies.items()
    }
    found["#asks"] = min(1.0, reading.questions / 2)
    found["#exclaims"] = min(1.0, reading.exclamations / 3)
    found["#shouts"] = min(1.0, reading.capitals / 4)
    found["#links"] = min(1.0, reading.clean.links)
    found["#addressed"] = float(reading.clean.original.lstrip().startswith("@"))
    found["#long"] = min(1.0, len(reading.clean.plain) / 280)
    found.update((f"#{name}", value) for name, value in answers.items())
    return found
