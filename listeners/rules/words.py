"""The words by which a post is found again: cut alike from what was heard and from what somebody searches for.

Scripts with spaces give whole words, without their marks and the s of a plural (Việt and viet are one). Chinese,
Japanese, Korean and the other scripts that do not part their words give every character and every two neighbours, so
that any part of a word is found. Properties of a post (its language, its mood, who wrote it) are words too, with a
mark in front that no text can bring in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MOST_CHARACTERS: Final = 10_000
MOST_WORDS: Final = 1_500
LONGEST_WORD: Final = 40
MOST_TERMS: Final = 12
"""Words of one search that count; more narrow nothing and only cost."""
SHORTEST_BEGINNING: Final = 3
"""Letters that a beginning must have: what begins with less is nearly everything."""
MARK: Final = "_"
HANDLE: Final = "@"
_UNPARTED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd"  # fmt: skip  # noqa: E501
_PIECE = re.compile(rf"[{_UNPARTED}]+|[^\W_{_UNPARTED}]+")
_PLAIN = re.compile(r"[a-z0-9]+")
_IS_UNPARTED = re.compile(rf"[{_UNPARTED}]")
_MARKS = re.compile(r"[\u0300-\u036f]")
_QUOTED = re.compile(r'"([^"]*)"?|(\S+)')
_LONE = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "’": "'", "“": '"', "”": '"', "„": '"', "＂": '"', "«": '"', "»": '"'})  # fmt: skip  # noqa: E501


@dataclass(frozen=True, slots=True)
class Term:
    """One word that must be there; `begins` when any word that begins with it will do."""

    word: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody searches for: words that must all be there, and phrases that must stand in the text as typed."""

    terms: tuple[Term, ...]
    phrases: tuple[str, ...] = ()


def fold(text: str) -> str:
    """One form for what people type in several: lower case, full and half width alike, without marks on letters."""
    if text.isascii():
        return text.lower()
    parted = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", parted)).translate(_LONE)


def words(text: str) -> list[str]:
    """The different words of a text, in the order of their first appearance; at most MOST_WORDS."""
    found: dict[str, None] = {}
    folded = fold(text[:MOST_CHARACTERS])
    for piece in (_PLAIN if folded.isascii() else _PIECE).findall(folded):
        if _IS_UNPARTED.match(piece):
            found.update(dict.fromkeys((*_pairs(piece), *piece)))
        else:
            found[_singular(piece)] = None
    return list(found)[:MOST_WORDS]


def property_word(field: str, value: object) -> str:
    """A property as a word that no text can bring in, as in _language_en."""
    return MARK + MARK.join(_PLAIN.findall(f"{field} {value}".lower()))


def words_of_post(text: str, handle: str, name: str, external_id: str, properties: Iterable[str]) -> str:
    """Everything by which one post is found, apart by spaces: its words, its author, its id, its properties."""
    found = dict.fromkeys(words(text))
    found.update(dict.fromkeys((*words(handle), *words(name), *words(external_id))))
    found.update(dict.fromkeys((*([sought_handle(handle)] if handle else []), *properties)))
    return " ".join(found)


def sought_handle(handle: str) -> str:
    """Who wrote it, as one word: the handle with everything but letters and digits left out."""
    return HANDLE + "".join(_PIECE.findall(fold(handle)))[:LONGEST_WORD]


def asked(line: str) -> Asked:
    """What a line in the search field asks for: words by their beginning, "quoted" ones exactly, @somebody as author.

    A character that is no letter or digit parts words and means nothing else; a line without any asks for nothing.
    """
    terms: dict[Term, None] = {}
    phrases = []
    for quoted, bare in _QUOTED.findall(line.translate(_LONE)[:300]):
        if bare.startswith(HANDLE):
            if len(sought_handle(bare)) > 1:
                terms[Term(sought_handle(bare), begins=True)] = None
            continue
        terms.update(dict.fromkeys(_terms(quoted or bare, exact=bool(quoted))))
        if quoted and words(quoted):
            phrases.append(quoted.strip())
    return Asked(tuple(terms)[:MOST_TERMS], tuple(phrases))


def _terms(text: str, *, exact: bool) -> Iterator[Term]:
    for piece in _PIECE.findall(fold(text)):
        if not _IS_UNPARTED.match(piece):
            yield Term(_singular(piece), begins=not exact and len(piece) >= SHORTEST_BEGINNING)
        elif len(piece) == 1:
            yield Term(piece)
        else:
            yield from map(Term, _pairs(piece))


def _singular(word: str) -> str:
    """Without the s of a plural, in whatever language: both sides are cut alike, so that no word is lost by it."""
    short = word[:LONGEST_WORD]
    return short[:-1] if len(short) > SHORTEST_BEGINNING and short[-1] == "s" and short[-2] != "s" else short


def _pairs(run: str) -> list[str]:
    """Every two neighbours."""
    return [run[place : place + 2] for place in range(len(run) - 1)]
