"""Bluesky's two limits, each where it binds."""

from __future__ import annotations

import pytest

from app.channels.bluesky_length import measure

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "used", "limit"),
    [
        ("", 0, 300),
        ("a" * 300, 300, 300),
        ("a" * 301, 301, 300),
        ("e\u0301" * 300, 300, 300),  # a letter and its accent are one
        ("Cảm ơn", 6, 300),
        ("谢谢" * 150, 300, 300),
        ("감사합니다", 5, 300),
        ("\r\n", 1, 300),
        ("👍🏽", 1, 300),
        ("🇻🇳🇰🇷", 2, 300),
        ("aaaaaaaaa" + "क्षि", 10, 300),  # one cluster of four code points, where the network's own client counts more
        (FAMILY, 25, 3000),
        (FAMILY * 120, 3000, 3000),
        (FAMILY * 121, 3025, 3000),
        ("a" * 275 + FAMILY, 276, 300),
    ],
)
def test_the_limit_that_comes_closer_is_told(text: str, used: int, limit: int) -> None:
    length = measure(text)
    assert (length.used, length.limit) == (used, limit)


def test_half_a_character_is_measured_and_not_stumbled_over() -> None:
    assert measure("a\ud800b").used == 3
