"""What an approval is bound to, how far an edit went, and what a draft needs before it may be submitted."""

from __future__ import annotations

import hashlib
import html
import json
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

_INVISIBLE = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
_MOST_MENTIONS = 2


def approval_hash(*, text: str, thread_revision: int, account_id: int, target: str, brand_id: int) -> str:
    """sha256 of (text, thread revision, account, target, brand): any change of these voids the approval."""
    bound = json.dumps([brand_id, account_id, target, thread_revision, text])  # no part can pass for another
    return hashlib.sha256(bound.encode()).hexdigest()


def public_text(text: str, signature: str) -> str:
    """Exactly what will stand in public: the text in NFC, trimmed, with the signature."""
    body = unicodedata.normalize("NFC", text).strip()
    return f"{body} {signature}" if signature and body else body


def edit_distance(before: str, after: str) -> float:
    """How much a moderator changed, 0 (nothing) to 1 (everything), over characters. F1 calls > 0.30 a major edit."""
    before, after = before.strip(), after.strip()
    if before == after:
        return 0.0
    return 1.0 - SequenceMatcher(None, before, after, autojunk=False).ratio()


def same_words(ours: str, theirs: str) -> bool:
    """Whether a post on the network is our text: white space and entities folded, links and leading handles aside."""
    return _folded(ours) == _folded(theirs)


def _folded(text: str) -> str:
    words = unicodedata.normalize("NFC", html.unescape(text)).split()
    while words and words[0].startswith("@"):
        words.pop(0)
    return " ".join("<link>" if word.startswith(("http://", "https://")) else word for word in words)


@dataclass(frozen=True, slots=True)
class Check:
    """One look at a draft: its name, whether it stands in the way, and the sentence with its fix."""

    name: str
    ok: bool
    blocks: bool


def checks(text: str, *, length_left: int, has_link: bool, links_allowed: bool, holds_private: bool) -> list[Check]:
    """What is looked at before a draft may be submitted, in the order shown."""
    mentions = sum(word.startswith("@") for word in text.split())
    return [
        Check("not_empty", bool(text.strip()), blocks=True),
        Check("length", length_left >= 0, blocks=True),
        Check("no_link", links_allowed or not has_link, blocks=True),
        Check("no_private_data", not holds_private, blocks=True),
        Check("no_invisible_letters", not any(letter in _INVISIBLE for letter in text), blocks=True),
        Check("few_mentions", mentions <= _MOST_MENTIONS, blocks=True),
    ]
