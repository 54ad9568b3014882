"""Veto words: one is enough to keep a mention with staff, in every language, and ordinary words are not among them."""

import pytest

from listeners.rules.assessment import assess


@pytest.mark.parametrize(
    ("risk", "written"),
    [
        ("legal", "my lawyer will be in touch"),
        ("legal", "Tôi sẽ kiện ra tòa"),
        ("legal", "我要去消协投诉"),
        ("legal", "소비자원에 신고할 겁니다"),
        ("safety", "the charger caught fire next to the cot"),
        ("safety", "sạc phát nổ làm bỏng tay"),
        ("safety", "吃完全家拉肚子进医院"),
        ("safety", "손에 화상 입었어요"),
        ("self_harm", "I just want to end my life"),
        ("self_harm", "toi khong muon song nua"),
        ("self_harm", "撐不下去了，想死"),
        ("self_harm", "죽고 싶어요"),
        ("fraud", "someone logged in to my account and changed the email"),
        ("fraud", "tài khoản bị hack rồi"),
        ("fraud", "信用卡被盜刷"),
        ("fraud", "모르는 사람이 제 계정으로 주문했어요"),
        ("privacy", "your app shows me another customer's invoices"),
        ("privacy", "shop làm lộ thông tin của mình"),
        ("privacy", "个人信息被泄露了"),
        ("privacy", "개인정보가 유출됐어요"),
        ("discrimination", "refused to serve me because of my hijab"),
        ("discrimination", "phân biệt đối xử với người khuyết tật"),
        ("discrimination", "因为我坐轮椅不让我进"),
        ("discrimination", "외국인이라고 차별하네요"),
        ("press", "I'm a journalist, who handles press questions?"),
        ("press", "mình là phóng viên"),
        ("press", "我是记者"),
        ("press", "방송국 기자인데요"),
    ],
)
def test_it_is_caught_and_kept_with_staff(risk: str, written: str) -> None:
    judged = assess(written)
    assert risk in judged.risks
    assert judged.reasons["risks"]
    assert judged.must_staff >= 0.45
    assert judged.needs_reply


@pytest.mark.parametrize(
    "written",
    [
        "no fees, fire deals, this killer colour is to die for — great",
        "mình no quá, chạy bộ xong ăn bánh nổ ngon ghê",
        "minh an no roi, chay bo ve",
        "总共多少钱，摇滚音乐会门票",
        "커피가 맛있고 칼배송이에요 총 3개 샀어요",
        "쇼핑몰 shopping 좋아요",
    ],
)
def test_ordinary_words_raise_no_alarm(written: str) -> None:
    assert assess(written).risks == ()


def test_danger_is_heard_in_a_language_the_text_was_not_taken_for() -> None:
    assert "self_harm" in assess("bro 不想活了 for real, can't do this").risks


@pytest.mark.parametrize("written", ["I want to kill myself", "muốn chết quá", "不想活了", "죽고 싶다"])
def test_self_harm_is_a_crisis_whatever_else_is_said(written: str) -> None:
    judged = assess(written + " 😊")
    assert (judged.intent, judged.urgency) == ("crisis", 3)
