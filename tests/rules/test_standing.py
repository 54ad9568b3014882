"""Where a member stands: dense ranks, neighbours, what is missing to the next; and the weeks and seasons of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gamification.rules.seasons import WEEKS, begins, season_of, week_of
from gamification.rules.standing import Place, ranked, shown, to_the_next

CROWD = ranked({member: 1000 - 10 * member for member in range(30)})


def members(runs: tuple[tuple[Place, ...], ...]) -> list[list[int]]:
    return [[place.member_id for place in run] for run in runs]


def test_equal_points_share_a_place_and_leave_none_out() -> None:
    assert [(place.member_id, place.rank) for place in ranked({1: 5, 2: 9, 3: 5, 4: 1})] == [
        (2, 1),
        (1, 2),
        (3, 2),
        (4, 3),
    ]


@pytest.mark.parametrize(
    ("me", "runs"),
    [
        (0, [[0, 1, 2, 3, 4]]),
        (4, [[0, 1, 2, 3, 4, 5, 6, 7]]),
        (8, [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]),
        (20, [[0, 1, 2, 3, 4], [17, 18, 19, 20, 21, 22, 23]]),
        (29, [[0, 1, 2, 3, 4], [26, 27, 28, 29]]),
        (99, [[0, 1, 2, 3, 4]]),
    ],
)
def test_shows_the_top_and_three_neighbours_on_either_side(me: int, runs: list[list[int]]) -> None:
    assert members(shown(CROWD, me, top=5)) == runs


def test_shows_nothing_of_nobody() -> None:
    assert shown((), 1, top=5) == ()


def test_says_how_much_is_missing_to_the_place_above() -> None:
    assert to_the_next(CROWD, 7) == 10
    assert to_the_next(CROWD, 0) is None
    assert to_the_next(CROWD, 99) is None
    assert to_the_next(ranked({1: 5, 2: 5, 3: 9}), 2) == 4


def test_a_week_is_from_monday_to_sunday_and_a_season_ten_of_them() -> None:
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    week = week_of(monday)
    assert week_of(monday - timedelta(seconds=1)) == week - 1
    assert week_of(monday + timedelta(days=7, seconds=-1)) == week
    assert begins(week) == monday
    season = season_of(week)
    assert week in season
    assert len(season) == WEEKS
    assert season_of(season.stop).start == season.stop
