"""The whole answer to one text: it never raises, says the same twice, and stays within its scales."""

from listeners.rules.assessment import assess


def test_a_plain_question_goes_to_people_who_know() -> None:
    judged = assess("How do I turn on dark mode?")
    assert (judged.language, judged.intent, judged.expertise_level) == ("en", "question", "how_to")
    assert judged.needs_reply
    assert judged.must_staff < 0.45
