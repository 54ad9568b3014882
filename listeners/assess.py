"""Judge a batch of new mentions with the rules, store each verdict with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.kernel import clock
from app.kernel.bus import emit
from app.kernel.db import current_brand, session
from app.kernel.facts import MentionsAssessed, MentionsHeard
from app.kernel.upsert import insert_new
from listeners import figures, standing
from listeners.models import Assessment, Mention
from listeners.rules.assessment import assess
from listeners.rules.outcome import outcome


def assess_heard(fact: MentionsHeard) -> None:
    """Assess every mention of the batch that has no assessment yet; then they can become cases."""
    standing.settle_mentions(fact.mention_ids)
    brand = brands.brand(fact.brand_id)
    heard = session.execute(
        select(Mention.id, Mention.text, Mention.in_reply_to, Mention.channel, Mention.heard_at)
        .where(Mention.id.in_(fact.mention_ids))
        .order_by(Mention.id)
    ).all()
    at = clock.now()
    rows = [
        {"brand_id": brand.id, "mention_id": mention.id, "assessed_at": at}
        | _judged(brand, mention.text, is_follow_up=mention.in_reply_to is not None)
        for mention in heard
    ]
    new = {row.mention_id for row in insert_new(Assessment, rows, Assessment.mention_id)}
    figures.count(
        figures.judged_of(mention, row) for mention, row in zip(heard, rows, strict=True) if mention.id in new
    )
    emit(MentionsAssessed(brand.id, tuple(mention.id for mention in heard)))


def assess_again(mention_ids: Sequence[int]) -> None:
    """Judge mentions anew whose text is another now; what was judged of them before no longer counts."""
    brand = brands.brand(current_brand())
    texts = {row.id: row for row in session.execute(select(Mention).where(Mention.id.in_(mention_ids))).scalars()}
    stored = session.execute(
        select(Assessment).where(Assessment.mention_id.in_(mention_ids)).order_by(Assessment.mention_id)
    ).scalars()
    for row in stored:
        mention = texts[row.mention_id]
        judged = _judged(brand, mention.text, is_follow_up=mention.in_reply_to is not None)
        before = {name: getattr(row, name) for name in judged}
        if judged == before:
            continue
        figures.moved(figures.judged_of(mention, before), figures.judged_of(mention, judged))
        for name, value in judged.items():
            setattr(row, name, value)
        row.assessed_at = clock.now()
    session.flush()


def _judged(brand: BrandView, text: str, *, is_follow_up: bool) -> dict[str, Any]:
    """The columns of one assessment. Only a follow-up has an outcome: a first post cannot thank for an answer."""
    found = assess(text, languages=brand.languages, regions=brand.regions, handles=(brand.handle,))
    turned_out = outcome(text, brand.languages).value if is_follow_up else "none"
    return {
        "language": found.language,
        "language_uncertain": found.language_uncertain,
        "sentiment": found.sentiment,
        "mood": found.mood,
        "intent": found.intent,
        "anger": found.anger,
        "urgency": found.urgency,
        "topic": found.topic,
        "expertise": found.expertise,
        "account_specific": found.account_specific,
        "must_staff": found.must_staff,
        "needs_reply": found.needs_reply,
        "version": found.version,
        "detail": found.to_json() | {"outcome": turned_out},
    }
