"""Take in a batch: keep the envelope, store what is new once, set aside what is not ours, lose nothing.

Every heard post ends in exactly one of: new mention, duplicate, set aside with a reason, quarantined.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert

from app.channels.accounts import AccountView
from app.channels.base import Post
from app.kernel import clock
from app.kernel.bus import emit
from app.kernel.db import across_brands, current_brand, session, transaction
from app.kernel.facts import BATCH, MentionsHeard, OwnPostsHeard, PostsSetAside
from app.kernel.upsert import insert_new
from listeners.models import Envelope, Mention, Quarantined, SetAside

ENVELOPES_KEPT = timedelta(days=30)
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
class Tally:
    """What became of the heard posts; heard is always the sum of the other four."""

    heard: int = 0
    new: int = 0
    duplicates: int = 0
    set_aside: int = 0
    quarantined: int = 0

    def __add__(self, other: Tally) -> Tally:
        """The sum of two hearings."""
        return Tally(
            self.heard + other.heard,
            self.new + other.new,
            self.duplicates + other.duplicates,
            self.set_aside + other.set_aside,
            self.quarantined + other.quarantined,
        )


Item = Post | NotOurs | Unreadable


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
    for item in items:
        post = item.post if isinstance(item, NotOurs) else item
        if isinstance(post, Post):
            post = _unless_unstorable(post)
        if isinstance(post, Unreadable):
            broken.append(kept | _broken(post))
            continue
        reason = "not_ours" if isinstance(item, NotOurs) else _reason_to_set_aside(post, account)
        if reason:
            aside.append(kept | _row(post) | {"reason": reason})
        else:
            replyable = account.handle.lower() in post.summons
            followers = max(0, min(post.author_followers, _MOST_FOLLOWERS))
            mentions.append(
                kept | _row(post) | {"envelope_id": envelope_id, "author_followers": followers, "replyable": replyable}
            )
    new, put, seen_before = _store(mentions, aside)
    broken.sort(key=lambda row: str(row["digest"]))
    quarantined = [row.id for row in insert_new(Quarantined, broken, Quarantined.id)]
    for start in range(0, len(new), BATCH):
        emit(MentionsHeard(brand_id, tuple(new[start : start + BATCH])))
    own, every = sorted(id_ for id_, reason in put.items() if reason == "own_post"), sorted(put)
    for start in range(0, len(own), BATCH):
        emit(OwnPostsHeard(brand_id, tuple(own[start : start + BATCH])))
    for start in range(0, max(len(every), len(quarantined)), BATCH):
        here = slice(start, start + BATCH)
        emit(PostsSetAside(brand_id, tuple(every[here]), tuple(quarantined[here])))
    heard = len(mentions) + len(aside) + len(broken)
    known = seen_before + len(broken) - len(quarantined)
    return Tally(heard, len(new), known, len(put), len(quarantined))


def _store(mentions: list[dict[str, Any]], aside: list[dict[str, Any]]) -> tuple[list[int], dict[int, str], int]:
    """Ids of new mentions in the order heard, what was set aside now with its reason, how many were known before."""
    order = {row["external_id"]: place for place, row in reversed(list(enumerate(mentions)))}
    stored = insert_new(Mention, _by_key(mentions), Mention.id, Mention.external_id)
    new = [row.id for row in sorted(stored, key=lambda row: order[row.external_id])]
    put = {row.id: row.reason for row in insert_new(SetAside, _by_key(aside), SetAside.id, SetAside.reason)}
    return new, put, len(mentions) - len(new) + len(aside) - len(put)


def _by_key(rows: list[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["channel"], row["external_id"]))


def _reason_to_set_aside(post: Post, account: AccountView) -> str | None:
    if post.author_id == account.external_id or post.author_handle.lower() == account.handle.lower():
        return "own_post"
    return "repost" if post.kind == "repost" else None


def _row(post: Post) -> dict[str, Any]:
    return {
        "channel": post.channel,
        "external_id": post.external_id,
        "thread": post.thread,
        "in_reply_to": post.in_reply_to,
        "author_id": post.author_id,
        "author_handle": _storable(post.author_handle)[:_MOST_NAME],
        "author_name": _storable(post.author_name)[:120],
        "text": _storable(post.text)[:_MOST_TEXT],
        "posted_at": post.posted_at,
    }


def _unless_unstorable(post: Post) -> Post | Unreadable:
    """The post, or why no database could hold it: one such post must not stop the batch that it came in."""
    names = (post.external_id, post.thread, post.in_reply_to or "", post.author_id)
    if any(len(name) > _MOST_NAME or _storable(name) != name for name in names) or not post.external_id:
        problem = "An id in it is empty, too long, or holds letters that no id has."
    elif post.posted_at.tzinfo is None or not _EARLIEST <= post.posted_at <= _LATEST:
        problem = "Its time has no zone, or is no time at which it can have been written."
    else:
        return post
    return Unreadable(f"post {post.external_id}", post.text, problem)


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
