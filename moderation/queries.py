"""What we show of reviews: what waits, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kernel.db import session
from moderation.models import Decision, Review


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review as a moderator sees it in the queue."""

    id: int
    subject: str
    subject_id: int
    version: int
    author_id: int
    text: str
    state: str
    opened_at: datetime
    due_at: datetime
    held_by: int | None
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One verdict as its author sees it."""

    subject_id: int
    version: int
    verdict: str
    reason: str
    submitted: str
    final: str
    member_id: int
    decided_at: datetime


def waiting(limit: int = 50) -> tuple[ReviewView, ...]:
    """Open reviews of the brand in scope, the most pressing first."""
    statement = select(Review).where(Review.state == "open").order_by(Review.due_at, Review.id).limit(limit)
    return tuple(map(_view, session.execute(statement).scalars()))


def review(review_id: int) -> ReviewView | None:
    """One review."""
    row = session.execute(select(Review).where(Review.id == review_id)).scalar_one_or_none()
    return _view(row) if row else None


def decisions(subject: str, subject_ids: Iterable[int]) -> dict[int, tuple[DecisionView, ...]]:
    """Verdicts on these subjects, oldest first, by subject."""
    rows = session.execute(
        select(Decision, Review)
        .join(Review, Review.id == Decision.review_id)
        .where(Review.subject == subject, Review.subject_id.in_(tuple(subject_ids)))
        .order_by(Decision.id)
    )
    found: dict[int, tuple[DecisionView, ...]] = {}
    for decision, judged in rows:
        view = DecisionView(
            judged.subject_id,
            judged.version,
            decision.verdict,
            decision.reason,
            judged.text,
            decision.text,
            decision.member_id,
            decision.decided_at,
        )
        found[judged.subject_id] = (*found.get(judged.subject_id, ()), view)
    return found


def _view(row: Review) -> ReviewView:
    return ReviewView(
        row.id,
        row.subject,
        row.subject_id,
        row.version,
        row.author_id,
        row.text,
        row.state,
        row.opened_at,
        row.due_at,
        row.held_by,
        row.held_until,
    )
