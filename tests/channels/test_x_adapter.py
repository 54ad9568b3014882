"""The adapter of X: what it hears and says on a real server, and that every way of failing has its one right name."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask

from app.channels import x as adapter
from app.channels import x_line
from app.channels.base import (
    ChannelError,
    Door,
    Post,
    RateLimitedError,
    RefusedByNetworkError,
    ReplyKey,
    SignedOutError,
    UnknownOutcomeError,
    UnreachableError,
)
from app.channels.x import X
from app.kernel.db import transaction
from app.kernel.errors import NetworkInTransactionError
from app.supervise import wait_until
from listeners.x import read_page
from tests.channels.sandbox import START, Network
from tests.channels.stage import Counting
from tests.channels.wire import Answer, wire_to
from tests.ports import closed_port

CREATE = "POST /2/tweets"
MENTIONS = "GET /2/users/*/mentions"
TIMELINE = "GET /2/users/*/tweets"
REMOVE = "DELETE /2/tweets/*"
KEY = ReplyKey(1, datetime(2026, 1, 1, tzinfo=UTC))
EVERYTHING = START - timedelta(hours=1)


@pytest.fixture(autouse=True)
def _entered(request: pytest.FixtureRequest) -> Iterator[None]:
    """The adapter asks the session whether a transaction is open, so there has to be one."""
    if "app" in request.fixturenames:
        yield
        return
    with Flask("test").app_context():
        yield


@pytest.fixture
def brand(network: Network) -> dict[str, Any]:
    return network.brand("lumo")


def opened(brand: dict[str, Any], url: str, other_keys: dict[str, str] | None = None) -> X:
    """The brand's account, opened at that address."""
    return X(Door(brand["id"], "lumo", brand["credentials"] | (other_keys or {}), base_url=url))


@pytest.fixture
def x(network: Network, brand: dict[str, Any]) -> X:
    return opened(brand, network.url)


@pytest.fixture
def asked(network: Network) -> str:
    """A customer's post that may be answered."""
    return str(network.post("@lumo how do I pair it?", "ada")["id"])


def said(network: Network) -> list[str]:
    """What the brand's account has said on the network, newest first."""
    return [post["typed"] for post in network.control("GET", "/posts?handle=lumo")["posts"]]


class TestListening:
    def test_mentions_come_newest_first_a_page_at_a_time(
        self, network: Network, x: X, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "PAGE", 5)
        ids = [network.post(f"@lumo question {n}", "ada")["id"] for n in range(12)]
        heard, page, calls = [], None, 0
        while calls == 0 or page:
            answer = x.mentions(EVERYTHING, page)
            heard += [post.external_id for post in read_page(answer.raw)]
            page, calls = answer.next_page, calls + 1
        assert heard == ids[::-1]
        assert calls == 3

    def test_more_mentions_than_x_lists_are_found_by_searching(self, network: Network, brand: dict[str, Any]) -> None:
        texts = [{"handle": "ada", "text": f"@lumo question {n}"} for n in range(905)]
        ids = [post["id"] for post in network.control("POST", "/posts", texts)["posts"]]
        meter = Counting()
        x = X(Door(brand["id"], "lumo", brand["credentials"], network.url, meter))
        heard, page = [], None
        while not heard or page:
            answer = x.mentions(EVERYTHING, page)
            heard += [post.external_id for post in read_page(answer.raw) if isinstance(post, Post)]
            page = answer.next_page
        assert heard == ids[::-1]
        assert meter.spent == ["mentions"] * 8 + ["search"] * 2

    def test_mentions_begin_where_they_are_asked_to(self, network: Network, x: X) -> None:
        network.post("@lumo early", "ada")
        network.clock.advance(60)
        late = network.post("@lumo late", "ada")
        page = x.mentions(network.clock.moment - timedelta(seconds=5), None)
        assert [post.external_id for post in read_page(page.raw)] == [late["id"]]

    def test_a_quiet_account_is_an_empty_page(self, x: X) -> None:
        page = x.mentions(EVERYTHING, None)
        assert (list(read_page(page.raw)), page.next_page) == ([], None)

    def test_own_posts_tell_thread_and_target(self, network: Network, x: X, asked: str) -> None:
        network.control("POST", "/posts", {"handle": "lumo", "text": "Hold the button.", "reply_to": asked})
        [post] = read_page(x.own_posts(EVERYTHING, None).raw)
        assert (post.thread, post.in_reply_to, post.author_handle) == (asked, asked, "lumo")


class TestSpeaking:
    def test_a_reply_stands_under_its_post(self, network: Network, x: X, asked: str) -> None:
        sent = x.reply(asked, "Hold the button & wait.", KEY)
        [post] = network.control("GET", f"/posts?replies_to={asked}")["posts"]
        assert (post["id"], post["typed"], post["handle"]) == (sent.external_id, "Hold the button & wait.", "lumo")

    def test_own_replies_are_what_the_account_answered(
        self, network: Network, x: X, asked: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "PAGE", 5)
        network.post("Good morning.", "lumo")
        sent = [x.reply(asked, f"Step {n}", KEY).external_id for n in range(7)]
        found = x.own_replies(EVERYTHING, under="1")
        assert [reply.external_id for reply in found] == sent[::-1]
        assert {reply.in_reply_to for reply in found} == {asked}
        assert found[0].posted_at == START + timedelta(seconds=2)

    def test_taking_down_twice_is_taking_down_once(self, network: Network, x: X, asked: str) -> None:
        sent = x.reply(asked, "Wrong button.", KEY)
        x.take_down(sent.external_id)
        x.take_down(sent.external_id)
        assert said(network) == []

    def test_taking_down_what_is_not_ours_is_refused(self, x: X, asked: str) -> None:
        with pytest.raises(RefusedByNetworkError, match="not authorized"):
            x.take_down(asked)


@pytest.mark.parametrize(
    ("kind", "options", "error", "is_said"),
    [
        ("rate_limited", {"reset_in": 900}, RateLimitedError, False),
        ("usage_capped", {}, RateLimitedError, False),
        ("duplicate_content", {}, UnknownOutcomeError, False),
        ("error_before", {"status": 500}, UnknownOutcomeError, False),
        ("error_before", {"status": 503}, UnknownOutcomeError, False),
        ("error_after", {"status": 500}, UnknownOutcomeError, True),
        ("error_after", {"status": 504}, UnknownOutcomeError, True),
        ("drop_before", {}, UnknownOutcomeError, False),
        ("drop_after", {}, UnknownOutcomeError, True),
        ("slow_answer", {"ms": 1000}, UnknownOutcomeError, True),
        ("latency", {"ms": 1000}, UnknownOutcomeError, True),
        ("truncated_json", {}, UnknownOutcomeError, True),
        ("string_body", {"status": 503}, UnknownOutcomeError, False),
    ],
)
def test_a_failed_reply_has_the_name_of_what_it_proves(
    network: Network,
    x: X,
    asked: str,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    options: dict[str, int],
    error: type[ChannelError],
    *,
    is_said: bool,
) -> None:
    """Only errors that prove that nothing was said may be tried again; everything else is unknown."""
    if "ms" in options:
        monkeypatch.setattr(x_line, "TIMEOUTS", (10.0, 0.5))
    network.fault(kind, CREATE, options=options)
    with pytest.raises(ChannelError) as caught:
        x.reply(asked, "Hold the button.", KEY)
    assert type(caught.value) is error
    if is_said:  # it may not have been when we gave up, and is now: why nothing is tried again at once
        wait_until(lambda: bool(said(network)), timeout=60)
    assert said(network) == (["Hold the button."] if is_said else [])


@pytest.mark.parametrize("endpoint", [MENTIONS, TIMELINE, REMOVE])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limited", RateLimitedError),
        ("error_before", UnreachableError),
        ("drop_after", UnreachableError),
        ("truncated_json", UnreachableError),
        ("string_body", UnreachableError),
        ("slow_answer", UnreachableError),
    ],
)
def test_reading_and_removing_fail_in_the_same_words(
    network: Network,
    x: X,
    asked: str,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    kind: str,
    error: type[ChannelError],
) -> None:
    sent = x.reply(asked, "Hold the button.", KEY)
    if kind == "slow_answer":
        monkeypatch.setattr(x_line, "TIMEOUTS", (10.0, 0.5))
    network.fault(kind, endpoint, options={"ms": 1000} if kind == "slow_answer" else {})
    calls = {
        MENTIONS: lambda: x.mentions(EVERYTHING, None),
        TIMELINE: lambda: x.own_replies(EVERYTHING, under="1"),
        REMOVE: lambda: x.take_down(sent.external_id),
    }
    if (endpoint, kind) == (REMOVE, "truncated_json"):  # nobody reads what a removal answers
        calls[endpoint]()
        return
    with pytest.raises(ChannelError) as caught:
        calls[endpoint]()
    # What only reads has done nothing, however it fails; a removal may have happened.
    unknown = endpoint == REMOVE and error is UnreachableError
    assert type(caught.value) is (UnknownOutcomeError if unknown else error)


def test_a_rate_limit_says_until_when_if_the_network_does(network: Network, x: X, asked: str) -> None:
    network.fault("rate_limited", CREATE, options={"reset_in": 600})
    with pytest.raises(RateLimitedError) as told:
        x.reply(asked, "Hold the button.", KEY)
    assert told.value.until == network.clock.moment.replace(microsecond=0) + timedelta(seconds=600)
    network.fault("usage_capped", CREATE)
    with pytest.raises(RateLimitedError) as untold:
        x.reply(asked, "Hold the button.", KEY)
    assert untold.value.until is None


@pytest.mark.parametrize("value", ["", "soon", "9" * 30, "²"])
def test_a_reset_time_that_is_none_counts_as_untold(value: str) -> None:
    answer = requests.Response()
    answer.headers["x-rate-limit-reset"] = value
    assert x_line._reset(answer) is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RefusedByNetworkError),
        (401, SignedOutError),
        (402, RefusedByNetworkError),
        (403, RefusedByNetworkError),
        (409, UnknownOutcomeError),
        (429, RateLimitedError),
        (500, UnknownOutcomeError),
    ],
)
@pytest.mark.parametrize("body", ['{"title": "No", "detail": "Not now, please."}', '"No"', "", "<html>", "[]", "null"])
def test_the_status_counts_whatever_the_body(
    network: Network, brand: dict[str, Any], status: int, error: type[ChannelError], body: str
) -> None:
    with wire_to(network.url) as wire:
        wire.fail(Answer(status, body, {"Content-Type": "application/json"}))
        with pytest.raises(ChannelError) as caught:
            opened(brand, wire.url).reply("1", "Hold the button.", KEY)
    assert type(caught.value) is error


def test_the_day_may_be_used_up_before_the_quarter_of_an_hour(network: Network, brand: dict[str, Any]) -> None:
    soon, late = START + timedelta(minutes=9), START + timedelta(hours=20)
    told = {"x-rate-limit-remaining": "40", "x-rate-limit-reset": str(int(soon.timestamp()))}
    told |= {"x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": str(int(late.timestamp()))}
    meter = Counting()
    with wire_to(network.url) as wire:
        wire.fail(Answer(429, '{"title": "Too Many Requests"}', told))
        with pytest.raises(RateLimitedError) as caught:
            X(Door(brand["id"], "lumo", brand["credentials"], wire.url, meter)).reply("1", "Hold it.", KEY)
    assert caught.value.until == late
    assert meter.heard == [("write", 0, late)]


def test_an_account_without_an_apps_token_reads_with_its_own_signature(
    network: Network, brand: dict[str, Any], asked: str
) -> None:
    keys = {name: value for name, value in brand["credentials"].items() if name != "bearer_token"}
    x = X(Door(brand["id"], "lumo", keys, network.url))
    assert asked in x.mentions(EVERYTHING, None).raw
    assert x.look_up([asked]).shown[asked].state == "there"
    assert asked in x.thread(asked, None).raw


def test_no_key_is_written_into_a_log(
    x: X, brand: dict[str, Any], asked: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    x.take_down(x.reply(asked, "Hold the button.", KEY).external_id)
    x.mentions(EVERYTHING, None)
    next(x.stream(["lamp"]))
    assert "/2/tweets" in caplog.text
    assert [name for name, key in brand["credentials"].items() if key in caplog.text] == []


def test_what_is_no_id_is_gone_and_not_asked_for(brand: dict[str, Any]) -> None:
    shown = opened(brand, "http://127.0.0.1:9").look_up(["at://did/post", "", "²"]).shown
    assert {one.state for one in shown.values()} == {"gone"}


def test_a_permission_that_ended_is_told_apart(network: Network, brand: dict[str, Any], asked: str) -> None:
    stale = X(
        Door(brand["id"], "lumo", brand["credentials"] | {"access_token_secret": "revoked"}, base_url=network.url)
    )
    with pytest.raises(SignedOutError):
        stale.reply(asked, "Hold the button.", KEY)
    deaf = opened(brand, network.url, {"bearer_token": "revoked"})
    with pytest.raises(SignedOutError):
        deaf.mentions(EVERYTHING, None)
    assert said(network) == []


def test_a_refusal_is_told_in_the_networks_words(network: Network, x: X, asked: str) -> None:
    unaddressed = network.post("my lamp will not pair", "ada")["id"]
    with pytest.raises(RefusedByNetworkError, match="have not been mentioned"):
        x.reply(unaddressed, "Hold the button.", KEY)
    network.control("DELETE", f"/posts/{asked}")
    with pytest.raises(RefusedByNetworkError, match="deleted or not visible"):
        x.reply(asked, "Hold the button.", KEY)
    with pytest.raises(RefusedByNetworkError, match="too long"):
        x.reply(network.post("@lumo again?", "ada")["id"], "long " * 80, KEY)
    assert said(network) == []


def test_saying_the_same_twice_is_unknown_since_the_first_may_have_been_ours(x: X, asked: str) -> None:
    x.reply(asked, "Hold the button.", KEY)
    with pytest.raises(UnknownOutcomeError, match="duplicate"):
        x.reply(asked, "Hold the button.", KEY)


def test_a_closed_port_was_never_reached(brand: dict[str, Any]) -> None:
    with closed_port() as port, pytest.raises(UnreachableError):
        opened(brand, f"http://127.0.0.1:{port}").reply("1", "Hold the button.", KEY)


@pytest.mark.usefixtures("app")
def test_no_call_inside_a_transaction(network: Network, x: X, asked: str) -> None:
    calls = (
        lambda: x.reply(asked, "Hold the button.", KEY),
        lambda: x.mentions(EVERYTHING, None),
        lambda: x.own_posts(EVERYTHING, None),
        lambda: x.own_replies(EVERYTHING, under="1"),
        lambda: x.take_down("1"),
    )
    with transaction():
        for call in calls:
            with pytest.raises(NetworkInTransactionError):
                call()
    assert said(network) == []
