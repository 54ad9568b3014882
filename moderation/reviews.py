"""Open, hold and decide reviews: one verdict each, never by the author, never by two at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from app.kernel import audit, clock
from app.kernel.db import changed, current_brand, session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from moderation.models import Decision, Review
from moderation.rules.policy import VERDICTS, may_decide, reason_problem

HELD_FOR = timedelta(minutes=5)
"""How long opening a review keeps it from colleagues."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict as the subject's room needs it."""

    subject_id: int
    version: int
    verdict: str
    reason: str
    text: str
    decided_at: datetime


def open_review(subject: str, subject_id: int, version: int, *, author_id: int, text: str, due_at: datetime) -> int:
    """Ask for a second pair of eyes on this version; the review's id."""
    row = Review(
        brand_id=current_brand(),
        subject=subject,
        subject_id=subject_id,
        version=version,
        author_id=author_id,
        text=text,
        state="open",
        opened_at=clock.now(),
        due_at=due_at,
    )
    session.add(row)
    session.flush()
    return row.id


def hold(review_id: int, member_id: int) -> bool:
    """Keep an open review for this moderator for a while; False for its author, and while a colleague holds it."""
    at = clock.now()
    held = changed(
        update(Review)
        .where(
            Review.id == review_id,
            Review.state == "open",
            Review.author_id != member_id,
            or_(Review.held_by.is_(None), Review.held_by == member_id, Review.held_until < at),
        )
        .values(held_by=member_id, held_until=at + HELD_FOR)
    )
    return held == 1


def let_go(review_id: int, member_id: int) -> None:
    """Stop reading without a verdict: colleagues may take it at once. Harmless when it is not held by this person."""
    session.execute(
        update(Review)
        .where(Review.id == review_id, Review.state == "open", Review.held_by == member_id)
        .values(held_by=None, held_until=None)
    )


def decide(
    review_id: int, member_id: int, role: str, verdict: str, *, reason: str = "", text: str | None = None
) -> Decided:
    """Give the one verdict on a review. `text` is what the moderator made of it (verdict `edit`).

    Raises:
        NotFoundError: no such review.
        NotAllowedError: one's own words, or not staff.
        RefusedError: no such verdict, or a reason that is missing or too long.
        ConflictError: already decided, void, or held by a colleague.

    """
    row = session.execute(select(Review).where(Review.id == review_id)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such review.")
    if not may_decide(reviewer_id=member_id, reviewer_role=role, author_id=row.author_id):
        raise NotAllowedError("Nobody judges their own words. A colleague decides on this one.")
    if verdict not in VERDICTS:
        raise RefusedError("A verdict is approve, edit, return or reject.")
    problem = reason_problem(verdict, reason)
    if problem:
        raise RefusedError(problem)
    at = clock.now()
    taken = changed(
        update(Review)
        .where(
            Review.id == review_id,
            Review.state == "open",
            or_(Review.held_by.is_(None), Review.held_by == member_id, Review.held_until < at),
        )
        .values(state="decided", held_by=member_id, held_until=None)
    )
    if not taken:
        raise ConflictError("Somebody was faster, or a colleague is reading it. Nothing was changed.")
    final = text if verdict == "edit" and text is not None else row.text
    session.add(
        Decision(
            brand_id=row.brand_id,
            review_id=row.id,
            member_id=member_id,
            verdict=verdict,
            reason=reason.strip(),
            text=final,
            decided_at=at,
        )
    )
    session.flush()
    audit.record(row.brand_id, member_id, f"review.{verdict}", f"{row.subject}:{row.subject_id}", version=row.version)
    return Decided(row.subject_id, row.version, verdict, reason.strip(), final, at)


def void(subject: str, subject_id: int) -> None:
    """The subject changed or went away: nobody needs to read it any more."""
    session.execute(
        update(Review)
        .where(Review.subject == subject, Review.subject_id == subject_id, Review.state == "open")
        .values(state="void")
    )
