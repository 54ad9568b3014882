"""How a stranger's text gets onto the public pages safely: cut into plain pieces, never into markup."""

import re
from dataclasses import dataclass

from app.sandbox import accounts, entities
from app.sandbox.posts import Post
from app.sandbox.store import Store

# Marks that turn the direction of what follows: a text must not rearrange the page around it or its own numbers.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2060\ufeff\ud800-\udfff]")
_SIGNATURE = re.compile(r"\s*(\^[^\s^][^\n^]{0,59})\s*$")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a post: text, and where it leads if it is a link (`outside` to another site)."""

    text: str
    href: str | None = None
    outside: bool = False


def plain(text: str) -> str:
    """The text without characters that act instead of being seen."""
    return _UNSEEN.sub("", _TURNING.sub("", text))


def pieces(store: Store, text: str) -> list[Piece]:
    """The text cut at its links and at the handles that exist here."""
    text = plain(text)
    targets = [(span, _address(span.value), True) for span in entities.links(text)]
    targets += [
        (span, f"/@{span.value}", False) for span in entities.mentions(text) if accounts.by_handle(store, span.value)
    ]
    cut: list[Piece] = []
    end = 0
    for span, href, outside in sorted(targets, key=lambda target: target[0].start):
        if span.start < end:
            continue
        cut.append(Piece(text[end : span.start]))
        cut.append(Piece(text[span.start : span.end], href, outside))
        end = span.end
    cut.append(Piece(text[end:]))
    return [piece for piece in cut if piece.text]


def without_signature(post: Post, *, of_brand: bool) -> tuple[str, str]:
    """What was typed, and the writer's signature at its end ("^mia, community"), which brands put there."""
    found = _SIGNATURE.search(post.typed) if of_brand else None
    if found is None or not post.typed[: found.start()].strip():
        return post.typed, ""
    return post.typed[: found.start()], found[1]


def ago(seconds: float) -> str:
    """How long ago, in the shortest words."""
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min ago"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h ago"
    days = int(seconds // _DAY)
    return "yesterday" if days == 1 else f"{days} days ago"


def _address(link: str) -> str:
    return link if re.match(r"https?://", link, re.IGNORECASE) else f"http://{link}"
