"""Texts written to hurt: bounded work and an answer for every one of them, whatever it is made of."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listeners.learning import sprouted
from listeners.rules.assessment import assess

MEGABYTE = 1_000_000
HOSTILE = {
    "a megabyte of one letter": "a" * MEGABYTE,
    "a megabyte of words": "please help me " * (MEGABYTE // 15),
    "a megabyte of digits": "1234 5678 " * (MEGABYTE // 10),
    "marks piled up": "h" + "\u0301\u0316\u0489" * 40_000 + "elp",
    "nothing that shows": "\u200b\u200d\ufeff\u2060" * 40_000,
    "letters that look alike": "Рlеаsе hеlр, mу ассоunt іs lосkеd " * 2_000,
    "lone surrogates": "\ud800\udfff" * 40_000 + "help",
    "ten thousand faces": "😡" * 10_000,
    "an address without end": "a." * 50_000 + "@" + "b." * 50_000,
    "an account number without end": "DE" + "1 A" * 40_000,
    "brackets without end": "(" * 50_000 + ")" * 50_000,
    "signs between digits": "1-.-" * 40_000,
    "colons without end": "a:" * 50_000,
    "handles without end": "@a" * 50_000,
    "links without end": "https://" * 20_000,
    "one Chinese word": "退" * 100_000,
    "one Korean word": "환" * 100_000,
    "Vietnamese without end": "không " * 20_000,
    "entities": "&amp;" * 40_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_judged_like_its_beginning(text: str, record_property: Callable[[str, object], None]) -> None:
    taught = sprouted()
    assess("a first text, so that everything is loaded: 206 555 0144, order 12345678", taught=taught)
    began = time.process_time()
    found = assess(text, taught=taught)
    spent = 1000 * (time.process_time() - began)
    name = next(name for name, hostile in HOSTILE.items() if hostile is text)
    record_property("measured", f"{'hostile: ' + name:<58} {spent:.1f} ms")
    assert found == assess(text[:10_000], taught=taught)
    assert 0 <= found.must_staff <= 1


def test_no_flood_hides_a_danger_or_a_card_behind_it() -> None:
    assert assess("😡 " * 2_000 + "I want to kill myself").risks == ("self_harm",)
    numbers = "1234 5678 " * 400 + "4242 4242 4242 4242"
    last = assess(numbers).private[-1]
    assert (last.kind, last.end) == ("card", len(numbers))
    calls = "12/11/2026, " * 150 + "then call me on 206 555 0144"
    last = assess(calls).private[-1]
    assert (last.kind, calls[last.start : last.end]) == ("phone", "206 555 0144")


@given(st.text(st.characters(exclude_categories=())), st.sampled_from((1, 40)))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all_is_judged(text: str, times: int) -> None:
    found = assess(text * times, taught=sprouted(), handles=(text[:8],), order_pattern=text[:12])
    assert found.to_json()["version"] == found.version
    assert all(0 <= span.start < span.end <= len(text) * times for span in found.private)
