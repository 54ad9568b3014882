"""A Bluesky server that sends us on is not followed: no key and no session reaches a machine that nobody named."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator

import pytest
from atproto import Client, models
from flask import Flask

from app.channels.base import ChannelError, Door, RefusedByNetworkError, UnknownOutcomeError, UnreachableError
from app.channels.bluesky import POSTS, Bluesky
from app.channels.bluesky_session import Line
from tests.channels.sandbox import START
from tests.channels.stage import is_for_people
from tests.channels.wire import Answer, Wire, wire_to
from tests.ports import closed_port

DID, HANDLE = "did:plc:lumo", "lumo.test"
STATUSES = (301, 302, 303, 307, 308)


@pytest.fixture(autouse=True)
def _entered() -> Iterator[None]:
    """The line asks the session whether a transaction is open, so there has to be one."""
    with Flask("test").app_context():
        yield


@pytest.fixture
def wires() -> Iterator[tuple[Wire, Wire]]:
    """The server that was named, and a machine that was not, with nothing behind either."""
    with closed_port() as port, wire_to(f"http://127.0.0.1:{port}") as named, wire_to(named.url) as inside:
        inside.fail(Answer(200, "{}", {"Content-Type": "application/json"}))
        yield named, inside


def sends_on(wires: tuple[Wire, Wire], status: int) -> None:
    """Whatever the named server is asked, it names the other machine."""
    named, inside = wires
    named.fail(Answer(status, "", {"Location": f"{inside.url}/xrpc/anything"}))


def taken_down(client: Client) -> bool:
    """One call that writes."""
    data = models.ComAtprotoRepoDeleteRecord.Data(repo=DID, collection=POSTS, rkey="3lk2aaaaaaa2a")
    return bool(client.com.atproto.repo.delete_record(data))


def token() -> str:
    """A token as a server gives it, good for an hour."""
    said = {"sub": DID, "exp": int(time.time()) + 3600}
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, said))
    return f"{head.decode()}.{body.decode()}.{'x' * 43}"


def door(wires: tuple[Wire, Wire], **keys: str) -> Door:
    return Door(DID, HANDLE, {"app_password": "abcd-efgh-ijkl-mnop", **keys}, wires[0].url)


@pytest.mark.parametrize("status", STATUSES)
def test_an_app_password_goes_to_the_server_that_was_named_and_nowhere_else(
    wires: tuple[Wire, Wire], status: int
) -> None:
    sends_on(wires, status)
    with pytest.raises(RefusedByNetworkError, match="another address") as told:
        Line(door(wires)).session()
    named, inside = wires
    assert [one.path for one in named.asked] == ["/xrpc/com.atproto.server.createSession"]
    assert inside.asked == []
    assert is_for_people(told.value)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("ask", "error"),
    [
        pytest.param(lambda door: Bluesky(door).mentions(START, None), UnreachableError, id="reading"),
        pytest.param(lambda door: Line(door).call(taken_down), UnknownOutcomeError, id="writing"),
    ],
)
def test_neither_does_a_session(
    wires: tuple[Wire, Wire], ask: Callable[[Door], object], error: type[ChannelError], status: int
) -> None:
    sends_on(wires, status)
    named, inside = wires
    with pytest.raises(error, match="another address"):
        ask(door(wires, session=f"{HANDLE}:::{DID}:::{token()}:::{token()}:::{named.url}"))
    [one] = named.asked
    assert one.headers["Authorization"].startswith("Bearer ")
    assert inside.asked == []
