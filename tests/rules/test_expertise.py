"""How much one must know to answer, and whether the customer's own record is needed."""

import pytest

from listeners.rules.assessment import assess


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("how_to", "how do I turn on dark mode?"),
        ("how_to", "làm sao bật chế độ tối vậy"),
        ("how_to", "怎么打开深色模式"),
        ("how_to", "다크모드 어떻게 켜요?"),
        ("troubleshooting", "the app crashes after the update, tried reinstalling"),
        ("troubleshooting", "app bị văng hoài, đã cài lại"),
        ("troubleshooting", "更新后一直闪退，重装也没用"),
        ("troubleshooting", "업데이트 후 앱이 계속 튕겨요"),
        ("deep_technical", "the API returns 502 and our webhook gets a TLS certificate error"),
        ("deep_technical", "API trả về lỗi 500, log báo lỗi SSL"),
        ("deep_technical", "接口返回500，日志里是SSL证书错误"),
        ("deep_technical", "API 호출하면 SSL 인증서 오류가 나요"),
        ("account", "where is my order, it never arrived"),
        ("account", "đơn hàng của mình chưa giao"),
        ("account", "我的退款还没到账"),
        ("account", "제 주문이 아직 안 왔어요"),
    ],
)
def test_the_level_is_found(level: str, written: str) -> None:
    judged = assess(written)
    assert judged.expertise_level == level
    assert judged.account_specific == (level == "account")


def test_the_levels_are_ordered_by_what_they_ask_for() -> None:
    how_to, fault, deep = (
        assess(written).expertise
        for written in ("how do I turn on dark mode?", "the app crashes", "kernel panic, see the stack trace and logs")
    )
    assert how_to < 0.3 < fault < 0.7 < deep


@pytest.mark.parametrize(
    "written",
    ["how do I reset a password?", "làm sao đổi mật khẩu ạ", "怎么重置密码？", "비밀번호 어떻게 바꿔요?"],
)
def test_a_how_to_about_accounts_needs_no_record(written: str) -> None:
    judged = assess(written)
    assert not judged.account_specific
    assert judged.must_staff < 0.45


DEEP = [
    "thermostat drops off Zigbee every 90 s, sniffer shows link status frames with cost 7, firmware 2.4.1",
    "inverter logs 0x1F overvoltage at 253 V AC, is the trip threshold 1.1 pu configurable over Modbus?",
    "BLE pairing fails with status 0x85, HCI log says LL connection timeout after 4 s",
    "motor stalls at 1.8 A with the stock PWM at 20 kHz, did the new build change the current loop gain?",
    "your MQTT broker drops QoS 1 messages after 65535 packet ids, wireshark trace attached",
    "log Modbus báo lỗi 0x04 mỗi 30s sau bản 2.1, đo áp đầu vào 253V, ngưỡng ngắt là bao nhiêu?",
    "BMS lệch áp cell 35mV khi nghỉ, giao tiếp UART 9600 mất gói, có tài liệu thanh ghi không",
    "đo xung PWM 25kHz thấy duty kẹt 40%, RPM hồi tiếp sai sau bản firmware 1.9",
    "ESP32 kết nối MQTT TLS bị lỗi -0x2700, chứng chỉ gốc có đổi không",
    "升级到2.4.1后Zigbee每90秒掉线，抓包显示信标丢失，RSSI -82dBm",
    "逆变器报错0x1F，测得电压253V，Modbus寄存器40012的阈值能改吗",
    "摄像头RTSP流每3600秒断一次，抓包看是设备端发RST",
    "펌웨어 2.4.1부터 지그비 90초마다 끊기고 RSSI -82dBm 나옵니다. 비콘 주기 바뀌었나요",
    "모드버스 40012 레지스터 읽으면 0x04 에러 뜨는데 프로토콜 문서 공개하나요",
    "I2C 400kHz에서 클럭 스트레칭 25ms 넘으면 버스 멈춤, 오실로 파형 있습니다",
    "시리얼 로그에 CRC mismatch 뜨고 OTA 87%에서 멈춥니다 파티션 바뀌었나요",
]


@pytest.mark.parametrize("written", DEEP)
def test_the_inside_of_the_machine_is_for_staff_to_decide(written: str) -> None:
    judged = assess(written)
    assert judged.expertise_level == "deep_technical"
    assert judged.expertise >= 0.85
    assert judged.must_staff >= 0.3
    assert judged.needs_reply


@pytest.mark.parametrize(
    "written",
    [
        "what changed in firmware 3.2?",
        "does it run on 110V?",
        "E-21 shows on the display, what does it mean?",
        "which bus stop is next to the store?",
        "máy này cắm điện 110V được không ạ",
        "请问怎么更新固件",
        "버스 정류장에서 가까운 매장 어디예요",
    ],
)
def test_one_technical_mark_is_no_depth(written: str) -> None:
    assert assess(written).expertise_level != "deep_technical"


@pytest.mark.parametrize(
    ("written", "own"),
    [
        ("can I gift a month of my subscription to a friend?", False),
        ("my subscription was charged twice", True),
        ("我的会员卡可以给家人用吗", False),
        ("제 카드로 부모님 것도 결제할 수 있나요?", False),
    ],
)
def test_what_is_mine_is_my_record_only_when_something_is_wrong(written: str, *, own: bool) -> None:
    assert assess(written).account_specific is own
