"""The adapter of Facebook beyond the common suite: deep pages, every code's one right name, and no token anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from flask import Flask

from app.channels import facebook as adapter
from app.channels import facebook_line
from app.channels.base import (
    ChannelError,
    Door,
    RateLimitedError,
    RefusedByNetworkError,
    ReplyKey,
    SignedOutError,
    UnknownOutcomeError,
    UnreachableError,
)
from app.channels.facebook import Facebook
from app.channels.facebook_line import KEPT_FOR_ANSWERS, GoneError, in_our_words, usage
from listeners.facebook import read_page
from tests.channels.conformance import Counting
from tests.channels.sandbox import START, Network, running_network
from tests.channels.stage import calls, is_for_people
from tests.channels.wire import Answer, Wire, wire_to

KEY = ReplyKey(1, START)
EVERYTHING = START - timedelta(hours=1)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture(scope="module")
def wire(running: Network) -> Iterator[Wire]:
    with wire_to(running.url) as started:
        yield started


@pytest.fixture
def network(running: Network, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    running.afresh()
    monkeypatch.setattr(facebook_line, "clock", SimpleNamespace(now=running.clock))
    wire.mend()
    wire.asked.clear()
    with Flask("test").app_context():
        yield running


@pytest.fixture
def page(network: Network) -> dict[str, Any]:
    return network.control("POST", "/facebook/pages", {"username": "lumo", "name": "Lumo"})


def opened(page: dict[str, Any], url: str, **more: Any) -> Facebook:
    return Facebook(Door(page["id"], "lumo", page["credentials"], url, **more))


@pytest.fixture
def facebook(page: dict[str, Any], wire: Wire) -> Facebook:
    return opened(page, wire.url)


def wrote(network: Network, message: str, handle: str = "ada", **where: str) -> str:
    network.clock.advance(1)
    what = {"message": message, **where} | ({} if "as_page" in where else {"handle": handle})
    return str(network.control("POST", "/facebook/items", what)["id"])


def heard(facebook: Facebook, since: datetime = EVERYTHING) -> list[str]:
    ids, page = list[str](), None
    while True:
        answer = facebook.mentions(since, page)
        ids += [item.external_id for item in read_page(answer.raw)]  # type: ignore[union-attr]
        page = answer.next_page
        if page is None:
            return ids


class TestListening:
    def test_every_comment_of_a_busy_post_is_heard(
        self, network: Network, facebook: Facebook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "PAGE", 3)
        root = wrote(network, "We are open.", on="lumo", as_page="lumo")
        first = wrote(network, "0", under=root)
        comments = [first, *(wrote(network, str(number), under=first if number % 2 else root) for number in range(10))]
        assert sorted(heard(facebook)) == sorted(comments)

    def test_only_as_much_of_a_busy_post_is_read_as_is_new(
        self, network: Network, facebook: Facebook, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "PAGE", 3)
        root = wrote(network, "We are open.", on="lumo", as_page="lumo")
        for number in range(30):
            wrote(network, str(number), under=root)
        network.clock.advance(600)
        since = network.clock.moment
        late = wrote(network, "late", under=root)
        wire.asked.clear()
        assert heard(facebook, since) == [late]
        assert len(wire.asked) == 2  # the feed, and what names the page elsewhere

    def test_a_new_comment_under_an_old_post_is_heard(self, network: Network, facebook: Facebook) -> None:
        root = wrote(network, "We are open.", on="lumo", as_page="lumo")
        network.clock.advance(10 * 86_400)
        since = network.clock.moment
        late = wrote(network, "still open?", under=root)
        assert heard(facebook, since) == [late]

    def test_what_names_the_page_elsewhere_is_heard_and_can_be_answered(
        self, network: Network, facebook: Facebook
    ) -> None:
        elsewhere = wrote(network, "my @lumo blinks")
        assert heard(facebook) == [elsewhere]
        said = facebook.reply(elsewhere, "Hold the button.", KEY)
        assert [reply.external_id for reply in facebook.own_replies(EVERYTHING, elsewhere)] == [said.external_id]
        shown = facebook.look_up([elsewhere, said.external_id]).shown
        assert {one.state for one in shown.values()} == {"there"}

    def test_a_thread_that_is_gone_is_an_empty_page(self, network: Network, facebook: Facebook) -> None:
        root = wrote(network, "hello?", on="lumo")
        network.control("DELETE", f"/facebook/items/{root}")
        answer = facebook.thread(root, None)
        assert (list(read_page(answer.raw)), answer.next_page) == ([], None)

    def test_a_few_deleted_posts_among_many_are_told_apart(self, network: Network, facebook: Facebook) -> None:
        root = wrote(network, "hello?", on="lumo")
        ids = [root, *(wrote(network, str(number), under=root) for number in range(60))]
        gone = {ids[7], ids[44], ids[60]}
        for one in gone:
            network.control("DELETE", f"/facebook/items/{one}")
        shown = facebook.look_up(ids).shown
        assert {one for one, how in shown.items() if how.state == "gone"} == gone
        assert {one for one, how in shown.items() if how.state == "there"} == set(ids) - gone

    def test_without_the_permission_authors_are_unknown_and_posts_still_heard(
        self, network: Network, page: dict[str, Any], wire: Wire
    ) -> None:
        given = network.control("POST", "/facebook/tokens", {"page": "lumo", "scopes": ["pages_read_engagement"]})
        asked = wrote(network, "hello?", on="lumo")
        assert heard(opened({**page, "credentials": given}, wire.url)) == [asked]


class TestGone:
    """Deleted is only what Facebook says it does not know, while it shows us the page itself."""

    @pytest.fixture
    def asked(self, network: Network) -> tuple[str, str]:
        """Two comments: one that stands, one that was deleted."""
        root = wrote(network, "hello?", on="lumo")
        there, gone = wrote(network, "there", under=root), wrote(network, "gone", under=root)
        network.control("DELETE", f"/facebook/items/{gone}")
        return there, gone

    def test_it_is_believed_once_the_page_was_read_which_is_counted(
        self, page: dict[str, Any], wire: Wire, asked: tuple[str, str]
    ) -> None:
        meter = Counting()
        there, gone = asked
        shown = opened(page, wire.url, meter=meter).look_up([there, gone, f"{page['id']}_404"]).shown
        assert {one: how.state for one, how in shown.items()} == {
            there: "there",
            gone: "gone",
            f"{page['id']}_404": "gone",
        }
        assert sum("/feed?" in one.path for one in wire.asked) == 1
        assert len(meter.spent) == len(wire.asked)

    def test_while_everything_stands_the_page_is_not_read(
        self, facebook: Facebook, wire: Wire, asked: tuple[str, str]
    ) -> None:
        assert facebook.look_up(asked[:1]).shown[asked[0]].state == "there"
        assert len(wire.asked) == 1

    @pytest.mark.parametrize("scope", ["pages_manage_engagement", "pages_read_user_content"])
    def test_a_token_that_may_not_read_the_page_tells_nothing_of_its_posts(
        self, network: Network, page: dict[str, Any], wire: Wire, asked: tuple[str, str], scope: str
    ) -> None:
        given = network.control("POST", "/facebook/tokens", {"page": "lumo", "scopes": [scope]})
        for ids in (asked, asked[:1], asked[1:]):
            with pytest.raises(UnreachableError) as told:
                opened({**page, "credentials": given}, wire.url).look_up(ids)
            assert is_for_people(told.value)

    @pytest.mark.parametrize(
        "told",
        ["{}", '{"success": true}', '{"%s": null}', '{"%s": false}', '{"%s": []}', '{"%s": "gone"}', '{"%s": {}}'],
    )
    def test_an_answer_that_leaves_a_post_out_is_no_deletion(
        self, facebook: Facebook, wire: Wire, asked: tuple[str, str], told: str
    ) -> None:
        wire.fail(Answer(200, told.replace("%s", asked[0]), JSON))
        with pytest.raises(UnreachableError):
            facebook.look_up(asked[:1])

    def test_nor_is_one_that_shows_others(self, facebook: Facebook, wire: Wire, asked: tuple[str, str]) -> None:
        wire.fail(Answer(200, json.dumps({asked[0]: {"id": asked[0], "message": "there"}}), JSON))
        with pytest.raises(UnreachableError):
            facebook.look_up(asked)


class TestSecrets:
    def test_the_token_is_in_no_address_no_raw_answer_and_no_error(
        self, network: Network, page: dict[str, Any], facebook: Facebook, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "PAGE", 1)
        token = page["credentials"]["page_token"]
        root = wrote(network, "one", on="lumo")
        wrote(network, "two", on="lumo")
        direct = requests.get(
            f"{network.url}/v26.0/{page['id']}/feed", params={"limit": 1, "access_token": token}, timeout=5
        )
        assert token in direct.json()["paging"]["next"]  # so does the network itself
        assert token not in facebook.mentions(EVERYTHING, None).raw
        facebook.reply(root, "Hold the button.", KEY)
        facebook.take_down(root)
        assert all(token not in one.path and b"token" not in one.body for one in wire.asked)
        said = {"code": 100, "message": f"Malformed access token {token}", "type": "OAuthException"}
        for status in (400, 503):
            wire.fail(Answer(status, json.dumps({"error": said}), JSON))
            with pytest.raises(ChannelError) as error:
                facebook.reply(root, "Hold the button.", KEY)
            assert not [one for one in _chain(error.value) if token in repr(one) + str(one)]

    def test_a_line_that_breaks_shows_no_address(self, page: dict[str, Any]) -> None:
        away = opened(page, "http://127.0.0.1:9")
        with pytest.raises(UnreachableError) as error:
            away.mentions(EVERYTHING, None)
        assert not [one for one in _chain(error.value) if "appsecret_proof" in repr(one) + str(one)]

    def test_a_redirect_is_not_followed(self, network: Network, facebook: Facebook, wire: Wire) -> None:
        wire.fail(Answer(302, "", {"Location": f"{network.url}/v26.0/me"}))
        before = len(wire.asked)
        with pytest.raises(UnknownOutcomeError):
            facebook.reply("1_2", "Hold the button.", KEY)
        assert len(wire.asked) == before + 1

    def test_every_call_proves_that_we_are_the_app(self, network: Network, facebook: Facebook, wire: Wire) -> None:
        root = wrote(network, "one", on="lumo")
        facebook.reply(root, "Hold the button.", KEY)
        facebook.mentions(EVERYTHING, None)
        assert all("appsecret_proof=" in one.path for one in wire.asked)


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error with everything that a log would print beneath it."""
    found: list[BaseException] = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def answered(status: int, error: object, headers: dict[str, str] | None = None) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update(headers or {})
    answer._content = json.dumps({"error": error}).encode()
    return answer


class TestNames:
    @pytest.mark.parametrize(
        ("code", "subcode", "status", "name"),
        [
            (4, None, 403, RateLimitedError),
            (17, None, 400, RateLimitedError),
            (32, None, 400, RateLimitedError),
            (613, None, 400, RateLimitedError),
            (80001, None, 400, RateLimitedError),
            (190, 463, 401, SignedOutError),
            (190, None, 400, SignedOutError),
            (102, None, 400, SignedOutError),
            (10, None, 403, RefusedByNetworkError),
            (200, None, 403, RefusedByNetworkError),
            (368, 1390008, 400, RefusedByNetworkError),
            (100, None, 400, RefusedByNetworkError),
            (100, 33, 400, GoneError),
            (803, None, 404, GoneError),
            (1, None, 400, UnknownOutcomeError),
            (2, None, 500, UnknownOutcomeError),
            (506, None, 400, UnknownOutcomeError),
            (1357045, None, 400, RefusedByNetworkError),
            (1357045, None, 503, UnknownOutcomeError),
            ("190", None, 400, UnknownOutcomeError),
        ],
    )
    def test_each_code_has_its_one_name(self, code: Any, subcode: Any, status: int, name: type[ChannelError]) -> None:
        told = {"code": code, "error_subcode": subcode, "message": "so it is"}
        assert type(in_our_words(answered(status, told), told)) is name

    def test_a_limit_without_a_time_is_an_hour(self, network: Network) -> None:
        told = {"code": 4, "message": "(#4) Application request limit reached"}
        error = in_our_words(answered(403, told), told)
        assert isinstance(error, RateLimitedError)
        assert error.until == network.clock.moment + timedelta(hours=1)

    @pytest.mark.parametrize(
        "said", ["", "null", "7", "[]", "{", '{"a": 7}', '{"a": [7]}', '{"a": [{"call_count": "x"}]}']
    )
    def test_a_usage_header_of_no_sense_says_nothing(self, said: str) -> None:
        assert usage(answered(200, None, {"X-Business-Use-Case-Usage": said})) == (None, 0)

    def test_listening_leaves_calls_for_answering(self, network: Network, page: dict[str, Any]) -> None:
        meter = Counting()
        facebook = opened(page, network.url, meter=meter)
        post = wrote(network, "help", on="lumo")
        for name, call in calls(facebook, post, EVERYTHING, KEY).items():
            meter.left_alone.clear()
            with suppress(RefusedByNetworkError):  # nobody takes down what a visitor wrote
                call()
            listens = name in {"mentions", "own_posts", "thread"}
            assert set(meter.left_alone) == {KEPT_FOR_ANSWERS if listens else 0}, name

    def test_the_share_used_most_counts(self, network: Network, page: dict[str, Any], wire: Wire) -> None:
        meter = Counting()
        network.control("POST", "/facebook/limit", {"limit": 10})
        facebook = opened(page, wire.url, meter=meter)
        for _ in range(3):
            facebook.thread("1_2", None)
        assert [left for _, left, _ in meter.heard] == [90 * 48, 80 * 48, 70 * 48]
        for _ in range(7):
            facebook.thread("1_2", None)
        with pytest.raises(RateLimitedError) as full:
            facebook.thread("1_2", None)
        assert meter.heard[-1][1] == 0
        assert full.value.until == meter.heard[-1][2] == network.clock.moment + timedelta(days=1)
        network.control("POST", "/facebook/limit", {"limit": 4800})
