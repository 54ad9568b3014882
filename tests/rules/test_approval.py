"""What an approval is bound to, how far an edit went, and what a draft needs before it may be handed in."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.desk.rules.approval import approval_hash, checks, edit_distance, public_text, same_words

quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)
pieces = st.sampled_from([*"abc @^<&;\n\x1f\t1", "é", "e\u0301", "ế", "한", "👍", "&amp;", "https://a.io "])
texts = st.lists(pieces, max_size=20).map("".join)
BOUND = {"text": "Open Settings.", "thread_revision": 3, "account_id": 7, "target": "1001", "brand_id": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Open Settings!"},
        {"text": "Open Settings. "},
        {"thread_revision": 4},
        {"account_id": 8},
        {"target": "1002"},
        {"brand_id": 2},
        {"account_id": 1, "brand_id": 7},  # no part can pass for another
    ],
)
def test_any_change_of_what_was_approved_changes_the_hash(change: dict[str, object]) -> None:
    assert approval_hash(**BOUND) == approval_hash(**dict(BOUND))
    assert approval_hash(**BOUND | change) != approval_hash(**BOUND)


parts = st.tuples(texts, st.integers(1, 99), st.integers(1, 99), texts, st.integers(1, 99))


@quick
@given(parts, parts)
def test_two_hashes_are_equal_only_for_equal_parts(one: tuple, other: tuple) -> None:
    def of(bound: tuple) -> str:
        return approval_hash(**dict(zip(BOUND, bound, strict=True)))

    assert (of(one) == of(other)) is (one == other)


def test_parts_cannot_run_into_each_other() -> None:
    one = BOUND | {"target": "5", "thread_revision": 1, "text": "2\x1ftext"}
    other = BOUND | {"target": "5\x1f1", "thread_revision": 2, "text": "text"}
    assert approval_hash(**one) != approval_hash(**other)


@pytest.mark.parametrize(
    ("text", "signature", "public"),
    [
        ("  Open it. \n", "^maya", "Open it. ^maya"),
        ("Open it.", "", "Open it."),
        ("cafe\u0301", "^maya", "caf\u00e9 ^maya"),
        ("   ", "^maya", ""),
        ("", "", ""),
        ("two\nlines", "^maya", "two\nlines ^maya"),
    ],
)
def test_what_will_stand_in_public(text: str, signature: str, public: str) -> None:
    assert public_text(text, signature) == public


@quick
@given(texts)
def test_public_text_is_settled_after_one_pass(text: str) -> None:
    public = public_text(text, "")
    assert public_text(public, "") == public == unicodedata.normalize("NFC", public)
    assert public_text(public, "^maya") == public_text(text, "^maya")


@pytest.mark.parametrize(
    ("before", "after", "distance"),
    [("same", "same", 0), (" same ", "same", 0), ("abcd", "wxyz", 1), ("abcd", "abcx", 0.25), ("", "new", 1)],
)
def test_how_far_an_edit_went(before: str, after: str, distance: float) -> None:
    assert edit_distance(before, after) == pytest.approx(distance)


@quick
@given(texts, texts)
def test_an_edit_is_between_nothing_and_everything(before: str, after: str) -> None:
    assert 0 <= edit_distance(before, after) <= 1
    assert edit_distance(before, before) == 0


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        ("Tom & I: open it", True),
        ("@ada @lumo Tom &amp; I: open it", True),
        ("Tom  &amp; I:\nopen it ", True),
        ("Tom & I: open it now", False),
        ("Tom & I:", False),
        ("", False),
    ],
)
def test_our_words_are_recognised_as_the_network_gives_them_back(theirs: str, same: bool) -> None:  # noqa: FBT001
    assert same_words("Tom & I: open it", theirs) is same


def test_a_shortened_link_is_still_our_link() -> None:
    assert same_words("See https://lumo.example/help now", "See https://t.co/Ab12 now")
    assert not same_words("See https://lumo.example/help now", "See lamps now")


def failing(
    text: str, *, left: int = 10, link: bool = False, allowed: bool = False, private: bool = False
) -> list[str]:
    found = checks(text, length_left=left, has_link=link, links_allowed=allowed, holds_private=private)
    return [check.name for check in found if not check.ok]


@pytest.mark.parametrize(
    ("text", "how", "names"),
    [
        ("Open Settings.", {}, []),
        (" \n ", {}, ["not_empty"]),
        ("fits exactly", {"left": 0}, []),
        ("too long", {"left": -1}, ["length"]),
        ("a link", {"link": True}, ["no_link"]),
        ("a link", {"link": True, "allowed": True}, []),
        ("call me", {"private": True}, ["no_private_data"]),
        ("hid\u200bden", {}, ["no_invisible_letters"]),
        ("turned \u202earound", {}, ["no_invisible_letters"]),
        ("a family 👨\u200d👩\u200d👧 stays", {}, []),
        ("@a and @b", {}, []),
        ("@a @b @c", {}, ["few_mentions"]),
        ("", {"left": -1, "private": True}, ["not_empty", "length", "no_private_data"]),
    ],
)
def test_what_a_draft_needs(text: str, how: dict[str, object], names: list[str]) -> None:
    assert failing(text, **how) == names
