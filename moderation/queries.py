"""What we show of reviews: what waits, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from app.kernel.db import session
from moderation.models import Appeal, Decision, Review


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


@dataclass(frozen=True, slots=True)
class AppealView:
    """A second look that was asked for, with the rejection it is about."""

    id: int
    subject: str
    subject_id: int
    author_id: int
    judged_by: int
    text: str
    rejected_for: str
    reason: str
    state: str
    opened_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    words: str | None


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


def appeals_waiting(limit: int = 50) -> tuple[AppealView, ...]:
    """Appeals that nobody has decided, the oldest first."""
    return _appeals(_APPEALS.where(Appeal.state == "open").order_by(Appeal.id).limit(limit))


def appeal(appeal_id: int) -> AppealView | None:
    """One appeal."""
    return next(iter(_appeals(_APPEALS.where(Appeal.id == appeal_id))), None)


def appeals_on(subject: str, subject_ids: Iterable[int]) -> dict[int, AppealView]:
    """The newest appeal on each of these subjects, by subject."""
    wanted = _APPEALS.where(Review.subject == subject, Review.subject_id.in_(tuple(subject_ids))).order_by(Appeal.id)
    return {view.subject_id: view for view in _appeals(wanted)}


_APPEALS = (
    select(Appeal, Review, Decision.reason)
    .join(Review, Review.id == Appeal.review_id)
    .join(Decision, Decision.review_id == Appeal.review_id)
)


def _appeals(statement: Select[Appeal, Review, str]) -> tuple[AppealView, ...]:
    return tuple(
        AppealView(
            row.id,
            judged.subject,
            judged.subject_id,
            row.author_id,
            row.judged_by,
            judged.text,
            rejected_for,
            row.reason,
            row.state,
            row.opened_at,
            row.decided_by,
            row.decided_at,
            row.words,
        )
        for row, judged, rejected_for in session.execute(statement)
    )


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One verdict as it is counted: on whose words, and which."""

    id: int
    author_id: int
    verdict: str
    decided_at: datetime


def verdicts(subject: str, *, after: int, limit: int) -> tuple[VerdictView, ...]:
    """Every verdict on subjects of this kind, the oldest first, from behind the one with this id."""
    rows = session.execute(
        select(Decision.id, Review.author_id, Decision.verdict, Decision.decided_at)
        .join(Review, Review.id == Decision.review_id)
        .where(Review.subject == subject, Decision.id > after)
        .order_by(Decision.id)
        .limit(limit)
    )
    return tuple(VerdictView(*row) for row in rows)


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
