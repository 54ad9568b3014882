"""What we hold of a post is made the sum of all that its author changed, whichever came first, post or change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import and_, select, tuple_

from app.kernel.db import session
from listeners.models import Mention, PostChange, SetAside
from listeners.rules.versions import Change, Standing, standing

Key = tuple[str, str]
"""Channel and external id of a post's first version."""


def settle_mentions(mention_ids: Collection[int]) -> None:
    """Changes that were heard before these mentions, or at the same moment, are theirs now."""
    keys = session.execute(
        select(Mention.channel, Mention.external_id)
        .join(
            PostChange,
            and_(PostChange.channel == Mention.channel, PostChange.external_id == Mention.external_id),
        )
        .where(Mention.id.in_(mention_ids))
    ).all()
    settle({(row.channel, row.external_id) for row in keys})


def settle(keys: Collection[Key]) -> list[int]:
    """Make these posts what the sum of their changes says; the ids of those that are mentions, ascending.

    The post is locked before its changes are read: of two processes that hear two changes, the later sees both.
    """
    if not keys:
        return []
    mentions = session.execute(_of(Mention, keys)).scalars().all()
    aside = session.execute(_of(SetAside, keys)).scalars().all()
    sums = _sums([(row.channel, row.external_id) for row in (*mentions, *aside)])
    for row in mentions:
        now = sums.get((row.channel, row.external_id))
        if now and now.version != row.version:
            row.version, row.gone_at = now.version, now.gone_at
            row.newest_id = now.newest_id or row.newest_id
            row.text = row.text if now.text is None else now.text
    for other in aside:
        now = sums.get((other.channel, other.external_id))
        if now:
            other.gone_at, other.text = now.gone_at, other.text if now.text is None else now.text
    session.flush()
    return [row.id for row in mentions if (row.channel, row.external_id) in sums]


def _of(model: type[Mention | SetAside], keys: Iterable[Key]) -> Any:
    return (
        select(model)
        .where(tuple_(model.channel, model.external_id).in_(sorted(keys)))
        .order_by(model.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _sums(keys: Collection[Key]) -> dict[Key, Standing]:
    if not keys:
        return {}
    rows = session.execute(
        select(PostChange).where(tuple_(PostChange.channel, PostChange.external_id).in_(sorted(set(keys))))
    ).scalars()
    changes: dict[Key, list[Change]] = defaultdict(list)
    for row in rows:
        gone = row.state == "gone"
        changes[row.channel, row.external_id].append(Change(gone, row.text, row.newest_id, row.changed_at, row.id))
    return {key: standing(some) for key, some in changes.items()}
