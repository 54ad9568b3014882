"""Like questions are found, unlike ones are not, in every language of the house, and within fixed bounds."""

from __future__ import annotations

import pytest

from listeners.rules.likeness import CANDIDATES, LIKE, MOST_MARKS, PER_MARK, alike, candidates, marks

LIKE_PAIRS = [
    ("@lumo how do I turn on dark mode in the app?", "how can i switch dark mode on in your app @lumo"),
    ("@lumo cách bật chế độ tối trong ứng dụng?", "bat che do toi trong ung dung the nao @lumo"),
    ("@lumo 请问怎么在应用里打开深色模式？", "应用里深色模式怎么打开呀 @lumo"),
    ("@lumo 앱에서 다크 모드를 어떻게 켜나요?", "다크 모드 켜는 법 알려주세요 앱에서요 @lumo"),
]
UNLIKE = [
    "@lumo where is my parcel? it was promised for monday",
    "@lumo khi nào giao hàng vậy, đơn của mình trễ rồi",
    "@lumo 我的包裹什么时候到？已经晚了三天",
    "@lumo 택배가 아직 안 왔어요 언제 도착하나요",
]


@pytest.mark.parametrize(("asked", "before"), LIKE_PAIRS)
def test_finds_the_same_question_in_other_words(asked: str, before: str) -> None:
    assert len(marks(asked) & marks(before)) >= 2
    found = alike(asked, {1: before, **dict(enumerate(UNLIKE, start=2))}, limit=3)
    assert [key for key, _much in found] == [1]
    assert LIKE <= found[0][1] <= 1


@pytest.mark.parametrize(("asked", "other"), [(pair[0], UNLIKE[at]) for at, pair in enumerate(LIKE_PAIRS)])
def test_shows_nothing_rather_than_something_else(asked: str, other: str) -> None:
    assert alike(asked, {1: other}, limit=3) == []


def test_leaves_out_handles_links_and_masked_data() -> None:
    plain = marks("how do I turn on dark mode?")
    assert marks("@lumo how do I turn on dark mode? https://x.example/a @ada [email]") == plain


def test_keeps_few_marks_of_a_long_text_and_none_of_an_empty_one() -> None:
    words = [f"word{number}x" for number in range(500)]
    assert len(marks(" ".join(words))) == MOST_MARKS
    assert marks("") == frozenset()
    assert alike("", {1: "how do I turn on dark mode?"}, limit=3) == []


def test_the_same_part_of_two_long_texts_stays() -> None:
    long = " ".join(f"w{number * 7919 % 9973}" for number in range(100))
    assert len(marks(long) & marks(f"{long} and something else besides")) > MOST_MARKS / 2


def test_prefers_candidates_that_share_what_few_have_and_takes_a_bounded_number() -> None:
    common = [(1, question) for question in range(PER_MARK)]
    rare = [(2, 7), (3, 7), (2, 8)]
    chosen = candidates([*common, *rare])
    assert chosen[:2] == [7, 8]
    assert len(chosen) == CANDIDATES
