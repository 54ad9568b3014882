"""Points for a published reply (F1) and the day's caps (F2): every constant by hand, and what can never happen."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamification.rules.points import after_caps, difficulty, guard, quality, quoted, thanks_bonus, timeliness, worth

quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)
shares = st.floats(0, 5)
unit = st.floats(0, 1)
awards = st.lists(st.integers(0, 40), max_size=40)


@pytest.mark.parametrize(("expertise", "factor"), [(0, 0.8), (0.5, 1.4), (1, 2.0), (-1, 0.8), (7, 2.0)])
def test_difficulty_follows_the_expertise_asked_for(expertise: float, factor: float) -> None:
    assert difficulty(expertise) == pytest.approx(factor)


@pytest.mark.parametrize(("edited", "factor"), [(0, 1.1), (0.01, 1.0), (0.30, 1.0), (0.3001, 0.6), (1, 0.6)])
def test_quality_falls_with_the_moderators_edit(edited: float, factor: float) -> None:
    assert quality(edited) == factor


@pytest.mark.parametrize(("share", "factor"), [(0, 1.2), (0.5, 0.85), (1, 0.5), (2, 0.5), (-1, 1.2)])
def test_timeliness_falls_from_the_offer_and_has_a_floor(share: float, factor: float) -> None:
    assert timeliness(share) == pytest.approx(factor)


@pytest.mark.parametrize(("nth", "factor"), [(1, 1), (2, 0.5), (3, 0.25), (5, 0.0625)])
def test_each_further_reply_to_one_customer_counts_half_of_the_one_before(nth: int, factor: float) -> None:
    assert guard(nth) == factor


@pytest.mark.parametrize(
    ("expertise", "edited", "share", "nth", "points", "thanks"),
    [
        (0, 0, 0, 1, 11, 2),  # 10 * .8 * 1.1 * 1.2 = 10.56; with thanks 12.96
        (1, 0, 0, 1, 26, 6),  # 26.4; 32.4
        (0.5, 0.1, 0.5, 1, 12, 3),  # 10 * 1.4 * 1.0 * .85 = 11.9; 14.875
        (0.5, 0.31, 1, 1, 4, 2),  # 10 * 1.4 * .6 * .5 = 4.2; 5.95
        (0.5, 0.1, 0.45 / 0.7, 1, 11, 2),  # 10.5 is rounded half up; 13.125
        (0, 0.1, 3, 1, 4, 1),  # 4.0 at the floor of timeliness; 5.0
        (1, 0, 0, 2, 13, 3),  # 13.2; 16.2
        (1, 0, 0, 3, 7, 1),  # 6.6; 8.1
        (0, 1, 9, 6, 0, 0),  # 2.4 / 32: nothing is left
    ],
)
def test_golden_values(expertise: float, edited: float, share: float, nth: int, points: int, thanks: int) -> None:
    made = worth(expertise=expertise, edit_distance=edited, promise_share=share, nth=nth)
    assert (made.points, thanks_bonus(made)) == (points, thanks)


def test_the_quote_spans_a_major_edit_to_verbatim_with_thanks() -> None:
    assert quoted(expertise=0.5, promise_share=0) == (10, 23)  # 10.08 and 22.68


@quick
@given(unit, unit, shares, st.integers(1, 8))
def test_what_is_paid_lies_within_what_was_quoted(expertise: float, edited: float, share: float, nth: int) -> None:
    made = worth(expertise=expertise, edit_distance=edited, promise_share=share, nth=nth)
    least, most = quoted(expertise=expertise, promise_share=share)
    assert 0 <= made.points <= made.points + thanks_bonus(made) <= most
    assert nth > 1 or made.points >= least


@quick
@given(unit, unit, st.lists(shares, min_size=2, max_size=4))
def test_a_later_answer_is_never_worth_more(expertise: float, edited: float, late: list[float]) -> None:
    made = [worth(expertise=expertise, edit_distance=edited, promise_share=s, nth=1).points for s in sorted(late)]
    assert all(sooner >= later for sooner, later in pairwise(made))


@pytest.mark.parametrize(
    ("earned", "points", "counted"),
    [(0, 20, 20), (140, 20, 15), (150, 20, 10), (151, 1, 1), (150, 1, 0), (290, 20, 5), (300, 20, 0), (9000, 5, 0)],
)
def test_caps_golden_values(earned: int, points: int, counted: int) -> None:
    assert after_caps(points, earned_today=earned) == counted


def day(points: list[int]) -> list[int]:
    """What each of a day's awards counts, in this order."""
    return [after_caps(one, earned_today=sum(points[:place])) for place, one in enumerate(points)]


@quick
@given(awards)
def test_a_day_never_brings_more_than_150_in_full_and_75_in_halves(points: list[int]) -> None:
    counted = day(points)
    assert sum(counted) <= 225
    assert all(0 <= now <= before for now, before in zip(counted, points, strict=True))
    assert sum(points) > 150 or counted == points


@quick
@given(awards, st.randoms(use_true_random=False))
def test_a_days_sum_does_not_depend_on_the_order_of_its_awards(points: list[int], random) -> None:
    shuffled = random.sample(points, len(points))
    assert sum(day(shuffled)) == sum(day(points))
