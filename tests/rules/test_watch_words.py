"""Watch words mean what a person would say they mean: whole words, phrases, the unwanted, every script."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.rules.matching import MOST_LINE, BadLineError, fold, holds_back_a_word, match, read, read_all
from listeners.x import MOST_QUERY, queries_of


def marked(line: str, text: str) -> str | None:
    """The text with its matching words in brackets; None when it does not match."""
    found = match([read(line)], text)
    if found is None:
        return None
    for start, end in reversed(found.spans):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("line", "text", "shown"),
    [
        ("apple", "An Apple a day", "An [Apple] a day"),
        ("apple", "pineapple", None),
        ("apple", "apples", None),
        ("apple", "#apple, @apple's www.apple.com", "#[apple], @[apple]'s www.[apple].com"),
        ("apple", "my_apple", None),
        ("coffee northmill", "Northmill has good coffee", "[Northmill] has good [coffee]"),
        ("coffee northmill", "good coffee", None),
        ('"cold brew"', "their COLD\n brew", "their [COLD\n brew]"),
        ('"cold brew"', "cold-brew", "[cold-brew]"),
        ('"cold brew"', "brew cold", None),
        ("“cold brew”", "a cold brew", "a [cold brew]"),
        ("e-bike", "the e-bike of today", "the [e-bike] of today"),
        ("@northmill", "hello @NorthMill", "hello [@NorthMill]"),
        ("@northmill", "mail me@northmill.example", None),
        ("don't", "I don’t", "I [don’t]"),
        ("straße", "STRASSE", "[STRASSE]"),
        ("northmill", "ＮＯＲＴＨＭＩＬＬ", "[ＮＯＲＴＨＭＩＬＬ]"),
        ("c++", "I write c++ and java", "I write [c++] and java"),
    ],
)
def test_words_and_phrases(line: str, text: str, shown: str | None) -> None:
    assert marked(line, text) == shown


@pytest.mark.parametrize(
    ("line", "text", "shown"),
    [
        ('apple -"apple pie"', "grandma's apple pie", None),
        ('apple -"apple pie"', "apple pie beside my Apple watch", "apple pie beside my [Apple] watch"),
        ('apple -"apple pie" -"apple juice"', "apple pie and apple juice", None),
        ("apple -pie", "apple and a pie", None),
        ("apple -pie", "apple and pies", "[apple] and pies"),
        ("northmill -football", "Northmill FOOTBALL club", None),
        ("northmill −football", "Northmill football club", None),
        ('apple -"an apple a day"', "an apple a day", None),
    ],
)
def test_what_is_unwanted_takes_away_its_place_or_the_whole_post(line: str, text: str, shown: str | None) -> None:
    assert marked(line, text) == shown


@pytest.mark.parametrize(
    ("line", "text", "shown"),
    [
        ("苹果 -苹果派", "我的苹果手机坏了", "我的[苹果]手机坏了"),
        ("苹果 -苹果派", "奶奶做的苹果派", None),
        ("노스밀", "노스밀은 정말 좋아요", "[노스밀]은 정말 좋아요"),
        ('"노스밀 커피"', "노스밀커피 최고", "[노스밀커피] 최고"),
        ("northmill", "我爱northmill咖啡", "我爱[northmill]咖啡"),
        ("コーヒー", "ｺｰﾋｰが好き", "[ｺｰﾋｰ]が好き"),
        ("cà phê", unicodedata.normalize("NFD", "Cà phê ngon"), unicodedata.normalize("NFD", "[Cà] [phê] ngon")),
        ('"cà phê"', "ca phe", None),
    ],
)
def test_scripts_without_borders_and_letters_in_several_spellings(line: str, text: str, shown: str | None) -> None:
    assert marked(line, text) == shown


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("-pie", "Begin with a word"),
        ("", "Begin with a word"),
        ('"cold brew', "quotation mark is missing"),
        ("a", "single letter"),
        ("apple - pie", "directly before"),
        ("apple OR pear", "its own line"),
        ("appl*", "no meaning here"),
        ("(apple)", "no meaning here"),
        ('""', "no letter"),
        ("x" * (MOST_LINE + 1), "Make two"),
    ],
)
def test_a_line_that_is_no_rule_gets_a_sentence(line: str, sentence: str) -> None:
    with pytest.raises(BadLineError, match=sentence):
        read(line)
    assert read_all([line, "apple"]) == (read("apple"),)


def test_an_unwanted_phrase_that_holds_a_wanted_word_is_known() -> None:
    rule = read('apple -"apple pie" -football')
    assert [holds_back_a_word(rule, term) for term in rule.unwanted] == [True, False]


@given(st.text(max_size=60))
def test_folding_keeps_every_letters_place(text: str) -> None:
    folded = fold(text)
    assert len(folded.origin) == len(folded.text) + 1
    assert list(folded.origin) == sorted(folded.origin)
    assert fold(folded.text).text == folded.text


@given(st.text(alphabet='ab -"苹果é\u0301', max_size=12), st.text(alphabet="ab 苹果é\u0301", max_size=30))
def test_whatever_is_typed_places_lie_apart_in_the_text(line: str, text: str) -> None:
    found = match(read_all([line]), text)
    edge = 0
    for start, end in found.spans if found else ():
        assert edge <= start < end <= len(text)
        edge = end


@pytest.mark.long
def test_a_whole_set_of_rules_is_quick_on_a_long_post() -> None:
    rules = read_all(f'"{"a " * 40}b{number}" aaaa{number} -"a a a c"' for number in range(200))
    text = "a " * 50_000
    started = time.process_time()  # not the clock on the wall: others may be busy here too
    assert match(rules, text) is None
    assert time.process_time() - started < 0.5


def test_the_search_on_x_brings_all_that_the_rules_may_match() -> None:
    rules = read_all(['northmill -football "cold brew"', 'apple -"apple pie"', "苹果", "@northmill"])
    assert queries_of(rules) == ('((northmill "cold brew" -football) OR apple OR "苹果" OR @northmill) -is:retweet',)
    assert queries_of(()) == ()


def test_long_searches_are_cut_into_several_and_never_break_off_within_a_word() -> None:
    rules = read_all([" ".join(["苹果"] * 130), *(f"word{number} -other{number}" for number in range(100))])
    queries = queries_of(rules)
    assert all(len(query) <= MOST_QUERY and query.count('"') % 2 == 0 for query in queries)
    assert all(any(f"(word{number} -other{number})" in query for query in queries) for number in range(100))
