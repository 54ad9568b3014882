"""X conforms, against the sandbox network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from app.channels import x as adapter
from app.channels import x_line
from app.channels.base import Door, Meter, Network, Unmetered
from app.channels.x import X
from tests.channels import sandbox
from tests.channels.conformance import Conformance
from tests.channels.sandbox import running_network
from tests.channels.wire import Answer, Wire, wire_to

pytestmark = pytest.mark.long

_PROBLEM = "application/problem+json"


@dataclass
class XStage:
    """The sandbox network with the account @lumo."""

    plaza: sandbox.Network
    wire: Wire
    brand: dict[str, Any]
    channel: str = "x"
    names_replies: bool = False
    tells_limits: bool = True
    edits: bool = True

    @property
    def account_id(self) -> str:
        return str(self.brand["id"])

    def opened(self, meter: Meter | None = None, base_url: str | None = None) -> Network:
        return self._opened(self.brand["credentials"], meter, base_url)

    def signed_out(self) -> Network:
        ended = {"bearer_token": "ended", "access_token_secret": "ended"}
        return self._opened(self.brand["credentials"] | ended, None, None)

    def _opened(self, keys: dict[str, str], meter: Meter | None, base_url: str | None) -> Network:
        return X(Door(self.account_id, "lumo", keys, base_url or self.wire.url, meter or Unmetered()))

    def now(self) -> datetime:
        return self.plaza.clock.moment

    def ask(self, text: str = "how do I pair it?") -> str:
        return str(self.plaza.post(f"@lumo {text}", "ada")["id"])

    def answer(self, under: str, text: str) -> str:
        return str(self.plaza.post(f"@lumo {text}", "ada", reply_to=under)["id"])

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> int:
        monkeypatch.setattr(adapter, "PAGE", 5)
        return 5

    def delete(self, external_id: str) -> None:
        self.plaza.control("DELETE", f"/posts/{external_id}")

    def edit(self, external_id: str, text: str) -> str:
        self.plaza.clock.advance(1)
        return str(self.plaza.control("PATCH", f"/posts/{external_id}", {"text": f"@lumo {text}"})["id"])

    def closed(self) -> str | None:
        return str(self.plaza.post("my lumo lamp blinks", "ada")["id"])

    def says(self, text: str) -> str:
        return str(self.plaza.post(text, "lumo")["id"])

    def said(self, under: str) -> Sequence[tuple[str, str]]:
        found = self.plaza.control("GET", f"/posts?replies_to={under}")["posts"]
        return [(post["id"], post["typed"]) for post in reversed(found) if post["handle"] == "lumo"]

    def limited(self, until: datetime) -> Answer:
        body = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}
        headers = {"x-rate-limit-limit": "15", "x-rate-limit-remaining": "0"}
        headers |= {"x-rate-limit-reset": str(int(until.timestamp())), "Content-Type": _PROBLEM}
        return Answer(429, json.dumps(body), headers)


@pytest.fixture(scope="module")
def running() -> Iterator[sandbox.Network]:
    with running_network() as started:
        yield started


@pytest.fixture(scope="module")
def wire(running: sandbox.Network) -> Iterator[Wire]:
    with wire_to(running.url) as started:
        yield started


class TestX(Conformance):
    """The suite, for X."""

    @pytest.fixture
    def stage(self, running: sandbox.Network, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[XStage]:
        monkeypatch.setattr(x_line, "TIMEOUTS", (3.0, 4.0))  # a busy machine is no broken line
        plaza = running.afresh()
        wire.mend()
        wire.asked.clear()
        yield XStage(plaza, wire, plaza.brand("lumo"))
        wire.mend()
