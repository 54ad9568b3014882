"""Judge a batch of new mentions, store each verdict with its reasons; judge anew what is another text now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import select

from app.brands import queries as brands
from app.kernel import clock
from app.kernel.bus import emit
from app.kernel.db import current_brand, session
from app.kernel.facts import MentionsAssessed, MentionsHeard
from app.kernel.upsert import insert_new
from listeners import figures, standing
from listeners.corrected import Correction
from listeners.judges import judge_of
from listeners.models import Assessment, Mention

COLUMNS: Final = (
    *("language", "language_uncertain", "sentiment", "mood", "intent", "anger", "urgency", "topic", "expertise"),
    *("account_specific", "must_staff", "needs_reply", "version", "detail"),
)
"""What a judge says of a mention, as it is stored."""


def assess_heard(fact: MentionsHeard) -> None:
    """Assess every mention of the batch that has no assessment yet; then they can become cases."""
    standing.settle_mentions(fact.mention_ids)
    judge = judge_of(brands.brand(fact.brand_id))
    heard = session.execute(
        select(Mention.id, Mention.text, Mention.in_reply_to, Mention.channel, Mention.heard_at)
        .where(Mention.id.in_(fact.mention_ids))
        .order_by(Mention.id)
    ).all()
    at = clock.now()
    rows = [
        {"brand_id": fact.brand_id, "mention_id": mention.id, "assessed_at": at}
        | judge.columns(mention.text, is_follow_up=mention.in_reply_to is not None, mention_id=mention.id)
        for mention in heard
    ]
    new = {row.mention_id for row in insert_new(Assessment, rows, Assessment.mention_id)}
    figures.count(
        figures.judged_of(mention, row) for mention, row in zip(heard, rows, strict=True) if mention.id in new
    )
    emit(MentionsAssessed(fact.brand_id, tuple(mention.id for mention in heard)))


def assess_again(mention_ids: Sequence[int]) -> None:
    """Judge mentions anew whose text is another now; what was judged of them, or corrected, no longer counts."""
    _forget_corrections(mention_ids)
    judge = judge_of(brands.brand(current_brand()))
    for row, mention in stored(mention_ids):
        restate(
            row,
            mention,
            judge.columns(mention.text, is_follow_up=mention.in_reply_to is not None, mention_id=row.mention_id),
        )
    session.flush()


def stored(mention_ids: Collection[int]) -> list[tuple[Assessment, Mention]]:
    """Assessments with their mentions, in the order of their ids, held still until the transaction ends."""
    found = session.execute(
        select(Assessment, Mention)
        .join(Mention, Mention.id == Assessment.mention_id)
        .where(Assessment.mention_id.in_(mention_ids))
        .order_by(Assessment.mention_id)
        .with_for_update(of=Assessment)
    )
    return [(row.Assessment, row.Mention) for row in found]


def columns_of(row: Assessment) -> dict[str, Any]:
    """What a stored assessment says, as a judge would say it."""
    return {name: getattr(row, name) for name in COLUMNS}


def restate(row: Assessment, mention: Mention, columns: dict[str, Any]) -> bool:
    """From now on the stored assessment says this, and the figures with it; False when it said so already.

    Whoever calls it makes the mention findable by its new words: indexing.index_again.
    """
    before = columns_of(row)
    if columns == before:
        return False
    figures.moved(figures.judged_of(mention, before), figures.judged_of(mention, columns))
    for name, value in columns.items():
        setattr(row, name, value)
    row.assessed_at = clock.now()
    return True


def _forget_corrections(mention_ids: Sequence[int]) -> None:
    """What people said of words that are gone teaches nothing; that it was said stays on record."""
    standing = session.execute(
        select(Correction).where(Correction.stands, Correction.mention_id.in_(mention_ids)).order_by(Correction.id)
    ).scalars()
    at = clock.now()
    for one in list(standing):
        one.stands = False
        session.add(
            Correction(
                brand_id=one.brand_id,
                mention_id=one.mention_id,
                member_id=None,
                field=one.field,
                was=one.was,
                now=None,
                stands=False,
                language=one.language,
                version=one.version,
                at=at,
            )
        )
    session.flush()
