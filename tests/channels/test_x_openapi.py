"""Every request of our adapter and every answer of the sandbox network, held to X's own description of its API.

X publishes it in two spellings, as posts and as tweets; both documents lie outside of the project, where
PEERLINE_CHANNELS says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from openapi_core.testing import MockResponse

from app.channels.base import ChannelError, Door, Post, RefusedByNetworkError, ReplyKey, UnreachableError
from app.channels.x import X
from app.sandbox import x_stream as line_of_plaza
from app.supervise import wait_until
from listeners.x import read_page
from tests.channels.sandbox import START, Json, Network, running_network

OLDER, NEWER = "openapi-2.159-tweet-names.json", "openapi-2.167-post-names.json"
_FOLDER = os.environ.get("PEERLINE_CHANNELS")
_REAL = "https://api.x.com"
pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:Unsupported scheme type:UserWarning"),  # OAuth 2.0, to openapi-core
]
RULES = "/2/tweets/search/stream/rules"
SINCE = START - timedelta(hours=1)
KEY = ReplyKey(1, START)


def _document(name: str) -> Path:
    """Where X's document of that name lies; skipped by this name where it does not."""
    path = Path(_FOLDER or "/nowhere") / "x" / name
    if not path.is_file():
        pytest.skip(f"X's document {name} is not here: PEERLINE_CHANNELS names its folder")
    return path


def _mended(part: Any) -> Any:
    """The document without its own slips: enum members listed twice, and patterns that refuse members of their enum."""
    if isinstance(part, list):
        return [_mended(each) for each in part]
    if not isinstance(part, dict):
        return part
    mended = {name: _mended(value) for name, value in part.items()}
    if isinstance(mended.get("enum"), list):
        mended["enum"] = list(dict.fromkeys(mended["enum"]))
        mended.pop("pattern", None)
    return mended


@pytest.fixture(scope="module")
def specs() -> dict[str, OpenAPI]:
    """Both documents as validators."""
    config = Config(extra_media_type_deserializers={"application/problem+json": json.loads}, spec_validator_cls=None)
    documents = {name: json.loads(_document(name).read_text()) for name in (OLDER, NEWER)}
    return {name: OpenAPI.from_dict(_mended(document), config=config) for name, document in documents.items()}


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def network(running: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setattr(line_of_plaza, "LOOK", 0.02)
    with Flask("test").app_context():
        yield running.afresh()


class Watch:
    """Writes down every call that goes to the network, as if it had gone to X itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[requests.PreparedRequest, requests.Response | None]] = []
        send = requests.Session.send

        def watched(session: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
            asked = urlsplit(str(request.url))
            real = request.copy()
            real.url = f"{_REAL}{asked.path}?{asked.query}"
            answer = send(session, request, **more)
            if asked.path.startswith("/2/"):
                self.calls.append((real, None if more.get("stream") and answer.ok else answer))
            return answer

        monkeypatch.setattr(requests.Session, "send", watched)

    def problems(self, spec: OpenAPI, *, asked: bool = True, answered: bool = True) -> list[str]:
        """What X's document has against the calls so far. There must have been some."""
        assert self.calls
        found = []
        for request, response in self.calls:
            ours = RequestsOpenAPIRequest(request)
            place = f"{request.method} {request.url}"
            errors = list(spec.iter_request_errors(ours)) if asked else []
            if answered and response is not None:
                errors += list(spec.iter_response_errors(ours, RequestsOpenAPIResponse(response)))
            found += [f"{place}: {error!r} {error.__cause__!r}" for error in errors]
        return found


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def brand_of(network: Network) -> Json:
    """@lumo, and a world with every kind of post in it."""
    brand = network.brand("lumo")
    first = network.post("@lumo how do I pair <it> & why? See example.com/help", "ada", followers=10)["id"]
    network.post("@lumo same #lamp", "otto", reply_to=first)
    quoted = network.post("We are open.", "lumo")["id"]
    network.post(f"@lumo {'a long story ' * 40} ends with @harbor", "mia", quote_of=quoted)
    network.control("POST", "/posts", {"handle": "echo", "repost_of": first})
    edited = network.post("@lumo tpyo", "ada", reply_settings="mentionedUsers")["id"]
    network.control("PATCH", f"/posts/{edited}", {"text": "@lumo typo"})
    gone = network.post("@lumo gone", "ada")["id"]
    network.post("@lumo answers what is gone", "otto", reply_to=gone)
    network.control("DELETE", f"/posts/{gone}")
    return brand | {"asked": first, "gone": gone}


def refused(x: X, world: Json, network: Network) -> None:
    """Every way in which the network refuses."""
    unsummoned = network.post("my lamp will not pair", "ada")["id"]
    for to, text in ((unsummoned, "Hold it."), (world["asked"], "long " * 100), ("99", "Hold it.")):
        with pytest.raises(RefusedByNetworkError):
            x.reply(to, text, KEY)
    with pytest.raises(ChannelError):
        x.take_down(world["asked"])
    with pytest.raises(ChannelError):
        x.search("lang:en", SINCE, None)
    for kind in ("usage_capped", "rate_limited", "error_before"):
        network.fault(kind, "GET /2/tweets")
        with pytest.raises(ChannelError):
            x.look_up([world["asked"]])


def opened_line(x: X) -> Generator[str, None, None]:
    """The line, once the network has noticed that the one before was hung up."""
    found: list[Generator[str, None, None]] = []

    def is_open() -> bool:
        line = x.stream(["lamp"])
        assert isinstance(line, Generator)
        with suppress(UnreachableError):
            assert next(line) == ""
            found.append(line)
        return bool(found)

    wait_until(is_open, timeout=60)
    return found[0]


def streamed(x: X, world: Json, network: Network) -> str:
    """One line of the stream; rules are added and deleted on the way."""
    network.client(world).request("POST", RULES, json={"add": [{"value": "old", "tag": f"peerline/{world['id']}"}]})
    with closing(opened_line(x)) as line:
        network.post("@lumo my lamp blinks", "ada", quote_of=world["asked"])
        return next(raw for raw in line if raw)


DEEDS: dict[str, Callable[[X, Json, Network], object]] = {
    "mentions": lambda x, _world, _network: x.mentions(SINCE, None),
    "own_posts": lambda x, _world, _network: x.own_posts(SINCE, None),
    "search": lambda x, _world, _network: x.search('"lumo" -is:retweet', SINCE, None),
    "thread": lambda x, world, _network: x.thread(world["asked"], None),
    "look_up": lambda x, world, _network: x.look_up([world["asked"], world["gone"], "99"]),
    "reply": lambda x, world, _network: x.reply(world["asked"], "Hold the button.", KEY),
    "own_replies": lambda x, world, _network: x.own_replies(SINCE, world["asked"]),
    "take_down": lambda x, world, _network: x.take_down(x.reply(world["asked"], "Wrong button.", KEY).external_id),
    "refused": refused,
    "streamed": streamed,
}


@pytest.mark.parametrize("name", DEEDS)
def test_what_we_ask_and_what_the_sandbox_answers_is_as_x_describes_it(
    network: Network, watch: Watch, specs: dict[str, OpenAPI], name: str
) -> None:
    world = brand_of(network)
    DEEDS[name](X(Door(world["id"], "lumo", world["credentials"], network.url)), world, network)
    assert watch.problems(specs[OLDER]) == []


def test_an_account_that_consented_asks_as_x_describes_it(
    network: Network, watch: Watch, specs: dict[str, OpenAPI]
) -> None:
    world = brand_of(network)
    keys = {"client_id": "peerline-demo", "access_token": world["credentials"]["user_token"]}
    x = X(Door(world["id"], "lumo", keys | {"expires_at": "9999999999"}, network.url))
    for name in ("mentions", "look_up", "reply", "take_down"):
        DEEDS[name](x, world, network)
    assert watch.problems(specs[OLDER]) == []
    assert {request.headers["Authorization"] for request, _ in watch.calls} == {f"Bearer {keys['access_token']}"}


@pytest.mark.parametrize("name", ["reply", "take_down", "streamed"])
def test_what_is_spelled_alike_in_both_is_valid_in_the_newer_words_too(
    network: Network, watch: Watch, specs: dict[str, OpenAPI], name: str
) -> None:
    world = brand_of(network)
    DEEDS[name](X(Door(world["id"], "lumo", world["credentials"], network.url)), world, network)
    assert watch.problems(specs[NEWER], answered=False) == []


def test_a_line_of_the_stream_is_as_x_describes_it(network: Network, specs: dict[str, OpenAPI]) -> None:
    world = brand_of(network)
    line = streamed(X(Door(world["id"], "lumo", world["credentials"], network.url)), world, network)
    asked = requests.Request("GET", f"{_REAL}/2/tweets/search/stream", headers={"Authorization": "Bearer app"})
    said = MockResponse(line.encode(), 200, content_type="application/json")
    assert list(specs[OLDER].iter_response_errors(RequestsOpenAPIRequest(asked), said)) == []


_NEWER_WORDS = {
    "post.fields": "conversation_id,created_at,entities,note_post,reply_settings,public_metrics,lang",
    "user.fields": "name,username,public_metrics",
    "expansions": "author_id,referenced_posts",
}


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/2/users/{id}/mentions", {"max_results": "10"}),
        ("/2/users/{id}/tweets", {"max_results": "10"}),
        ("/2/tweets/search/recent", {"query": "lumo -is:retweet"}),
        ("/2/tweets", {"ids": "{asked},{gone}"}),
        ("/2/tweets/{asked}", {}),
    ],
)
def test_the_sandbox_speaks_the_newer_words_and_our_reader_reads_them(
    network: Network, watch: Watch, specs: dict[str, OpenAPI], path: str, more: dict[str, str]
) -> None:
    world = brand_of(network)

    def ask(words: dict[str, str]) -> str:
        named = {name: value.format(**world) for name, value in more.items()}
        headers = {"Authorization": f"Bearer {world['credentials']['bearer_token']}"}
        return requests.get(network.url + path.format(**world), params=words | named, headers=headers, timeout=60).text

    newer = list(read_page(ask(_NEWER_WORDS)))
    assert watch.problems(specs[NEWER]) == []
    watch.calls.clear()
    older = list(read_page(ask({
        "tweet.fields": "author_id,conversation_id,created_at,entities,note_tweet,reply_settings,referenced_tweets",
        "user.fields": "name,username,public_metrics",
        "expansions": "author_id,referenced_tweets.id",
    })))  # fmt: skip
    assert watch.problems(specs[OLDER]) == []
    assert newer == older
    assert newer
    assert all(isinstance(item, Post) for item in newer)
