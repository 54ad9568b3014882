"""Take in a batch: keep the envelope, store what is new once, set aside what is not ours, lose nothing.

Every heard post ends in exactly one of: new mention, duplicate, set aside with a reason, quarantined.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, insert, select

from app.channels import accounts
from app.channels.accounts import AccountView
from app.channels.base import Post
from app.kernel import clock
from app.kernel.bus import emit
from app.kernel.db import across_brands, current_brand, session, transaction
from app.kernel.facts import BATCH, MentionsHeard, OwnPostsHeard, PostsSetAside
from app.kernel.upsert import insert_new
from listeners import addressing, changing
from listeners.models import Envelope, Mention, Quarantined, SetAside
from listeners.rules.versions import is_newer

ENVELOPES_KEPT = timedelta(days=30)
ANSWER = "answer"
"""The place of an answer that is unreadable as a whole: nobody knows how many posts were in it."""
_MOST_TEXT = 100_000
"""Characters of one text that are kept; what is cut away stays in the envelope."""
_MOST_NAME = 80
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MOST_FOLLOWERS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that could not be made a post: where it stood, its raw text, and why."""

    place: str
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotOurs:
    """A post that was handed over but belongs to another brand's threads."""

    post: Post


@dataclass(frozen=True, slots=True)
class Context:
    """Somebody's post that is about nobody of ours, and stands in the thread of a mention."""

    post: Post


@dataclass(frozen=True, slots=True)
class Changed:
    """An author edited or deleted a post; whether we ever heard the post itself does not matter."""

    channel: str
    external_id: str
    """Of the post's first version, where edits make new ids."""
    state: Literal["edited", "gone"]
    text: str | None = None
    """The whole new text of what was edited, as `Post.text` would give it."""
    at: datetime | None = None
    """When, if the network tells it; it decides which of two edits is the later one."""
    newest_id: str | None = None
    """Where an edit makes a new post: its id."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the heard items; heard is always the sum of the other five."""

    heard: int = 0
    new: int = 0
    duplicates: int = 0
    set_aside: int = 0
    quarantined: int = 0
    changed: int = 0
    """Edits and deletions that were new to us."""

    def __add__(self, other: Tally) -> Tally:
        """The sum of two hearings."""
        return Tally(
            self.heard + other.heard,
            self.new + other.new,
            self.duplicates + other.duplicates,
            self.set_aside + other.set_aside,
            self.quarantined + other.quarantined,
            self.changed + other.changed,
        )


Read = Post | Changed | Unreadable
"""What a network's reader makes of an answer, item by item."""
Item = Read | NotOurs | Context


def take_in(account: AccountView, raw: str, items: Iterable[Item], *, origin: str) -> Tally:
    """Store one envelope and what is new in it, and emit the facts, in the caller's transaction and brand scope.

    Hearing the same batch again, or another process hearing it at the same time, stores nothing twice.
    """
    at, brand_id = clock.now(), current_brand()
    kept = {"brand_id": brand_id, "account_id": account.id, "heard_at": at}
    envelope_id = session.execute(
        insert(Envelope).values(**kept, origin=origin, raw=_storable(raw)).returning(Envelope.id)
    ).scalar_one()
    mentions: list[dict[str, Any]] = []
    aside: list[dict[str, Any]] = []
    broken: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    ours = _speakers(account)
    for item in items:
        post = _unless_unstorable(item.post if isinstance(item, NotOurs | Context) else item)
        if isinstance(post, Unreadable):
            broken.append(kept | _broken(post))
            continue
        if isinstance(post, Changed):
            changes.append(kept | _change(post, at))
            continue
        reason = _reason_to_set_aside(item, post, ours)
        if reason:
            aside.append(kept | _row(post) | {"reason": reason})
        else:
            replyable = account.handle.lower() in post.summons or account.external_id in post.summons
            followers = max(0, min(post.author_followers, _MOST_FOLLOWERS))
            mentions.append(
                kept
                | _row(post)
                | {"envelope_id": envelope_id, "author_followers": followers, "replyable": replyable}
                | {"newest_id": post.external_id if post.edit_of else None}
            )
    new, put, seen_before, edited = _store(mentions, aside)
    changes += [kept | _change(edit, at) for edit in edited]
    changed = changing.keep(changes)
    broken.sort(key=lambda row: str(row["digest"]))
    quarantined = [row.id for row in insert_new(Quarantined, broken, Quarantined.id)]
    if len(new) < len(mentions):
        addressing.tell(account, {row["external_id"] for row in mentions if row["replyable"]})
    for start in range(0, len(new), BATCH):
        emit(MentionsHeard(brand_id, tuple(new[start : start + BATCH])))
    own, every = sorted(id_ for id_, reason in put.items() if reason == "own_post"), sorted(put)
    for start in range(0, len(own), BATCH):
        emit(OwnPostsHeard(brand_id, tuple(own[start : start + BATCH])))
    for start in range(0, max(len(every), len(quarantined)), BATCH):
        here = slice(start, start + BATCH)
        emit(PostsSetAside(brand_id, tuple(every[here]), tuple(quarantined[here])))
    heard = len(mentions) + len(aside) + len(broken) + len(changes) - len(edited)
    known = seen_before + len(broken) - len(quarantined) + len(changes) - len(edited) - changed
    return Tally(heard, len(new), known, len(put), len(quarantined), changed)


def _store(
    mentions: list[dict[str, Any]], aside: list[dict[str, Any]]
) -> tuple[list[int], dict[int, str], int, list[Changed]]:
    """Ids of new mentions in the order heard, what was set aside now with its reason, how many were known before, and
    which of those turn out to be later versions of what is known.
    """
    order = {row["external_id"]: place for place, row in reversed(list(enumerate(mentions)))}
    stored = insert_new(Mention, _by_key(mentions), Mention.id, Mention.external_id)
    new = [row.id for row in sorted(stored, key=lambda row: order[row.external_id])]
    put = {row.id: row.reason for row in insert_new(SetAside, _by_key(aside), SetAside.id, SetAside.reason)}
    versions = [row for row in mentions if row["newest_id"]]
    return new, put, len(mentions) - len(new) + len(aside) - len(put), _later_versions(versions)


def _later_versions(rows: Sequence[dict[str, Any]]) -> list[Changed]:
    """Those of these posts, edits all of them, that are newer than what is kept of their mention."""
    if not rows:
        return []
    ids = {row["external_id"] for row in rows}
    kept = session.execute(
        select(Mention.external_id, Mention.newest_id).where(
            Mention.channel == rows[0]["channel"], Mention.external_id.in_(ids)
        )
    )
    newest = {row.external_id: row.newest_id or row.external_id for row in kept}
    return [
        Changed(row["channel"], row["external_id"], "edited", row["text"], row["posted_at"], row["newest_id"])
        for row in rows
        if row["external_id"] in newest and is_newer(row["newest_id"], newest[row["external_id"]])
    ]


def _by_key(rows: list[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["channel"], row["external_id"]))


def _speakers(account: AccountView) -> Sequence[AccountView]:
    """Whose posts are the brand's own: the account that hears, and the brand's others on its network.

    An archive only holds what was heard once, and speaks for nobody.
    """
    others = (one for one in accounts.of_brand() if one.channel == account.channel and one.state != "archive")
    return (account, *others)


def _reason_to_set_aside(item: Item, post: Post, ours: Sequence[AccountView]) -> str | None:
    handle = post.author_handle.lower()
    if any(post.author_id == one.external_id or handle == one.handle.lower() for one in ours):
        return "own_post"
    if isinstance(item, NotOurs):
        return "not_ours"
    if isinstance(item, Context):
        return "context"
    return "repost" if post.kind == "repost" else None


def _row(post: Post) -> dict[str, Any]:
    return {
        "channel": post.channel,
        "external_id": post.edit_of or post.external_id,
        "thread": post.thread,
        "in_reply_to": post.in_reply_to,
        "author_id": post.author_id,
        "author_handle": _storable(post.author_handle)[:_MOST_NAME],
        "author_name": _storable(post.author_name)[:120],
        "text": _storable(post.text)[:_MOST_TEXT],
        "posted_at": post.posted_at,
    }


def _change(change: Changed, heard_at: datetime) -> dict[str, Any]:
    row = {
        "channel": change.channel,
        "external_id": change.external_id,
        "state": change.state,
        "text": None if change.text is None else _storable(change.text)[:_MOST_TEXT],
        "newest_id": change.newest_id,
        "changed_at": change.at or heard_at,
    }
    return row | {"digest": changing.digest_of(row)}


def _unless_unstorable(post: Read) -> Read:
    """The item, or why no database could hold it: one such item must not stop the batch that it came in."""
    if isinstance(post, Unreadable):
        return post
    if isinstance(post, Changed):
        names: tuple[str, ...] = (post.external_id, post.newest_id or "")
        at = post.at or _EARLIEST
    else:
        names = (post.external_id, post.thread, post.in_reply_to or "", post.author_id, post.edit_of or "")
        at = post.posted_at
    if any(len(name) > _MOST_NAME or _storable(name) != name for name in names) or not post.external_id:
        problem = "An id in it is empty, too long, or holds letters that no id has."
    elif at.tzinfo is None or not _EARLIEST <= at <= _LATEST:
        problem = "Its time has no zone, or is no time at which it can have been written."
    else:
        return post
    return Unreadable(f"post {post.external_id}", post.text or "", problem)


def _broken(item: Unreadable) -> dict[str, Any]:
    raw = _storable(item.raw)
    place = _storable(item.place)
    digest = hashlib.sha256(f"{place}\n{raw}".encode()).hexdigest()
    return {"digest": digest, "place": place[:120], "reason": _storable(item.reason)[:300], "raw": raw}


def _storable(text: str) -> str:
    """The text as any database can hold it: no NUL, no half characters."""
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")


def forget_envelopes() -> None:
    """Drop raw envelopes after 30 days; what they held lives on as mentions."""
    with transaction(), across_brands():
        session.execute(delete(Envelope).where(Envelope.heard_at < clock.now() - ENVELOPES_KEPT))
