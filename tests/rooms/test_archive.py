"""Lines of an archive become posts; a line that cannot be read says which it is and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels.base import Post
from listeners.archive import ArchivedPost, read_line
from listeners.hear import Unreadable

GOOD: dict[str, Any] = {
    "id": "7",
    "thread": "5",
    "author": "ada",
    "author_is_brand": False,
    "brand": "Lumo",
    "created_at": "2026-03-01T13:00:00+01:00",
    "text": "It is still dark, @Other",
    "in_reply_to": "6",
}


def line(**change: Any) -> str:
    """The good line with some fields changed, or left out where the new value is None."""
    return json.dumps({name: value for name, value in (GOOD | change).items() if value is not None})


def test_a_line_is_a_post_in_the_threads_of_a_brand() -> None:
    assert read_line(line(), 1) == ArchivedPost(
        brand="Lumo",
        post=Post(
            channel="x",
            external_id="7",
            thread="5",
            in_reply_to="6",
            author_id="ada",
            author_handle="ada",
            author_name="ada",
            author_followers=0,
            text="It is still dark, @Other",
            posted_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
            summons=("lumo", "other"),
        ),
        is_other_brands=False,
    )


def test_a_first_post_opens_its_own_thread_and_summons_only_whom_it_names() -> None:
    found = read_line(line(thread=None, in_reply_to=None), 1)
    assert isinstance(found, ArchivedPost)
    assert (found.post.thread, found.post.in_reply_to, found.post.summons) == ("7", None, ("other",))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "no JSON: Expecting value at column 1"),
        ('{"id": "7"', "no JSON"),
        ("not json", "no JSON"),
        ('"a string"', "must be a JSON object"),
        ("[1, 2]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ("[" * 100_000, "cannot be read"),
        (line(id=None), "id is missing"),
        (line(author=None), "author is missing"),
        (line(brand=""), "brand is missing"),
        (line(text=None), "text is missing"),
        (line(text=["a"]), "text is missing or is not text"),
        (line(id=7), "id is missing or is not text"),
        (line(created_at=1700000000), "created_at is missing or is not text"),
        (line(created_at="yesterday"), "yesterday"),
        (line(created_at="2026-03-01T12:00:00"), "no time zone"),
        (line(text="half \ud83d"), "half of a character"),
        (line(author="\udc00"), "half of a character"),
    ],
    ids=lambda value: value[-40:],
)
def test_a_line_that_cannot_be_read_says_where_and_why(raw: str, reason: str) -> None:
    found = read_line(raw, 17)
    assert isinstance(found, Unreadable)
    assert (found.place, found.raw) == ("line 17", raw)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("author", "is_brand", "other"), [("lumo", True, False), ("rival", True, True), ("ada", False, False)]
)
def test_another_brand_in_our_thread_is_told_apart(
    author: str,
    is_brand: bool,  # noqa: FBT001
    other: bool,  # noqa: FBT001
) -> None:
    found = read_line(line(author=author, author_is_brand=is_brand), 1)
    assert isinstance(found, ArchivedPost)
    assert found.is_other_brands is other


def test_fields_that_are_new_are_no_trouble() -> None:
    assert isinstance(read_line(line(likes=3, author_is_brand=None), 1), ArchivedPost)
