"""Webhooks as Facebook sends them, for tests: changes on pages, put into a body and signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

PAGE, OTHER_PAGE = "100000000000001", "100000000000002"
SECRET, OLD_SECRET, WORD = "the app's secret of today", "the app's secret of yesterday", "a word of our choice"
AT = 1_795_000_000
"""When the first change happens: in November 2026, in seconds since 1970."""
Json = dict[str, Any]


def comment(number: int, message: str = "how do I pair it?", verb: str = "add", **more: Any) -> Json:
    """A change: somebody comments under the page's post 700; `more` replaces parts of it, and None takes one away."""
    value = {
        "item": "comment",
        "verb": verb,
        "from": {"id": "4711", "name": "Ada Lovelace"},
        "post_id": f"{PAGE}_700",
        "comment_id": f"700_{number}",
        "parent_id": f"{PAGE}_700",
        "created_time": AT + number,
        "message": message,
    }
    return {"field": "feed", "value": {name: had for name, had in (value | more).items() if had is not None}}


def body(*changes: Json, page: str = PAGE, time: int = AT) -> bytes:
    """One page's changes as they come."""
    return json.dumps({"object": "page", "entry": [{"id": page, "time": time, "changes": list(changes)}]}).encode()


def signature(raw: bytes, secret: str = SECRET) -> str:
    """What Facebook puts beside it."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
