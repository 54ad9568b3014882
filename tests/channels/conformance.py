"""What every network's adapter and reader must do, whichever network it is: one suite, run against a server of each.

A network joins by a class of its own that inherits `Conformance` and gives it a `stage`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.channels import networks
from app.channels.base import (
    MOST_LOOKED_UP,
    ChannelError,
    Network,
    Post,
    RateLimitedError,
    RefusedByNetworkError,
    ReplyKey,
    Shown,
    SignedOutError,
    UnknownOutcomeError,
    UnreachableError,
)
from app.desk.rules.approval import same_words
from app.kernel.db import transaction
from app.kernel.errors import NetworkInTransactionError
from listeners.readers import reader
from tests.channels.stage import (
    EVERY_CALL,
    TROUBLED_READS,
    Counting,
    Stage,
    calls,
    is_for_people,
    ready,
    whole,
)
from tests.channels.wire import CUT_AFTER, CUT_BEFORE, HANG, WRITES, Answer
from tests.ports import closed_port

TRICKY = "Does it <blink> & why? 🙋🏽‍♀️ Cảm ơn nhiều, 谢谢, 감사합니다"


class Conformance:
    """The suite. Subclasses give the fixture `stage`, fresh or at least without traces of other tests."""

    @pytest.fixture(autouse=True)
    def _entered(self, request: pytest.FixtureRequest) -> Iterator[None]:
        """An adapter asks the session whether a transaction is open, so there has to be one."""
        if "app" in request.fixturenames:
            yield
            return
        with Flask("test").app_context():
            yield

    @pytest.fixture
    def since(self, stage: Stage) -> datetime:
        """A moment before anything is said."""
        return stage.now() - timedelta(minutes=2)

    @pytest.fixture
    def key(self, stage: Stage) -> ReplyKey:
        """The key of one reply."""
        return ReplyKey(1, stage.now())

    @pytest.fixture
    def network(self, stage: Stage) -> Network:
        """The account's adapter."""
        return stage.opened()

    # Listening

    def test_mentions_come_newest_first_and_page_by_page(
        self, stage: Stage, network: Network, since: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        size = stage.small_pages(monkeypatch)
        asked = [stage.ask(f"question {number}") for number in range(size + 2)]
        assert [post.external_id for post in whole(stage, lambda page: network.mentions(since, page))] == asked[::-1]

    def test_mentions_begin_where_they_are_asked_to_and_windows_may_overlap(
        self, stage: Stage, network: Network, since: datetime
    ) -> None:
        early, late = stage.ask("early"), stage.ask("late")
        everything = whole(stage, lambda page: network.mentions(since, page))
        [first] = [post for post in everything if post.external_id == early]
        later = whole(stage, lambda page: network.mentions(first.posted_at + timedelta(milliseconds=500), page))
        assert [post.external_id for post in everything] == [late, early]
        assert late in {post.external_id for post in later}
        assert [post for post in later if post.external_id == late] == [
            post for post in everything if post.external_id == late
        ]

    def test_a_quiet_account_is_an_empty_page(self, stage: Stage, network: Network, since: datetime) -> None:
        assert whole(stage, lambda page: network.mentions(since, page)) == []

    def test_a_post_says_who_wrote_what_when_and_where(self, stage: Stage, network: Network, since: datetime) -> None:
        asked = stage.ask(TRICKY)
        reply = stage.answer(asked, "still nothing")
        [second, first] = whole(stage, lambda page: network.mentions(since, page))
        assert (first.external_id, first.in_reply_to, first.channel) == (asked, None, stage.channel)
        assert (second.external_id, second.in_reply_to, second.thread) == (reply, asked, first.thread)
        assert TRICKY in first.text
        assert first.author_id == second.author_id != stage.account_id
        assert since < first.posted_at <= second.posted_at <= stage.now() + timedelta(seconds=5)

    def test_own_posts_are_what_the_account_said_by_any_hand(
        self, stage: Stage, network: Network, since: datetime, key: ReplyKey
    ) -> None:
        by_another = stage.says("Good morning.")
        asked = stage.ask()
        ours = network.reply(asked, "Hold the button.", key).external_id
        own = whole(stage, lambda page: network.own_posts(since, page))
        assert {by_another, ours} <= {post.external_id for post in own}
        assert asked not in {post.external_id for post in own}
        assert {post.author_id for post in own} == {stage.account_id}
        [reply] = [post for post in own if post.external_id == ours]
        assert reply.in_reply_to == asked

    def test_a_thread_is_read_as_it_stands_now(
        self, stage: Stage, network: Network, since: datetime, key: ReplyKey
    ) -> None:
        asked = stage.ask("my lamp blinks")
        ours = network.reply(asked, "Hold the button.", key).external_id
        regretted, kept = stage.answer(asked, "never mind"), stage.answer(ours, "that worked")
        stage.delete(regretted)
        [first] = [
            post for post in whole(stage, lambda page: network.mentions(since, page)) if post.external_id == asked
        ]
        standing = {post.external_id: post for post in whole(stage, lambda page: network.thread(first.thread, page))}
        assert {ours, kept} <= set(standing)
        assert regretted not in standing
        assert (standing[kept].in_reply_to, standing[kept].thread) == (ours, first.thread)

    # Looking again

    def test_look_up_tells_what_stands_and_what_is_gone(self, stage: Stage, network: Network) -> None:
        there, gone = stage.ask("there"), stage.ask("gone")
        stage.delete(gone)
        shown = network.look_up([there, gone]).shown
        assert (shown[there].state, shown[there].newest_id) == ("there", None)
        assert shown[gone] == Shown("gone")

    def test_look_up_gives_the_same_words_as_listening_and_can_be_read_like_it(
        self, stage: Stage, network: Network, since: datetime
    ) -> None:
        asked = stage.ask(TRICKY)
        [heard] = whole(stage, lambda page: network.mentions(since, page))
        answer = network.look_up([asked])
        [read] = [post for post in reader(stage.channel).read_page(answer.raw) if isinstance(post, Post)]
        assert answer.shown[asked].text == heard.text == read.text
        assert read.external_id == asked

    def test_look_up_tells_the_newest_words_of_an_edited_post(self, stage: Stage, network: Network) -> None:
        if not stage.edits:
            pytest.skip(f"nobody edits posts on {stage.channel}")
        asked = stage.ask("my lamp blinks")
        newest = stage.edit(asked, "my lamp is on fire")
        shown = network.look_up([asked]).shown[asked]
        assert shown.newest_id == (newest if newest != asked else None)
        assert "on fire" in (network.look_up([newest]).shown[newest].text or "")

    def test_look_up_says_of_a_closed_post_why_nobody_may_answer(self, stage: Stage, network: Network) -> None:
        closed = stage.closed()
        if closed is None:
            pytest.skip(f"{stage.channel} closes no posts to the account")
        shown = network.look_up([closed]).shown[closed]
        assert shown.state == "closed"
        assert " " in shown.why

    def test_look_up_takes_as_many_as_the_contract_says(self, stage: Stage, network: Network) -> None:
        there, gone = stage.ask("there"), stage.ask("gone")
        stage.delete(gone)
        asked = [there] + [gone] * (MOST_LOOKED_UP - 1)
        assert {external_id: shown.state for external_id, shown in network.look_up(asked).shown.items()} == {
            there: "there",
            gone: "gone",
        }

    # Speaking

    def test_a_reply_stands_under_its_post(self, stage: Stage, network: Network, key: ReplyKey) -> None:
        asked, other = stage.ask("first"), stage.ask("second")
        sent = network.reply(asked, TRICKY, key)
        assert list(stage.said(asked)) == [(sent.external_id, TRICKY)]
        assert list(stage.said(other)) == []

    def test_a_reply_deep_in_a_thread_stands_under_what_it_answers(
        self, stage: Stage, network: Network, since: datetime, key: ReplyKey
    ) -> None:
        asked = stage.ask("my lamp blinks")
        first = network.reply(asked, "Hold the button.", key).external_id
        again = stage.answer(first, "it still blinks")
        second = network.reply(again, "Then pull the plug.", ReplyKey(2, stage.now())).external_id
        assert [external_id for external_id, _ in stage.said(again)] == [second]
        own = {post.external_id: post for post in whole(stage, lambda page: network.own_posts(since, page))}
        assert (own[second].in_reply_to, own[second].thread) == (again, own[first].thread)

    def test_a_reply_with_the_same_key_stands_once(self, stage: Stage, network: Network, key: ReplyKey) -> None:
        if not stage.names_replies:
            pytest.skip(f"{stage.channel} takes no names of ours for a post")
        asked = stage.ask()
        first = network.reply(asked, "Hold the button.", key)
        assert network.reply(asked, "Hold the button.", key) == first
        assert len(stage.said(asked)) == 1

    def test_a_text_that_is_too_long_is_refused_in_words(self, stage: Stage, network: Network, key: ReplyKey) -> None:
        asked = stage.ask()
        measure = networks.kind(stage.channel).measure
        text = "a" * measure("").limit
        assert measure(text).left == 0
        with pytest.raises(RefusedByNetworkError) as refused:
            network.reply(asked, f"{text}b", key)
        assert is_for_people(refused.value)
        assert list(stage.said(asked)) == []
        assert network.reply(asked, text, ReplyKey(2, stage.now())).external_id

    def test_what_is_gone_cannot_be_answered_and_the_refusal_says_so(
        self, stage: Stage, network: Network, key: ReplyKey
    ) -> None:
        asked = stage.ask()
        stage.delete(asked)
        with pytest.raises(RefusedByNetworkError) as refused:
            network.reply(asked, "Hold the button.", key)
        assert is_for_people(refused.value)

    def test_own_replies_find_what_was_said(
        self, stage: Stage, network: Network, since: datetime, key: ReplyKey
    ) -> None:
        asked = stage.ask()
        stage.answer(asked, "me too")
        sent = network.reply(asked, "Hold the button.", key)
        [found] = [reply for reply in network.own_replies(since, asked) if reply.in_reply_to == asked]
        assert found.external_id == sent.external_id
        assert same_words(found.text, "Hold the button.")
        assert since < found.posted_at <= stage.now() + timedelta(seconds=5)

    def test_taking_down_twice_is_taking_down_once(self, stage: Stage, network: Network, key: ReplyKey) -> None:
        asked = stage.ask()
        sent = network.reply(asked, "Wrong button.", key)
        network.take_down(sent.external_id)
        network.take_down(sent.external_id)
        assert list(stage.said(asked)) == []

    # Saying no

    @pytest.mark.parametrize("name", EVERY_CALL)
    def test_a_limit_is_told_with_its_time_and_nothing_is_done(
        self, stage: Stage, network: Network, since: datetime, key: ReplyKey, name: str
    ) -> None:
        asked = ready(stage, network)
        until = stage.now().replace(microsecond=0) + timedelta(minutes=7)
        stage.wire.fail(stage.limited(until))
        with pytest.raises(RateLimitedError) as told:
            calls(network, asked, since, key)[name]()
        assert told.value.until is not None
        assert abs(told.value.until - until) <= timedelta(minutes=1)
        stage.wire.mend()
        assert list(stage.said(asked)) == []

    @pytest.mark.parametrize("name", ["mentions", "look_up", "reply"])
    def test_an_ended_permission_has_its_own_name(
        self, stage: Stage, since: datetime, key: ReplyKey, name: str
    ) -> None:
        asked = stage.ask()
        with pytest.raises(SignedOutError):
            calls(stage.signed_out(), asked, since, key)[name]()
        assert list(stage.said(asked)) == []

    @pytest.mark.parametrize("name", EVERY_CALL)
    def test_without_a_connection_nothing_was_done(
        self, stage: Stage, since: datetime, key: ReplyKey, name: str
    ) -> None:
        asked = stage.ask()
        with closed_port() as port, pytest.raises(UnreachableError):
            calls(stage.opened(base_url=f"http://127.0.0.1:{port}"), asked, since, key)[name]()

    @pytest.mark.parametrize(
        ("trouble", "is_said"),
        [
            pytest.param(CUT_BEFORE, False, id="cut before"),
            pytest.param(CUT_AFTER, True, id="cut after"),
            pytest.param(HANG, True, id="hangs"),
            pytest.param(Answer(502, "<html>bad gateway</html>", {"Content-Type": "text/html"}), False, id="gateway"),
            pytest.param(Answer(503), False, id="empty 503"),
            pytest.param(Answer(503, '"Over capacity"', {"Content-Type": "application/json"}), False, id="string"),
            pytest.param(Answer(200, '{"data": {"i', {"Content-Type": "application/json"}), False, id="truncated"),
            pytest.param(Answer(200, "[]", {"Content-Type": "application/json"}), False, id="a list"),
            pytest.param(Answer(200, "null", {"Content-Type": "application/json"}), False, id="null"),
        ],
    )
    def test_a_reply_without_a_clear_answer_is_unknown_and_can_be_found_out(
        self,
        stage: Stage,
        network: Network,
        since: datetime,
        key: ReplyKey,
        trouble: Answer | str,
        is_said: bool,  # noqa: FBT001  pytest gives it by name
    ) -> None:
        asked = ready(stage, network)
        stage.wire.fail(trouble, WRITES)
        with pytest.raises(UnknownOutcomeError):
            network.reply(asked, "Hold the button.", key)
        stage.wire.mend()
        found = [reply for reply in network.own_replies(since, asked) if reply.in_reply_to == asked]
        assert [same_words(reply.text, "Hold the button.") for reply in found] == ([True] if is_said else [])
        assert [external_id for external_id, _ in stage.said(asked)] == [reply.external_id for reply in found]

    @pytest.mark.parametrize(("name", "trouble"), TROUBLED_READS)
    def test_reading_that_failed_has_done_nothing_and_is_worth_another_try(
        self, stage: Stage, network: Network, since: datetime, key: ReplyKey, name: str, trouble: Answer | str
    ) -> None:
        asked = ready(stage, network)
        stage.wire.fail(trouble)
        with pytest.raises(ChannelError) as failed:
            calls(network, asked, since, key)[name]()
        assert not isinstance(failed.value, UnknownOutcomeError | RefusedByNetworkError | SignedOutError)

    # The house's side

    @pytest.mark.parametrize("name", EVERY_CALL)
    def test_a_full_budget_stops_the_call_before_it_is_made(
        self, stage: Stage, since: datetime, key: ReplyKey, name: str
    ) -> None:
        meter = Counting()
        network = stage.opened(meter)
        asked = ready(stage, network)
        meter.full_until = stage.now() + timedelta(minutes=7)
        before = len(stage.wire.asked)
        with pytest.raises(RateLimitedError) as told:
            calls(network, asked, since, key)[name]()
        assert told.value.until == meter.full_until
        assert len(stage.wire.asked) == before

    @pytest.mark.parametrize("name", EVERY_CALL[:-1])
    def test_every_request_is_counted_and_what_the_network_tells_is_passed_on(
        self, stage: Stage, since: datetime, key: ReplyKey, name: str
    ) -> None:
        meter = Counting()
        network = stage.opened(meter)
        asked = ready(stage, network)
        spent, heard, before = len(meter.spent), len(meter.heard), len(stage.wire.asked)
        calls(network, asked, since, key)[name]()
        assert len(meter.spent) - spent == len(stage.wire.asked) - before > 0
        assert (len(meter.heard) > heard) is stage.tells_limits

    @pytest.mark.usefixtures("app")
    def test_no_call_is_made_inside_a_transaction(self, stage: Stage, since: datetime, key: ReplyKey) -> None:
        network = stage.opened()
        asked = ready(stage, network)
        before = len(stage.wire.asked)
        with transaction():
            for call in calls(network, asked, since, key).values():
                with pytest.raises(NetworkInTransactionError):
                    call()
        assert len(stage.wire.asked) == before

    def test_no_secret_travels_in_an_address(
        self, stage: Stage, network: Network, since: datetime, key: ReplyKey
    ) -> None:
        asked = ready(stage, network)
        for name, call in calls(network, asked, since, key).items():
            if name != "take_down":
                call()
        assert not [one.path for one in stage.wire.asked if "token" in one.path.lower().replace("pagination_token", "")]
