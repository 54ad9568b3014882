"""Our watch words → Bluesky's queries; Bluesky's JSON → posts: pure, forgiving of what is new, missing or of no sense.

A post is named by its address, which stays when its author edits it. One post may come several times in an answer,
once for each reason to tell us of it; it is read once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.channels.base import Post
from listeners.hear import ANSWER, Unreadable
from listeners.rules.matching import Rule

CHANNEL = "bluesky"
BELIEVED = timedelta(days=1)
"""How far before it came into the network's index a post may say it was written: its author's clock decides that."""
_MENTION = "app.bsky.richtext.facet#mention"
_HOLLOW = frozenset({"app.bsky.feed.defs#notFoundPost", "app.bsky.feed.defs#blockedPost"})
_LISTS = ("notifications", "posts", "feed")


def queries_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """One search a rule, of all its wanted words; our own rules decide again.

    Bluesky promises no more of its query language than that words narrow a search, so phrases are looked for as words
    and unwanted ones stay out: that brings more, and never less.
    """
    return tuple(dict.fromkeys(" ".join(term.shown for term in rule.wanted) for rule in rules))


def read_page(raw: str) -> Iterator[Post | Unreadable]:
    """Every item of one answer of Bluesky, readable or not; an answer that is no JSON is one unreadable item."""
    try:
        items = _items_of(json.loads(raw))
    except (ValueError, TypeError, AttributeError, RecursionError):
        yield Unreadable(ANSWER, raw, "Bluesky's answer is not the JSON it should be.")
        return
    read: set[str] = set()
    for number, item in enumerate(items, start=1):
        try:
            post = read_post(item)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
            reason = f"The post cannot be read: {type(error).__name__} {error}."
            yield Unreadable(f"item {number}", json.dumps(item, ensure_ascii=False), reason)
            continue
        if post.external_id not in read:
            read.add(post.external_id)
            yield post


def _items_of(body: Mapping[str, Any]) -> list[Any]:
    for name in _LISTS:
        if name in body:
            return list(body[name])
    return list(_standing(body["thread"])) if "thread" in body else []


def _standing(thread: Any) -> Iterator[Any]:
    """The posts of a thread, each before its replies; places where a post was, or is hidden from us, are left out."""
    waiting = [thread]
    while waiting:
        view = waiting.pop()
        if isinstance(view, Mapping) and view.get("$type") in _HOLLOW:
            continue
        yield view
        replies = view.get("replies") if isinstance(view, Mapping) else None
        waiting += reversed(replies) if isinstance(replies, list) else ()


def read_post(item: Mapping[str, Any]) -> Post:
    """One post. Raises KeyError, ValueError or TypeError when what makes a post a post is missing."""
    passed_on = item.get("reason")
    if isinstance(passed_on, Mapping) and "by" in passed_on:
        return _read_repost(item["post"], passed_on)
    view = item.get("post", item)
    record, author = view["record"], view["author"]
    text, uri = record["text"], str(view["uri"])
    if not isinstance(text, str):
        raise TypeError("text")
    refs = record.get("reply") or {}
    parent = refs["parent"]["uri"] if refs else None
    return Post(
        channel=CHANNEL,
        external_id=uri,
        thread=str(refs["root"]["uri"]) if refs else uri,
        in_reply_to=None if parent is None else str(parent),
        author_id=str(author["did"]),
        author_handle=str(author.get("handle") or author["did"]),
        author_name=str(author.get("displayName") or author.get("handle") or ""),
        author_followers=int(author.get("followersCount") or 0),
        text=text,
        posted_at=_written_at(record, datetime.fromisoformat(view["indexedAt"])),
        summons=tuple(sorted({*_mentioned(record, text), *_addressed(record, parent)})),
    )


def _read_repost(post: Mapping[str, Any], passed_on: Mapping[str, Any]) -> Post:
    """Somebody passed a post on: an item of its own, with an address of its own."""
    by, text = passed_on["by"], post["record"]["text"]
    return Post(
        channel=CHANNEL,
        external_id=str(passed_on["uri"]),
        thread=str(post["uri"]),
        in_reply_to=None,
        author_id=str(by["did"]),
        author_handle=str(by.get("handle") or by["did"]),
        author_name=str(by.get("displayName") or by.get("handle") or ""),
        author_followers=0,
        text=str(text),
        posted_at=datetime.fromisoformat(passed_on["indexedAt"]),
        kind="repost",
    )


def _written_at(record: Mapping[str, Any], indexed_at: datetime) -> datetime:
    """When it was written: what its author says, unless that is nonsense or far from when the network saw it."""
    try:
        said = datetime.fromisoformat(record["createdAt"])
        return said if indexed_at - BELIEVED <= said <= indexed_at else indexed_at
    except (KeyError, ValueError, TypeError):  # none, unreadable, or without a zone
        return indexed_at.astimezone(UTC)


def _mentioned(record: Mapping[str, Any], text: str) -> Iterator[str]:
    """Whom the author named: the ids, and the handles as they stand in the text, lower case.

    The places are counted in bytes; plain text that looks like a handle is no mention to Bluesky.
    """
    letters = text.encode("utf-8", "surrogatepass")
    for facet in record.get("facets") or []:
        for feature in facet.get("features") or []:
            if feature.get("$type") == _MENTION:
                yield str(feature["did"])
                place = facet["index"]
                shown = letters[int(place["byteStart"]) : int(place["byteEnd"])].decode("utf-8", "ignore")
                yield shown.removeprefix("@").lower()


def _addressed(record: Mapping[str, Any], parent: Any) -> Iterator[str]:
    """Whom the author replied to or quoted, by their ids: the network tells each of them."""
    embed = record.get("embed") or {}
    quoted = embed.get("record") or {}
    quoted = quoted.get("record") or quoted
    for address in (parent, quoted.get("uri")):
        if isinstance(address, str) and address.startswith("at://"):
            yield address.removeprefix("at://").split("/")[0]
