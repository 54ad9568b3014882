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
