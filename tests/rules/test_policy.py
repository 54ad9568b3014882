"""Who may judge whose words, and which verdicts need a reason."""

import pytest

from moderation.rules.policy import MOST_REASON, NEEDS_REASON, PASSING, VERDICTS, may_decide, reason_problem


@pytest.mark.parametrize(
    ("role", "own", "may"),
    [
        ("moderator", False, True),
        ("manager", False, True),
        ("advocate", False, False),
        ("moderator", True, False),
        ("manager", True, False),
        ("", False, False),
    ],
)
def test_staff_judges_and_nobody_judges_their_own_words(role: str, own: bool, may: bool) -> None:  # noqa: FBT001
    assert may_decide(reviewer_id=7, reviewer_role=role, author_id=7 if own else 8) is may


def test_a_verdict_either_passes_or_needs_a_reason() -> None:
    assert set(VERDICTS) == PASSING | NEEDS_REASON
    assert not PASSING & NEEDS_REASON


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize(("reason", "taken"), [("", False), ("  ", False), ("no", False), ("too long-winded", True)])
def test_only_what_does_not_pass_needs_words(verdict: str, reason: str, taken: bool) -> None:  # noqa: FBT001
    assert (reason_problem(verdict, reason) is None) is (taken or verdict in PASSING)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_reason_has_an_end(verdict: str) -> None:
    assert reason_problem(verdict, "x" * MOST_REASON) is None
    assert str(MOST_REASON) in (reason_problem(verdict, "x" * (MOST_REASON + 1)) or "")
