"""The phrasebook: our written words of one language, found in a text in one pass over its tokens.

A lexicon file is named after the question it serves (`topic.txt`), holds sections `[label weight]` and phrases set
apart by commas. A section of weight 0 names harmless phrases: where one begins first or reaches further it takes the
place of its label's phrases within ("if there is no signal" is no complaint). A phrase may use `word~` (the word and
its English inflections), `(a|b c|d)` (one of; not within each other), `(a)?` (may be missing), `_` (at most one token
between), `..` (up to GAP tokens of the same sentence between) and `.` (the end of a sentence). Languages written in
words are matched by word; Chinese and Korean by character with the spaces removed, since their spacing varies.
"""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

GAP_WORDS: Final = 3
GAP_CHARACTERS: Final = 6
SENTENCE_END: Final = "."
_GAP_KEY: Final = ".."
_ANY_KEY: Final = "_"
_ELEMENT = re.compile(r"\(([^)]*)\)(\??)|(\.\.)|(\S+)")
_BRACKETS = re.compile(r"[^()]|\([^()]*\)")
_HEADER = re.compile(r"^\[(\S+)(?:\s+(-?\d+(?:\.\d+)?))?\]$")
_VOWELS: Final = "aeiou"
# A Latin word or a number within Chinese or Korean stays whole, lest "shopping" be taken for "ping".
CHARACTER: Final = re.compile(r"[a-z\u00c0-\u024f]+|[0-9]+|.", re.DOTALL)
_BY_CHARACTER: Final = frozenset({"zh", "ko"})
MAX_TOKENS: Final = 2_500
MOST_HITS: Final = 500
"""Past so many phrases, ten times what long texts hold, a word begins only one more: a new danger is still heard."""
LONE_SYLLABLE: Final = 4


class Phrase(NamedTuple):
    """One written phrase: the question (file name) and label it speaks for, and how loudly."""

    field: str
    label: str
    weight: float
    shown: str


class Hit(NamedTuple):
    """A phrase found at tokens start..end."""

    phrase: Phrase
    start: int
    end: int


class Node(dict[str, "Node"]):
    """A place in the tree of phrases: the next token leads on; `entries` are the phrases that end here.

    `skips` are the places behind a gap, with how many tokens it may leave out.
    """

    __slots__ = ("entries", "skips")

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Phrase] = []
        self.skips: dict[int, Node] = {}

    def grown(self, token: str, gap: int) -> "Node":
        """The place that a token of a written phrase leads to, made where it is new."""
        reach = {_ANY_KEY: 1, _GAP_KEY: gap}.get(token)
        return self.setdefault(token, Node()) if reach is None else self.skips.setdefault(reach, Node())


def inflections(word: str) -> list[str]:
    """The regular English forms of a word; wrong ones are made too and harm nothing, since nobody writes them."""
    forms = [word, word + "s", word + "ed", word + "ing", word + "es", word + "d"]
    if word.endswith("e"):
        forms.append(word[:-1] + "ing")
    elif word.endswith("y"):
        forms += [word[:-1] + "ies", word[:-1] + "ied"]
    elif len(word) > 2 and word[-1] not in "aeiouwxy" and word[-2] in _VOWELS:  # noqa: PLR2004  (stop, stopped)
        forms += [word + word[-1] + "ed", word + word[-1] + "ing"]
    return forms


def fold(text: str) -> str:
    """The text without its marks, as people type Vietnamese in a hurry: đ becomes d, ệ becomes e."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return unicodedata.normalize("NFC", "".join(mark for mark in plain if not unicodedata.combining(mark)))


def expand(phrase: str, split: Callable[[str], list[str]]) -> Iterator[tuple[str, ...]]:
    """Every token sequence that the written phrase stands for; `split` cuts a literal into tokens."""

    def forms(literal: str) -> list[tuple[str, ...]]:
        choices = [inflections(word[:-1]) if word.endswith("~") else [word] for word in literal.split()]
        return [tuple(token for word in words for token in split(word)) for words in itertools.product(*choices)]

    parts: list[list[tuple[str, ...]]] = []
    for group, optional, gap, literal in _ELEMENT.findall(phrase):
        if gap:
            parts.append([(_GAP_KEY,)])
        elif literal:
            parts.append(forms(literal))
        else:
            parts.append([form for choice in group.split("|") for form in forms(choice)] + ([()] if optional else []))
    for chosen in itertools.product(*parts):
        tokens = tuple(token for part in chosen for token in part)
        if tokens:
            yield tokens


def parse(field: str, text: str) -> list[Phrase]:
    """The phrases of one lexicon file. Raises ValueError for a line outside a section or torn brackets."""
    found: list[Phrase] = []
    label, weight = "", 1.0
    for raw in text.splitlines():
        line = raw.partition("# ")[0].strip() if not raw.startswith("#") else ""
        if not line:
            continue
        header = _HEADER.match(line)
        if header:
            label, weight = header[1], float(header[2] or 1.0)
        elif not label:
            raise ValueError(f"{field}: '{line}' stands before the first section")
        else:
            written = [one.strip() for one in line.split(",") if one.strip()]
            torn = next((one for one in written if _BRACKETS.sub("", one)), None)
            if torn is not None:
                raise ValueError(f"{field}: the brackets of '{torn}' do not match or stand within each other")
            found.extend(Phrase(field, label, weight, one) for one in written)
    return found


@dataclass(frozen=True, slots=True)
class Book:
    """All phrases of one language as a tree, walked from every token of a text."""

    root: Node
    vocabulary: frozenset[str]

    def find(self, tokens: Sequence[str]) -> list[Hit]:
        """Every phrase found, left to right; of one label's overlapping phrases only the first and longest counts."""
        hits: list[Hit] = []
        ends: dict[tuple[str, str], int] = {}
        heard: set[str] = set()
        root, many = self.root, len(tokens)
        for start, token in enumerate(tokens):
            node = root.get(token)
            # Most words begin a phrase, few words beside them go on with it.
            if node is None or not (node.entries or node.skips or (start + 1 < many and tokens[start + 1] in node)):
                continue
            if len(hits) >= MOST_HITS:
                if token in heard:
                    continue
                heard.add(token)
            longest: dict[tuple[str, str], Hit] = {}
            self._walk(node, tokens, start, start + 1, longest)
            for key, hit in longest.items():
                if hit.end > ends.get(key, 0):
                    if start >= ends.get(key, 0):
                        hits.append(hit)
                    ends[key] = hit.end
        return hits

    def _walk(
        self, node: Node, tokens: Sequence[str], start: int, at: int, longest: dict[tuple[str, str], Hit]
    ) -> None:
        for phrase in node.entries:
            key = phrase[:2]
            if key not in longest or longest[key].end < at:
                longest[key] = Hit(phrase, start, at)
        for reach, skipping in node.skips.items():
            self._skip(skipping, tokens, start, range(at, min(at + reach + 1, len(tokens))), longest)
        step = node.get(tokens[at]) if at < len(tokens) else None
        if step is not None:
            self._walk(step, tokens, start, at + 1, longest)

    def _skip(
        self, node: Node, tokens: Sequence[str], start: int, places: range, longest: dict[tuple[str, str], Hit]
    ) -> None:
        """Goes on with any of the tokens at `places`, as far as the sentence reaches."""
        for here in places:
            step = node.get(tokens[here])
            if step is not None:
                self._walk(step, tokens, start, here + 1, longest)
            if tokens[here] == SENTENCE_END:
                return


def lexicon(language: str, name: str) -> str:
    """The text of one lexicon file. Raises FileNotFoundError: a missing list must not pass for an empty one."""
    return resources.files("listeners").joinpath("lexicons", language, name + ".txt").read_text(encoding="utf-8")


@cache
def pairs(language: str, name: str) -> dict[str, str]:
    """A file of two columns (what people write, what it means), as a dictionary."""
    rows = (line.split("\t") for line in lexicon(language, name).splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


@cache
def words(language: str, name: str) -> frozenset[str]:
    """A file of plain words as a set."""
    lines = (line for line in lexicon(language, name).splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


QUESTIONS: Final = ("intent", "anger", "urgency", "risk", "topic", "expertise", "account", "outcome", "mood")
OF_ALL_LANGUAGES: Final = ("intent", "anger", "mood")


def _spellings(language: str, phrase: Phrase) -> list[str]:
    """The ways one phrase is written: Vietnamese with and without marks, others as they stand.

    A lone short syllable without marks means too many things ("ban" is friend, sell, busy and dirty): it is left out,
    and where a false alarm costs most so is every lone syllable.
    """
    plain = unicodedata.normalize("NFC", phrase.shown.lower()).replace("'", "").replace("’", "")
    if language != "vi":
        return [plain]
    settled = settle_tones(plain)
    folded = fold(settled)
    costly = phrase.field in {"risk", "anger", "urgency", "account"}
    lone = " " not in folded and (costly or len(folded) < LONE_SYLLABLE)
    return [settled] if lone else [settled, folded]


_TONES: Final = {
    "oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa",
    "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe", "oẹ": "ọe",
    "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy",
}  # fmt: skip
_TONE = re.compile("(?:" + "|".join(_TONES) + r")(?!\w)")


def settle_tones(text: str) -> str:
    """Vietnamese with one of its two ways to place a tone: hoà becomes hòa."""
    return _TONE.sub(lambda match: _TONES.get(match[0], match[0]), text)


@cache
def book(language: str) -> Book:
    """The phrasebook of a language, with the marks and faces that all languages share; built once a process."""
    by_character = language in _BY_CHARACTER
    split: Callable[[str], list[str]] = CHARACTER.findall if by_character else lambda word: [word]
    gap = GAP_CHARACTERS if by_character else GAP_WORDS
    root = Node()
    seen: set[str] = set()
    files = [(language, name) for name in QUESTIONS] + [("any", name) for name in OF_ALL_LANGUAGES]
    for source, name in files:
        for phrase in parse(name, lexicon(source, name)):
            for spelling in _spellings(source, phrase):
                for tokens in expand(spelling, split):
                    node = root
                    for token in tokens:
                        node = node.grown(token, gap)
                    if phrase not in node.entries:
                        node.entries.append(phrase)
                    seen.update(tokens)
    return Book(root, frozenset(seen))
