"""Numbers of orders, bookings and tickets in a text: told by the word before them, or by the brand's own pattern."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from listeners.rules.text import one_of

_ORDER_WORD: Final = one_of(
    r"order|booking|reservation|confirmation|reference|ref|ticket|case|tracking|invoice|claim|pnr|record locator|"
    r"service request|đơn hàng|đơn|mã đơn|mã vận đơn|mã đặt chỗ|don hang|ma don|ma van don|ma dat cho|"
    r"订单(?:编?号)?|訂單編?號?|运单号?|单号|單號|快递单号|주문 ?번호|주문|"
    r"운송장 ?번호|운송장|송장 ?번호|예약 ?번호|접수 ?번호"
)
_ORDER = re.compile(
    _ORDER_WORD
    + r"(?: ?(?:number|num|no\.?|nr\.?|id|code|is|was|số|là|mã|号|是|는|은))*[ :：=(\[<{\"'“‘【「『《-]{0,3}"
    r"(?:# )?(?P<order>#?(?=[A-Za-z-]{0,8}\d|\d)(?=(?:[A-Za-z-]*\d){4})[A-Za-z0-9][A-Za-z0-9-]{4,24})(?![\w])",
    re.IGNORECASE | re.ASCII,
)
# What an airline calls a booking: six letters and digits, both of them there.
_LOCATOR = re.compile(
    one_of(r"booking|reservation|confirmation|pnr|locator|reference|ref|mã đặt chỗ|ma dat cho|订座|예약 ?번호")
    + r"(?: ?(?:number|num|no\.?|nr\.?|code|ref|reference|is|là|는|은))*[ :：#=]{0,3}"
    r"(?P<order>(?-i:(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{6}))(?!\w)",
    re.IGNORECASE,
)
_HASHED = re.compile(r"#(?<![\w&]#)\d{6,14}(?!\w)", re.ASCII)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def find(text: str, order_pattern: str | None) -> Iterator[tuple[int, int]]:
    """Where numbers of orders, bookings and tickets stand; `order_pattern` is the brand's own, ignored if invalid."""
    if order_pattern:
        compiled = _compiled(order_pattern)
        for match in compiled.finditer(text) if compiled else ():
            yield match.span()
    for match in (*_ORDER.finditer(text), *_LOCATOR.finditer(text)):
        yield match.span("order")
    for match in _HASHED.finditer(text):
        yield match.span()
