"""Words are cut alike from a post and from a search, in every script, and no text can pose as a property."""

from __future__ import annotations

from itertools import combinations

import pytest

from listeners.rules.words import (
    LONGEST_WORD,
    MOST_TERMS,
    MOST_WORDS,
    Asked,
    Term,
    asked,
    property_word,
    sought_handle,
    words,
    words_of_post,
)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Why does it STOP, why?", ["why", "doe", "it", "stop"]),
        ("không đăng nhập ĐƯỢC", ["khong", "dang", "nhap", "duoc"]),
        ("水果店 is open", ["水果", "果店", "水", "果", "店", "is", "open"]),
        ("업데이 안", ["업데", "데이", "업", "데", "이", "안"]),
        ("ﾃﾚﾋﾞ Ｆｕｌｌ", ["テレ", "レビ", "テ", "レ", "ビ", "full"]),
        ("iPhone15도", ["iphone15", "도"]),
        ("_kind_mention @_brand_2", ["kind", "mention", "brand", "2"]),
        ("%%% … 🙂 ''", []),
    ],
)
def test_a_text_is_cut_into_words_or_pairs(text: str, cut: list[str]) -> None:
    assert words(text) == cut


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("dark mode", Asked((Term("dark", begins=True), Term("mode", begins=True)))),
        ('"Dark mode" app', Asked((Term("dark"), Term("mode"), Term("app", begins=True)), ("Dark mode",))),
        ("“dark”", Asked((Term("dark"),), ("dark",))),
        ('"open end', Asked((Term("open"), Term("end")), ("open end",))),
        ("水", Asked((Term("水"),))),
        ("水果店", Asked((Term("水果"), Term("果店")))),
        ("@Ada_99 hm", Asked((Term("@ada99", begins=True), Term("hm")))),
        ('100% "%" * - @ ^', Asked((Term("100", begins=True),))),
    ],
)
def test_a_search_asks_for_words_phrases_and_people(line: str, meant: Asked) -> None:
    assert asked(line) == meant


@pytest.mark.parametrize("text", ["水果店不开门", "업데이트가", "テレビが映らない", "เปิดไม่ได้"])
def test_any_part_of_a_text_without_spaces_is_found_in_it(text: str) -> None:
    there = words(text)
    for start, end in combinations(range(len(text) + 1), 2):
        for term in asked(text[start:end]).terms:
            assert term.word in there


def test_a_search_and_a_text_have_bounds() -> None:
    assert len(words(" ".join(map(str, range(9000))))) == MOST_WORDS
    assert max(map(len, words("a" * 500))) == LONGEST_WORD
    assert len(asked(" ".join(map(str, range(90)))).terms) == MOST_TERMS


def test_authors_and_properties_are_words_that_no_text_can_bring_in() -> None:
    noted = words_of_post("hi", "Ada_99", "Ada L", "77", [property_word("language", "zh-Hant")]).split()
    assert noted == ["hi", "ada", "99", "l", "77", sought_handle("@ada_99"), "_language_zh_hant"]
    assert not {"@ada99", "_language_zh_hant"} & set(words("@ada99 _language_zh_hant"))
