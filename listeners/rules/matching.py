"""Which posts the brand's watch words mean: one rule a line, every word of it wanted, what has a minus unwanted.

    northmill coffee          both words, anywhere in the post
    "cold brew"               these words in a row
    apple -"apple pie"        an unwanted phrase that holds a wanted word takes only that one place away,
    northmill -football       any other unwanted word turns the whole post down

A word is matched whole, whatever its case, width or accents' spelling. Chinese, Japanese and Korean have no borders of
words, so their terms are found anywhere. Every pattern is a literal: no text can make the search slow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MOST_LINES: Final = 200
MOST_LINE: Final = 400
LEAST_TERM: Final = 2
_CJK: Final = (
    "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_IS_CJK = re.compile(f"[{_CJK}]")
_TOKEN = re.compile(r'(-?)(?:"([^"]*)"|([^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』＂", '"') | {"－": "-", "−": "-"})
_APOSTROPHES = frozenset("’ʼ‘`´")
_HIDDEN = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_BEFORE, _AFTER = rf"(?<!(?![{_CJK}])\w)", rf"(?!(?![{_CJK}])\w)"
_BETWEEN: Final = r"[\s\-‐‑–]+"
"""Between the words of a phrase: space, or hyphens as people type them."""


class BadLineError(ValueError):
    """A line that is no rule; the message is a sentence for who typed it."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase: as typed, and the literal it is looked for as."""

    shown: str
    first: str
    """Its first word, folded: a text without it need not be searched."""
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the watch words."""

    line: str
    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The rule that a text matches, and where its words stand in the text, apart and in order."""

    line: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is searched, and where each of its letters came from; one more for its end."""

    text: str
    origin: Sequence[int]


def read(line: str) -> Rule:
    """The rule of one line.

    Raises:
        BadLineError: with a sentence that says what to change.

    """
    line = " ".join(line.translate(_QUOTES).split())
    if len(line) > MOST_LINE:
        raise BadLineError(f"A line has at most {MOST_LINE} characters. Make two of it.")
    if line.count('"') % 2:
        raise BadLineError("A quotation mark is missing: put one before and one after the phrase.")
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for minus, phrase, word in _TOKEN.findall(line):
        (unwanted if minus else wanted).append(_term(phrase or word, is_phrase=bool(phrase)))
    if not wanted:
        raise BadLineError("This line only says what is unwanted. Begin with a word to look for.")
    return Rule(line, tuple(wanted), tuple(unwanted))


def read_all(lines: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of lines that were read before; a line that is none (any more) is left out."""
    rules = []
    for line in lines:
        try:
            rules.append(read(line))
        except BadLineError:
            continue
    return tuple(rules)


def match(rules: Iterable[Rule], text: str) -> Found | None:
    """The first rule that the text matches, with the places to show; None when no rule does."""
    folded = fold(text)
    for rule in rules:
        hits = _hits(rule, folded.text)
        if hits:
            return Found(rule.line, tuple(_apart(_place(folded, a, b) for a, b in hits)))
    return None


def holds_back_a_word(rule: Rule, unwanted: Term) -> bool:
    """Whether an unwanted phrase holds a wanted word, and so may stand in a post that is wanted all the same."""
    text = fold(unwanted.shown).text
    return any(term.pattern.search(text) for term in rule.wanted)


def fold(text: str) -> Folded:
    """The text with one spelling of each letter: no case, no width, one form of accents, nothing hidden."""
    if text.isascii():
        return Folded(text.lower(), range(len(text) + 1))
    letters: list[str] = []
    origin: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and (unicodedata.combining(text[end]) or "\u1160" <= text[end] <= "\u11ff"):
            end += 1
        piece = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text[at:end]).casefold())
        for letter in piece:
            if letter not in _HIDDEN:
                letters.append("'" if letter in _APOSTROPHES else letter)
                origin.append(at)
        at = end
    return Folded("".join(letters), [*origin, len(text)])


def _place(folded: Folded, start: int, end: int) -> tuple[int, int]:
    """Where searched letters stand in the text itself, their accents included."""
    return folded.origin[start], max(folded.origin[end], folded.origin[end - 1] + 1)


def _hits(rule: Rule, text: str) -> list[tuple[int, int]]:
    """Where the wanted words stand, when all of them do and nothing unwanted is said."""
    if any(term.first not in text for term in rule.wanted):
        return []
    places = [[found.span() for found in term.pattern.finditer(text)] for term in rule.wanted]
    if not all(places):
        return []
    for term in rule.unwanted:
        if term.first not in text:
            continue
        for found in term.pattern.finditer(text):
            taken = [[place for place in of if place[0] < found.end() and found.start() < place[1]] for of in places]
            if not any(taken):
                return []
            places = [[place for place in of if place not in gone] for of, gone in zip(places, taken, strict=True)]
    return sorted(place for of in places for place in of) if all(places) else []


def _term(shown: str, *, is_phrase: bool) -> Term:
    if not is_phrase:
        _refuse_signs(shown)
    words = [fold(word).text for word in shown.split()]
    whole = "".join(words)
    if not any(letter.isalnum() for letter in whole):
        raise BadLineError(f"“{shown}” holds no letter and no digit. Write the minus directly before its word.")
    if len(whole) < LEAST_TERM:
        raise BadLineError(f"“{shown}” is a single letter, which nearly every post holds.")
    pattern = re.escape(words[0])
    for before, word in pairwise(words):
        unspaced = _IS_CJK.match(before[-1]) and _IS_CJK.match(word[0])
        pattern += (r"\s*" if unspaced else _BETWEEN) + re.escape(word)
    left = "" if _IS_CJK.match(whole[0]) else _BEFORE
    right = "" if _IS_CJK.match(whole[-1]) else _AFTER
    return Term(shown, words[0], re.compile(left + pattern + right))


def _refuse_signs(word: str) -> None:
    if word in {"OR", "AND", "NOT", "|"}:
        raise BadLineError(
            f"{word} has no meaning here: give each alternative its own line, and put - before what is unwanted."
        )
    if any(sign in word for sign in "*()[]{}") or word.startswith("+"):
        raise BadLineError(f'“{word}” holds a sign that has no meaning here. Words, "phrases" and -unwanted words do.')


def _apart(spans: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for start, end in spans:
        if last is not None and start < last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last
