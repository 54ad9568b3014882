"""A network that refuses one call too many is left alone by every caller, also where it does not say for how long."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from app.channels import budgets, networks
from app.channels.base import Door, Network, RateLimitedError, ReplyKey
from app.kernel import clock
from tests.channels.wire import READS, WRITES, Answer, Wire, wire_to
from tests.world import KEYS, House, World

Later = Callable[..., None]
KEY = ReplyKey(1, datetime(2026, 1, 1, tzinfo=UTC))
DID = "did:plc:lumo"
OWN_POST = f"at://{DID}/app.bsky.feed.post/3kabc"


def _session() -> str:
    """A session on Bluesky that lasts, as the house keeps it; nobody here looks at its signature."""
    said = base64.urlsafe_b64encode(json.dumps({"sub": DID, "exp": 4_000_000_000}).encode()).rstrip(b"=").decode()
    token = f"{base64.urlsafe_b64encode(b'{}').decode().rstrip('=')}.{said}.{'x' * 43}"
    return f"lumo.test:::{DID}:::{token}:::{token}:::http://127.0.0.1:9"


ACCOUNTS: Mapping[str, tuple[str, str, dict[str, str]]] = {
    "x": ("1", "20", KEYS),
    "x by consent": (
        "1",
        "20",
        {"client_id": "c", "access_token": "a", "refresh_token": "r", "expires_at": "1"},
    ),
    "facebook": ("1", "1_20", {"page_token": "t"}),
    "bluesky": (DID, OWN_POST, {"session": _session()}),
}
"""By channel, and how it was connected: the account's id, a post of its own, and its keys."""


@dataclass
class Line:
    """One account's way to a network that stands there and can be made to refuse calls."""

    house: House
    wire: Wire
    name: str
    """As in ACCOUNTS."""

    def opened(self) -> Network:
        """Another caller's adapter of the same account."""
        external_id, _, keys = ACCOUNTS[self.name]
        channel = self.name.split(maxsplit=1)[0]
        meter = budgets.purse(self.house.brand_id, self.house.account_id, channel)
        return networks.opened(channel, Door(external_id, "lumo", keys, self.wire.url, meter))

    def calls(self, act: str) -> int:
        """How many calls reach the network while five callers try the same, one after the other."""
        before = len(self.wire.asked)
        for _ in range(5):
            with pytest.raises(RateLimitedError):
                self._do(self.opened(), act)
        return sum(one.method in (READS if act == "mentions" else WRITES) for one in self.wire.asked[before:])

    def _do(self, network: Network, act: str) -> object:
        own = ACCOUNTS[self.name][1]
        if act == "mentions":
            return network.mentions(clock.now() - timedelta(hours=1), None)
        return network.reply(own, "Hold it.", KEY) if act == "reply" else network.take_down(own)


@pytest.fixture
def line(world: World, request: pytest.FixtureRequest) -> Iterator[Line]:
    """The line to the network that the test names; what is asked of the network otherwise, it answers."""
    with wire_to("http://127.0.0.1:9") as network, wire_to(network.url) as wire:
        network.fail(
            Answer(
                200, json.dumps({"value": {"text": "ours"}, "notifications": []}), {"Content-Type": "application/json"}
            )
        )
        yield Line(world.lumo, wire, request.param)


def graph(code: int, headers: Mapping[str, str] | None = None) -> Answer:
    """A refusal of Facebook's."""
    return Answer(400, json.dumps({"error": {"code": code, "message": "too many"}}), headers or {})


FORTY_MINUTES = {"X-Business-Use-Case-Usage": json.dumps({"1": [{"estimated_time_to_regain_access": 40}]})}
HALF_USED = {"X-App-Usage": json.dumps({"call_count": 50, "total_cputime": 1, "total_time": 1})}
BARE = Answer(429, '{"title": "Too Many Requests"}', {"Content-Type": "application/json"})
WHOLE_ADDRESS = {"ratelimit-policy": "3000;w=300", "ratelimit-remaining": "0"}


@pytest.mark.parametrize(
    ("line", "act", "refusal", "minutes"),
    [
        pytest.param("x", "mentions", BARE, 15, id="x mentions"),
        pytest.param("x", "reply", BARE, 15, id="x reply"),
        pytest.param("x", "take_down", BARE, 15, id="x take down"),
        pytest.param("x by consent", "reply", BARE, 15, id="x new tokens"),
        pytest.param("facebook", "mentions", graph(4), 60, id="facebook 4"),
        pytest.param("facebook", "reply", graph(17), 60, id="facebook 17"),
        pytest.param("facebook", "reply", graph(32), 60, id="facebook 32"),
        pytest.param("facebook", "take_down", graph(613, HALF_USED), 60, id="facebook 613, half used"),
        pytest.param("facebook", "reply", graph(80001), 60, id="facebook 80001"),
        pytest.param("bluesky", "mentions", BARE, 15, id="bluesky mentions"),
        pytest.param("bluesky", "take_down", BARE, 15, id="bluesky take down"),
    ],
    indirect=["line"],
)
def test_a_refusal_that_names_no_time_is_kept_to_for_a_while(
    line: Line, act: str, refusal: Answer, minutes: int, later: Later
) -> None:
    line.wire.fail(refusal, READS if act == "mentions" else WRITES)
    assert line.calls(act) == 1
    later(minutes=minutes - 1)
    assert line.calls(act) == 0
    later(minutes=2)
    assert line.calls(act) == 1


@pytest.mark.parametrize(
    ("line", "act"),
    [("x", "reply"), ("facebook", "reply"), ("bluesky", "take_down"), ("bluesky", "mentions")],
    indirect=["line"],
)
def test_a_refusal_that_names_its_time_is_kept_to_until_then(line: Line, act: str, later: Later) -> None:
    reset = str(int((clock.now() + timedelta(minutes=40)).timestamp()))
    line.wire.fail(
        {
            "x": Answer(429, "{}", {"x-rate-limit-reset": reset}),
            "facebook": graph(
                80001,
                {"X-Business-Use-Case-Usage": '{"1": [{"estimated_time_to_regain_access": 40, "call_count": 9}]}'},
            ),
            "bluesky": Answer(429, "{}", WHOLE_ADDRESS | {"ratelimit-reset": reset}),
        }[line.name],
        READS if act == "mentions" else WRITES,
    )
    assert line.calls(act) == 1
    later(minutes=38)
    assert line.calls(act) == 0
    later(minutes=3)
    assert line.calls(act) > 0


@pytest.mark.parametrize("line", ["x", "bluesky"], indirect=True)
def test_who_may_not_speak_may_still_listen(line: Line) -> None:
    line.wire.fail(BARE, WRITES)
    assert line.calls("take_down") == 1
    line.opened().mentions(clock.now() - timedelta(hours=1), None)
