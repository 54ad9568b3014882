"""A remark is made of what a careful reader would stumble over, in four languages, and of nothing else."""

from __future__ import annotations

import pytest

from moderation.rules.remarks import remarks, repeated

PLAIN = [
    "Settings, Display, then Dark. Takes a restart.",
    "Vào Cài đặt, chọn Màn hình, rồi chọn Tối.",
    "在设置里选择显示，再选深色。",
    "설정에서 화면을 고른 다음 어둡게를 누르세요.",
    "LED on the USB-C hub? Press it once!",
]


def seen(text: str, *, asked_in: str = "en", written_in: str = "en", sure: bool = True) -> dict[str, tuple[str, ...]]:
    """What caught the eye, by name."""
    found = remarks(text, asked_in=asked_in, written_in=written_in, sure=sure)
    assert [one.name for one in found] == ["language", "tone", "promises"]
    return {one.name: one.words for one in found if not one.ok}


@pytest.mark.parametrize("text", PLAIN)
def test_plain_help_is_left_alone(text: str) -> None:
    assert seen(text) == {}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("We will refund it within 3 days.", "refund"),
        ("You get it free of charge.", "free of charge"),
        ("Shop sẽ hoàn tiền cho bạn.", "hoàn tiền"),
        ("我们会全额退款。", "退款"),
        ("바로 환불해 드릴게요.", "환불"),
    ],
)
def test_a_promise_is_pointed_at(text: str, word: str) -> None:
    assert word in seen(text)["promises"]


@pytest.mark.parametrize(
    "text",
    [
        "As I said, calm down.",
        "YOU MUST RESTART THE WHOLE THING",
        "Restart it!!!",
        "那是你自己的错。",
        "고객님 잘못입니다.",
        "Lỗi của bạn thôi.",
    ],
)
def test_a_cold_or_loud_tone_is_pointed_at(text: str) -> None:
    assert list(seen(text)) == ["tone"]


def test_another_language_than_the_customers_is_pointed_at_unless_it_is_in_doubt() -> None:
    assert list(seen(PLAIN[0], asked_in="ko")) == ["language"]
    assert seen(PLAIN[0], asked_in="ko", sure=False) == {}
    assert seen(PLAIN[0], asked_in="und") == {}


def test_words_said_before_are_found_whatever_their_spaces_and_capitals() -> None:
    earlier = ["Something else entirely, about bikes.", "settings,  display, then dark. takes a restart!"]
    found = repeated(PLAIN[0], earlier)
    assert (found.ok, found.words) == (False, (earlier[1],))
    assert repeated(PLAIN[0], earlier[:1]).ok
    assert repeated(PLAIN[0], []).ok
