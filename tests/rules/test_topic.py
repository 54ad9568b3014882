"""What a mention is about."""

import pytest

from listeners.rules.assessment import assess


@pytest.mark.parametrize(
    ("topic", "written"),
    [
        ("tech", "the app freezes when I open settings"),
        ("tech", "app bị văng từ lúc cập nhật"),
        ("tech", "更新之后一打开就闪退"),
        ("tech", "업데이트하고 나서 앱이 튕겨요"),
        ("product", "does the dress come in petite sizes"),
        ("product", "loa này có màu trắng không"),
        ("product", "这款鞋有39码现货吗，尺码偏大吗"),
        ("product", "신상품 색상 몇 가지예요"),
        ("billing", "why did you charge a late fee on the invoice"),
        ("billing", "bi tru tien hai lan"),
        ("billing", "会员自动续费扣了我两次"),
        ("billing", "두 번 결제됐는데 환불 언제"),
        ("account", "I forgot my password and can't log in"),
        ("account", "quên mật khẩu đăng nhập"),
        ("account", "帳號被鎖了登不上"),
        ("account", "로그인 비밀번호를 까먹었어요"),
        ("delivery", "the courier never came with my parcel"),
        ("delivery", "đơn hàng giao trễ 3 ngày"),
        ("delivery", "快递显示签收但没收到"),
        ("delivery", "택배가 아직 안 왔어요"),
        ("outage", "is anyone else's internet down"),
        ("outage", "mạng sập cả khu vực"),
        ("outage", "服务器是不是崩了"),
        ("outage", "서버 터졌나요 접속이 안 돼요"),
        ("travel", "our flight got moved and we lost our seats"),
        ("travel", "chuyến bay bị delay ở sân bay"),
        ("travel", "航班延误，行李也没到"),
        ("travel", "비행기 결항이래요 공항인데"),
        ("service", "your support agent was rude and hung up"),
        ("service", "nhân viên tổng đài thái độ"),
        ("service", "客服态度恶劣"),
        ("service", "상담원이 불친절해요"),
        ("store", "which branch is open on Sunday? your store at the mall was shut"),
        ("store", "chi nhánh quận 3 mấy giờ mở cửa"),
        ("store", "门店几点关门"),
        ("store", "강남 매장 영업시간"),
        ("loyalty", "do my points expire"),
        ("loyalty", "điểm tích lũy đổi quà sao"),
        ("loyalty", "積分什麼時候過期"),
        ("loyalty", "멤버십 포인트 적립"),
        ("lostprop", "I left my umbrella on the bus"),
        ("lostprop", "mình để quên ví trên xe"),
        ("lostprop", "把雨伞落在你们店里了"),
        ("lostprop", "우산을 두고 내렸어요"),
        ("safety", "the toy broke and my kid choked, we went to hospital"),
        ("general", "hello there everyone"),
        ("general", "earn money from home, click here, limited offer on our app"),
    ],
)
def test_the_topic_is_found(topic: str, written: str) -> None:
    assert assess(written).topic == topic


def test_praise_of_a_device_is_about_the_product() -> None:
    assert assess("love my new laptop, the screen and battery are amazing").topic == "product"
