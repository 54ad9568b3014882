"""Bluesky conforms, against its own servers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.channels import networks
from app.channels.base import Door, Meter, Network, ReplyKey, Sent, Unmetered
from tests.channels.bluesky_net import bluesky_url  # noqa: F401  a fixture
from tests.channels.conformance import Conformance
from tests.channels.wire import Answer, Wire, wire_to

if TYPE_CHECKING:
    from tests.channels import bluesky_people

pytestmark = [pytest.mark.slow]


@dataclass
class BlueskyStage:
    """The running network with a brand's account, its customer, and a wire to their server."""

    wire: Wire
    brand: bluesky_people.Person
    customer: bluesky_people.Person
    password: str
    channel: str = "bluesky"
    names_replies: bool = True
    tells_limits: bool = True
    edits: bool = True

    @property
    def account_id(self) -> str:
        return self.brand.did

    def opened(self, meter: Meter | None = None, base_url: str | None = None) -> Network:
        keys = {"app_password": self.password}
        door = Door(self.brand.did, self.brand.handle, keys, base_url or self.wire.url, meter or Unmetered())
        network = networks.opened("bluesky", door)
        speak = network.reply

        def reply(to_external_id: str, text: str, key: ReplyKey) -> Sent:
            sent = speak(to_external_id, text, key)
            self.customer.waits_to_see(sent.external_id)
            return sent

        network.reply = reply  # type: ignore[method-assign]
        return network

    def signed_out(self) -> Network:
        self.brand.revokes_app_passwords()
        return self.opened()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ask(self, text: str = "how do I pair it?") -> str:
        return self._heard(self.customer.says(f"@{self.brand.handle} {text}"))

    def answer(self, under: str, text: str) -> str:
        return self._heard(self.customer.says(f"@{self.brand.handle} {text}", reply_to=under))

    def _heard(self, uri: str) -> str:
        self.brand.waits_to_be_told_of(uri)
        return uri

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> int:
        from app.channels import bluesky

        monkeypatch.setattr(bluesky, "PAGE", 5)
        return 5

    def delete(self, external_id: str) -> None:
        self.customer.deletes(external_id)

    def edit(self, external_id: str, text: str) -> str:
        self.customer.changes(external_id, f"@{self.brand.handle} {text}")
        return external_id

    def closed(self) -> str | None:
        uri = self.ask()
        self.customer.lets_nobody_reply(uri)
        self.brand.waits_until_closed(uri)
        return uri

    def says(self, text: str) -> str:
        return self.brand.says(text)

    def said(self, under: str) -> Sequence[tuple[str, str]]:
        return [(str(post.uri), str(post.record.text)) for post in self.customer.sees_of(self.brand, under)]

    def limited(self, until: datetime) -> Answer:
        headers = {"ratelimit-limit": "3000", "ratelimit-remaining": "0", "ratelimit-policy": "3000;w=300"}
        headers |= {"ratelimit-reset": str(int(until.timestamp())), "Content-Type": "application/json"}
        return Answer(429, json.dumps({"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}), headers)


@pytest.fixture(scope="module")
def customer(bluesky_url: str) -> bluesky_people.Person:  # noqa: F811
    from tests.channels.bluesky_people import Network as People  # here: its library takes two seconds to import

    return People(bluesky_url).person("ada")


@pytest.fixture(scope="module")
def wire(bluesky_url: str) -> Iterator[Wire]:  # noqa: F811
    with wire_to(bluesky_url) as started:
        yield started


class TestBluesky(Conformance):
    """The suite, for Bluesky."""

    @pytest.fixture
    def stage(
        self,
        bluesky_url: str,  # noqa: F811
        wire: Wire,
        customer: bluesky_people.Person,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Iterator[BlueskyStage]:
        from app.channels import bluesky_session
        from tests.channels.bluesky_people import Network as People

        monkeypatch.setattr(bluesky_session, "TIMEOUTS", (3.0, 5.0))  # a busy machine is no broken line
        customer.begin_again()
        brand = People(bluesky_url).person("lumo")
        wire.mend()
        wire.asked.clear()
        yield BlueskyStage(wire, brand, customer, brand.app_password())
        wire.mend()
