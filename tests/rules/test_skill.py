"""A skill is told by its words, by the words of its examples, or by likeness; in doubt a moderator is asked."""

from __future__ import annotations

import pytest

from listeners.rules.skill import BAR, Example, Skills

BATTERY, APP, SEATS = 1, 2, 3
SKILLS = Skills.of(
    [(BATTERY, "tech", ("battery", "sạc")), (APP, "tech", ("app",)), (SEATS, "product", ())],
    [
        Example(SEATS, "how do i fasten the straps of the toddler chair on the rear carrier?"),
        Example(SEATS, "which bolts hold the chair for my toddler on the carrier"),
        Example(SEATS, "安全座椅怎么装到后架上"),
        Example(BATTERY, "how long until the cells are full from empty?"),
        Example(99, "a skill that is gone"),
    ],
)


@pytest.mark.parametrize(
    ("text", "topic", "skill", "how"),
    [
        ("the battery dies", "tech", BATTERY, "words"),
        ("sạc hoài không đầy", "tech", BATTERY, "words"),
        ("the battery shows nothing in the app", "tech", None, "words"),  # two are as likely: somebody is asked
        ("how do i fasten the straps of a toddler chair on the rear carrier", "tech", SEATS, "likeness"),
        ("toddler chair straps on the carrier came loose", "product", SEATS, "examples"),
        ("安全座椅怎么装到后架", "product", SEATS, "examples"),
    ],
)
def test_the_best_of_three_tells_it(text: str, topic: str, skill: int | None, how: str) -> None:
    told = SKILLS.tell(text, {topic: 1.0})
    assert told.skill_id == skill
    assert told.guesses[0].how == how
    assert all(0 <= guess.score <= 1 for guess in told.guesses)
    if skill is not None:
        assert told.guesses[0].score >= BAR


@pytest.mark.parametrize("text", ["", "how do i see where it is?", "hello there, what is up", "\U0001f600" * 2_000])
def test_what_everybody_says_tells_nothing(text: str) -> None:
    assert SKILLS.tell(text, {"product": 1.0}).skill_id is None


def test_the_words_that_decided_are_named() -> None:
    assert SKILLS.tell("battery, battery and sạc", {}).guesses[0].words == ("battery", "sạc")
    assert "carri" in SKILLS.tell("toddler chair straps on the carrier came loose", {"product": 1.0}).guesses[0].words


def test_a_brand_without_skills_asks_nobody() -> None:
    assert Skills.of([], []).tell("the battery dies", {}).guesses == ()
