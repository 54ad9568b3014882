"""What a model sees of a text: its words and pieces of words, and what our own rules found in it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

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
STEM: Final = 6
"""So many letters of a word are alike in most of its forms: card and cards, transfer and transferred."""
REACH: Final = 5
"""How many words apart two words still count as said together."""
WHOLE: Final = "="
TOGETHER: Final = "&"
# A tally of three speaks nearly as loudly as one of ten.
LOUD: Final = 3.0


def words_of(plain: str) -> list[str]:
    """The words of a cleaned text; between words of scripts that do not part them stands their seam.

    A seam, such as "는 안" of "저는 안해요", has a space within: the letters on both sides of the space.
    """
    found: list[str] = []
    before = ""
    for word in _PIECE.findall(_DIGIT.sub("0", plain[:MOST_CHARACTERS].lower())):
        if not is_unparted(word):
            found.append(word[:LONGEST_WORD])
            before = ""
            continue
        if before:
            found.append(f"{before[-2:]} {word[:2]}")
        found.append(word)
        before = word
    return found


def stem(word: str) -> str:
    """The letters by which forms of a word are taken for one; nothing for scripts that do not part words."""
    return "" if is_unparted(word) else word[:STEM]


def is_unparted(word: str) -> bool:
    """Whether a word, or a seam of two, is of a script that is read in pieces alone."""
    return not word.isascii() and _UNPARTED.match(word) is not None


def pieces(word: str) -> list[str]:
    """The pieces of a word, each once, with a space for its beginning and end; of a seam those that hold its space."""
    if " " in word:
        place = word.index(" ")
        return list(dict.fromkeys((word[place - 1 : place + 2], word[: place + 2], word[place - 1 :])))
    if is_unparted(word):
        return [piece for piece in _cut(word, LONGEST_UNPARTED, 1) if piece != " "]
    return _cut(word, LONGEST_PIECE, 2) if len(word) > 1 else []


def _cut(word: str, longest: int, shortest: int) -> list[str]:
    padded = f" {word} "
    sizes = range(shortest, longest + 1)
    return list(dict.fromkeys(padded[at : at + size] for size in sizes for at in range(len(padded) - size + 1)))


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
