"""The difference between what was handed in and what went out: whole, in reading order, in every language."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.desk.rules.difference import MOST_WORDS, Piece, difference

TEXTS = st.text(alphabet="ab é中文字가나 .,!\n", max_size=60)


def side(pieces: list[Piece], without: str) -> str:
    return "".join(piece.text for piece in pieces if piece.change != without)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_it(before: str, after: str) -> None:
    found = difference(before, after)
    assert side(found, "new") == before
    assert side(found, "gone") == after
    assert all(one.change != other.change for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Open Settings now.", "Open Settings now.", [("Open Settings now.", "same")]),
        (
            "Open the menu, then Units.",
            "Open the app menu, then Units.",
            [("Open the ", "same"), ("app ", "new"), ("menu, then Units.", "same")],
        ),
        ("red car", "blue bus", [("red car", "gone"), ("blue bus", "new")]),
        ("Press it.", "Press it", [("Press it", "same"), (".", "gone")]),
        ("打开设置菜单", "打开应用菜单", [("打开", "same"), ("设置", "gone"), ("应用", "new"), ("菜单", "same")]),
        (
            "앱 설정을 여세요",
            "앱 메뉴를 여세요",
            [("앱 ", "same"), ("설정을 ", "gone"), ("메뉴를 ", "new"), ("여세요", "same")],
        ),
        ("", "Hello", [("Hello", "new")]),
    ],
)
def test_shows_words_and_where_words_are_not_spaced_characters(
    before: str, after: str, shown: list[tuple[str, str]]
) -> None:
    assert [(piece.text, piece.change) for piece in difference(before, after)] == shown


def test_does_not_compare_what_would_take_too_long() -> None:
    before, after = "中" * MOST_WORDS, "文" * 5
    assert [piece.change for piece in difference(before, after)] == ["gone", "new"]
