"""Levels come from the record alone: the golden values of the bound, what the next level takes, and the brake."""

from __future__ import annotations

import pytest

from gamification.rules.levels import NEEDS_ANSWERS, NEEDS_DAYS, Record, beta_below, level, lower_bound

GOLDEN = [((10, 0), 0.774), ((30, 0), 0.884), ((58, 2), 0.891), ((97, 3), 0.918), ((80, 20), 0.735)]


@pytest.mark.parametrize(("record", "bound"), GOLDEN)
def test_the_bound_has_the_golden_values(record: tuple[int, int], bound: float) -> None:
    assert lower_bound(*record) == pytest.approx(bound, abs=0.0006)


def test_beta_is_a_distribution() -> None:
    assert beta_below(0.5, 3, 3) == pytest.approx(0.5)
    assert beta_below(0.2, 1, 1) == pytest.approx(0.2)
    assert (beta_below(0, 2, 5), beta_below(1, 2, 5)) == (0, 1)


def test_a_good_record_reaches_the_second_level() -> None:
    found = level(Record(good=30, bad=0, days=NEEDS_DAYS))
    assert found.name == "A2"
    assert all(need.is_met for need in found.needs)


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        (Record(good=NEEDS_ANSWERS - 1, bad=0, days=60), {"answers"}),
        (Record(good=30, bad=10, days=60), {"bound"}),
        (Record(good=60, bad=0, days=NEEDS_DAYS - 1), {"days"}),
        (Record(good=0, bad=0, days=0), {"answers", "bound", "days"}),
    ],
)
def test_says_what_is_missing_and_nothing_else(record: Record, missing: set[str]) -> None:
    found = level(record)
    assert found.name == "A1"
    assert {need.key for need in found.needs if not need.is_met} == missing


@pytest.mark.parametrize(
    ("last", "name"),
    [
        ((False, False, False, True, True), "A1"),
        ((False, False, True, True, True), "A2"),
        ((True,) * 5 + (False,) * 9, "A2"),
    ],
)
def test_three_rejections_of_the_last_five_brake(last: tuple[bool, ...], name: str) -> None:
    found = level(Record(good=60, bad=0, days=60, last=last))
    assert (found.name, found.braked) == (name, name == "A1")


def test_a_worse_record_never_has_a_better_bound() -> None:
    for good in range(0, 60, 7):
        bounds = [lower_bound(good, bad) for bad in range(8)]
        assert bounds == sorted(bounds, reverse=True)
        assert lower_bound(good, 0) < lower_bound(good + 1, 0)
