"""The text as the ears read it: a clean copy beside the original, and its tokens, cut once for every question."""

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from listeners.rules import phrases

MAX_CHARACTERS: Final = 10_000
# Patterns that start with one of few letters settle by it where they can begin: the rest is tried there alone.
_LINK = re.compile(r"(?=[htw])(?:(?:https?://|www\.)\S{1,2000}|\bt\.co/\w+)", re.IGNORECASE)
# An address written bare, such as example.com/win: no network makes a link of it, but who advertises does.
_BARE_LINK = re.compile(r"(?<![\w@./-])(?:[a-z0-9-]{1,40}\.){1,3}[a-z]{2,10}/[\w%-]", re.IGNORECASE | re.ASCII)
_HANDLE = re.compile(r"[@＠](?<![\w.@＠-].)[A-Za-z0-9_][\w.-]{0,63}(?:@[\w.-]{1,64})?", re.ASCII)
# Any sign three times is found first, and then asked whether it is a letter: few are, and the other way takes thrice.
_LONG_RUN = re.compile(r"(.)\1\1\1(?<=[^\W\d_])\1*")
_TRIPLE = re.compile(r"(.)\1\1(?<=[^\W\d_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u2028\u2029]")
# What takes no room parts no words: a danger written with one within a word is still that word.
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_MARK_PILE = re.compile(r"([\u0300-\u036f\u0483-\u0489\u20d0-\u20ff]{3})[\u0300-\u036f\u0483-\u0489\u20d0-\u20ff]+")
EMOJI: Final = "\u2600-\u27bf\U0001f300-\U0001faff"
_WORD = re.compile(rf"[^\W_]+|[.!?…。！？\n]+|[{EMOJI}]")
_APOSTROPHE = re.compile(r"['’`´](?<=\w['’`´])(?=\w)")
_SENTENCE_MARKS: Final = frozenset(".!?…。！？\n")


def one_of(words: str) -> str:
    """A pattern of alternatives; one look at a letter rules out most places, where all would be tried in vain."""
    letters = "".join(sorted({word.removeprefix(r"\b")[0] for word in words.split("|")}))
    return f"(?=[{letters}])(?:{words})"


@dataclass(frozen=True, slots=True)
class Clean:
    """`original` is the text as heard, cut to MAX_CHARACTERS; `plain` is the copy that is judged."""

    original: str
    plain: str
    links: int
    handles: int
    hashtags: int


def clean(text: str, handles: tuple[str, ...] = ()) -> Clean:
    """Entities decoded, one Unicode form, no handles, links or '#', letters repeated at most three times.

    `handles` are the brand's own names on the network, with or without '@'; they are dropped also when written
    bare, because a name such as "united" must not count as a kind word.
    """
    original = text[:MAX_CHARACTERS]
    plain = html.unescape(original) if "&" in original else original
    if not plain.isascii():
        plain = _MARK_PILE.sub(r"\1", _CONTROL.sub(" ", _UNSEEN.sub("", plain)))
        plain = unicodedata.normalize("NFC", plain).replace("’", "'")
    elif not plain.isprintable():
        plain = _CONTROL.sub(" ", plain)
    links = addressed = hashtags = 0
    if "." in plain or "://" in plain:
        plain, links = _LINK.subn(" ", plain)
        if "/" in plain:
            links += len(_BARE_LINK.findall(plain))
    if "@" in plain or "＠" in plain:
        plain, addressed = _HANDLE.subn(" ", plain)
    if "#" in plain:
        hashtags = plain.count("#")
        plain = plain.replace("#", " ")
    plain = _LONG_RUN.sub(_thrice, plain)
    for handle in handles:
        name = handle.lstrip("@＠")
        if name and name.lower() in plain.lower():
            plain = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", plain, flags=re.IGNORECASE)
    return Clean(original, " ".join(plain.split()), links, addressed, hashtags)


def _thrice(run: re.Match[str]) -> str:
    return run[1] * 3


def word_tokens(plain: str, vocabulary: frozenset[str] = frozenset()) -> list[str]:
    """Lower-case words without apostrophes, single emoji, and one '.' for each end of a sentence."""
    tokens = _WORD.findall(_APOSTROPHE.sub("", plain.lower()))
    for place, token in enumerate(tokens):
        if token[0] in _SENTENCE_MARKS:
            tokens[place] = phrases.SENTENCE_END
        elif len(token) > 2 and token not in vocabulary and _TRIPLE.search(token):  # noqa: PLR2004  (nothing shorter can hold three)
            twice = _TRIPLE.sub(r"\1\1", token)
            tokens[place] = twice if twice in vocabulary else _TRIPLE.sub(r"\1", token)
    return tokens[: phrases.MAX_TOKENS]


def vietnamese_tokens(plain: str, *, marked: bool) -> list[str]:
    """Word tokens with one placing of tones and the short forms of chat written out, marked as the text is."""
    short = phrases.pairs("vi", "teencode")
    tokens = word_tokens(phrases.settle_tones(plain.lower()))
    full: list[str] = []
    for token in tokens:
        meant = short.get(token)
        if meant is None:
            full.append(token)
        else:
            full.extend((meant if marked else phrases.fold(meant)).split())
    return full[: phrases.MAX_TOKENS]


def character_tokens(plain: str, language: str) -> list[str]:
    """Characters without spaces; Chinese in simplified form, sentence ends as '.'."""
    compact = "".join(plain.lower().split())
    if language == "zh":
        compact = compact.translate(_simplified())
    marks = phrases.CHARACTER.findall(compact)[: phrases.MAX_TOKENS]
    return [phrases.SENTENCE_END if mark in _SENTENCE_MARKS else mark for mark in marks]


def tokens_of(plain: str, language: str, *, marked: bool = True) -> list[str]:
    """The tokens of a text for the phrasebook of its language; a text that just stops ends its sentence too."""
    if language in {"zh", "ko"}:
        tokens = character_tokens(plain, language)
    elif language == "vi":
        tokens = vietnamese_tokens(plain, marked=marked)
    else:
        tokens = word_tokens(plain, phrases.book("en").vocabulary)
    return [*tokens, phrases.SENTENCE_END] if tokens and tokens[-1] != phrases.SENTENCE_END else tokens


@cache
def _simplified() -> dict[int, str]:
    return {ord(old): new for old, new in phrases.pairs("zh", "traditional").items()}
