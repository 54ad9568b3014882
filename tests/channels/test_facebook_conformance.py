"""Facebook conforms, against the sandbox network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.channels import facebook as adapter
from app.channels import facebook_line
from app.channels.base import Door, Meter, Network, ReplyKey, Unmetered
from app.channels.facebook import Facebook
from tests.channels import sandbox
from tests.channels.conformance import Conformance, Stage, whole
from tests.channels.sandbox import running_network
from tests.channels.wire import Answer, Wire, wire_to


@dataclass
class FacebookStage:
    """The sandbox network with the page Lumo; a customer asks by posting on the page, and comments below."""

    plaza: sandbox.Network
    wire: Wire
    page: dict[str, Any]
    channel: str = "facebook"
    names_replies: bool = False
    tells_limits: bool = True
    edits: bool = True

    @property
    def account_id(self) -> str:
        return str(self.page["id"])

    def opened(self, meter: Meter | None = None, base_url: str | None = None) -> Network:
        door = Door(self.account_id, "lumo", self.page["credentials"], base_url or self.wire.url, meter or Unmetered())
        return Facebook(door)

    def signed_out(self) -> Network:
        keys = self.page["credentials"] | {"page_token": "EAAPended"}
        return Facebook(Door(self.account_id, "lumo", keys, self.wire.url))

    def now(self) -> datetime:
        return self.plaza.clock.moment

    def ask(self, text: str = "how do I pair it?") -> str:
        return self._written(message=text, on="lumo", handle="ada")

    def answer(self, under: str, text: str) -> str:
        return self._written(message=text, under=under, handle="ada")

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> int:
        monkeypatch.setattr(adapter, "PAGE", 3)
        return 3

    def delete(self, external_id: str) -> None:
        self.plaza.control("DELETE", f"/facebook/items/{external_id}")

    def edit(self, external_id: str, text: str) -> str:
        self.plaza.clock.advance(1)
        return str(self.plaza.control("PATCH", f"/facebook/items/{external_id}", {"message": text})["id"])

    def closed(self) -> str | None:
        hidden = self.answer(self.ask(), "something rude")
        self.plaza.control("PATCH", f"/facebook/items/{hidden}", {"hidden": 1})
        return hidden

    def says(self, text: str) -> str:
        return self._written(message=text, on="lumo", as_page="lumo")

    def said(self, under: str) -> Sequence[tuple[str, str]]:
        found = self.plaza.control("GET", f"/facebook/items?under={under}")["items"]
        return [(one["id"], one["message"]) for one in found if one["as_page"] == "lumo"]

    def limited(self, until: datetime) -> Answer:
        minutes = round((until - self.now()).total_seconds() / 60)
        usage = {"type": "pages", "call_count": 100, "estimated_time_to_regain_access": minutes}
        error = {"message": "(#80001) There have been too many calls to this Page account.", "code": 80001}
        headers = {"X-Business-Use-Case-Usage": json.dumps({self.account_id: [usage]})}
        return Answer(400, json.dumps({"error": error}), headers | {"Content-Type": "application/json"})

    def _written(self, **what: str) -> str:
        self.plaza.clock.advance(1)
        return str(self.plaza.control("POST", "/facebook/items", what)["id"])


@pytest.fixture(scope="module")
def running() -> Iterator[sandbox.Network]:
    with running_network() as started:
        yield started


@pytest.fixture(scope="module")
def wire(running: sandbox.Network) -> Iterator[Wire]:
    with wire_to(running.url) as started:
        yield started


class TestFacebook(Conformance):
    """The suite, for Facebook."""

    @pytest.fixture
    def stage(self, running: sandbox.Network, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[FacebookStage]:
        plaza = running.afresh()
        monkeypatch.setattr(facebook_line, "TIMEOUTS", (3.0, 4.0))  # a busy machine is no broken line
        monkeypatch.setattr(facebook_line, "clock", SimpleNamespace(now=plaza.clock))
        wire.mend()
        wire.asked.clear()
        yield FacebookStage(plaza, wire, plaza.control("POST", "/facebook/pages", {"username": "lumo"}))
        wire.mend()

    def test_a_reply_deep_in_a_thread_stands_under_what_it_answers(
        self, stage: Stage, network: Network, since: datetime, key: ReplyKey
    ) -> None:
        """Facebook nests one level deep: what answers an answer stands beside it, and is found again all the same."""
        asked = stage.ask("my lamp blinks")
        first = network.reply(asked, "Hold the button.", key).external_id
        again = stage.answer(first, "it still blinks")
        second = network.reply(again, "Then pull the plug.", ReplyKey(2, stage.now())).external_id
        own = {post.external_id: post for post in whole(stage, lambda page: network.own_posts(since, page))}
        assert (own[second].in_reply_to, own[second].thread) == (first, own[first].thread)
        [found] = network.own_replies(stage.now() - timedelta(minutes=1), again)
        assert (found.external_id, found.in_reply_to) == (second, again)
