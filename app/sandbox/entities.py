"""What stands inside a text on the sandbox network: mentions, hashtags, links; and in which language it seems to be."""

import re
from dataclasses import dataclass

from app.sandbox.weighted_length import LIMIT, URL, weighted_length

MENTION = re.compile(r"(?<![A-Za-z0-9_@＠])[@＠]([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@＠])")
HASHTAG = re.compile(r"(?<![\w&])[#＃](\w*[^\W\d]\w*)")
_LEADING = re.compile(r"^(?:@[A-Za-z0-9_]{1,15}\s+)+")

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("vi", re.compile("[\u01a0\u01a1\u01af\u01b0\u0110\u0111\u1ea0-\u1ef9]")),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, end exclusive, and what it says without its sign."""

    start: int
    end: int
    value: str


def mentions(text: str) -> list[Span]:
    """Every @handle, in order, without the @."""
    return [Span(found.start(), found.end(), found[1]) for found in MENTION.finditer(text)]


def handles(text: str) -> list[str]:
    """Each handle named in the text once, as first written, in order."""
    once: dict[str, str] = {}
    for span in mentions(text):
        once.setdefault(span.value.lower(), span.value)
    return list(once.values())


def leading_handles(text: str) -> list[str]:
    """The handles before the first word: those a reply is addressed to."""
    found = _LEADING.match(text + " ")
    return handles(found[0]) if found else []


def hashtags(text: str) -> list[Span]:
    """Every #tag, in order, without the #."""
    return [Span(found.start(), found.end(), found[1]) for found in HASHTAG.finditer(text)]


def links(text: str) -> list[Span]:
    """Every link or bare domain, as written."""
    return [Span(found.start(), found.end(), found[0]) for found in URL.finditer(text)]


def language(text: str) -> str:
    """A guess by script alone: Latin letters without Vietnamese marks are called English, no letters undetermined."""
    for tag, script in _SCRIPTS:
        if script.search(text):
            return tag
    return "en" if re.search(r"[A-Za-z]", text) else "und"


def shortened(text: str) -> str:
    """The text as lists show it: whole up to the limit, else cut with an ellipsis (the whole is then a note)."""
    if weighted_length(text) <= LIMIT:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if weighted_length(text[:middle]) <= LIMIT - 2:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"
