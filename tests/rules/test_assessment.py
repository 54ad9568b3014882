"""The whole answer to one text: it never raises, says the same twice, stays within its scales and survives storage."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listeners.learning import sprouted
from listeners.rules.assessment import ASSESSMENT_VERSION, Assessed, assess
from listeners.rules.intent import INTENTS
from listeners.rules.phrases import parse
from listeners.rules.privacy import KINDS
from listeners.rules.risk import RISKS
from listeners.rules.topic import TOPICS

ANY_TEXT = st.text(max_size=80) | st.text(
    alphabet=st.sampled_from([*"aeg 1!?@#.-đơệ我的退款안돼요\x00\ud800\u0301\u200d😡&<"]), max_size=60
)


def check_scales(written: str, judged: Assessed) -> None:
    assert judged.sentiment is None or -1.0 <= judged.sentiment <= 1.0
    assert (judged.sentiment is None) == (judged.mood == "unknown")
    assert judged.intent in INTENTS
    assert judged.topic in TOPICS
    assert judged.anger in range(4)
    assert judged.urgency in range(4)
    assert set(judged.risks) <= set(RISKS)
    assert 0.0 <= judged.expertise <= 1.0
    assert 0.0 <= judged.must_staff <= 1.0
    assert all(0 <= span.start < span.end <= len(written) and span.kind in KINDS for span in judged.private)


@given(ANY_TEXT)
@settings(max_examples=60, deadline=None)
def test_any_text_is_judged_within_scales_and_the_same_twice(written: str) -> None:
    judged = assess(written)
    check_scales(written, judged)
    assert assess(written) == judged
    assert assess(written + "   ") == judged
    assert Assessed.from_json(json.loads(json.dumps(judged.to_json()))) == judged


@pytest.mark.parametrize(
    "written",
    [
        "a" * 1_000_000,
        "1 " * 200_000,
        "@" * 20_000,
        "Z" + "\u0335\u0334\u0310" * 5_000,
        "why " * 5_000,
        "我" * 50_000,
        "1.1.1." * 5_000,
        "a-" * 10_000 + "@b",
        "\ud800\udfff\x00",
        "&#x110000;&#0;&amp;" * 50,
        "không " * 4_000,
        "(((((" * 3_000,
    ],
    ids=lambda written: f"{written[:4]!r}x{len(written)}",
)
def test_hostile_texts_take_bounded_time(written: str) -> None:
    check_scales(written, assess(written, order_pattern=r"[A-Z]{2}\d+"))


def test_only_the_first_ten_thousand_characters_are_read() -> None:
    assert assess("x " * 4_000 + "206-555-0144").private
    assert not assess("x " * 5_000 + "206-555-0144").private


def test_a_plain_question_goes_to_people_who_know() -> None:
    judged = assess("How do I turn on dark mode?")
    assert (judged.language, judged.intent, judged.expertise_level) == ("en", "question", "how_to")
    assert judged.needs_reply
    assert judged.must_staff < 0.45


@pytest.mark.parametrize(
    "written",
    [
        "charged twice and nobody answers, case 4471902",
        "do you open on Sunday? ring me on 206-555-0144",
        "your agent was rude and hung up on me",
        "bị trừ tiền hai lần, kiểm tra giúp mình",
        "账号被封了，里面还有钱",
        "제 주문이 안 왔는데 환불해 주세요",
        "Llevo dos semanas esperando mi pedido y nadie contesta",
    ],
)
def test_what_advocates_cannot_solve_goes_to_staff_with_its_reasons(written: str) -> None:
    judged = assess(written)
    assert judged.must_staff >= 0.45
    assert judged.reasons["must_staff"]


@pytest.mark.parametrize("taught", [None, "seeds"])
@pytest.mark.parametrize(
    "written",
    [
        "controller throws E-31 after the 3.2 update, CAN bus log shows the torque sensor node dropping every 40 s",
        "the kernel module panics after resume from suspend, stack trace attached. Is there a patch for the driver?",
    ],
)
def test_what_is_deeply_technical_is_shown_to_staff_first(written: str, taught: str | None) -> None:
    judged = assess(written, taught=sprouted() if taught else None)
    assert judged.expertise_level == "deep_technical"
    assert judged.must_staff >= 0.25


@pytest.mark.parametrize("taught", [None, "seeds"])
@pytest.mark.parametrize(
    ("written", "reads", "code"),
    [
        ("me cobraron dos veces y nadie contesta", ("en", "es"), "es"),  # read by the brand, but we have no words of it
        ("no puedo entrar", ("en", "vi", "zh", "ko"), "es"),  # too short to be sure of its language
        ("助けて", ("en", "vi", "zh", "ko"), "ja"),
        ("Ứng dụng bị lỗi, không đăng nhập được từ hôm qua", ("en",), "vi"),
    ],
)
def test_a_language_that_nobody_here_reads_goes_to_staff(
    written: str, reads: tuple[str, ...], code: str, taught: str | None
) -> None:
    judged = assess(written, languages=reads, taught=sprouted() if taught else None)
    assert (judged.language, judged.needs_reply) == (code, True)
    assert judged.must_staff >= 0.45


def test_every_decided_field_names_its_words() -> None:
    reasons = assess("The courier lost my parcel, 3rd time!! useless. Call me on 206 555 0144").reasons
    assert "parcel" in " ".join(reasons["topic"])
    assert "useless" in reasons["anger"]
    assert reasons["private"] == ("phone",)


def test_a_word_is_named_once_whoever_hears_it() -> None:
    judged = assess("order 1440 is an absolute disgrace, refund me now or my lawyer writes to you", taught=sprouted())
    assert all(len(words) == len(set(words)) for words in judged.reasons.values())
    assert judged.reasons["intent"]


def test_what_is_stored_is_small_and_carries_the_version() -> None:
    judged = assess("Where is my order #4471902? It never arrived and your courier was rude")
    assert judged.version == ASSESSMENT_VERSION
    assert len(json.dumps(judged.to_json())) < 1_600


def test_every_field_says_how_it_was_come_by_and_how_sure_that_is() -> None:
    judged = assess("My parcel is lost, where is my refund? This is useless")
    assert set(judged.how) == {
        *("language", "sentiment", "intent", "anger", "urgency", "risks", "topic", "expertise", "account_specific"),
        "must_staff",
    }
    assert judged.how["sentiment"].method == "VADER with support lexicon"
    assert judged.how["must_staff"].confidence == round(judged.must_staff, 2)
    assert all(0 <= how.confidence <= 1 for how in judged.how.values())


def test_what_a_model_answers_is_told_as_such_but_never_a_crisis() -> None:
    calm, danger = (
        assess(text, taught=sprouted())
        for text in ("where do I change the language of the menus?", "the charger caught fire and burned my hand")
    )
    assert calm.how["intent"] == ("model", round(calm.sure["intent"][calm.intent], 2))
    assert danger.intent == "crisis"
    assert danger.how["intent"].method != "model"


@pytest.mark.parametrize("line", ["(one|two (three|four))", "one) two", "(one"])
def test_a_lexicon_with_torn_brackets_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="brackets"):
        parse("intent", f"[question 1]\n{line}")
