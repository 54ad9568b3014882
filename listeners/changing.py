"""Authors edit and delete their posts: each change is kept once, and what we hold of a post follows it.

A change may be heard before its post, twice, or in the wrong order: what a post is now is always the sum of all of
its changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.kernel.bus import NotYetError, emit
from app.kernel.db import current_brand, session
from app.kernel.facts import BATCH, MentionsChanged, PostsChanged
from app.kernel.upsert import insert_new
from listeners import assess, indexing
from listeners.models import Assessment, PostChange
from listeners.standing import settle


def digest_of(row: dict[str, Any]) -> str:
    """What tells two changes of one post apart."""
    said = (row["state"], row["text"] or "", row["newest_id"] or "", row["changed_at"].isoformat())
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def keep(rows: Sequence[dict[str, Any]]) -> int:
    """Store changes that are new, let what is known of their posts follow, and tell; how many were new."""
    ordered = sorted(rows, key=lambda row: (row["channel"], row["external_id"], row["digest"]))
    stored = insert_new(PostChange, ordered, PostChange.id, PostChange.channel, PostChange.external_id)
    if stored:
        settle({(row.channel, row.external_id) for row in stored})
        ids = sorted(row.id for row in stored)
        for start in range(0, len(ids), BATCH):
            emit(PostsChanged(current_brand(), tuple(ids[start : start + BATCH])))
    return len(stored)


def follow(fact: PostsChanged) -> None:
    """Judge anew what was edited, find it by its new words, and let its cases know. Again changes nothing.

    Raises:
        NotYetError: one of them is being judged for the first time at this moment.

    """
    keys = session.execute(
        select(PostChange.channel, PostChange.external_id).where(PostChange.id.in_(fact.change_ids))
    ).all()
    ids = settle({(row.channel, row.external_id) for row in keys})
    judged = session.execute(select(Assessment.mention_id).where(Assessment.mention_id.in_(ids))).scalars()
    if set(ids) - set(judged):
        raise NotYetError("a mention that was changed is still to be judged")
    if ids:
        assess.assess_again(ids)
        indexing.index_again(ids)
        emit(MentionsChanged(fact.brand_id, tuple(ids)))
