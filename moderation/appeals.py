"""A second look at a rejection: asked for once by the author, decided once by somebody else than the first reader."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.kernel import audit, clock
from app.kernel.db import changed, session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from moderation.models import Appeal, Decision, Review
from moderation.rules.appealing import OUTCOMES, may_look_again, words_problem


@dataclass(frozen=True, slots=True)
class LookedAgain:
    """A second look as the subject's room needs it."""

    subject_id: int
    author_id: int
    outcome: str
    words: str


def ask(subject: str, subject_id: int, author_id: int, reason: str) -> int:
    """Ask for a second look at the rejection of one's own words; the appeal's id.

    Raises:
        NotFoundError: nothing of this author was rejected there.
        RefusedError: a reason that is missing or too long.
        ConflictError: it was asked before.

    """
    problem = words_problem(reason)
    if problem:
        raise RefusedError(problem)
    found = session.execute(
        select(Review, Decision.member_id)
        .join(Decision, Decision.review_id == Review.id)
        .where(
            Review.subject == subject,
            Review.subject_id == subject_id,
            Review.author_id == author_id,
            Decision.verdict == "reject",
        )
        .order_by(Review.version.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFoundError("Nothing of yours was rejected here.")
    review, judged_by = found
    if session.execute(select(Appeal.id).where(Appeal.review_id == review.id)).scalar() is not None:
        raise ConflictError("You have asked for a second look at this already.")
    row = Appeal(
        brand_id=review.brand_id,
        review_id=review.id,
        author_id=author_id,
        judged_by=judged_by,
        reason=reason.strip(),
        state="open",
        opened_at=clock.now(),
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise ConflictError("You have asked for a second look at this already.") from None
    audit.record(row.brand_id, author_id, "appeal.ask", f"{subject}:{subject_id}", appeal_id=row.id)
    return row.id


def decide(appeal_id: int, member_id: int, role: str, outcome: str, words: str) -> LookedAgain:
    """Decide on an appeal, once.

    Raises:
        NotFoundError: no such appeal.
        NotAllowedError: the author, who rejected it, or not staff.
        RefusedError: no such outcome, or a reason that is missing or too long.
        ConflictError: a colleague was faster.

    """
    found = session.execute(
        select(Appeal, Review).join(Review, Review.id == Appeal.review_id).where(Appeal.id == appeal_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError("There is no such appeal.")
    row, review = found
    if not may_look_again(reader_id=member_id, reader_role=role, author_id=row.author_id, judged_by=row.judged_by):
        raise NotAllowedError("Another colleague than the first reader takes the second look.")
    problem = words_problem(words) if outcome in OUTCOMES else "A second look upholds or overturns."
    if problem:
        raise RefusedError(problem)
    taken = changed(
        update(Appeal)
        .where(Appeal.id == appeal_id, Appeal.state == "open")
        .values(state=outcome, decided_by=member_id, decided_at=clock.now(), words=words.strip())
    )
    if not taken:
        raise ConflictError("A colleague was faster. Nothing was changed.")
    audit.record(
        row.brand_id, member_id, f"appeal.{outcome}", f"{review.subject}:{review.subject_id}", appeal_id=appeal_id
    )
    return LookedAgain(review.subject_id, row.author_id, outcome, words.strip())
