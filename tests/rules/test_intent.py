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


COMPLAINTS = [
    'order hasn\'t moved since Monday, tracking stuck at "processing"',
    "so the price went from 9 to 13 and you didn't even email us",
    "you said Friday, it's Wednesday now and still nothing",
    "third replacement and this one squeaks too",
    "I returned the jacket in May and I'm still waiting for the money",
    "the bottle arrived half empty and sticky all over",
    "hẹn thứ hai giao mà giờ thứ sáu vẫn nằm trong kho",
    "mới mua có hai tuần mà màn hình đã sọc hết",
    "tăng giá gói từ 99k lên 129k mà không báo tiếng nào",
    "nhan tin 4 ngay roi khong thay ai tra loi",
    "bảo 2 ngày có hàng, nay 2 tuần rồi im lặng luôn",
    "giày đi được ba bữa bong đế",
    "说好三天到，现在都一周了物流一动不动",
    "悄悄涨价五块钱，量还少了一圈",
    "发了三封邮件都石沉大海",
    "用了不到一个月螺丝就生锈了",
    "说好的赠品没有，问了也装看不见",
    "才洗一次就缩水褪色",
    "월요일에 온다더니 금요일인데도 감감무소식이네요",
    "가격은 올리고 양은 줄이고 이거 실화냐",
    "산 지 이틀 만에 지퍼가 나갔어요",
    "문의글 남긴 지 2주째인데 읽지도 않네요",
    "세 번째 교환인데 또 흠집 있네요",
    "기사님 오신다더니 연락도 없이 안 오셨어요",
]


PRAISE = [
    "three years with the same kettle and it still boils like day one, respect",
    "finally a tent that survives my kids, well done folks",
    "asked in chat at 11pm, sorted in five minutes, hats off",
    "my grandmother can finally read her tablet thanks to your big text mode",
    "xài máy hút bụi bên này 2 năm rồi vẫn êm ru, đáng tiền lắm",
    "bạn trực chat tối qua hướng dẫn mình tận tình ghê, 10 điểm",
    "nhờ cái nồi này mà mình siêng nấu ăn hẳn, cảm ơn hãng",
    "quán mới mở mà nhân viên dễ thương, bánh ngon xuất sắc",
    "这个保温杯用了三年还跟新的一样，良心品牌",
    "昨晚客服小哥耐心教我半小时，必须夸一下",
    "換了你們家的枕頭，終於睡了個好覺，推",
    "给我爸买的助听器，他终于能听清我说话了，谢谢你们",
    "이 의자 산 뒤로 허리 안 아파요 인생템 감사합니다",
    "어제 상담해주신 분 너무 친절하셨어요 칭찬합니다",
    "애들이 이 우유만 찾아요 ㅎㅎ 맛있게 만들어주셔서 감사해요",
    "엄마가 이 안마기 너무 좋아하세요 잘 만들었네요",
]


SPAM = [
    'turn $100 into $5000 in 3 days with my crypto mentor, DM "START" 🚀',
    "giving away 5 phones! follow me + retweet to win 🎁",
    "need cash fast? loans approved in 10 minutes, no credit check, apply at example.net/loan",
    "melt belly fat in 2 weeks with this tea, order at example.net",
    "bro I quit my job thanks to this trading bot, message me to learn how 💰",
    "instant personal loan, bad credit ok, click example.net/cash",
    "vay tiền online 0% lãi suất, duyệt trong 5 phút, inbox em nhé",
    "follow mình để nhận quà iphone miễn phí, link ở trang cá nhân",
    "giảm 8kg trong 2 tuần không cần ăn kiêng, ib em tư vấn",
    "chuyên hỗ trợ vay vốn không thế chấp, giải ngân trong ngày",
    "kèo coin hôm nay x10, vào nhóm telegram nhận tín hiệu",
    "tuyển cộng tác viên làm tại nhà 300k/ngày, inbox",
    "炒币带单，日赚五千，加我微信进群",
    "关注我并转发抽三台手机",
    "无抵押贷款，当天放款，私信我",
    "一个月瘦20斤不反弹，想瘦的私我",
    "想减肥的姐妹看我，一周掉秤10斤",
    "手机点点就能赚钱，日结200，滴滴我",
    "코인 무료 리딩방 하루 수익 200% 프로필 링크",
    "팔로우하고 리트윗하면 아이폰 드려요 선착순",
    "무직자도 당일 대출 가능, 카톡 주세요",
    "2주에 8kg 빠지는 다이어트차 지금 주문하세요",
    "하루 10분 투자로 월 300, 비밀댓글 주세요",
    "급전 필요하신 분 신용 상관없이 바로 입금",
]


MOCKERY = [
    "great, another price increase, exactly what my wallet needed",
    "love waiting four hours for a delivery window you then cancel 👏",
    "wow thanks for the empty box, really generous",
    "brilliant update, now nothing opens at all. slow clap",
    "what a treat to be on hold for 50 minutes on my birthday",
    "congratulations on making the one button I used disappear",
    "hay ghê ha, trả tiền gói nhanh mà ba tuần mới tới",
    "giỏi quá 👏 cập nhật xong mở lên không được luôn",
    "cảm ơn shop nhiều, nhờ shop mà mình được ngồi chờ cả buổi sáng",
    "tuyệt vời, giao nhanh quá, đặt Tết này Tết sau nhận 👏",
    "chất lượng ghê, xài đúng một lần là hư",
    "dịch vụ năm sao quá, gọi 6 cuộc không ai bắt máy 👏",
    "真棒呢，更新完直接打不开了👏",
    "感谢你们让我在电话里听了一小时音乐",
    "厉害厉害，涨价速度比发货快多了",
    "服务太周到了，打了八次电话没人接",
    "可真行，花两千买了个摆设",
    "잘~한다 업데이트하더니 앱이 아예 안 열려 👏",
    "덕분에 두 시간 동안 통화연결음 잘 들었습니다 참 감사하네요",
    "와 대단하다 배송이 3주나 걸리네 ㅋㅋ",
    "참 빠르네요 주문한 지 한 달 됐는데 👏",
    "최고다 진짜 하루 쓰고 고장나는 클라스",
]


@pytest.mark.parametrize(
    ("intent", "written"),
    [(intent, written) for intent, texts in (("complaint", COMPLAINTS), ("praise", PRAISE)) for written in texts],
)
def test_redress_and_kind_words_are_due_an_answer(intent: str, written: str) -> None:
    judged = assess(written)
    assert (judged.intent, judged.needs_reply) == (intent, True)


@pytest.mark.parametrize("written", MOCKERY)
def test_mockery_is_a_sore_complaint(written: str) -> None:
    judged = assess(written)
    assert (judged.intent, judged.mood) == ("complaint", "negative")


@pytest.mark.parametrize(
    "written",
    [
        "great service even though the flight was late",
        "congrats on the award, well deserved",
        "great, thanks, that answers it",
        "I love how easy it is",
    ],
)
def test_meant_kindness_is_no_mockery(written: str) -> None:
    assert assess(written).mood == "positive"


@pytest.mark.parametrize("written", SPAM)
def test_advertising_gets_no_answer(written: str) -> None:
    judged = assess(written)
    assert (judged.intent, judged.needs_reply) == ("spam", False)


QUESTIONS = [
    "do I need the papers to sell my used tent or is the receipt enough?",
    "does the watch store my run when there's no signal in the forest?",
    "can I use my phone as a remote for the speaker?",
    "can I gift a month of my subscription to a friend",
    "I do not get how the timer works, could somebody explain it",
    "which filter fits the small jug?",
    "I hate that bitter taste at the end, should I use cooler water?",
    "my phone is new, do I just scan the code again?",
    "máy này cắm điện 110V được không ạ, mình sắp đi Nhật",
    "mình muốn đổi tên hiển thị trong app thì bấm đâu vậy 😭",
    "nồi này rửa máy rửa chén được k shop",
    "goi thang nay co dung chung cho 2 may duoc khong ad",
    "em mới xài lần đầu, bật chế độ im lặng chỗ nào ạ 😭",
    "tai khoan nay minh dung chung voi vo duoc hong shop",
    "bình này đựng nước nóng được hông ạ",
    "shop ơi áo này có size cho người 80kg không",
    "我的手机是安卓的，可以用吗",
    "这个锅一直用小火可以吗？又大又重我怕端不动",
    "账号可以两个人一起用吗",
    "想问下有什么口味推荐给小朋友😭选不出来",
    "洗的时候要不要把垫圈拆下来",
    "一直开着会不会费电呀",
    "两个账号能合用一张优惠券吗😭",
    "一直下雨，帐篷收之前要晾多久",
    "계정 하나로 두 명이 같이 써도 되나요?",
    "제 폰은 아이폰인데 이 시계랑 연동돼요?",
    "세탁기에 그냥 돌려도 되나요 ㅠㅠ 처음이라",
    "구독 한 달만 쉬는 거 가능한가요?",
    "계정 이름은 어디서 바꾸나요?",
    "신호 없는 산에서도 지도 볼 수 있나요?",
    "물에 담가도 괜찮나요? ㅠㅠ",
    "제 카드로 부모님 것도 결제할 수 있나요?",
]


@pytest.mark.parametrize("written", QUESTIONS)
def test_a_plain_question_stays_with_people_who_know(written: str) -> None:
    judged = assess(written)
    assert judged.intent == "question"
    assert judged.risks == ()
    assert judged.anger < 2
    assert judged.must_staff < 0.25


CHATTER = [
    "the dog has decided the new tent is his",
    "rain on the roof, tea in the mug, nothing to do till noon",
    "snow outside, soup on the stove, life is ok",
    "chiều mưa, ngồi hiên uống ly trà, nghe ếch kêu",
    "thằng con lấy cái thùng làm tàu vũ trụ =))",
    "trời trở lạnh rồi mọi người ơi",
    "猫又睡进箱子里了",
    "今天的晚霞配这杯茶，绝了",
    "公园里一群大爷在下棋",
    "강아지가 새 방석을 차지했네요 ㅋㅋ",
    "비 오는 날 창가에서 책 한 권",
    "퇴근길 하늘이 분홍색이네",
]


@pytest.mark.parametrize("written", CHATTER)
def test_chatter_is_left_alone(written: str) -> None:
    judged = assess(written)
    assert (judged.intent, judged.needs_reply) == ("other", False)


FOLLOW_UPS = {
    "wants_human": [
        "I'd like a human being from the company, not volunteers",
        "can somebody who actually works there answer me",
        "put me through to a real member of staff please",
        "is there an employee I could talk to instead",
        "cho mình nói chuyện với người của công ty đi",
        "co ai la nhan vien that khong vay",
        "mình cần nhân viên bên hãng trả lời",
        "cho xin số quản lý, không nói với người ngoài",
        "能换个真人来回吗",
        "我要找你们公司的人",
        "有没有活人在啊，叫你们负责人来",
        "请让你们的工作人员回复",
        "봇 말고 사람이 답해 주세요",
        "직원이랑 직접 얘기하고 싶어요",
        "회사 직원분이 직접 답변 주세요",
    ],
    "stop": [
        "no more messages please",
        "you can stop answering now, I've moved on",
        "quit replying to this",
        "drop it, I don't need any more answers",
        "thôi đừng rep mình nữa",
        "khoi tra loi nua nha",
        "dung rep nua giup minh",
        "不用再回了",
        "請不要再留言給我",
        "好了不要再发了",
        "别烦我了",
        "이제 답글 그만 달아주세요",
        "더 이상 답장 안 하셔도 돼요",
        "답글 이제 안 주셔도 됩니다",
        "알림 그만 보내세요",
    ],
    "still_broken": [
        "nope, still blinking red",
        "tried all three, exactly the same",
        "went up to 9, still too cold",
        "now it does it twice as often",
        "vẫn nháy đèn đỏ bạn ơi",
        "lam y chang roi ma no van keu",
        "cài lại rồi mà y như cũ",
        "em thử hết cách vẫn không lên nguồn",
        "照做了，红灯还在闪",
        "没区别，跟之前一样",
        "重装了三次还是打不开",
        "按你说的弄了，还是没声音",
        "세 번 해봤는데 아직도 빨간불이에요",
        "말씀대로 했는데 그대로네요",
        "초기화했는데도 소리가 안 나요",
        "똑같은 증상이 또 나와요",
    ],
    "none": [
        "I can send the log if that helps",
        "it's the 2021 model, black one",
        "happy to test it again tonight if it helps",
        "it was bought in Leeds in spring",
        "mình xài bản 2023 nha",
        "是去年买的那款",
        "모델은 작년 거예요",
        "사진은 내일 올릴게요",
    ],
}


@pytest.mark.parametrize(
    ("said", "written"), [(said, written) for said, texts in FOLLOW_UPS.items() for written in texts]
)
def test_a_follow_up_in_everyday_words(said: str, written: str) -> None:
    assert outcome(written).value == said


THANKS = [
    "you just rescued my dinner party",
    "legend, cheers",
    "that saved me a trip to the shop, you're brilliant",
    "dạ hay quá, cảm ơn anh ạ",
    "ok ngon roi, cam on nhe",
    "tuyệt, cứu em một bàn thua trông thấy",
    "原来如此，谢啦",
    "救命恩人！感恩",
    "太牛了，马上就好了谢谢",
    "와 바로 되네요 감사해요",
    "ㄱㅅㄱㅅ 덕분에 살았어요",
    "오 된다 감사합니다!!",
]


@pytest.mark.parametrize("written", THANKS)
def test_thanks_in_everyday_words(written: str) -> None:
    assert outcome(written).value in {"thanks", "solved"}


def test_one_faint_word_is_a_complaint_only_from_who_speaks_to_the_brand() -> None:
    assert assess("@joy 猫又睡进箱子里了", handles=("joy",)).intent == "complaint"
    assert assess("猫又睡进箱子里了 @joy", handles=("joy",)).intent == "other"


def test_who_asks_to_be_followed_for_a_private_message_is_no_spammer() -> None:
    assert assess("please follow me back so I can DM you the details").intent != "spam"
