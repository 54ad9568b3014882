"""What the reports' numbers may claim, to the digit: shares, intervals, changes, quantiles, periods, cells, shapes."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.desk.counted import Waited
from app.desk.rules.waiting import SPANS, quantile, span_of
from app.reports.rules.cells import harmless
from app.reports.rules.periods import Period, length_of
from app.reports.rules.shares import Change, Share
from app.web.charts import STEP, TALL, Stack, columns, heat, nice, shade, up_and_down


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_intervals_are_wilsons(part: int, whole: int, low: float, high: float) -> None:
    """Newcombe 1998, table I, method 3, gives 0.2553 to 0.3662 for 81 of 263."""
    assert Share(part, whole).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_interval_holds_its_share_and_shrinks_with_more(part: int, more: int) -> None:
    share = Share(part, part + more)
    low, high = share.interval
    assert 0 <= low <= high <= 1
    assert not share.is_known or low - 1e-9 <= share.value <= high + 1e-9
    ten_times = Share(10 * part, 10 * (part + more)).interval
    assert not share.is_known or ten_times[1] - ten_times[0] < high - low


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 500, 0), (1, 500, 1), (499, 500, 99), (500, 500, 100), (186, 200, 93)]
)
def test_only_all_is_100_and_only_none_is_0(part: int, whole: int, said: int) -> None:
    assert Share(part, whole).of_100 == said


def test_small_samples_are_no_percentages() -> None:
    assert Share(3, 4).is_small
    assert not Share(15, 20).is_small
    assert not Share(0, 0).is_known


def test_shares_differ_only_beyond_chance() -> None:
    assert not Share(9, 10).differs_from(Share(7, 10))
    assert Share(900, 1000).differs_from(Share(700, 1000))
    assert not Share(0, 0).differs_from(Share(7, 10))
    assert not Share(5, 5).differs_from(Share(7, 7))


def test_a_change_is_clear_beyond_chance_and_in_percent_only_of_enough() -> None:
    assert (Change(130, 100).percent, Change(130, 100).is_clear) == (30, True)
    assert not Change(105, 100).is_clear
    assert Change(9, 3).percent is None
    assert not Change(0, 0).is_clear
    assert Change(50, 100).percent == -50


@pytest.mark.parametrize(
    ("minutes", "span"),
    [(-3, "up_to_5"), (5, "up_to_5"), (5.1, "up_to_10"), (60, "up_to_60"), (1440, "up_to_1440"), (1441, "longer")],
)
def test_a_wait_is_counted_in_its_span(minutes: float, span: str) -> None:
    assert span_of(timedelta(minutes=minutes)) == span


def test_every_span_has_its_column() -> None:
    assert list(SPANS) == list(Waited.__annotations__)


def test_quantiles_lie_in_the_span_of_the_one_in_the_middle() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({"up_to_5": 1}, 0.5) == 2.5
    assert quantile({"up_to_30": 10, "up_to_60": 10}, 0.5) == 30
    assert quantile({"up_to_30": 10, "up_to_60": 10}, 0.75) == 45


@given(st.lists(st.floats(0, 4000), min_size=1, max_size=60))
def test_the_median_is_in_the_same_span_as_the_exact_one(waits: list[float]) -> None:
    counted = Counter(span_of(timedelta(minutes=wait)) for wait in waits)
    exact = sorted(waits)[(len(waits) - 1) // 2]
    found = quantile(counted, 0.5)
    assert found is not None
    assert span_of(timedelta(minutes=found - 1e-6)) == span_of(timedelta(minutes=exact))


def test_a_period_and_the_one_before_it_meet_and_do_not_overlap() -> None:
    period = Period.ending(date(2026, 3, 1), 7)
    assert (period.first, len(period.days), period.days[-1]) == (date(2026, 2, 23), 7, date(2026, 3, 1))
    assert period.before == Period(date(2026, 2, 16), date(2026, 2, 22))
    assert period.before.before.last < period.before.first


@pytest.mark.parametrize(("asked", "days"), [("7", 7), ("28", 28), ("90", 90), ("", 28), ("91", 28), ("-7", 28)])
def test_only_our_lengths_can_be_asked_for(asked: str, days: int) -> None:
    assert length_of(asked) == days


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =cmd", "＝1"])
def test_a_text_that_a_spreadsheet_would_run_is_a_text_there(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["tech", "2026-01-01", 3, -3, 0.5, "a=b", "", "'=1"])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) == cell


def test_columns_stand_on_each_other_and_reach_their_number() -> None:
    picture = columns([Stack((("kept", 3), ("late", 1)), "a"), Stack((), "b"), Stack((("kept", 2),), "c")])
    first, second, third = picture.shapes
    assert (picture.top, picture.width) == (4, 3 * STEP)
    assert (first.y, first.height) == (TALL / 4, TALL * 3 / 4)
    assert (second.y, second.height, second.kind) == (0, TALL / 4, "late")
    assert third.x > 2 * STEP


def test_columns_grow_both_ways_from_one_line() -> None:
    picture = up_and_down([(2, 1, "a"), (0, 3, "b")], ("glad", "sore"))
    up, down, deep = picture.shapes
    assert up.y + up.height == pytest.approx(picture.base, abs=0.01)
    assert down.y == deep.y == pytest.approx(picture.base, abs=0.01)
    assert deep.height == pytest.approx(3 * down.height, abs=0.05)


def test_the_darkest_cell_is_the_fullest_and_nothing_is_bare() -> None:
    picture = heat([[(0, "a"), (1, "b")], [(50, "c"), (100, "d")]])
    assert [shape.kind for shape in picture.shapes] == ["heat-0", "heat-1", "heat-2", "heat-4"]
    assert shade(0, 0) == 0


@given(st.integers(1, 10**7))
def test_a_scale_is_round_and_not_twice_too_tall(number: int) -> None:
    assert number <= nice(number) <= 2 * number
