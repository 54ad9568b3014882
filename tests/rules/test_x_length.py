"""X's weighted length: the published counting rules, case by case, in the languages that we answer in."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.channels.x_length import LIMIT, has_link, measure

quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)
pieces = st.sampled_from(
    [*"aZ9.,:/@#-_()\n ", "é", "e\u0301", "ế", "e\u0302\u0301", "한", "请", "👍", "\u200d", "\ufe0f", ".com"]
)
texts = st.lists(pieces, max_size=30).map("".join)


def weight(text: str) -> int:
    return measure(text).used


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("", 0),
        ("Open Settings, then Display.", 28),
        ("a\nb", 3),
        ("“It’s here” – really", 20),
        ("\u10ff", 1),  # the last of the light range
        ("\u1100", 2),  # the first after it
        ("\u2000\u200d\u2010\u201f\u2032\u2037", 6),
        ("\u200e\u200f\u2020\u2031\u2038", 10),
        ("£20", 3),
        ("€20", 4),  # the euro stands outside of the light ranges
        ("…", 2),
    ],
)
def test_plain_letters_and_punctuation(text: str, used: int) -> None:
    assert weight(text) == used


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("đi", 2),  # without stacked marks Vietnamese is as light as English
        ("ơưăâê", 5),
        ("ế", 2),
        ("Cảm ơn bạn", 12),  # ả and ạ
        ("Tiếng Việt", 12),  # ế and ệ
        ("Không kết nối được", 21),  # ế, ố and ợ
        ("请重启设备", 10),
        ("谢谢，已解决。", 14),  # full-width punctuation is heavy too
        ("감사합니다", 10),
        ("ㅋㅋ", 4),
        ("日本 and Việt 한국", 19),
    ],
)
def test_vietnamese_chinese_and_korean(text: str, used: int) -> None:
    assert weight(text) == used


@pytest.mark.parametrize("point", range(0x1EA0, 0x1EFA))
def test_every_vietnamese_letter_with_stacked_marks_counts_two(point: int) -> None:
    letter = chr(point)
    assert weight(letter) == 2
    assert weight(unicodedata.normalize("NFD", letter)) == 2


@pytest.mark.parametrize(
    ("emoji", "used"),
    [
        ("☺", 2),
        ("☺️", 2),
        ("👍🏽", 2),  # with a skin tone
        ("👨‍👩‍👧‍👦", 2),  # a family is one picture
        ("👩🏽‍🤝‍👨🏿", 2),
        ("🙋🏽👨‍🎤", 4),
        ("🏳️‍🌈", 2),
        ("❤️‍🔥", 2),
        ("🇻🇳", 2),
        ("🇻🇳🇰🇷", 4),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 2),  # a flag spelt in tags
        ("1️⃣", 2),
        ("#️⃣*️⃣", 4),
        ("12", 2),  # digits alone are no keycaps
        ("©", 1),
        ("©️", 2),
        ("👨👩👧👦", 8),  # side by side they are four
        ("H🐱☺👨‍👩‍👧‍👦", 7),
    ],
)
def test_an_emoji_sequence_counts_two_however_long_it_is(emoji: str, used: int) -> None:
    assert weight(emoji) == used


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("https://example.com", 23),
        ("Hi http://test.co", 26),
        ("http://a.io/a/very/long/path/that/goes/on?and=on#here now", 27),
        ("example.com", 23),
        ("See lumo.app.", 28),
        ("(lumo.app/help)", 25),
        ("https://lumo.app/wiki/Lamp_(old)!", 24),
        ("“lumo.vn”, then www.example.co.uk", 55),
        ("HTTPS://EXAMPLE.COM/A", 23),
        ("a.com b.com", 47),
        ("看example.com吧", 27),  # no space is written around it in Chinese
        ("https://example.com/路径", 27),  # the path ends before Chinese letters
        ("Xem lumo.vn/trợ-giúp nhé", 31),
    ],
)
def test_a_link_counts_23_with_or_without_a_scheme(text: str, used: int) -> None:
    assert weight(text) == used
    assert has_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "write to help@example.com",
        "first.last@mail.example.com",
        "@example.com",
        "#example.com",
        "$example.com",
        "edit settings.json or node.js",
        "version 2.0.1 of 1.5",
        "wait... what",
        "e.g. this, i.e. that",
        "at 10.30, pay 5.99",
        "a" * 64 + ".com",  # no name has a part of more than 63 letters
    ],
)
def test_what_looks_like_a_link_and_is_none(text: str) -> None:
    assert weight(text) == len(text)
    assert not has_link(text)


def test_an_address_without_a_name_is_counted_as_text_and_still_treated_as_a_link() -> None:
    assert weight("http://192.168.0.1/x") == len("http://192.168.0.1/x")
    assert has_link("http://192.168.0.1/x")


def test_what_is_left_goes_below_zero() -> None:
    assert measure("a" * LIMIT).left == 0
    assert measure("请" * 141).left == -2


@quick
@given(texts)
def test_composed_and_decomposed_forms_weigh_the_same(text: str) -> None:
    assert weight(unicodedata.normalize("NFC", text)) == weight(unicodedata.normalize("NFD", text)) == weight(text)


@quick
@given(texts, texts)
def test_adding_a_line_never_makes_a_text_lighter(before: str, after: str) -> None:
    assert weight(f"{before}\n{after}") >= weight(before)
