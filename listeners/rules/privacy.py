"""Private data in a mention: where it stands in the original text, and the text with it masked."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

import phonenumbers
from stdnum import iban
from stdnum.cn import ric
from stdnum.exceptions import ValidationError
from stdnum.kr import rrn

from listeners.rules import orders
from listeners.rules.text import one_of

KINDS: Final = ("email", "id", "card", "iban", "ip", "order", "phone")


class Span(NamedTuple):
    """Private data at start..end of the original text; `kind` is one of KINDS."""

    start: int
    end: int
    kind: str


Place = tuple[int, int]


# Full-width and mathematical digits and signs count as their plain forms; one for one, so that places stay.
_PLAIN: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x1D7CE + number: ord("0") + number % 10 for number in range(50)
}
_UNSEEN: Final = r"\u200b-\u200d\u2060\ufeff"
_LETTER: Final = r"A-Za-z0-9_\u00c0-\u024f\u1e00-\u1eff"
_EMAIL = re.compile(
    rf"(?:(?<![{_LETTER}])[{_LETTER}][{_LETTER}.%+{_UNSEEN}-]{{0,63}}|[가-힣]{{1,10}})"
    r"@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![a-z0-9])",
    re.IGNORECASE,
)
_SPELT_EMAIL = re.compile(
    r"(?<!\w)\w[\w.%+-]{1,63} ?[\[( ]at[\]) ] ?(?:gmail|yahoo|hotmail|outlook|icloud|naver|daum|qq|163)"
    r" ?[\[( ]?(?:dot|\.)[\]) ]? ?[a-z]{2,3}(?![a-z0-9])",
    re.IGNORECASE | re.ASCII,
)
# Punctuation beside a number never hides it; only a digit beyond the punctuation makes it part of something else.
_SIGN: Final = r"[\s.,·_\u2010-\u2015\u200b-\u200d\u2060\ufeff-]{0,3}"
_DIGIT_GROUPS = re.compile(rf"(?<!\d)\d(?:{_SIGN}\d){{11,}}(?!\d)")
_GROUP = re.compile(r"\d+")
_SSN = re.compile(r"(?<!\d)(?<!\d-)(?!000|666|9)\d{3}([- \u2010-\u2015])(?!00)\d{2}\1(?!0000)\d{4}(?!\d|-\d)", re.ASCII)
_NINE = re.compile(r"(?<!\d)(?<!\d-)\d{9}(?!\d|-\d)", re.ASCII)
_TWELVE = re.compile(
    r"(?<![A-Za-z0-9])(?<!\d[.,-])(?:0[0-8]\d|09[0-6])(\.?)[0-3]\d{2}\1\d{3}\1\d{3}(?!\d|[.,-]\d)", re.ASCII
)
_CHINESE_ID = re.compile(r"(?<!\d)[1-9]\d{5}[ -]?\d{8}[ -]?\d{3}[\dXx](?![\dA-Za-z])", re.ASCII)
_KOREAN_ID = re.compile(
    r"(?<!\d)(?<!\d-)\d{6}(?:[ \u00a0]?[-/\u2010-\u2015\u2212][ \u00a0]?| ?)[1-8]\d{6}(?!\d|-\d)", re.ASCII
)
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \u00a0\u202f-]?[A-Z0-9]{1,4}){3,8}(?![A-Za-z0-9])", re.ASCII | re.IGNORECASE
)
_NO_LETTER = re.compile("[^0-9A-Za-z]")
_IBAN_ENDS = re.compile(r"(?<=[A-Za-z0-9])(?![A-Za-z0-9])", re.ASCII)
_SHORTEST_IBAN: Final = 15
_IPV4 = re.compile(r"(?<![A-Za-z0-9])(?<!\d\.)(?:\d{1,3}\.){3}\d{1,3}(?![A-Za-z0-9]|\.\d)", re.ASCII)
_IPV6 = re.compile(
    r"(?<![a-z0-9])(?:(?:[0-9a-f]{1,4}:){1,7}|:):?(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?(?![a-z0-9]|:[0-9a-f])",
    re.IGNORECASE | re.ASCII,
)
_VERSION_NEAR = re.compile(
    one_of(r"version|\bver|\bv|build|firmware|chrome|browser|\bios|android|版本|버전|phiên bản")
    + r"(?: (?:number|is|no))*[ :.]*$",
    re.IGNORECASE,
)
_AT = re.compile(r"[\[( ]at[\]) ]", re.IGNORECASE)
_HOME_NETWORKS: Final = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
_DOUBLED: Final = str.maketrans("0123456789", "0246813579")
_OLD_MAESTRO: Final = 12
_LONGEST_CARD: Final = 19
# How people group a card: by fours with a rest, as American Express and Diners do, as Maestro does, or in halves.
_SHORTEST_GROUP: Final = 4
_MOST_GROUPS: Final = 150
"""Of a chain of so many groups of digits no card is picked out: nobody writes one, and each group costs a look."""
_CARD_GROUPING = re.compile(r"(?:4 ){3}[1-4]|(?:4 ){4}[1-3]|4 6 [45]|4 4 5|6 (?:7|13)|8 8|4 12|12 4|1[2-9]")
_MAESTRO: Final = ("5018", "5020", "5038", "5893", "6304", "6759", "676")
_CARD_NEAR = re.compile(one_of("card|visa|mastercard|maestro|amex|credit|debit|thẻ|卡|카드"), re.IGNORECASE)
_SSN_NEAR = re.compile(one_of(r"\bssn\b|social security|cmnd|\bcmt|cccd|căn cước|can cuoc|chứng minh"), re.IGNORECASE)
_MADE_NEAR = re.compile(
    one_of(r"upc|\bean|gtin|barcode|isbn|imei|serial|\bsku|part (?:number|no)|model"), re.IGNORECASE
)
_CALL_NEAR = re.compile(
    one_of(
        r"call|phone|tel\b|mobile|cell|text me|number is|whatsapp|zalo|viber|contact|reach|fax|ring|answer|registered|"
        r"office|sđt|sdt|điện thoại|gọi|liên hệ|số|电话|電話|手机|手機|联系|打给|전화|연락|휴대폰|핸드폰|번호"
    ),
    re.IGNORECASE,
)
_ACCOUNT_NEAR = re.compile(
    one_of("order|tracking|case|ticket|point|balance|code|price|đơn|điểm|giá|订单|积分|주문|포인트|account"),
    re.IGNORECASE,
)
_PHONE_SHAPED = re.compile(
    r"(?=[\d+(])(?<![A-Za-z0-9$€£¥₩])(?<!\d[.,:])(?<!\w-)(?<![A-Za-z_]/)"
    r"(?:\+?\(?\d{1,4}\)?[ ./-]{0,2})?(?:\(\d{1,5}\)|\d{1,5})"
    r"(?:[ .-]{1,2}\d{2,5}){0,3}[ .-]{1,2}\d{2,8}"
    r"(?: ?(?:x|ext\.?) ?\d{1,6})?(?![A-Za-z0-9%]|[.:-]\d|,\d{3}(?!\d))",
    re.ASCII,
)
_DIGIT_RUN = re.compile(
    r"(?=[\d+])(?<![A-Za-z0-9$€£¥₩#])(?<!\d[.,:])(?<!\w-)(?<![A-Za-z_]/)\+?\d{7,15}"
    r"(?![A-Za-z0-9%]|[.:-]\d|,\d{3}(?!\d))",
    re.ASCII,
)
_MOBILE_BEFORE: Final = r"(?=[\d+])(?:(?<![A-Za-z0-9$€£¥₩#])|(?<=tel)|(?<=sdt)|(?<=sđt)|(?<=phone))(?<!\d[.-])"
_MOBILE_AFTER: Final = r"(?![\d%]|[.:-]\d|,\d{3}(?!\d))"
_OWN_MOBILE = re.compile(
    rf"{_MOBILE_BEFORE}(?:(?:\+?84[ .-]?|0)[35789]\d(?:[ .-]?\d){{7}}"
    r"|(?:\+?82[ .-]?0?|0)1[016789][ .-]{0,2}\d{3,4}[ .-]{0,2}\d{4}"
    r"|(?:\+?86[ .-]?)?1[3-9]\d[ .-]?\d{4}[ .-]?\d{4}"
    rf"|(?:\+44[ .-]?|0)7\d{{3}}[ .-]?\d{{3}}[ .-]?\d{{3}}){_MOBILE_AFTER}",
    re.ASCII | re.IGNORECASE,
)
_DATE_SHAPED = re.compile(r"(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)?\d\d", re.ASCII)
# A place on the map, and a postcode of nine digits.
_NO_CALL = re.compile(r"-?\d{1,3}\.\d{4,8}(?:[, ]{1,2}-?\d{1,3}(?:\.\d{1,8})?)?|\d{5}-\d{4}", re.ASCII)
_DIGITS = re.compile(r"\d", re.ASCII)
_NEAR: Final = 24
_FEWEST_PHONE_DIGITS: Final = 7
_ENOUGH_PHONE_DIGITS: Final = 9  # fewer are a number to call only beside a word of calling
_MOST_PHONE_DIGITS: Final = 15
# The library joins digits over at most four signs; where no such chain is long enough it has nothing to find.
_CHAIN = re.compile(r"\d(?:[^\da-wyzA-WYZ]{0,4}\d){6}")
_LONG_CHAIN = re.compile(r"\d(?:[^\da-wyzA-WYZ]{0,4}\d){9}")
_LONG: Final = 10
_MOST_SHAPES: Final = 100
"""Past so many numbers of a telephone's shape each one counts as one, unlooked at: no flood costs more than a text."""


def find(original: str, regions: tuple[str, ...] = ("US", "VN"), order_pattern: str | None = None) -> tuple[Span, ...]:
    """Spans of private data, in order, never overlapping; where two kinds claim a place, the earlier of KINDS wins.

    `regions` are ISO country codes whose phone formats count; `order_pattern` is the brand's own regular expression
    for its order numbers (an invalid one is ignored). National ids are checked by their checksums where they have
    one: Korean ids given out since October 2020 have none, so a dashed one with a true date counts as well.
    """
    text = original if original.isascii() else original.translate(_PLAIN)
    found: list[Span] = []
    claimed = bytearray(len(text))
    for start, end, kind in _claims(text, regions, order_pattern):
        if end > start and claimed.find(1, start, end) < 0:
            claimed[start:end] = b"\1" * (end - start)
            found.append(Span(start, end, kind))
    return tuple(sorted(found))


def _claims(text: str, regions: tuple[str, ...], order_pattern: str | None) -> Iterator[tuple[int, int, str]]:
    digits = len(_DIGITS.findall(text))
    if "@" in text:
        yield from ((*match.span(), "email") for match in _EMAIL.finditer(text))
    if _AT.search(text):
        yield from ((*match.span(), "email") for match in _SPELT_EMAIL.finditer(text))
    for fewest, sign, pattern, kind, holds in _NUMBERED:
        if digits >= fewest and sign in text:
            for match in pattern.finditer(text):
                for start, end in holds(text, match):
                    yield start, end, kind
    if digits or order_pattern:
        yield from ((start, end, "order") for start, end in orders.find(text, order_pattern))
    if digits >= _FEWEST_PHONE_DIGITS:
        yield from _phones(text, regions)


def mask(original: str, spans: tuple[Span, ...]) -> str:
    """The text with each span replaced by its kind in brackets, such as [phone]; spans must not overlap."""
    parts: list[str] = []
    at = 0
    for span in sorted(spans):
        parts += [original[at : span.start], f"[{span.kind}]"]
        at = span.end
    return "".join([*parts, original[at:]])


def _near(pattern: re.Pattern[str], text: str, start: int, end: int | None = None) -> bool:
    after = text[end : end + _NEAR] if end is not None else ""
    return bool(pattern.search(text[max(0, start - _NEAR) : start]) or (after and pattern.search(after)))


def _valid(standard: object, number: str) -> bool:
    try:
        standard.validate(number)  # type: ignore[attr-defined]
    except (ValidationError, ValueError, LookupError):  # a county that the library's own list lacks is a KeyError
        return False
    return True


def _chinese_checksum(number: str) -> bool:
    """ISO 7064 MOD 11-2 with a true birth date: places that were renamed since are missing from the library's list."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    rest = sum(weight * int(digit) for weight, digit in zip(weights, number, strict=False)) % 11
    return "10X98765432"[rest] == number[17].upper() and _is_date(number[6:10], number[10:12], number[12:14])


def _korean_birth(number: str) -> bool:
    century = {"1": "19", "2": "19", "5": "19", "6": "19"}.get(number[6], "20")
    return _is_date(century + number[:2], number[2:4], number[4:6])


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        born = date(int(year), int(month), int(day))
    except ValueError:
        return False
    return born.year >= 1900  # noqa: PLR2004


def _cards(text: str, match: re.Match[str]) -> Iterator[Place]:
    """Every card within a chain of digit groups: the chain as a whole, or groups of it that stand as cards do.

    Where several readings overlap ("2 4242 4242 …", "… 4242 11/29") the place covers them all, and of a chain without
    end it covers all that was not looked at: nothing leaks.
    """
    groups = [group.span() for group in islice(_GROUP.finditer(text, *match.span()), _MOST_GROUPS)]
    found: list[Place] = []
    for first, (start, _) in enumerate(groups):
        sizes, digits = "", 0
        if first and groups[first][1] - start < _SHORTEST_GROUP:
            continue
        for last in range(first, len(groups)):
            size, end = groups[last][1] - groups[last][0], groups[last][1]
            sizes, digits = f"{sizes} {size}".lstrip(), digits + size
            if digits > _LONGEST_CARD:
                break
            if digits < _OLD_MAESTRO:
                continue
            whole = first == 0 and last == len(groups) - 1
            if (whole or _CARD_GROUPING.fullmatch(sizes)) and _is_card(text, start, end):
                before = found.pop() if found and start < found[-1][1] else (start, end)
                found.append((min(before[0], start), max(before[1], end)))
    if len(groups) == _MOST_GROUPS:
        found.append((groups[-1][1], match.end()))
    yield from found


def _is_card(text: str, start: int, end: int) -> bool:
    """13 to 19 digits with a true check digit; 12, or an unknown issuer, only beside a word of cards."""
    plain = "".join(_DIGITS.findall(text[start:end]))
    if not _OLD_MAESTRO <= len(plain) <= _LONGEST_CARD or len(set(plain)) == 1 or not _checked(plain):
        return False
    if _MADE_NEAR.search(text[max(0, start - _NEAR) : start]):  # every phone's own number has such a check digit
        return False
    known = plain[0] in "23456" and (len(plain) > _OLD_MAESTRO or plain.startswith(_MAESTRO))
    return known or _near(_CARD_NEAR, text, start)


def _checked(digits: str) -> bool:
    """Luhn's check digit: every second digit from the right doubled, the sum of all ends in zero."""
    doubled = digits[-2::-2].translate(_DOUBLED)
    return sum((digits[::-2] + doubled).encode()) % 10 == len(digits) * ord("0") % 10


def _ibans(_text: str, match: re.Match[str]) -> Iterator[Place]:
    """The longest reading with a true checksum: words in capitals after an IBAN are none of it."""
    for end in reversed([at.end() for at in _IBAN_ENDS.finditer(match[0])]):
        if end >= _SHORTEST_IBAN and _is_iban(_NO_LETTER.sub("", match[0][:end])):
            yield match.start(), match.start() + end
            return


def _is_iban(number: str) -> bool:
    """Its own checksum says enough: lists of banks that the library knows grow old."""
    try:
        iban.validate(number, check_country=False)
    except (ValidationError, ValueError):
        return False
    return True


def _is_korean_id(_text: str, match: re.Match[str]) -> bool:
    number, between = _NO_LETTER.sub("", match[0]), match[0][6:-7].strip()
    return _valid(rrn, number) or (between != "" and _korean_birth(number))


def _is_chinese_id(_text: str, match: re.Match[str]) -> bool:
    number = _NO_LETTER.sub("", match[0])
    return _valid(ric, number) or _chinese_checksum(number)


def _is_vietnamese_id(text: str, match: re.Match[str]) -> bool:
    return not _MADE_NEAR.search(text[max(0, match.start() - _NEAR) : match.start()])


def _where(holds: Callable[[str, re.Match[str]], bool]) -> Callable[[str, re.Match[str]], Iterator[Place]]:
    """A check turned into a finder: the matched place where the check holds."""

    def places(text: str, match: re.Match[str]) -> Iterator[Place]:
        if holds(text, match):
            yield match.span()

    return places


def _is_public_address(text: str, match: re.Match[str]) -> bool:
    """An address that can point to a person: not one of a home network, not the number of a version."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return False
    at_home = address.is_loopback or address.is_unspecified or address.is_link_local
    at_home = at_home or any(address in network for network in _HOME_NETWORKS if network.version == address.version)
    return not at_home and not _VERSION_NEAR.search(text[max(0, match.start() - _NEAR) : match.start()])


# What is looked for in which order: fewest digits and the sign that a text must hold, shape, kind, and the check
# behind the shape.
_NUMBERED: Final[tuple[tuple[int, str, re.Pattern[str], str, Callable[[str, re.Match[str]], Iterator[Place]]], ...]] = (
    (17, "", _CHINESE_ID, "id", _where(_is_chinese_id)),
    (13, "", _KOREAN_ID, "id", _where(_is_korean_id)),
    (12, "", _DIGIT_GROUPS, "card", _cards),
    (12, "", _TWELVE, "id", _where(_is_vietnamese_id)),
    (10, "", _IBAN, "iban", _ibans),
    (9, "", _SSN, "id", _where(lambda _text, _match: True)),
    (9, "", _NINE, "id", _where(lambda text, match: _near(_SSN_NEAR, text, match.start()))),
    (4, ".", _IPV4, "ip", _where(_is_public_address)),
    (4, ":", _IPV6, "ip", _where(_is_public_address)),
)


@lru_cache(maxsize=32)
def _regions(regions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(region for region in dict.fromkeys(regions) if region in phonenumbers.SUPPORTED_REGIONS)


@lru_cache(maxsize=256)
def _fewest_digits(region: str) -> int:
    """The shortest full number of a region by the library's own tables."""
    known = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    lengths = known.general_desc.possible_length if known and known.general_desc else ()
    return min(lengths, default=_FEWEST_PHONE_DIGITS)


def _worth_reading(text: str, regions: tuple[str, ...]) -> tuple[str, ...]:
    """The regions whose numbers are not longer than the text's longest chain of digits; a '+' may start any."""
    if not _CHAIN.search(text):
        return ()
    if "+" in text or _LONG_CHAIN.search(text):
        return _regions(regions)
    return tuple(region for region in _regions(regions) if _fewest_digits(region) < _LONG)


def _phones(text: str, regions: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    for match in _OWN_MOBILE.finditer(text):
        yield *match.span(), "phone"
    for region in _worth_reading(text, regions):
        for found in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID, max_tries=20):
            if _plausible(text, found.start, found.end):
                yield found.start, found.end, "phone"
    for number, match in enumerate(_PHONE_SHAPED.finditer(text)):
        start, end = match.span()
        if number >= _MOST_SHAPES:
            yield start, end, "phone"
            continue
        count = len(_DIGITS.findall(match[0]))
        if (
            _FEWEST_PHONE_DIGITS <= count <= _MOST_PHONE_DIGITS
            and not _DATE_SHAPED.fullmatch(match[0])
            and (count >= _ENOUGH_PHONE_DIGITS or _near(_CALL_NEAR, text, start, end))
            and _plausible(text, start, end)
        ):
            yield start, end, "phone"
    for match in _DIGIT_RUN.finditer(text):
        start, end = match.span()
        if (match[0][0] == "+" or _near(_CALL_NEAR, text, start)) and not _near(_ACCOUNT_NEAR, text, start):
            yield start, end, "phone"


def _plausible(text: str, start: int, end: int) -> bool:
    """Not a version such as 61.0.3163.100, an address, a place on the map, a price or a number of points."""
    written = text[start:end]
    if _NO_CALL.fullmatch(written) or written.count(".") >= 3 or _VERSION_NEAR.search(text[max(0, start - 12) : start]):  # noqa: PLR2004
        return False
    grouped = any(sign in written for sign in " -().+")
    return grouped or _near(_CALL_NEAR, text, start, end) or not _near(_ACCOUNT_NEAR, text, start, end)
