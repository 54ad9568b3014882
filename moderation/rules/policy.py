"""Who may judge whose words, and which verdicts need a reason."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["approve", "edit", "return", "reject"]
VERDICTS: tuple[Verdict, ...] = ("approve", "edit", "return", "reject")
PASSING: frozenset[str] = frozenset({"approve", "edit"})
NEEDS_REASON: frozenset[str] = frozenset({"return", "reject"})
LEAST_REASON = 3
MOST_REASON = 500


def may_decide(*, reviewer_id: int, reviewer_role: str, author_id: int) -> bool:
    """Whether this person may judge that author's words: staff only, and never one's own, whatever the role."""
    return reviewer_role in {"moderator", "manager"} and reviewer_id != author_id


def reason_problem(verdict: str, reason: str) -> str | None:
    """Why a verdict's reason cannot be taken; None when it can."""
    length = len(reason.strip())
    if verdict in NEEDS_REASON and length < LEAST_REASON:
        return "Say in a few words what is wrong, so that the author can learn from it."
    return f"The reason may have at most {MOST_REASON} characters." if length > MOST_REASON else None
