"""A stream is one more ear: what it brings is stored once, and however it ends, it is opened again in good time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.channels import accounts
from app.channels.accounts import AccountView
from app.channels.base import RateLimitedError, RefusedByNetworkError, SignedOutError, UnreachableError
from app.kernel import clock, leases
from app.kernel.db import session
from listeners.listen import unfenced
from listeners.models import Mention, Quarantined
from listeners.streaming import WAIT_WHEN_REFUSED, Streams, stream
from tests.flow.spoken import Recorded
from tests.world import House, World

Step = str | Exception


@dataclass
class Line(Recorded):
    """A network with a stream: each connection brings its steps, and then the network hangs up."""

    connections: list[list[Step]] = field(default_factory=list)
    opened: int = 0
    hung_up: int = 0

    def stream(self, queries: Sequence[str]) -> Iterator[str]:  # noqa: ARG002  the contract's names
        self.opened += 1
        try:
            for step in self.connections.pop(0) if self.connections else [UnreachableError("nothing left")]:
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            self.hung_up += 1


class Waits(threading.Event):
    """An event that never waits, remembers how long it would have, and is set after so many waits."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.most = most

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(round(timeout or 0.0))
        if len(self.seconds) >= self.most:
            self.set()
        return self.is_set()


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def line(house: House, monkeypatch: pytest.MonkeyPatch) -> Line:  # noqa: ARG001
    made = Line()
    monkeypatch.setattr(accounts, "open_network", lambda _account_id: made)
    return made


def account_of(house: House) -> AccountView:
    with house.scope():
        view = accounts.account(house.account_id)
        session.rollback()
    return view


def post(number: int, text: str = "@lumo hello") -> str:
    item: dict[str, Any] = {
        "id": str(number),
        "author_id": "77",
        "text": text,
        "created_at": clock.now().isoformat(),
        "entities": {"mentions": [{"username": "lumo"}]},
    }
    return json.dumps({"data": item, "includes": {"users": [{"id": "77", "username": "ada", "name": "Ada"}]}})


def run(house: House, line: Line, *connections: list[Step], waits: int | None = None) -> list[float]:
    line.connections = list(connections)
    stop = Waits(waits or len(connections))
    stream(account_of(house), unfenced, stop)
    return stop.seconds


def heard(house: House) -> list[str]:
    with house.scope():
        found = session.execute(select(Mention.external_id).order_by(Mention.external_id)).scalars().all()
        session.rollback()
    return list(found)


def test_what_comes_is_stored_once_however_often_it_comes(house: House, line: Line) -> None:
    run(house, line, [post(1), "", post(2), post(1)], [post(2), post(3)])
    assert heard(house) == ["1", "2", "3"]
    assert line.opened == line.hung_up == 2


def test_a_bad_line_is_put_aside_and_the_next_one_heard(house: House, line: Line) -> None:
    run(house, line, ['{"data": {"id":', post(2), "[]", post(3)])
    assert heard(house) == ["2", "3"]
    assert line.opened == 1
    with house.scope():
        assert session.execute(select(Quarantined.id)).scalars().all()


def test_a_line_that_keeps_breaking_is_opened_ever_more_seldom(house: House, line: Line) -> None:
    broken: list[list[Step]] = [[UnreachableError("cut")] for _ in range(12)]
    assert run(house, line, *broken) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_an_end_at_once_is_a_failure_too(house: House, line: Line) -> None:
    assert run(house, line, [], [], []) == [1, 2, 4]


def test_the_time_that_the_network_names_is_kept_to(house: House, line: Line) -> None:
    until = clock.now() + timedelta(minutes=10)
    [waited] = run(house, line, [RateLimitedError(until)])
    assert 590 <= waited <= 600
    [waited] = run(house, line, [RefusedByNetworkError("no rules")])
    assert waited == WAIT_WHEN_REFUSED.total_seconds()


def test_who_is_signed_out_or_lost_the_account_ends(house: House, line: Line) -> None:
    assert run(house, line, [SignedOutError("over")], waits=5) == []
    assert account_of(house).state == "signed_out"

    def lost() -> None:
        raise leases.LostLeaseError("another")

    line.connections = [[post(1)]]
    stream(account_of(house), lost, threading.Event())
    assert heard(house) == []


def test_threads_follow_what_is_held_and_end_when_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    ended = threading.Semaphore(0)

    def pretend(account: AccountView, _fence: object, stop: threading.Event) -> None:
        started.append(account.id)
        assert stop.wait(60)
        ended.release()

    monkeypatch.setattr("listeners.streaming.stream", pretend)
    streams = Streams(nullcontext, lambda _account: unfenced)
    account = account_of(house)
    streams.keep([account])
    streams.keep([account])
    streams.keep([])
    assert ended.acquire(timeout=60)
    streams.close()
    assert started == [account.id]
