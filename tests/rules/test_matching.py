"""Which case comes first: what can still be kept before what is late, the least slack per weight before the rest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.desk.rules.matching import WRITING_TIME, Waiting, Why, fits, order, why_you

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def waiting(
    case_id: int, minutes: float, intent: str = "question", topic: str = "tech", language: str = "en"
) -> Waiting:
    return Waiting(case_id, language, topic, intent, NOW + timedelta(minutes=minutes))


cases = st.lists(
    st.builds(
        waiting,
        st.integers(1, 10**6),
        st.floats(-500, 500),
        st.sampled_from(["question", "complaint", "praise", "other"]),
        st.sampled_from(["tech", "delivery"]),
    ),
    max_size=12,
    unique_by=lambda case: case.case_id,
)


def ids(found: list[Waiting], topics: tuple[str, ...] = ()) -> list[int]:
    return [case.case_id for case in order(found, now=NOW, topics=topics)]


@pytest.mark.parametrize(
    ("language", "fit"), [("en", True), ("vi", True), ("ko", False), ("und", True), ("EN", False), ("", False)]
)
def test_only_cases_in_ones_languages_fit(language: str, fit: bool) -> None:  # noqa: FBT001
    assert fits(waiting(1, 60, language=language), languages=("en", "vi")) is fit


def test_nobody_without_languages_gets_a_case_whose_language_is_known() -> None:
    assert not fits(waiting(1, 60), languages=())


def test_the_sooner_promise_comes_first() -> None:
    assert ids([waiting(1, 90), waiting(2, 30), waiting(3, 60)]) == [2, 3, 1]


def test_a_complaint_counts_three_times_and_praise_a_fifth() -> None:
    # slack after 8 minutes of writing: 60/1 = 60, 150/3 = 50, 20/0.2 = 100
    assert ids([waiting(1, 68), waiting(2, 158, "complaint"), waiting(3, 28, "praise")]) == [2, 1, 3]


def test_what_can_no_longer_be_kept_comes_after_what_can() -> None:
    assert ids([waiting(1, 7.9), waiting(2, 1000), waiting(3, 8)]) == [3, 2, 1]


def test_overdue_cases_are_drained_by_weight() -> None:
    assert ids([waiting(1, -5, "praise"), waiting(2, -500), waiting(3, -1, "complaint")]) == [3, 2, 1]


def test_ones_own_topics_come_first_among_equals_only() -> None:
    found = [waiting(1, 60, topic="delivery"), waiting(2, 60), waiting(3, 59, topic="delivery")]
    assert ids(found, ("tech",)) == [3, 2, 1]


def test_ones_own_skills_come_first_among_cases_that_press_alike_only() -> None:
    found = [waiting(1, 27), replace(waiting(2, 40), skill_id=7), replace(waiting(3, 70), skill_id=7)]
    found += [replace(waiting(4, -9, "praise"), skill_id=7), waiting(5, -9)]
    assert [case.case_id for case in order(found, now=NOW, topics=(), skills={7})] == [1, 2, 3, 5, 4]
    found[0] = waiting(1, 31)
    assert [case.case_id for case in order(found, now=NOW, topics=(), skills={7})] == [2, 1, 3, 5, 4]
    assert [case.case_id for case in order(found, now=NOW, topics=())] == [1, 2, 3, 5, 4]


@quick
@given(cases, st.randoms(use_true_random=False))
def test_the_order_is_complete_feasible_first_and_independent_of_how_it_is_asked(found: list[Waiting], random) -> None:
    ordered = order(found, now=NOW, topics=("tech",))
    assert sorted(ordered, key=lambda case: case.case_id) == sorted(found, key=lambda case: case.case_id)
    late = [case.due_at - NOW < WRITING_TIME for case in ordered]
    assert late == sorted(late)
    assert order(random.sample(found, len(found)), now=NOW, topics=("tech",)) == ordered


@pytest.mark.parametrize(
    ("topics", "answered", "why"),
    [
        (("tech",), {"tech": 3}, Why("answered_like_this", 3)),
        ((), {"tech": 3}, Why("answered_like_this", 3)),
        (("tech",), {"delivery": 3}, Why("your_topic")),
        ((), {}, Why("your_language")),
    ],
)
def test_why_a_case_is_offered(topics: tuple[str, ...], answered: dict[str, int], why: Why) -> None:
    assert why_you(waiting(1, 60), topics=topics, answered=answered) == why
