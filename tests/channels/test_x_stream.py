"""X's stream: rules in step with the watch words, and a line that outlives bad news and ends instead of spinning."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.channels import x_line, x_stream
from app.channels.base import (
    ChannelError,
    Door,
    Post,
    RateLimitedError,
    RefusedByNetworkError,
    Streaming,
    UnreachableError,
)
from app.channels.x import X
from app.sandbox import x_stream as line_of_plaza
from app.supervise import wait_until
from listeners.hear import Unreadable
from listeners.x import read_page
from tests.channels.sandbox import Network, running_network
from tests.channels.stage import Counting

STREAM = "GET /2/tweets/search/stream"
RULES = "/2/tweets/search/stream/rules"
WATCHED = ('"lumo lamp" -is:retweet', "#lumolamp -is:retweet")


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def network(running: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setattr(line_of_plaza, "KEEP_ALIVE", 0.1)
    monkeypatch.setattr(line_of_plaza, "LOOK", 0.02)
    with Flask("test").app_context():
        yield running.afresh()


@pytest.fixture
def brand(network: Network) -> dict[str, Any]:
    return network.brand("lumo")


def opened(network: Network, brand: dict[str, Any], meter: Counting | None = None, **keys: str) -> X:
    door = Door(brand["id"], brand["handle"], brand["credentials"] | keys, network.url, meter or Counting())
    return X(door)


@contextmanager
def listening(x: X, queries: Sequence[str] = WATCHED) -> Iterator[Iterator[str]]:
    """The open line, with its first sign of life taken."""
    line = x.stream(queries)
    assert next(line) == ""
    with closing(line):  # type: ignore[type-var]
        yield line


def heard(line: Iterator[str], count: int) -> list[Post | Unreadable]:
    """The next items that are not silence."""
    found: list[Post | Unreadable] = []
    for raw in line:
        found += read_page(raw) if raw else ()
        if len(found) >= count:
            break
    return found


def rules(network: Network, brand: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Value and tag of the app's rules, as the network has them."""
    client = network.client(brand)
    answer = client.request("GET", RULES)
    return [(rule["value"], rule.get("tag")) for rule in answer.json().get("data", [])]


def test_the_adapter_is_one_that_streams(network: Network, brand: dict[str, Any]) -> None:
    assert isinstance(opened(network, brand), Streaming)


def test_posts_arrive_as_they_are_written_and_silence_is_heard_too(network: Network, brand: dict[str, Any]) -> None:
    with listening(opened(network, brand)) as line:
        named = network.post("@lumo how do I pair it?", "ada")["id"]
        network.post("nothing of interest", "ada")
        watched = network.post("my lumo lamp blinks", "otto")["id"]
        network.control("POST", "/posts", {"handle": "echo", "repost_of": watched})
        last = network.post("#LumoLamp on fire", "mia", quote_of=watched)["id"]
        found = heard(line, 3)
        assert [post.external_id for post in found if isinstance(post, Post)] == [named, watched, last]
        assert [post.summons for post in found if isinstance(post, Post)] == [("lumo",), (), ("otto",)]
        assert next(line) == ""


def test_a_post_reads_the_same_from_the_stream_as_from_the_poll(network: Network, brand: dict[str, Any]) -> None:
    x = opened(network, brand)
    with listening(x) as line:
        network.post(f"@lumo {'a long story ' * 40} <end> & @harbor", "ada")
        [streamed] = heard(line, 1)
    [polled] = read_page(x.mentions(network.clock.moment - timedelta(hours=1), None).raw)
    assert streamed == polled


class TestRules:
    def test_rules_follow_the_watch_words_and_other_rules_stay(self, network: Network, brand: dict[str, Any]) -> None:
        client = network.client(brand)
        client.request("POST", RULES, json={"add": [{"value": "tea", "tag": "of another program"}, {"value": "milk"}]})
        x = opened(network, brand)
        with listening(x, ("lamp", "bulb")):
            assert {value for value, tag in rules(network, brand) if tag} == {
                "tea",
                "lamp",
                "bulb",
                "@lumo -is:retweet",
            }
        assert heard_again(x, ("bulb", "cable"))
        tag = f"peerline/{brand['id']}"
        assert set(rules(network, brand)) == {
            ("tea", "of another program"),
            ("milk", None),
            ("@lumo -is:retweet", tag),
            ("bulb", tag),
            ("cable", tag),
        }

    def test_rules_that_stand_are_not_sent_again(self, network: Network, brand: dict[str, Any]) -> None:
        meter = Counting()
        x = opened(network, brand, meter)
        assert heard_again(x, WATCHED)
        before = len(meter.spent)
        assert heard_again(x, WATCHED)
        tries = meter.spent[before:]
        assert tries == ["rules", "stream"] * (len(tries) // 2)  # each asks for the rules once and changes none
        assert {kind for kind, _, _ in meter.heard} == {"rules", "stream"}

    def test_what_only_rules_of_others_bring_is_not_handed_on(self, network: Network, brand: dict[str, Any]) -> None:
        network.client(brand).request("POST", RULES, json={"add": [{"value": "tea"}]})
        with listening(opened(network, brand)) as line:
            network.post("tea time", "ada")
            network.post("tea for my lumo lamp", "ada")
            [post] = heard(line, 1)
        assert isinstance(post, Post)
        assert post.text == "tea for my lumo lamp"

    def test_a_rule_that_x_does_not_take_is_named(self, network: Network, brand: dict[str, Any]) -> None:
        with pytest.raises(RefusedByNetworkError, match="lang:en"):
            next(opened(network, brand).stream(["lang:en"]))


def heard_again(x: X, queries: Sequence[str]) -> bool:
    """Whether a new line opens, as soon as the network has noticed that the one before is gone."""

    def opens() -> bool:
        with suppress(UnreachableError), listening(x, queries):
            return True
        return False

    wait_until(opens, timeout=60)
    return True


class TestTrouble:
    def test_one_app_has_one_line(self, network: Network, brand: dict[str, Any]) -> None:
        x = opened(network, brand)
        with listening(x), pytest.raises(UnreachableError, match="in use"):
            next(x.stream(WATCHED))

    @pytest.mark.parametrize("kind", ["stream_cut", "stream_error"])
    def test_a_line_that_ends_ends_by_itself_and_connects_no_second_time(
        self, network: Network, brand: dict[str, Any], kind: str
    ) -> None:
        meter = Counting()
        network.fault(kind, STREAM, options={"after": 1})
        with listening(opened(network, brand, meter)) as line:
            network.post("@lumo hello", "ada")
            assert len([raw for raw in line if raw]) == 1
        assert meter.spent.count("stream") == 1

    def test_a_line_that_falls_silent_ends(
        self, network: Network, brand: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(x_stream, "SILENCE", 2.0)
        network.fault("stream_silence", STREAM)
        with listening(opened(network, brand)) as line:
            network.post("@lumo hello", "ada")
            assert [raw for raw in line if raw] == []

    def test_one_bad_line_is_put_aside_and_the_next_is_heard(self, network: Network, brand: dict[str, Any]) -> None:
        network.fault("stream_bad_line", STREAM, options={"after": 1})
        with listening(opened(network, brand)) as line:
            network.post("@lumo first", "ada")
            network.post("@lumo second", "ada")
            first, bad, second = heard(line, 3)
        assert isinstance(bad, Unreadable)
        assert [post.text for post in (first, second) if isinstance(post, Post)] == ["@lumo first", "@lumo second"]

    def test_a_post_that_comes_twice_is_the_same_post(self, network: Network, brand: dict[str, Any]) -> None:
        network.fault("stream_twice", STREAM)
        with listening(opened(network, brand)) as line:
            network.post("@lumo hello", "ada")
            first, again = heard(line, 2)
        assert first == again

    def test_a_world_that_is_emptied_takes_its_lines_down(self, network: Network, brand: dict[str, Any]) -> None:
        with listening(opened(network, brand)) as before:
            network.afresh()
            with listening(opened(network, network.brand("lumo"))) as line:
                assert [raw for raw in before if raw] == []
                network.post("@lumo hello", "ada")
                assert len(heard(line, 1)) == 1

    def test_a_limit_is_told_with_its_time(self, network: Network, brand: dict[str, Any]) -> None:
        network.fault("rate_limited", STREAM, options={"reset_in": 600})
        with pytest.raises(RateLimitedError) as told:
            next(opened(network, brand).stream(WATCHED))
        assert told.value.until == network.clock.moment.replace(microsecond=0) + timedelta(seconds=600)

    def test_an_account_without_an_apps_token_is_told_so(self, network: Network, brand: dict[str, Any]) -> None:
        with pytest.raises(RefusedByNetworkError, match="app's own token"):
            next(opened(network, brand, bearer_token="").stream(WATCHED))

    def test_a_token_that_ended_closes_the_stream_and_not_the_account(
        self, network: Network, brand: dict[str, Any]
    ) -> None:
        with pytest.raises(RefusedByNetworkError, match="app's token"):
            next(opened(network, brand, bearer_token="ended").stream(WATCHED))

    def test_a_full_budget_opens_nothing(self, network: Network, brand: dict[str, Any]) -> None:
        meter = Counting()
        meter.full_until = network.clock.moment + timedelta(minutes=5)
        with pytest.raises(RateLimitedError):
            next(opened(network, brand, meter).stream(WATCHED))


@contextmanager
def scripted(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says these bytes, one answer per connection, then hangs up; and the requests that it got."""
    asked: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(60)

        def serve() -> None:
            with suppress(OSError):
                for answer in answers:
                    connection, _ = server.accept()
                    with closing(connection):
                        asked.append(connection.recv(65536))
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for the next caller
    thread.join(5)


def answer(status: int, body: bytes, headers: str = "") -> bytes:
    """One answer, after which the connection ends."""
    head = f"HTTP/1.1 {status} Told\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body


def in_pieces(*pieces: bytes, ended: bool = True) -> bytes:
    """An answer in chunks, as X sends its stream; one that is cut has no last chunk."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + body + (b"0\r\n\r\n" if ended else b"")


OWN = [{"id": "7", "value": "@lumo -is:retweet", "tag": "peerline/1"}]
STANDING = answer(200, json.dumps({"data": OWN, "meta": {"sent": "now"}}).encode())


def through(url: str) -> Iterator[str]:
    return x_stream.stream(Door("1", "lumo", {"bearer_token": "app"}, url), ())


def post(number: int, rules: Any = OWN) -> bytes:
    """One line as X sends it, in several bytes of several letters."""
    said = {
        "id": str(number),
        "text": f"Cảm ơn {number} 谢谢",
        "author_id": "5",
        "created_at": "2026-11-02T09:00:00.000Z",
    }
    return json.dumps({"data": said, "matching_rules": rules}, ensure_ascii=False).encode() + b"\r\n"


@pytest.mark.usefixtures("network")
class TestTheWire:
    """Traps that only a server which misbehaves byte by byte can set."""

    @pytest.mark.parametrize("ended", [True, False])
    def test_lines_are_put_together_from_any_pieces(self, *, ended: bool) -> None:
        whole = b"\r\n" + post(1) + post(2) + b"\r\n" + post(3)
        pieces = [whole[at : at + 7] for at in range(0, len(whole), 7)]
        with scripted(STANDING, in_pieces(*pieces, ended=ended)) as (url, _):
            said = [item for raw in through(url) if raw for item in read_page(raw)]
        assert [item.text for item in said if isinstance(item, Post)] == [f"Cảm ơn {n} 谢谢" for n in (1, 2, 3)]

    @pytest.mark.parametrize(
        "line",
        [
            b'{"data": {"id": "1", "te',
            b"not json at all",
            b"\xff\xfe\x00",
            b"[]",
            b"null",
            b'"Over capacity"',
            b'{"data": [{"id": "1"}]}',
            b'{"data": {"id": "1", "text": "\\ud800"}, "matching_rules": 7}',
            b'{"data": 7}',
            b"[" * 5000,
        ],
    )
    def test_no_line_ends_the_stream(self, line: bytes) -> None:
        with scripted(STANDING, in_pieces(line + b"\r\n", post(2))) as (url, _):
            said = [item for raw in through(url) if raw for item in read_page(raw)]
        assert isinstance(said[-1], Post)
        assert not [item for item in said[:-1] if isinstance(item, Post)]

    def test_a_rule_without_a_tag_is_no_trouble(self) -> None:
        untagged = answer(200, json.dumps({"data": [*OWN, {"id": "8", "value": "tea"}, 5]}).encode())
        with scripted(untagged, in_pieces(post(1, [{"id": "8"}]), post(2, [{"id": "8"}, {"id": "7"}]))) as (url, _):
            said = [item for raw in through(url) if raw for item in read_page(raw)]
        assert [item.external_id for item in said if isinstance(item, Post)] == ["2"]

    def test_a_line_without_end_is_cut_off_and_the_next_is_heard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(x_stream, "LONGEST", 1000)
        endless = [b"x" * 900] * 5
        with scripted(STANDING, in_pieces(*endless, b"\r\n" + post(2))) as (url, _):
            told = [raw for raw in through(url) if raw]
        assert len(told[0]) == 1000
        assert len(told) == 2

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, RefusedByNetworkError),
            (401, RefusedByNetworkError),
            (402, RefusedByNetworkError),
            (403, RefusedByNetworkError),
            (409, RefusedByNetworkError),
            (429, RateLimitedError),
            (500, UnreachableError),
            (503, UnreachableError),
        ],
    )
    def test_a_line_that_is_not_opened_says_so_once(self, status: int, error: type[ChannelError]) -> None:
        with scripted(STANDING, answer(status, b'"no"'), STANDING) as (url, asked):
            with pytest.raises(error):
                list(through(url))
            assert len(asked) == 2

    @pytest.mark.parametrize("broken", [b"", b"HTTP/1.1 200 OK\r\n", answer(200, b"<html>"), answer(503, b'"no"')])
    def test_rules_that_cannot_be_read_open_nothing(self, broken: bytes) -> None:
        with scripted(broken, STANDING) as (url, asked):
            with pytest.raises(UnreachableError):
                list(through(url))
            assert len(asked) == 1

    def test_a_line_that_says_nothing_at_all_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(x_line, "TIMEOUTS", (1.0, 0.3))
        monkeypatch.setattr(x_stream, "SILENCE", 0.3)
        with closing(socket.create_server(("127.0.0.1", 0))) as deaf, pytest.raises(UnreachableError):
            list(through(f"http://127.0.0.1:{deaf.getsockname()[1]}"))
