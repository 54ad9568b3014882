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


FURY = [
    "ANSWER YOUR DAMN EMAILS!!! refund by Monday or I go to court, you crooks",
    "you incompetent idiots lost my passport AGAIN",
    "GIVE ME MY MONEY BACK!!! FIVE WEEKS!!! you are a bunch of thieves",
    "I swear I'll make sure nobody ever shops here again, lying scumbags",
    "last chance: fix it by tonight or you'll hear from my lawyer. I AM DONE",
    "ENOUGH!!! SEND MY REFUND TODAY OR I'M FILING CHARGES",
    "LŨ LỪA ĐẢO!!! trả tiền cho tao ngay không tao kiện",
    "làm ăn như c*c, đồ mất dạy, mai tao lên tận nơi",
    "lần cuối tôi cảnh cáo, chiều nay không hoàn tiền là tôi ra công an!!!",
    "ĐỒ ĂN CẮP!!! hai tháng không trả tiền, tao báo công an",
    "tụi mày coi khách như rác hả, biến đi",
    "Bố láo vừa thôi!!! Không xin lỗi là tôi kiện ra tòa",
    "退钱！！！再拖一天我就去法院告你们这群骗子",
    "什么狗屁公司，耍人玩呢？？滚！！！",
    "最后警告一次，明天之前不解决就12315加律师函！！",
    "你们这群强盗！！！今天不退钱我就报警！！",
    "恶心透顶的破公司，别让我再看见你们，滚蛋",
    "你们还要脸吗？？？今天必须给说法，不然法院见！！！",
    "야 이 사기꾼 새끼들아 돈 내놔!!!",
    "오늘까지 처리 안 하면 고소장 들어갑니다. 장난합니까?!!!",
    "진짜 쓰레기 같은 것들 양심이 있으면 환불해라!!!!",
    "이 도둑놈들아 내일까지 안 해주면 경찰서에서 보자!!",
    "미친 회사네 전화 끊고 지랄이야 환불하라고!!!",
    "진짜 미쳤나 고객이 호구냐?!!! 당장 책임자 나와!!!",
]


@pytest.mark.parametrize("written", FURY)
def test_threats_and_insults_are_fury(written: str) -> None:
    assert assess(written).anger == 3


@pytest.mark.parametrize(
    "written",
    [
        "help, the app wants a code 😭",
        "这个锅一直用小火可以吗？又大又重",
        "有什么口味推荐😭",
        "could it be here by friday?",
        "이유식 조각을 씹었는데 괜찮나요",
    ],
)
def test_a_calm_text_stays_calm(written: str) -> None:
    assert assess(written).anger == 0
