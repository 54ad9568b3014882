"""Who may take a second look at a rejection, and what it needs."""

from __future__ import annotations

from typing import Literal

Outcome = Literal["upheld", "overturned"]
OUTCOMES: tuple[Outcome, ...] = ("upheld", "overturned")
LEAST, MOST = 3, 500


def may_look_again(*, reader_id: int, reader_role: str, author_id: int, judged_by: int) -> bool:
    """Whether this person may decide on an appeal: staff, and neither the author nor who rejected it."""
    return reader_role in {"moderator", "manager"} and reader_id not in {author_id, judged_by}


def words_problem(words: str) -> str | None:
    """Why a reason, the author's or the second reader's, cannot be taken; None when it can."""
    length = len(words.strip())
    if length < LEAST:
        return "Say in a few words why; the other side reads it."
    return f"The reason may have at most {MOST} characters." if length > MOST else None
