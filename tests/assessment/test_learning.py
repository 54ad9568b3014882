"""Learning: the same rows give the same models, which survive storage, answer with chances and say why."""

import numpy as np
import pytest

from listeners.learning import teach
from listeners.lessons import Lesson, read_seeds
from listeners.rules import counting
from listeners.rules.assessment import assess, look
from listeners.rules.linear import Model, Record, Taught

THINGS = {"flurb": "gadget", "snorp": "animal"}
LESSONS = [
    Lesson(f"my {thing} {what} again, number {n}", {"topic": topic, "intent": "question"} | {"sentiment": mood})
    for n in range(15)
    for thing, topic in THINGS.items()
    for what, mood in (("sings", "positive"), ("leaks", "negative"))
]


@pytest.fixture(scope="module")
def taught() -> Taught:
    found = teach(LESSONS, planted=())
    assert found is not None
    return found


def test_what_was_taught_is_answered_with_its_words(taught: Taught) -> None:
    plain, found = (assess("my snorp leaks again", taught=by) for by in (None, taught))
    assert (plain.topic, found.topic) == ("general", "animal")
    assert found.mood == "negative"
    assert found.sentiment is not None
    assert found.sentiment < -0.5
    assert found.reasons["topic"][0] == "snorp"
    assert found.version == f"{plain.version}+{taught.version}"


def test_a_question_with_one_answer_teaches_nothing(taught: Taught) -> None:
    assert "intent" not in taught.models
    assert teach(LESSONS[:20], planted=()) is None


def test_the_same_rows_give_the_same_models_and_survive_storage(taught: Taught) -> None:
    again = teach(LESSONS, planted=())
    assert again is not None
    stored = taught.to_bytes()
    assert again.to_bytes() == stored
    back = Taught.from_bytes(stored)
    for text in ("my snorp leaks", "a flurb sings", "", "谢谢"):
        assert assess(text, taught=back) == assess(text, taught=taught)
    with pytest.raises(ValueError, match="no stored models"):
        Taught.from_bytes(b"something else")


def test_a_text_weighs_the_same_when_it_teaches_and_when_it_is_judged() -> None:
    texts = [
        "my flurb sings, my flurb sings again",
        "안녕하세요 너무 좋아요 좋아요",
        "客服很好。客服很好",
        "papapa ok ok ok !!",
        "",
    ]
    sights = [look(text) for text in texts * 2]
    words = sorted({word for sight in sights for word in sight.words})
    said = [np.array([words.index(word) for word in sight.words], np.int64) for sight in sights]
    counted = counting.counted(counting.Texts(said, words, [sight.signs for sight in sights]))
    table = np.random.default_rng(1).normal(size=(len(counted.terms.weights), 2)).astype(np.float32)
    model = Model(("a", "b"), np.zeros(2, np.float32), 0.0, 1.0, ("en",), Record(1, 1.0, 0.0, 0.0))
    taught = Taught("made up", counted.terms, {"topic": model}, table)
    for sight, row in zip(sights, counted.matrix @ table, strict=True):
        assert taught.see(sight.words, sight.signs).columns == pytest.approx(row.tolist(), abs=1e-4)


def test_chances_sum_to_one_and_other_languages_are_left_to_the_rules(taught: Taught) -> None:
    sight = look("my flurb sings")
    seen = taught.see(sight.words, sight.signs)
    answer = taught.judge("sentiment", seen, "neutral", "en")
    assert answer is not None
    assert sum(answer.value.values()) == pytest.approx(1.0)
    assert taught.judge("sentiment", seen, "neutral", "ko") is None


def test_danger_stays_danger_whatever_was_taught(taught: Taught) -> None:
    judged = assess("my flurb sings and is on fire, I don't want to live any more", taught=taught)
    assert judged.intent == "crisis"
    assert judged.risks


@pytest.mark.parametrize("written", ["a line without a heading", "[question neutral tech]\nshort heading"])
def test_a_torn_file_of_seeds_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        read_seeds(written, "torn.txt")
