"""What a second reader's eye is drawn to in an answer: its language, its tone, its promises, and words said before.

A remark never stands in the way: it says what it saw, and the reader decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

LOUD_SHARE = 0.6
LOUD_LETTERS = 12
"""From so many letters on, so large a share of capitals is shouting."""
MARKS = 3
"""So many exclamation marks in one answer are shouting too."""
ALIKE = 0.9
"""From here on two answers are the same words to a customer who reads both."""

_PROMISES = re.compile(
    r"\b(?:refund(?:ed|s)?|money back|reimburse\w*|compensat\w*|voucher|for free|free of charge|guarantee[ds]?"
    r"|we promise|i promise|definitely will|by tomorrow|within \d+ (?:hours?|days?))\b"
    r"|hoàn (?:lại )?tiền|bồi thường|đền bù|miễn phí|cam kết|đảm bảo|hứa"
    r"|退款|退钱|赔偿|补偿|免费|保证|承诺"
    r"|환불|보상|무료|보장|약속",
    re.IGNORECASE,
)
_COLD = re.compile(
    r"\b(?:as i (?:already )?said|calm down|obviously|read the manual|not (?:my|our) problem|your (?:own )?fault"
    r"|you should have|stupid|idiot|ridiculous|nobody else complains)\b"
    r"|bình tĩnh đi|đã nói rồi|lỗi của bạn|ngu ngốc"
    r"|冷静点|早就说过|你自己的错|愚蠢|活该"
    r"|진정하|이미 말씀|고객님 잘못|당신 잘못|멍청",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing looked at: whether all is well, and the words that caught the eye."""

    name: str
    """language, tone, promises or repeated."""
    ok: bool
    words: tuple[str, ...] = ()


def remarks(text: str, *, asked_in: str, written_in: str, sure: bool) -> tuple[Remark, ...]:
    """What a text shows by itself. Languages are ISO codes, or "und"; a doubtful one is not held against anybody."""
    doubtful = not sure or "und" in {asked_in, written_in}
    cold = _found(_COLD, text) + _shouted(text)
    promised = _found(_PROMISES, text)
    return (
        Remark("language", doubtful or asked_in == written_in),
        Remark("tone", not cold, cold),
        Remark("promises", not promised, promised),
    )


def repeated(text: str, earlier: Iterable[str]) -> Remark:
    """Whether the same author has said nearly the same before; the earlier words that are most alike."""
    mine = _folded(text)
    for other in earlier:
        theirs = _folded(other)
        alike = SequenceMatcher(None, mine, theirs, autojunk=False)
        if alike.real_quick_ratio() >= ALIKE and alike.quick_ratio() >= ALIKE and alike.ratio() >= ALIKE:
            return Remark("repeated", ok=False, words=(other,))
    return Remark("repeated", ok=True)


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[0] for match in pattern.finditer(text)))


def _shouted(text: str) -> tuple[str, ...]:
    letters = [letter for letter in text if letter.isupper() or letter.islower()]
    loud = len(letters) >= LOUD_LETTERS and sum(map(str.isupper, letters)) >= LOUD_SHARE * len(letters)
    marks = text.count("!") + text.count("！")
    return ((text[:40],) if loud else ()) + (("!" * MARKS,) if marks >= MARKS else ())


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
