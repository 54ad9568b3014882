"""What a correction says of near texts, when a new model wins, and which judgement is worth a look most."""

from __future__ import annotations

from typing import Any

import pytest

from listeners.rules.assessment import assess
from listeners.rules.correcting import Said, corrected, followed, holds_too, remembered, restored, settled
from listeners.rules.doubt import doubt
from listeners.rules.likeness import NEAR, nearness, runs
from listeners.rules.remembering import Corrected, Memory
from listeners.rules.trying import LEAST, Answer, tried

LANGUAGES = ("en", "vi")


def told(field: str, was: str, now: str) -> Said:
    return Said(1, 1, 1, field, was, now)


@pytest.mark.parametrize(
    ("one", "judged", "near", "becomes"),
    [
        (told("topic", "general", "store"), "general", 0.7, "store"),
        (told("topic", "general", "store"), "tech", 0.8, None),  # it errs in another way: they differ in what matters
        (told("topic", "general", "store"), "tech", 0.9, "store"),
        (told("mood", "positive", "neutral"), "negative", 0.99, None),
        (told("topic", "store", "store"), "store", 0.99, None),
        (told("route", "advocates", "staff"), "advocates", 0.7, "staff"),
        # Charged for shipping, and charged twice for shipping: nearly the same words, and money of one's own.
        (told("route", "staff", "advocates"), "staff", 0.8, None),
        (told("route", "staff", "advocates"), "staff", 0.9, "advocates"),
        (told("account_specific", "yes", "no"), "yes", 0.8, None),
        (told("intent", "crisis", "question"), "crisis", 0.99, None),
        (told("intent", "question", "crisis"), "question", 0.7, "crisis"),
        (told("risks", "legal", "none"), "legal", 0.99, None),
        (told("risks", "none", "legal,press"), "none", 0.7, "legal,press"),
        (told("anger", "3", "1"), "3", 0.7, None),
        (told("anger", "3", "1"), "3", 0.9, "1"),
        (told("urgency", "1", "3"), "1", 0.7, "3"),
        (told("language", "en", "vi"), "en", 0.99, None),
        (told("private", "phone", "none"), "phone", 0.99, None),
        (told("level", "how_to", "deep_technical"), "how_to", 0.7, "deep_technical"),
        (told("outcome", "none", "still_broken"), "none", 0.7, "still_broken"),
        (told("outcome", "stop", "none"), "stop", 0.7, None),
        (told("outcome", "stop", "none"), "stop", 0.9, "none"),
    ],
)
def test_a_correction_holds_for_near_texts_and_takes_no_danger_back(
    one: Said, judged: str, near: float, becomes: str | None
) -> None:
    assert holds_too(one, judged, near) == becomes


def test_a_value_has_one_form() -> None:
    assert settled("risks", "press,legal", LANGUAGES) == "legal,press"
    assert settled("risks", "", LANGUAGES) == "none"
    assert settled("language", "und", LANGUAGES) == "und"
    with pytest.raises(ValueError, match="zh"):
        settled("language", "zh", LANGUAGES)


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        (
            "The new saddle squeaks on every climb, is that normal?",
            "new saddle squeaks on each climb. Is it normal?",
            True,
        ),
        ("how do I fold the handlebar of the City 2?", "how can I fold the City 2 handlebar", True),
        ("车子的电池充不进电怎么办", "我的车电池充不进电了怎么办", True),
        ("pin sạc không vào", "pin của mình sạc không vào điện", True),
        ("where is my order", "what is my order status, when does it arrive", False),
        ("does it rain", "is it sunny", False),
        ("", "", False),
    ],
)
def test_near_texts_are_found_by_their_letters(one: str, other: str, is_near: bool) -> None:  # noqa: FBT001
    assert (nearness(runs(one), runs(other)) >= NEAR) is is_near
    found = Memory.of([Corrected(7, one, ()), Corrected(8, "something else entirely, about bread", ())]).near(other)
    assert [text.mention_id for text, _near in found] == ([7] if is_near else [])


def answers(*pairs: tuple[bool, bool], is_said: bool = True) -> list[Answer]:
    """For each pair whether the new model and the live one are right."""
    return [Answer("topic", "a", is_said, "a" if by_new else "b", "a" if by_live else "b") for by_new, by_live in pairs]


def test_a_new_model_must_be_right_more_often_on_enough_texts() -> None:
    better = answers((True, False), (True, True), (False, False))
    assert tried(LEAST, better).wins
    assert not tried(LEAST - 1, better).wins
    assert not tried(LEAST, answers((True, True), (False, False))).wins
    assert not tried(LEAST, answers((True, False), (False, True))).wins
    breaks_what_stood = answers(*[(False, True)] * 4, is_said=False)
    assert not tried(LEAST, [*better, *breaks_what_stood]).wins
    assert tried(LEAST, better).by_field == {"topic": (3, 2, 1)}


def test_the_greatest_doubt_is_the_closest_answer() -> None:
    sure = {"intent": {"question": 0.95, "complaint": 0.03}, "topic": {"tech": 0.4, "product": 0.38}}
    found = doubt(sure, 0.02, suggest_bar=0.25, is_settled=False, unsure=False)
    assert found.field == "topic"
    assert doubt(sure, 0.25, suggest_bar=0.25, is_settled=False, unsure=False).field == "route"
    assert doubt(sure, 0.25, suggest_bar=0.25, is_settled=True, unsure=False) == found
    assert doubt({}, 0.0, suggest_bar=0.25, is_settled=False, unsure=False).amount == 0
    assert doubt({}, 0.0, suggest_bar=0.25, is_settled=True, unsure=True).field == "intent"


@pytest.mark.parametrize(
    ("text", "field", "value", "is_for_staff"),
    [
        ("@lumo how do i pair the lamp 415-555-0132? it says so on the box", "private", "none", False),
        ("@lumo which lawyer show was filmed with your lamp?", "risks", "none", False),
        ("@lumo how do i turn on dark mode in the app?", "account_specific", "yes", True),
        ("@lumo how do i turn on dark mode in the app?", "risks", "legal", True),
        ("@lumo how do i turn on dark mode in the app?", "topic", "tech", False),
    ],
)
def test_the_chance_for_staff_follows_what_a_person_said_and_comes_back(
    text: str,
    field: str,
    value: str,
    is_for_staff: bool,  # noqa: FBT001
) -> None:
    judged = judge(text)
    now = followed(judged, corrected(judged, field, value, LANGUAGES), LANGUAGES, is_told=False)
    assert (now["must_staff"] >= 0.25) is is_for_staff
    back = restored(now, field, remembered(judged, field), LANGUAGES)
    assert followed(now, back, LANGUAGES, is_told=False)["must_staff"] == judged["must_staff"]


def judge(text: str) -> dict[str, Any]:
    found = assess(text, languages=LANGUAGES)
    names = ("language", "language_uncertain", "sentiment", "mood", "intent", "anger", "urgency", "topic", "expertise")
    columns = {name: getattr(found, name) for name in (*names, "account_specific", "must_staff", "needs_reply")}
    return columns | {"detail": found.to_json()}
