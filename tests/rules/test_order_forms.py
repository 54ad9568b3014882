"""A brand's order numbers are found by the masks that a manager types, in bounded time whatever they are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.brands.order_forms import checked, pattern
from app.kernel.errors import RefusedError
from listeners.rules.privacy import find


def hidden(form: str, text: str) -> list[str]:
    found = find(text, order_pattern=pattern(checked([form])))
    return [text[span.start : span.end] for span in found if span.kind == "order"]


@pytest.mark.parametrize(
    ("form", "text", "found"),
    [
        ("LU-####", "it is lu-1234, not LU-12345", ["lu-1234"]),
        ("??######", "gói VN551209 đâu rồi", ["VN551209"]),
        ("###/**", "mine is 123/a9.", ["123/a9"]),
        ("No. ####", "no. 2024 please", ["no. 2024"]),
        ("LU.###", "LU-123 LUX123", []),
    ],
)
def test_a_form_finds_what_is_written_like_it(form: str, text: str, found: list[str]) -> None:
    assert hidden(form, text) == found


@pytest.mark.parametrize("form", ["(a+)+###", "####", "??**", "LU-##", "LU-" + "#" * 40, "[0-9]###", "LU###\u0301"])
def test_what_would_hide_too_much_or_is_no_form_is_refused(form: str) -> None:
    with pytest.raises(RefusedError):
        checked([form])


def test_at_most_five_and_each_once() -> None:
    assert checked(["LU-###", " LU-### ", ""]) == ("LU-###",)
    with pytest.raises(RefusedError, match="at most 5"):
        checked([f"L{letter}-###" for letter in "abcdef"])


@given(st.lists(st.text("#?*-A1", min_size=1, max_size=40), max_size=8))
def test_every_form_that_is_taken_reads_a_long_text_quickly(forms: list[str]) -> None:
    taken = []
    for form in forms:
        try:
            taken = list(checked([*taken, form]))
        except RefusedError:
            continue
    began = time.process_time()
    find("A1" * 5_000, order_pattern=pattern(taken))
    assert time.process_time() - began < 0.5
