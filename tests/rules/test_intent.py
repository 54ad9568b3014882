"""What the writer wants, in four languages."""

import pytest

from listeners.rules.assessment import assess
from listeners.rules.outcome import outcome


@pytest.mark.parametrize(
    ("written", "intents"),
    [
        ("does the blue one come in XL?", {"question"}),
        ("not sure how to pair the second speaker", {"question"}),
        ("3 weeks without a single answer. you're a disgrace", {"complaint"}),
        ("parcel says delivered but there's nothing here", {"complaint", "question"}),
        ("Thanks to Mia at the Leeds branch, star!", {"praise"}),
        ("FREE phone giveaway!!! click here to claim your prize", {"spam"}),
        ("address change, case number 204417", {"question"}),
        ("i don't want to be here anymore", {"crisis"}),
        ("haha", {"other"}),
        ("Cho mình hỏi còn màu đen không ạ?", {"question"}),
        ("goi tong dai mai khong ai nghe may", {"complaint"}),
        ("Giao nhanh, đóng gói đẹp, sẽ ủng hộ tiếp", {"praise"}),
        ("Tuyển CTV bán hàng, thu nhập 10tr/tháng, ib em", {"spam"}),
        ("Em không muốn sống nữa", {"crisis"}),
        ("請問有沒有學生優惠？", {"question"}),
        ("更新之后一打开就闪退", {"complaint"}),
        ("客服小姐姐太有耐心了，点赞", {"praise"}),
        ("兼职日结300，加微信xx888", {"spam"}),
        ("活着好累，不想活了", {"crisis"}),
        ("새 모델 언제 출시돼요?", {"question"}),
        ("상담원 태도가 너무 무례하네요", {"complaint"}),
        ("품질도 좋고 배송도 빨라요 감사합니다", {"praise"}),
        ("하루 30만원 버는 재택 부업 카톡 주세요", {"spam"}),
        ("더 이상 살고 싶지 않아요", {"crisis"}),
    ],
)
def test_the_intent_is_heard(written: str, intents: set[str]) -> None:
    assert assess(written).intent in intents


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("when do you restock?", True),
        ("I love this coffee, thank you so much", True),
        ("win followers, click the link in my bio, earn cash from home", False),
        ("haha", False),
        ("", False),
        ("Llevo dos semanas esperando mi pedido y nadie contesta", True),
    ],
)
def test_a_reply_is_due_unless_nobody_asked(written: str, *, due: bool) -> None:
    assert assess(written).needs_reply is due


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("that did the trick, cheers", "solved"),
        ("thanks a lot", "thanks"),
        ("thanks but it still doesn't work", "still_broken"),
        ("are you a bot? I want to talk to a real person", "wants_human"),
        ("please stop replying to me", "stop"),
        ("I moved to Leeds", "none"),
        ("được rồi bạn, cảm ơn nha", "solved"),
        ("lam roi ma van khong duoc", "still_broken"),
        ("cho mình gặp nhân viên", "wants_human"),
        ("đừng nhắn nữa", "stop"),
        ("可以了，谢谢", "solved"),
        ("試過了還是不行", "still_broken"),
        ("转人工", "wants_human"),
        ("别再回复我", "stop"),
        ("감사합니다", "thanks"),
        ("해봤는데 똑같아요", "still_broken"),
        ("상담원 연결해 주세요", "wants_human"),
        ("댓글 달지 마세요", "stop"),
    ],
)
def test_a_follow_up_says_how_it_went(written: str, said: str) -> None:
    assert outcome(written).value == said
