"""Bluesky's answers become posts, whatever is new, missing or of no sense in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.channels.base import Post
from listeners.bluesky import queries_of, read_page
from listeners.hear import Unreadable
from listeners.rules.matching import read

LUMO, ADA = "did:plc:lumolumolumolumolumolumo", "did:plc:adaadaadaadaadaadaadaada"
ROOT = f"at://{ADA}/app.bsky.feed.post/3n2vcpxnkd22v"
OURS = f"at://{LUMO}/app.bsky.feed.post/3n2vcpxnkd23v"
AT = "2026-11-22T09:33:35.002Z"
TEXT = "Ça va? ☕ @Lumo.test my lamp blinks"


def facet(start: int, end: int) -> dict[str, Any]:
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": LUMO}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def view(uri: str = ROOT, text: object = TEXT, **record: object) -> dict[str, Any]:
    """One post as the network shows it."""
    author = {"did": ADA, "handle": "ada.test", "displayName": "Ada"}
    return {
        "uri": uri,
        "cid": "bafy",
        "author": author,
        "indexedAt": AT,
        "record": {"text": text, "createdAt": AT} | record,
    }


def ref(root: str, parent: str) -> dict[str, Any]:
    return {"root": {"uri": root, "cid": "bafy"}, "parent": {"uri": parent, "cid": "bafy"}}


def posts(body: object) -> list[Post]:
    items = list(read_page(json.dumps(body)))
    assert all(isinstance(item, Post) for item in items), items
    return [item for item in items if isinstance(item, Post)]


def test_a_mention_says_who_wrote_what_and_whom_it_names() -> None:
    [post] = posts({"notifications": [view(facets=[facet(12, 22)]) | {"reason": "mention"}]})
    assert post == Post(
        channel="bluesky",
        external_id=ROOT,
        thread=ROOT,
        in_reply_to=None,
        author_id=ADA,
        author_handle="ada.test",
        author_name="Ada",
        author_followers=0,
        text=TEXT,
        posted_at=datetime(2026, 11, 22, 9, 33, 35, 2000, tzinfo=UTC),
        summons=(LUMO, "lumo.test"),
    )


def test_a_name_without_its_mark_is_no_mention() -> None:
    [post] = posts({"posts": [view()]})
    assert post.summons == ()


def test_a_reply_belongs_to_its_root_and_addresses_whom_it_answers() -> None:
    [post] = posts({"notifications": [view(f"{ROOT}b", "thanks", reply=ref(ROOT, OURS)) | {"reason": "reply"}]})
    assert (post.thread, post.in_reply_to, post.summons) == (ROOT, OURS, (LUMO,))


@pytest.mark.parametrize("nested", [False, True])
def test_a_quotation_addresses_whom_it_quotes(nested: bool) -> None:  # noqa: FBT001  a parameter
    quoted = {"uri": OURS, "cid": "bafy"}
    [post] = posts({"posts": [view(embed={"record": {"record": quoted} if nested else quoted})]})
    assert post.summons == (LUMO,)


def test_a_post_that_is_told_twice_is_read_once() -> None:
    told = [view() | {"reason": reason} for reason in ("mention", "reply")]
    assert [post.external_id for post in posts({"notifications": told})] == [ROOT]


def test_a_thread_is_read_down_to_its_last_reply_and_leaves_out_what_is_gone() -> None:
    gone = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": "x", "notFound": True}
    blocked = {"$type": "app.bsky.feed.defs#blockedPost", "uri": "x", "blocked": True, "author": {"did": ADA}}
    deep: dict[str, Any] = {"post": view(f"{ROOT}-0")}
    for number in range(1, 200):
        deep = {"post": view(f"{ROOT}-{number}"), "replies": [gone, deep, blocked]}
    read_ones = posts({"thread": {"post": view(), "replies": [deep]}})
    assert len(read_ones) == 201
    assert (read_ones[0].external_id, read_ones[-1].external_id) == (ROOT, f"{ROOT}-0")
    assert posts({"thread": gone}) == []


def test_what_is_passed_on_is_an_item_of_its_own() -> None:
    by = {"did": LUMO, "handle": "lumo.test"}
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": by, "uri": "at://repost", "indexedAt": AT}
    [post] = posts({"feed": [{"post": view(), "reason": reason}]})
    assert (post.kind, post.external_id, post.author_id, post.thread) == ("repost", "at://repost", LUMO, ROOT)


@pytest.mark.parametrize(
    ("said", "is_believed"),
    [
        ("2026-11-22T08:33:35.000Z", True),
        ("2026-11-20T09:33:35.000Z", False),  # longer ago than anybody's clock is slow
        ("2027-01-01T00:00:00.000Z", False),
        ("2026-11-22T08:33:35", False),  # in no zone
        ("yesterday", False),
        (None, False),
    ],
)
def test_an_authors_clock_is_believed_within_reason(said: str | None, is_believed: bool) -> None:  # noqa: FBT001
    [post] = posts({"posts": [view(createdAt=said)]})
    assert post.posted_at == datetime.fromisoformat(str(said) if is_believed else AT)


@pytest.mark.parametrize(
    "broken",
    [
        7,
        None,
        "post",
        {},
        view(text=7),
        view() | {"author": None},
        view() | {"indexedAt": "soon"},
        view(reply={"root": {}}),
        view(facets=[{"features": [{"$type": "app.bsky.richtext.facet#mention"}]}]),
    ],
)
def test_one_item_of_no_sense_harms_no_other(broken: object) -> None:
    first, second = read_page(json.dumps({"posts": [broken, view()]}))
    assert isinstance(first, Unreadable)
    assert isinstance(second, Post)


def test_half_a_character_harms_nothing() -> None:
    [post] = posts({"posts": [view(text="a\ud800 @Lumo.test", facets=[facet(2, 900)])]})
    assert post.text == "a\ud800 @Lumo.test"


@pytest.mark.parametrize("raw", ["", "{", "[]", "7", '{"posts": 7}', '{"thread": 7}', "[" * 100_000])
def test_an_answer_of_no_sense_is_one_unreadable_item(raw: str) -> None:
    assert all(isinstance(item, Unreadable) for item in read_page(raw))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["post", "record", "uri", "reason", "by", "replies", "author"]), inner)
    ),
    max_leaves=12,
)


@given(st.sampled_from(["notifications", "posts", "feed", "thread"]), _JSON)
def test_whatever_comes_is_read_or_said_to_be_unreadable(name: str, value: object) -> None:
    assert all(isinstance(item, Post | Unreadable) for item in read_page(json.dumps({name: value})))


def test_watch_words_become_one_search_each() -> None:
    rules = [read(line) for line in ("lumo lamp -football", '"cold brew"', "lumo lamp -apple")]
    assert queries_of(rules) == ("lumo lamp", "cold brew")
