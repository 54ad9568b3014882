"""Facebook's answers and webhooks become posts, edits and deletions; what cannot be read harms nothing beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels.base import Post
from listeners.facebook import parts_of, queries_of, read_page, to_look_up
from listeners.hear import Changed, Unreadable
from tests.channels.facebook_hooks import AT, OTHER_PAGE, PAGE, body, comment

POST = {"id": f"{PAGE}_700", "message": "We are open.", "from": {"id": PAGE, "name": "Lumo"}}
ASKED = {"id": "700_1", "message": "how do I pair it?", "from": {"id": "4711", "name": "Ada"}}


def node(base: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"created_time": "2026-11-02T09:00:00+0000"} | base | more


def answer(*answers: Any, whose: str = "all", since: str | None = None) -> str:
    return json.dumps({"page_id": PAGE, "whose": whose, "since": since, "answers": answers})


def read(raw: str | bytes) -> list[Any]:
    return list(read_page(raw.decode() if isinstance(raw, bytes) else raw))


class TestAnswers:
    def test_a_feed_holds_posts_and_the_comments_below_them(self) -> None:
        nested = node(ASKED, id="700_2", parent={"id": "700_1"}, created_time="2026-11-02T09:01:00+0000")
        page = {"data": [node(POST, comments={"data": [node(ASKED), nested]})]}
        newest, *_ = found = read(answer(page))
        root, first = (next(one for one in found if one.external_id == name) for name in (f"{PAGE}_700", "700_1"))
        assert (root.thread, root.in_reply_to) == (f"{PAGE}_700", None)
        assert (first.thread, first.in_reply_to) == (f"{PAGE}_700", f"{PAGE}_700")
        assert (newest.external_id, newest.thread, newest.in_reply_to) == ("700_2", f"{PAGE}_700", "700_1")
        assert (first.author_name, first.summons) == ("Ada", (PAGE,))
        assert first.posted_at == datetime(2026, 11, 2, 9, tzinfo=UTC)

    @pytest.mark.parametrize(("whose", "read_ids"), [("own", {f"{PAGE}_700"}), ("others", {"700_1"})])
    def test_what_only_came_along_is_left_out(self, whose: str, read_ids: set[str]) -> None:
        page = {"data": [node(POST, comments={"data": [node(ASKED)]})]}
        assert {post.external_id for post in read(answer(page, whose=whose))} == read_ids

    def test_what_is_older_than_asked_for_is_left_out(self) -> None:
        late = node(ASKED, created_time="2026-11-02T09:00:05+0000")
        page = {"data": [node(POST, comments={"data": [late]})]}
        assert [post.external_id for post in read(answer(page, since="2026-11-02T09:00:05.400000+00:00"))] == ["700_1"]

    def test_authors_whom_facebook_does_not_name_stay_strangers_to_each_other(self) -> None:
        page = {"data": [node(POST, id=f"{PAGE}_{number}", **{"from": None}) for number in (1, 2)]}
        one, other = read(answer(page, whose="others"))
        assert one.author_id != other.author_id
        assert (one.author_name, one.text) == ("", "We are open.")

    def test_a_post_without_words_is_still_a_post(self) -> None:
        [post] = read(answer({"700_1": {key: value for key, value in node(ASKED).items() if key != "message"}}))
        assert (post.external_id, post.text) == ("700_1", "")

    @pytest.mark.parametrize(
        "broken",
        [
            {"id": 7},
            {"id": "no-number"},
            {"message": ["a list"]},
            {"created_time": "yesterday"},
            {"created_time": None},
            {"comments": {"data": 7}},
        ],
        ids=str,
    )
    def test_a_broken_item_is_named_and_the_next_unharmed(self, broken: dict[str, Any]) -> None:
        page = {"data": [node(POST, **broken), node(ASKED, id=f"{PAGE}_9")]}
        found = read(answer(page))
        assert [type(item) for item in found] == [Unreadable, Post]
        assert found[1].external_id == f"{PAGE}_9"

    @pytest.mark.parametrize("raw", ["", "{", "null", "[]", "7", '"a"', '{"answers": 7}', "[" * 100_000])
    def test_what_is_no_answer_is_one_unreadable_item(self, raw: str) -> None:
        assert [type(item) for item in read(raw)] == [Unreadable]

    def test_nobody_is_searched(self) -> None:
        assert queries_of([]) == ()


class TestWebhooks:
    def test_a_comment_is_heard_where_it_stands(self) -> None:
        [post] = read(body(comment(1, parent_id="700_9")))
        assert (post.external_id, post.thread, post.in_reply_to) == ("700_1", f"{PAGE}_700", "700_9")
        assert (post.author_id, post.author_name, post.text) == ("4711", "Ada Lovelace", "how do I pair it?")
        assert post.posted_at == datetime.fromtimestamp(AT + 1, UTC)
        assert post.summons == (PAGE,)

    def test_an_edit_and_a_deletion_are_changes_of_the_same_post(self) -> None:
        edited, gone = read(body(comment(1, "on fire", "edited"), comment(1, "", "remove", **{"from": None})))
        assert (edited.state, edited.external_id, edited.text) == ("edited", "700_1", "on fire")
        assert (gone.state, gone.external_id) == ("gone", "700_1")
        assert edited.at < gone.at

    def test_of_two_edits_sent_at_once_the_later_counts(self) -> None:
        first, second = read(body(comment(1, "b", "edited"), comment(1, "a", "edited")))
        assert (first.text, second.text) == ("b", "a")
        assert first.at < second.at

    @pytest.mark.parametrize("verb", ["hide", "unhide"])
    def test_what_the_page_hides_says_nothing(self, verb: str) -> None:
        assert read(body(comment(1, verb=verb))) == []

    @pytest.mark.parametrize("item", ["reaction", "like", "follow", "rating-of-tomorrow"])
    def test_what_holds_no_words_says_nothing(self, item: str) -> None:
        assert read(body(comment(1, item=item))) == []
        assert to_look_up(body(comment(1, item=item, message=None)).decode()) == ()

    def test_an_unknown_verb_is_kept_to_be_looked_at(self) -> None:
        [item] = read(body(comment(1, verb="transmogrified")))
        assert isinstance(item, Unreadable)
        assert "transmogrified" in item.reason

    @pytest.mark.parametrize(
        "bare",
        [
            comment(1, **{"from": None}),
            comment(1, message=None),
            comment(1, verb="edited", message=None),
            {"field": "mention", "value": {"item": "comment", "verb": "add", "comment_id": "700_1", "post_id": "5_6"}},
        ],
        ids=["no sender", "no text", "no new text", "a mention"],
    )
    def test_what_is_only_named_is_to_be_looked_up(self, bare: dict[str, Any]) -> None:
        assert read(body(bare)) == []
        assert to_look_up(body(bare, comment(2), bare).decode()) == ("700_1",)

    def test_a_mention_with_sender_and_text_needs_no_second_look(self) -> None:
        change = comment(1, sender_id="4711", sender_name="Ada", **{"from": None}) | {"field": "mention"}
        [post] = read(body(change))
        assert (post.author_id, post.author_name) == ("4711", "Ada")

    @pytest.mark.parametrize(
        "broken",
        [
            {"field": "feed"},
            comment(1, created_time="soon"),
            comment(1, created_time=10**30),
            comment(1, comment_id=None),
            comment(1, post_id=7),
            comment(1, message=["a list"]),
            comment(1, **{"from": "Ada"}),
            "a text",
            None,
        ],
        ids=str,
    )
    def test_a_broken_change_harms_nothing_beside_it(self, broken: Any) -> None:
        found = read(body(broken, comment(2)))
        assert [item.external_id for item in found if isinstance(item, Post)] == ["700_2"]
        broken_items = [item for item in found if isinstance(item, Unreadable)]
        assert len(broken_items) + len(to_look_up(body(broken, comment(2)).decode())) == 1  # it is lost in neither

    def test_fields_of_tomorrow_are_no_trouble(self) -> None:
        whole = json.loads(body(comment(1, mood="sunny"), {"field": "weather", "value": {"sky": "blue"}}))
        whole["entry"][0]["messaging"] = [{"sender": 1}]
        [post] = read(json.dumps(whole | {"new": True}))
        assert post.external_id == "700_1"

    def test_each_page_gets_its_own_part_and_no_other(self) -> None:
        mine, theirs = json.loads(body(comment(1))), json.loads(body(comment(2, "secret plans"), page=OTHER_PAGE))
        parts = parts_of(json.dumps(mine | {"entry": mine["entry"] + theirs["entry"]}).encode())
        assert [page for page, _ in parts] == [PAGE, OTHER_PAGE]
        assert "secret plans" not in parts[0][1]
        assert [item.external_id for item in read(parts[0][1])] == ["700_1"]

    @pytest.mark.parametrize(
        "raw",
        [b"", b"{", b"null", b"7", b"[]", b"\xff\xfe", b'{"object": "page"}', b'{"object": "page", "entry": 7}'],
    )
    def test_what_is_no_webhook_is_said_to_be_none(self, raw: bytes) -> None:
        with pytest.raises(ValueError, match="no webhook"):
            parts_of(raw)

    def test_news_about_other_things_than_pages_have_no_parts(self) -> None:
        assert parts_of(b'{"object": "user", "entry": [{"id": "7"}]}') == ()

    def test_changes_keep_their_kind(self) -> None:
        assert [type(item) for item in read(body(comment(1, verb="remove")))] == [Changed]
