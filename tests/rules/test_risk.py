"""Veto words: one is enough to keep a mention with staff, in every language, and ordinary words are not among them."""

from pathlib import Path

import pytest

from app.desk.rules.routing import RISK_BAR
from listeners.learning import sprouted, teach
from listeners.lessons import Lesson, read_seeds
from listeners.rules.assessment import Assessed, assess

UNSEEN = Path(__file__).parents[1] / "assessment" / "samples" / "unseen"


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


@pytest.mark.parametrize(
    "written",
    [
        *("I want to kill myself", "muốn chết quá", "不想活了", "죽고 싶다"),
        *("i just wanna unalive", "I took all my pills", "I want to ki\u200bll myself"),
    ],
)
def test_self_harm_is_a_crisis_whatever_else_is_said(written: str) -> None:
    judged = assess(written + " 😊")
    assert (judged.intent, judged.urgency) == ("crisis", 3)


HARM = [
    "your scooter ran over my foot",
    "the cable is melting",
    "my son is not breathing after using your product",
    "the hair dryer started smoking in my hand and burned my fingers",
    "scooter wouldn't stop, brakes just gave out and I hit a wall, my arm is broken",
    "there's a burning smell coming from your heater and it's really hot to touch, should I unplug it??",
    "my daughter swallowed a small magnet that fell off your toy, we are on the way to the ER",
    "found shards of glass in your jam, my mouth is bleeding",
    "the ladder's step snapped while my dad was on it, he's in hospital with a cracked hip",
    "your treadmill sped up on its own and threw me off, I can't move my shoulder",
    "got an electric shock from the kettle handle just now, my hand is still numb",
    "ate your cookies labelled nut free, my throat is swelling up, had to use the epipen",
    "power bank is hissing and swelling up on my desk, what do I do",
    "handlebar came off while I was riding downhill, knocked out two teeth",
    "my toddler choked on a piece that broke off the bottle cap",
    "ấm siêu tốc bị rò điện, em chạm vào tê hết cả tay",
    "xe tự tăng ga lao thẳng vào tường, chồng tôi gãy chân rồi",
    "phanh xe không ăn, ba mình té đang cấp cứu",
    "cục sạc nóng đỏ, có mùi khét lẹt, giờ phải làm sao",
    "con mình nuốt phải mảnh nhựa trong hộp sữa bên shop",
    "uống sữa bên này xong bé nổi mẩn khó thở, đang đưa đi viện",
    "an banh ben shop can trung manh thuy tinh chay mau mieng",
    "bếp từ phát tia lửa điện, cháy luôn cái khăn, cả nhà hoảng",
    "xe đang chạy thì gãy cổ, mình ngã đập đầu phải khâu 5 mũi",
    "ăn hộp ngũ cốc này xong con em sưng môi, khó thở",
    "thang xe khong an, suyt tong vo o to, nguy hiem qua",
    "máy sấy tóc xẹt lửa cháy cả tóc em, sợ quá",
    "吹风机突然冒火花，手被电了一下",
    "电动车自己加速冲出去，我妈摔骨折了",
    "你们的饼干里有碎玻璃，孩子嘴巴割破流血了",
    "充电器发烫还有一股焦味，怎么办",
    "孩子吞了玩具上掉下来的小零件，正在去医院",
    "騎到一半龍頭斷掉，手腕骨折現在在急診",
    "刹车不灵了，差点撞到人，这会出人命的",
    "电热毯半夜烧起来了，床单都烧了个洞",
    "骑车时车把突然松脱，我摔下来牙都磕掉了",
    "吃了你们的坚果棒嘴唇肿了喘不上气",
    "摸了一下热水器被电麻了，太吓人了",
    "电饭煲漏电，老人手一碰就弹开了",
    "전기포트 잡다가 감전됐어요 손이 아직 저려요",
    "킥보드가 갑자기 혼자 가속해서 벽에 박았어요 팔 부러졌어요",
    "브레이크가 안 들어서 넘어졌고 지금 입원 중입니다",
    "과자 먹다가 유리 조각 씹었어요 입에서 피나요",
    "아이가 장난감 부품을 삼켰어요 어떡하죠",
    "보조배터리가 뜨겁고 탄 냄새가 나요 지금 방 안인데",
    "견과류 없다더니 먹고 목이 붓고 숨쉬기 힘들어요",
    "전기장판에서 불꽃이 튀었어요 이불 탔어요",
    "타다가 핸들이 빠져서 이마 찢어졌어요 응급실 왔어요",
    "이유식에서 플라스틱 조각 나왔는데 아기가 목에 걸렸어요",
    "유모차 바퀴가 빠져서 아기 머리 다쳤어요",
    "콘센트에서 불꽃 튀고 연기 올라와요",
]


@pytest.mark.parametrize("written", HARM)
def test_harm_is_a_crisis_without_another_word(written: str) -> None:
    judged = assess(written)
    assert (judged.intent, judged.urgency, "safety" in judged.risks or "fraud" in judged.risks) == ("crisis", 3, True)
    assert judged.must_staff >= 0.9


@pytest.mark.parametrize(
    "written",
    [
        "an explosion of flavour in every cup",
        "the lid came off in my bag, coffee everywhere",
        "the zip broke when I opened it",
        "hit the back button and nothing happens",
        "xe có tự chạy được không ạ",
        "đi viện bảo tàng bằng xe này vui ghê",
        "好吃到停不下来",
        "电脑中毒了怎么办",
        "这咖啡喝起来一股焦味",
        "연기가 너무 뛰어나요",
        "불꽃놀이 보러 가요",
    ],
)
def test_a_strong_word_is_no_harm(written: str) -> None:
    judged = assess(written)
    assert judged.intent != "crisis"
    assert "safety" not in judged.risks


PRESS = [
    "I write for the Evening Post and would like a comment on the recall",
    "if this isn't fixed I'm calling Channel 4 and every local newspaper",
    "freelance reporter here, looking for your spokesperson about the layoffs",
    "mai tôi gửi hết hình cho báo Tuổi Trẻ với VTV",
    "minh la bien tap vien bao, can phong van ben cong ty",
    "mình bên đài truyền hình, muốn xin phát biểu của công ty",
    "再不处理我就找电视台和报纸曝光",
    "我是晚报的编辑，想就召回事件采访贵司",
    "我们是都市频道栏目组，想联系贵公司公关",
    "내일 방송국이랑 신문사에 다 제보하겠습니다",
    "지역신문 기자인데 리콜 관련 입장을 듣고 싶습니다",
    "다음 주에 뉴스에 나가게 해드릴게요 제보했습니다",
]


@pytest.mark.parametrize("written", PRESS)
def test_the_press_is_heard(written: str) -> None:
    assert "press" in assess(written).risks


@pytest.mark.parametrize(
    "written",
    ["do I need the papers to sell my tent?", "which grind for a french press?", "press the button twice, right?"],
)
def test_papers_and_presses_are_not_the_press(written: str) -> None:
    assert assess(written).risks == ()


IMPOSTORS = [
    "Hi, this is the official help desk, DM us your card details to get your refund",
    "we are the support team, send your password in a private message so we can fix your account",
    "Customer service here. To verify your account kindly DM your full card number and PIN",
    "bên mình là hỗ trợ chính thức, nhắn số thẻ và mã OTP để được hoàn tiền nhé",
    "CSKH chính hãng đây ạ, anh chị inbox số tài khoản và mật khẩu để được hỗ trợ",
    "tài khoản của bạn sẽ bị khóa, bấm link và nhập mật khẩu để xác minh",
    "我是官方客服，请私信我您的卡号和验证码办理退款",
    "您好这里是售后专线，请加我微信提供银行卡信息处理退款",
    "您的账户异常，请点击链接输入密码验证身份",
    "공식 고객센터입니다. 환불받으시려면 카드번호를 디엠으로 보내주세요",
    "고객지원팀입니다 계정 확인을 위해 비밀번호와 인증번호를 디엠 주세요",
    "계정이 정지될 예정입니다. 링크에서 비밀번호를 입력해 본인확인 하세요",
]


@pytest.mark.parametrize("written", IMPOSTORS)
def test_who_poses_as_the_brand_is_a_matter_for_staff(written: str) -> None:
    judged = assess(written)
    assert "fraud" in judged.risks
    assert judged.needs_reply


def told(count: int, **risky: str) -> list[Lesson]:
    """That many texts, of which people said whether one that holds this word is a risk."""
    words = list(risky)
    return [
        Lesson(f"my {words[n % len(words)]} number {n}", {"risk": risky[words[n % len(words)]]}) for n in range(count)
    ]


def test_the_rules_alone_say_that_a_risk_is_likely_or_far_below_the_bar() -> None:
    assert assess("my lawyer will be in touch").risk_chance > 0.5
    assert assess("which lamp fits a desk").risk_chance < RISK_BAR


def test_what_people_said_raises_the_chance_of_a_risk_that_no_rule_knows() -> None:
    taught = teach(told(40, flurb="yes", snorp="no"), planted=())
    risky, harmless = (assess(f"my {word} again", taught=taught) for word in ("flurb", "snorp"))
    assert risky.risk_chance > 0.5
    assert risky.risks == ()
    assert "flurb" in risky.reasons["risks"]
    assert harmless.risk_chance < 0.5
    assert "risks" not in harmless.reasons
    assert Assessed.from_json(risky.to_json()) == risky


def test_no_model_takes_a_risk_back() -> None:
    taught = teach(told(60, lawyer="no", flurb="yes"), planted=())
    assert taught is not None
    judged = assess("my lawyer again", taught=taught)
    assert judged.sure["risk"]["no"] > 0.5
    assert judged.risks == ("legal",)
    assert judged.risk_chance == assess("my lawyer again").risk_chance > 0.5


@pytest.mark.parametrize("rows", [told(28, flurb="yes", snorp="no"), told(60, flurb="yes")])
def test_few_rows_or_one_answer_raise_nothing(rows: list[Lesson]) -> None:
    taught = teach([*rows, *(Lesson(f"a {n}", {"topic": "ab"[n % 2]}) for n in range(40))], planted=())
    assert taught is not None
    assert "risk" not in taught.models
    assert assess("my flurb again", taught=taught).risk_chance < RISK_BAR


@pytest.mark.parametrize("written", ["which lawyer do I write to", "how do I pair the lamp"])
def test_what_was_stored_before_there_was_a_chance_is_read_as_the_rules_judged_it(written: str) -> None:
    judged = assess(written)
    stored = {name: value for name, value in judged.to_json().items() if name != "risk_chance"}
    assert Assessed.from_json(stored) == judged


def test_our_examples_say_what_is_a_risk_and_what_is_none() -> None:
    written = "[{} negative {} {} no]\na text"
    of = [("crisis", "tech", "staff"), ("question", "safety", "staff"), ("question", "tech", "advocates"),
          ("complaint", "tech", "either"), ("complaint", "billing", "staff")]  # fmt: skip
    said = [read_seeds(written.format(*heading), "lamps.txt")[0].said.get("risk") for heading in of]
    assert said == ["yes", "yes", "no", "no", None]


def test_our_examples_alone_raise_some_texts_of_other_hands_and_none_that_advocates_may_answer() -> None:
    texts = [one for file in UNSEEN.glob("*.txt") for one in read_seeds(file.read_text(encoding="utf-8"), file.name)]
    judged = [(one, assess(one.text, taught=sprouted())) for one in texts]
    raised = [one for one, found in judged if found.risk_chance >= RISK_BAR and not found.risks]
    assert raised
    assert "no" not in {one.said["must_staff"] for one in raised}
