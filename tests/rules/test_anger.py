"""How hot and how urgent a mention is."""

import pytest

from listeners.rules.assessment import assess


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("where can I find the manual?", 0),
        ("fucking love this song", 0),
        ("a bit annoyed that the lid broke", 1),
        ("4th time this month!! absolutely useless", 2),
        ("you lied to me and stole my money", 2),
        ("fuck you and your garbage company", 3),
        ("cho mình hỏi giá ạ", 0),
        ("bực mình ghê, chờ mãi", 2),
        ("cac ban oi cho minh hoi chut", 0),
        ("lũ lừa đảo, trả tiền cho tao", 3),
        ("请问几点开门", 0),
        ("你们就是一群骗子，太过分了", 2),
        ("傻逼公司，滚蛋", 3),
        ("영업시간 알려주세요", 0),
        ("진짜 짜증나네요", 1),
        ("이런 개같은 회사 망해라", 3),
    ],
)
def test_heat_has_four_steps(written: str, level: int) -> None:
    assert assess(written).anger == level


def test_a_raised_voice_adds_heat_only_to_sore_words() -> None:
    assert assess("what a great day!!!").anger == 0
    assert assess("this is annoying").anger < assess("this is ANNOYING, SORT IT!!!").anger


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("love this mug, thank you", 0),
        ("do you have it in green?", 1),
        ("I am locked out and my flight leaves tonight", 2),
        ("được giảm giá không shop", 1),
        ("bị trừ tiền hai lần, kiểm tra giúp", 2),
        ("账号被锁了，今天要用", 2),
        ("두 번 결제됐어요, 확인해 주세요", 2),
        ("my account was hacked, they are buying things", 3),
        ("sạc đang bốc khói", 3),
        ("充电宝冒烟了", 3),
        ("보조배터리에서 연기가 나요", 3),
    ],
)
def test_urgency_has_four_steps(written: str, level: int) -> None:
    assert assess(written).urgency == level
