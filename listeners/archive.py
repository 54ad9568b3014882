"""Lines of an archive of real threads → posts: how months of the past are heard like the present.

A line is one JSON object with id, thread, author, author_is_brand, brand, created_at, text, in_reply_to.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from app.channels.base import Post
from listeners.hear import Unreadable

CHANNEL = "x"
_HANDLE = re.compile(r"@(\w{1,40})")


@dataclass(frozen=True, slots=True)
class ArchivedPost:
    """A post of an archive, with the brand in whose threads it stands."""

    brand: str
    post: Post
    is_other_brands: bool
    """Another brand speaks in this brand's thread."""


def read_line(raw: str, number: int) -> ArchivedPost | Unreadable:
    """One line, or the reason why it cannot be read."""
    try:
        row = json.loads(raw)
        if not isinstance(row, dict):
            raise TypeError("a line must be a JSON object")  # noqa: TRY301  told like every other broken line
        for field in ("id", "author", "brand", "text", "created_at"):
            if not isinstance(row.get(field), str) or not row[field]:
                raise ValueError(f"{field} is missing or is not text")  # noqa: TRY301
            row[field].encode()
        posted_at = datetime.fromisoformat(row["created_at"])
        if posted_at.tzinfo is None:
            raise ValueError("created_at has no time zone")  # noqa: TRY301
    except (ValueError, TypeError, RecursionError) as error:
        return Unreadable(f"line {number}", raw, _reason(error))
    parent = row.get("in_reply_to")
    # a reply to the brand summons it even where the archive has cut the leading handle from the text
    addressed = [*_HANDLE.findall(row["text"]), *([row["brand"]] if parent else [])]
    summons = {handle.lower() for handle in addressed}
    return ArchivedPost(
        brand=row["brand"],
        is_other_brands=row.get("author_is_brand") is True and row["author"].lower() != row["brand"].lower(),
        post=Post(
            channel=CHANNEL,
            external_id=row["id"],
            thread=str(row.get("thread") or row["id"]),
            in_reply_to=str(parent) if parent else None,
            author_id=row["author"],
            author_handle=row["author"],
            author_name=row["author"],
            author_followers=0,
            text=row["text"],
            posted_at=posted_at,
            summons=tuple(sorted(summons)),
        ),
    )


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"The line is no JSON: {error.msg} at column {error.colno}."
    if isinstance(error, UnicodeEncodeError):
        return "It holds half of a character (a lone surrogate)."
    return f"The line cannot be read: {error}."
