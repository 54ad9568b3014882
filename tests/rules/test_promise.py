"""When a case must be answered, and how much of that time has passed."""

from datetime import UTC, datetime, timedelta

import pytest

from app.desk.rules.promise import due, promised_minutes, share_used

HEARD = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minutes(intent: str = "question", anger: int = 0, urgency: int = 0, *, risky: bool = False) -> int:
    return promised_minutes(
        intent=intent, anger=anger, urgency=urgency, risky=risky, angry_minutes=60, minutes=120, praise_minutes=1440
    )


@pytest.mark.parametrize(
    ("asked", "promised"),
    [
        ({}, 120),
        ({"intent": "complaint", "anger": 1, "urgency": 2}, 120),
        ({"intent": "praise"}, 1440),
        ({"intent": "praise", "anger": 2}, 60),  # ironic praise is no praise
        ({"anger": 2}, 60),
        ({"urgency": 3}, 60),
        ({"risky": True}, 60),
        ({"intent": "crisis"}, 60),
        ({"intent": "unheard of"}, 120),
    ],
)
def test_the_promise_follows_what_the_case_is(asked: dict[str, object], promised: int) -> None:
    assert minutes(**asked) == promised


def test_the_promise_runs_from_when_it_was_heard() -> None:
    assert due(HEARD, 90) == datetime(2026, 3, 1, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(("after", "share"), [(0, 0.0), (30, 0.25), (120, 1.0), (180, 1.5), (-5, 0.0)], ids=str)
def test_the_share_of_the_promise_that_is_used(after: int, share: float) -> None:
    assert share_used(HEARD, due(HEARD, 120), HEARD + timedelta(minutes=after)) == share


def test_a_promise_that_was_up_before_the_offer_is_used_up() -> None:
    assert share_used(HEARD, HEARD - timedelta(minutes=1), HEARD) == 1.0
