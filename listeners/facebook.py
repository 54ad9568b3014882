"""Facebook's answers and webhooks → posts: pure, forgiving of fields that are new or missing.

A post is called <page>_<post>, a comment <post>_<comment>. The thread is the post; what a comment answers is the
comment above it, or the post. Facebook has no handles: people are known by the ids that it gives them for the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.channels.base import Post
from listeners.hear import ANSWER, Changed, Read, Unreadable
from listeners.rules.matching import Rule

CHANNEL = "facebook"
_BROKEN = (KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError, IndexError)
_WORDS = frozenset({"comment", "post", "status", "photo", "video", "share", "link", "album", "note", "event"})
"""Items of a webhook in which somebody says something; the others are likes, follows, ratings and the like."""
_SAID, _TAKEN_BACK = frozenset({"add", "edited", "edit"}), frozenset({"remove", "delete"})
_QUIET = frozenset({"hide", "unhide", "block", "unblock", "follow", "mute", "update", "pin", "unpin"})
"""What the page's own people do to a post: a hidden one is found closed when it is looked up before an answer."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an answer was asked for: whose posts, since when, on which page."""

    page_id: str
    whose: str
    since: datetime | None

    def wants(self, post: Post) -> bool:
        """Whether the post was asked for, and did not only come along."""
        if self.since and post.posted_at < self.since.replace(microsecond=0):
            return False
        return self.whose == "all" or (post.author_id == self.page_id) == (self.whose == "own")


def queries_of(rules: Iterable[Rule]) -> Sequence[str]:  # noqa: ARG001  every network is asked in the same way
    """None: Facebook searches nobody's posts for an app."""
    return ()


def read_page(raw: str) -> Iterator[Read]:
    """Every item of one answer, or of one webhook, readable or not, newest first.

    An answer that is no JSON is one unreadable item. An item of a webhook without text or sender is not among them:
    `to_look_up` names it.
    """
    try:
        body = json.loads(raw)
        hook = body.get("entry")
        asked = None if hook is not None else _asked(body)
        nodes = [] if hook is not None else list(_nodes(body["answers"]))
    except _BROKEN:
        yield Unreadable(ANSWER, raw, "Facebook's answer is not the JSON it should be.")
        return
    read = _read_hook(hook) if asked is None else _read_nodes(nodes, asked)
    found = list(read)
    posts = {post.external_id: post for post in found if isinstance(post, Post)}
    yield from (item for item in found if not isinstance(item, Post))
    yield from sorted(posts.values(), key=lambda post: (post.posted_at, post.external_id), reverse=True)


def parts_of(raw: bytes) -> tuple[tuple[str, str], ...]:
    """A webhook's body page by page: the page's id, and what came for it alone, since other brands have pages too.

    Raises:
        ValueError: this is no webhook of Facebook.

    """
    try:
        body = json.loads(raw)
        entries = body["entry"] if body["object"] == "page" else []
        cut = [(entry["id"], {"object": "page", "entry": [entry]}) for entry in entries]
        return tuple((_text(page_id), json.dumps(part, ensure_ascii=False, sort_keys=True)) for page_id, part in cut)
    except _BROKEN as error:
        raise ValueError("This is no webhook of Facebook.") from error


def to_look_up(raw: str) -> tuple[str, ...]:
    """Ids of what a webhook tells of without its text or who wrote it: ask for them by these."""
    try:
        changes = list(_changes(json.loads(raw)["entry"]))
    except _BROKEN:
        return ()
    named = (_bare(change) for _page_id, change, _at in changes)
    return tuple(dict.fromkeys(one for one in named if one))


def _asked(body: Mapping[str, Any]) -> _Asked:
    since = body.get("since")
    return _Asked(str(body["page_id"]), str(body["whose"]), datetime.fromisoformat(since) if since else None)


def _nodes(answers: Sequence[Any]) -> Iterator[Any]:
    """Posts and comments of answers: of a list, of a map by ids, or one by itself."""
    for answer in answers:
        if "data" in answer:
            yield from answer["data"]
        elif isinstance(answer.get("id"), str):
            yield answer
        else:
            yield from answer.values()


def _read_nodes(nodes: Sequence[Any], asked: _Asked) -> Iterator[Read]:
    for number, node in enumerate(nodes, start=1):
        thread = None
        try:
            post = _read_node(node, asked.page_id, None)
            thread = post.thread
            below = list((node.get("comments") or {}).get("data") or [])
        except _BROKEN as error:
            yield _unreadable(f"item {number}", node, error)
            continue
        if asked.wants(post):
            yield post
        for place, comment in enumerate(below, start=1):
            try:
                said = _read_node(comment, asked.page_id, thread)
            except _BROKEN as error:
                yield _unreadable(f"item {number}, comment {place}", comment, error)
                continue
            if asked.wants(said):
                yield said


def _read_node(node: Mapping[str, Any], page_id: str, post_id: str | None) -> Post:
    """A post, or a comment under `post_id`. Raises KeyError, ValueError or TypeError when what makes one is missing."""
    external_id = _text(node["id"])
    first, _, number = external_id.partition("_")
    if not number:
        raise ValueError(f"{external_id} is no id of a post")
    is_comment = post_id is not None or "parent" in node or "can_comment" in node
    thread = post_id or (f"{page_id}_{first}" if is_comment else external_id)
    parent = (node.get("parent") or {}).get("id")
    author = node.get("from") or {}
    return _post(
        external_id,
        page_id,
        thread=thread,
        in_reply_to=(parent or thread) if is_comment else None,
        author_id=author.get("id"),
        name=author.get("name"),
        message=node.get("message"),
        at=datetime.fromisoformat(_text(node["created_time"])),
    )


def _read_hook(entries: Any) -> Iterator[Read]:
    """What the changes of a webhook say, in the order in which they came."""
    try:
        changes = list(_changes(entries))
    except _BROKEN:
        yield Unreadable("webhook", json.dumps(entries, ensure_ascii=False), "The webhook is not as it should be.")
        return
    for number, (page_id, change, at) in enumerate(changes, start=1):
        try:
            item = _read_change(page_id, change, at)
        except _BROKEN as error:
            yield _unreadable(f"change {number}", change, error)
            continue
        if item is not None:
            yield item


def _changes(entries: Any) -> Iterator[tuple[str, Any, datetime]]:
    """Page, change, and when it was sent; changes sent at once follow each other by a microsecond."""
    for entry in entries:
        sent = int(entry.get("time") or 0)
        at = datetime.fromtimestamp(sent / 1000 if sent > 10**11 else sent, UTC)  # seconds, or in some: milliseconds
        for number, change in enumerate(entry.get("changes") or []):
            yield str(entry["id"]), change, at + timedelta(microseconds=number)


def _read_change(page_id: str, change: Mapping[str, Any], at: datetime) -> Read | None:
    """What one change says; None where nobody says anything, or where it must be looked up."""
    value, verb = change["value"], change["value"].get("verb")
    if change.get("field") not in ("feed", "mention") or value.get("item") not in _WORDS or verb in _QUIET:
        return None
    external_id = _id_of(value)
    if verb in _TAKEN_BACK:
        return Changed(CHANNEL, external_id, "gone", at=at)
    if verb not in _SAID:
        raise ValueError(f"nobody knows the verb {verb!r}")
    if _bare(change):
        return None
    message = _text(value["message"])
    if verb != "add":
        return Changed(CHANNEL, external_id, "edited", message, at)
    sender = value.get("from") or {"id": value.get("sender_id"), "name": value.get("sender_name")}
    post_id = _text(value["post_id"])
    is_comment = value["item"] == "comment"
    return _post(
        external_id,
        page_id,
        thread=post_id,
        in_reply_to=_text(value.get("parent_id") or post_id) if is_comment else None,
        author_id=sender["id"],
        name=sender.get("name"),
        message=message,
        at=datetime.fromtimestamp(int(value["created_time"]), UTC),
    )


def _bare(change: Any) -> str | None:
    """The id of what was said without text or sender; None for everything else."""
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict) or value.get("item") not in _WORDS or value.get("verb") not in _SAID:
        return None
    sender = value.get("from")
    known = (isinstance(sender, dict) and sender.get("id")) or value.get("sender_id") or value["verb"] != "add"
    if known and isinstance(value.get("message"), str):
        return None
    try:
        return _id_of(value)
    except _BROKEN:
        return None


def _id_of(value: Mapping[str, Any]) -> str:
    return _text(value["comment_id"] if value["item"] == "comment" else value["post_id"])


def _post(
    external_id: str,
    page_id: str,
    *,
    thread: str,
    in_reply_to: str | None,
    author_id: Any,
    name: Any,
    message: Any,
    at: datetime,
) -> Post:
    """A post whose author Facebook does not name is known by the post alone: no two such authors are taken for one."""
    if message is not None and not isinstance(message, str):
        raise TypeError("message")
    author = str(author_id) if author_id else f"of {external_id}"
    return Post(
        channel=CHANNEL,
        external_id=external_id,
        thread=thread,
        in_reply_to=in_reply_to,
        author_id=author,
        author_handle=author,
        author_name=str(name or ""),
        author_followers=0,
        text=message or "",
        posted_at=at,
        summons=(page_id,),  # a page may answer everything on it, and everybody who names it
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text is missing")
    return value


def _unreadable(place: str, item: Any, error: Exception) -> Unreadable:
    reason = f"The post cannot be read: {type(error).__name__} {error}."
    return Unreadable(place, json.dumps(item, ensure_ascii=False), reason)
