"""The mood of a mention: politeness is no joy, support words are sore, and VADER reads English only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from listeners.rules.assessment import assess
from listeners.rules.sentiment import analyser, has_mood, mood_of


@pytest.mark.parametrize(
    ("written", "mood"),
    [
        ("your crew was wonderful, thank you so much", "positive"),
        ("love the new colour", "positive"),
        ("could you please help me, thanks", "neutral"),
        ("what time do you open on Sunday?", "neutral"),
        ("please help, still waiting for my refund, thanks", "negative"),
        ("thanks for nothing, on hold for two hours", "negative"),
        ("the app keeps crashing", "negative"),
        ("not good at all", "negative"),
        ("Giao hàng nhanh, nhân viên nhiệt tình, rất hài lòng", "positive"),
        ("giao hang nhanh, rat hai long", "positive"),
        ("chất lượng không tốt", "negative"),
        ("Quá thất vọng, chờ mãi không ai trả lời", "negative"),
        ("mấy giờ mở cửa vậy shop", "neutral"),
        ("客服很有耐心，非常满意", "positive"),
        ("質量太差，很失望", "negative"),
        ("一点都不好用", "negative"),
        ("这款有黑色吗", "neutral"),
        ("배송 빠르고 너무 좋아요", "positive"),
        ("하나도 안 친절해요", "negative"),
        ("환불도 안 해주고 진짜 최악", "negative"),
        ("몇 시까지 하나요", "neutral"),
    ],
)
def test_the_mood_is_heard(written: str, mood: str) -> None:
    assert assess(written).mood == mood


@pytest.mark.parametrize("written", ["Estoy muy contento con el servicio, gracias a todos", "最高です、ありがとう", ""])
def test_a_language_we_cannot_read_has_no_score(written: str) -> None:
    judged = assess(written)
    assert (judged.sentiment, judged.mood) == (None, "unknown")


def test_the_brands_own_name_is_no_kind_word() -> None:
    assert assess("Joy cancelled my booking", handles=("joy",)).sentiment == assess("cancelled my booking").sentiment


def test_a_drawn_out_word_counts_like_the_word() -> None:
    assert assess("this is sooooo goooood").mood == "positive"


@pytest.mark.parametrize(
    ("score", "mood"), [(None, "unknown"), (-0.05, "negative"), (0.0, "neutral"), (0.35, "positive")]
)
def test_the_lines_between_moods(score: float | None, mood: str) -> None:
    assert mood_of(score) == mood


_WORDS = (
    "never",
    "so",
    "without",
    "doubt",
    "least",
    "but",
    "no",
    "the",
    "app",
    "GREAT",
    "great!",
    "(awful)",
    ":)",
    ":-(",
    "very",
    "not",
    "kind of",
    "ok",
    "...",
    "don't",
)


@given(st.lists(st.sampled_from(_WORDS), max_size=8))
def test_what_holds_no_word_of_the_list_is_passed_over_without_a_difference(words: list[str]) -> None:
    text = " ".join(words)
    lexicon = analyser().lexicon
    if not has_mood(text, lexicon):
        assert analyser().polarity_scores(text)["compound"] == 0.0
    assert has_mood(f"{text} great", lexicon)


@pytest.fixture(scope="module")
def plain_vader() -> SentimentIntensityAnalyzer:
    vader = SentimentIntensityAnalyzer()
    vader.lexicon = analyser().lexicon
    return vader


@given(st.lists(st.sampled_from(_WORDS), max_size=12))
def test_what_vader_need_not_look_at_changes_nothing(plain_vader: SentimentIntensityAnalyzer, words: list[str]) -> None:
    text = " ".join(words)
    assert analyser().polarity_scores(text) == plain_vader.polarity_scores(text)
