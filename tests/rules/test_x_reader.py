"""X's JSON becomes posts: in both spellings, whole, as typed, with who may answer; and what is no post is put aside."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels.base import Post, Shown
from app.channels.x_answers import NOT_SUMMONED, RESTRICTED, shown
from listeners.hear import Unreadable
from listeners.x import read_page

ITEM: dict[str, Any] = {
    "id": "20",
    "text": "@Lumo is it &lt;on&gt; &amp; off?",
    "author_id": "5",
    "created_at": "2026-11-02T09:00:00.000Z",
    "conversation_id": "10",
    "entities": {"mentions": [{"start": 0, "end": 5, "username": "Lumo", "id": "1"}]},
}
ADA = {"id": "5", "username": "ada", "name": "Ada", "public_metrics": {"followers_count": 12}}


def read(item: object, **includes: object) -> Post | Unreadable:
    [found] = read_page(json.dumps({"data": [item], "includes": {"users": [ADA]} | includes}))
    return found


def post(item: object, **includes: object) -> Post:
    found = read(item, **includes)
    assert isinstance(found, Post), found
    return found


def test_a_post_as_it_was_typed() -> None:
    assert post(ITEM) == Post(
        "x", "20", "10", None, "5", "ada", "Ada", 12, "@Lumo is it <on> & off?", datetime(2026, 11, 2, 9, tzinfo=UTC),
        "post", ("lumo",),
    )  # fmt: skip


def test_markup_that_was_typed_stays() -> None:
    assert post(ITEM | {"text": "write &amp;lt; for &lt;"}).text == "write &lt; for <"


@pytest.mark.parametrize("word", ["tweet", "post"])
class TestBothSpellings:
    def test_a_reply_that_quotes(self, word: str) -> None:
        related = [{"type": "replied_to", "id": "15"}, {"type": "quoted", "id": "16"}]
        quoted = {"id": "16", "author_id": "9", "text": "ours"}
        users = [ADA, {"id": "9", "username": "Harbor"}]
        found = post(ITEM | {f"referenced_{word}s": related}, users=users, **{f"{word}s": [quoted]})
        assert (found.in_reply_to, found.summons, found.kind) == ("15", ("harbor", "lumo"), "post")

    def test_a_repost(self, word: str) -> None:
        assert post(ITEM | {f"referenced_{word}s": [{"type": "retweeted", "id": "15"}]}).kind == "repost"

    def test_a_long_text_is_whole_and_so_is_who_it_names(self, word: str) -> None:
        note = {"text": "long &amp; long @harbor", "entities": {"mentions": [{"username": "harbor"}]}}
        found = post(ITEM | {f"note_{word}": note})
        assert (found.text, found.summons) == ("long & long @harbor", ("harbor", "lumo"))

    def test_an_edit_names_its_first_version(self, word: str) -> None:
        history = f"edit_history_{word}_ids"
        assert post(ITEM | {history: ["9", "10", "20"]}).edit_of == "9"
        assert post(ITEM | {history: ["20"]}).edit_of is None


def test_a_quote_does_not_summon_where_the_author_chose_who_may_answer() -> None:
    quoting = {k: v for k, v in ITEM.items() if k != "entities"} | {
        "referenced_tweets": [{"type": "quoted", "id": "16"}]
    }
    brought: dict[str, Any] = {
        "users": [ADA, {"id": "9", "username": "lumo"}],
        "tweets": [{"id": "16", "author_id": "9", "text": "ours"}],
    }
    assert post(quoting | {"reply_settings": "everyone"}, **brought).summons == ("lumo",)
    assert post(quoting | {"reply_settings": "mentionedUsers"}, **brought).summons == ()


def test_what_is_missing_or_new_does_no_harm() -> None:
    bare = {"id": 20, "text": "hi", "author_id": 6, "created_at": "2026-11-02T09:00:00Z", "new": {"a": [1]}}
    found = post(bare, topics=[{"id": "1"}])
    assert (found.external_id, found.thread, found.author_handle, found.author_followers) == ("20", "20", "6", 0)


@pytest.mark.parametrize(
    "item",
    [
        {},
        [],
        None,
        7,
        "text",
        ITEM | {"text": 7},
        ITEM | {"text": None},
        ITEM | {"created_at": "yesterday"},
        ITEM | {"created_at": 7},
        ITEM | {"entities": {"mentions": [7]}},
        ITEM | {"note_tweet": "long"},
        ITEM | {"referenced_tweets": {"type": "quoted"}},
        {name: value for name, value in ITEM.items() if name != "author_id"},
    ],
)
def test_what_is_no_post_is_put_aside_and_the_next_is_read(item: object) -> None:
    bad, good = read_page(json.dumps({"data": [item, ITEM], "includes": {"users": [ADA]}}))
    assert isinstance(bad, Unreadable)
    assert isinstance(good, Post)


@pytest.mark.parametrize(
    "bad",
    [{"username": "x"}, {"id": None}, None, 7, "text", []],
    ids=["no id", "empty id", "null", "7", "text", "list"],
)
@pytest.mark.parametrize("word", ["users", "tweets", "posts"])
def test_what_came_along_and_is_nothing_costs_no_post(word: str, bad: object) -> None:
    quoting = ITEM | {"referenced_tweets": [{"type": "quoted", "id": "16"}]}
    brought: dict[str, list[Any]] = {
        "users": [ADA, {"id": "9", "username": "harbor"}],
        "posts" if word == "posts" else "tweets": [{"id": "16", "author_id": "9", "text": "ours"}],
    }
    brought[word].insert(0, bad)
    found = list(read_page(json.dumps({"data": [quoting, ITEM | {"id": "21"}], "includes": brought})))
    assert [(one.author_handle, one.summons) for one in found if isinstance(one, Post)] == [
        ("ada", ("harbor", "lumo")),
        ("ada", ("lumo",)),
    ]


@pytest.mark.parametrize(
    "raw",
    ["", "null", "[]", "7", '"Over capacity"', "{", '{"data": "x"}', '{"data": [], "includes": []}', "[" * 100_000],
)
def test_an_answer_that_is_none_is_one_item_put_aside_or_empty(raw: str) -> None:
    assert all(isinstance(item, Unreadable) for item in read_page(raw))


def test_huge_and_half_letters_are_read() -> None:
    [found] = read_page('{"data": [' + json.dumps(ITEM | {"text": "x" * 1_000_000 + "\ud800"}) + "]}")
    assert isinstance(found, Post)
    assert len(found.text) == 1_000_001


class TestLookingUp:
    @staticmethod
    def seen(item: dict[str, Any], account: str = "1", **more: object) -> Shown:
        body = {"data": [item], "includes": {"users": [ADA]}} | more
        return shown(body, [str(item["id"])], account, "LUMO")["20"]

    def test_a_post_that_names_us_may_be_answered(self) -> None:
        assert self.seen(ITEM) == Shown("there", "@Lumo is it <on> & off?")

    def test_a_post_that_names_nobody_is_closed_and_says_why(self) -> None:
        item = ITEM | {"entities": {}}
        assert (self.seen(item).state, self.seen(item).why) == ("closed", NOT_SUMMONED)
        assert self.seen(item | {"reply_settings": "following"}).why == RESTRICTED

    def test_a_post_of_our_own_may_be_answered(self) -> None:
        assert self.seen(ITEM | {"entities": {}}, account="5").state == "there"

    def test_what_x_calls_gone_is_gone_and_what_it_leaves_out_is_not(self) -> None:
        gone = {"errors": [{"resource_id": "20", "title": "Not Found Error"}]}
        assert shown(gone, ["20"], "1", "lumo") == {"20": Shown("gone")}
        with pytest.raises(KeyError):
            shown({"data": [ITEM]}, ["20", "21"], "1", "lumo")

    def test_a_parent_that_is_gone_does_not_take_the_post_with_it(self) -> None:
        assert self.seen(ITEM, errors=[{"resource_id": "15"}]).state == "there"
