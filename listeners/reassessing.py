"""History judged anew by whoever judges now: looked at first, then written in batches; what has the version is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select

from app.kernel.db import current_brand, session
from listeners import indexing
from listeners.assess import columns_of, restate, stored
from listeners.corrected import Correction
from listeners.corrections import as_people_said
from listeners.judges import Judge
from listeners.models import Assessment, Mention

BATCH: Final = 500
COMPARED: Final = (
    *("language", "intent", "topic", "mood", "anger", "urgency", "account_specific", "needs_reply", "must_staff"),
)


@dataclass(frozen=True, slots=True)
class Anew:
    """One mention as it is judged so far and as it is judged anew; what people said of it stands in both."""

    mention_id: int
    text: str
    replyable: bool
    author_followers: int
    before: dict[str, Any]
    after: dict[str, Any]


def left(judge: Judge, since: datetime | None) -> int:
    """How many mentions another version judged. Reads every assessment: for commands, not for pages."""
    return session.execute(select(func.count()).select_from(_behind(judge, since, 0).subquery())).scalar_one()


def looked_at(judge: Judge, since: datetime | None) -> Iterator[list[Anew]]:
    """What would be judged anew, batch by batch from the oldest on; nothing is written."""
    last = 0
    while ids := list(session.execute(_behind(judge, since, last).limit(BATCH)).scalars()):
        batch = _anew(judge, ids)
        session.rollback()
        yield batch
        last = ids[-1]


def next_ids(judge: Judge, since: datetime | None, last: int) -> Sequence[int]:
    """The next batch of mentions that another version judged, behind the one with this id."""
    return session.execute(_behind(judge, since, last).limit(BATCH)).scalars().all()


def write(judge: Judge, mention_ids: Sequence[int]) -> list[int]:
    """Judge these anew in the caller's transaction: figures and search follow. The ids of those that changed."""
    rows = {row.mention_id: (row, mention) for row, mention in stored(mention_ids)}
    changed = []
    for one in _anew(judge, list(rows)):
        row, mention = rows[one.mention_id]
        if restate(row, mention, one.after) and _differ(one.before, one.after):
            changed.append(one.mention_id)
    session.flush()
    indexing.index_again(changed)
    return changed


def _differ(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return any(before[name] != after[name] for name in COMPARED) or _risks(before) != _risks(after)


def _risks(columns: dict[str, Any]) -> list[str]:
    return sorted(columns["detail"].get("risks", ()))


def _behind(judge: Judge, since: datetime | None, last: int) -> Select[int]:
    statement = (
        select(Assessment.mention_id)
        .where(
            Assessment.brand_id == current_brand(),
            Assessment.version != judge.version,
            Assessment.mention_id > last,
        )
        .order_by(Assessment.mention_id)
    )
    if since is None:
        return statement
    return statement.join(Mention, Mention.id == Assessment.mention_id).where(Mention.heard_at >= since)


def _anew(judge: Judge, mention_ids: Sequence[int]) -> list[Anew]:
    said: dict[int, dict[str, str]] = {}
    for row in session.execute(
        select(Correction.mention_id, Correction.field, Correction.now)
        .where(Correction.mention_id.in_(mention_ids), Correction.stands)
        .order_by(Correction.id)
    ):
        said.setdefault(row.mention_id, {})[row.field] = row.now
    found = session.execute(
        select(Assessment, Mention)
        .join(Mention, Mention.id == Assessment.mention_id)
        .where(Assessment.mention_id.in_(mention_ids))
        .order_by(Assessment.mention_id)
    )
    return [_one(judge, row.Assessment, row.Mention, said.get(row.Mention.id, {})) for row in found]


def _one(judge: Judge, row: Assessment, mention: Mention, said: dict[str, str]) -> Anew:
    before = columns_of(row)
    after = judge.columns(mention.text, is_follow_up=mention.in_reply_to is not None, mention_id=mention.id)
    marks = before["detail"].get("corrected", {})
    bar = judge.brand.policy.suggest_bar
    after = as_people_said(after, marks, judge.brand.languages, bar, said)
    return Anew(mention.id, mention.text, mention.replyable, mention.author_followers, before, after)
