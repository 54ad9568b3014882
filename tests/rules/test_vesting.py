"""When points become one's own (F3): half after 48 hours, half after 7 days, all of it a day after thanks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamification.rules.vesting import after_thanks, steps

PUBLISHED = datetime(2026, 3, 1, 12, tzinfo=UTC)
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def test_two_halves_with_their_moments() -> None:
    first, second = steps(26, PUBLISHED)
    assert (first.part, first.points, first.due_at) == (1, 13, datetime(2026, 3, 3, 12, tzinfo=UTC))
    assert (second.part, second.points, second.due_at) == (2, 13, datetime(2026, 3, 8, 12, tzinfo=UTC))


@pytest.mark.parametrize(("points", "halves"), [(0, [0, 0]), (1, [1, 0]), (11, [6, 5])])
def test_an_odd_point_comes_with_the_first_half(points: int, halves: list[int]) -> None:
    assert [step.points for step in steps(points, PUBLISHED)] == halves


@quick
@given(st.integers(0, 10_000))
def test_the_parts_are_the_whole(points: int) -> None:
    assert sum(step.points for step in steps(points, PUBLISHED)) == points


@pytest.mark.parametrize(
    ("thanked_after", "vests_after"),
    [
        (timedelta(hours=1), [timedelta(hours=25), timedelta(hours=25)]),
        (timedelta(hours=30), [timedelta(hours=48), timedelta(hours=54)]),  # never later than it was
        (timedelta(days=9), [timedelta(hours=48), timedelta(days=7)]),
    ],
)
def test_thanks_bring_both_halves_forward(thanked_after: timedelta, vests_after: list[timedelta]) -> None:
    thanked_at = PUBLISHED + thanked_after
    moved = [after_thanks(step.due_at, thanked_at) - PUBLISHED for step in steps(10, PUBLISHED)]
    assert moved == vests_after
