"""What the adapter of Bluesky does beside what every network's does, against Bluesky's own servers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from app.channels import networks
from app.channels.base import (
    Door,
    Network,
    Post,
    RateLimitedError,
    RefusedByNetworkError,
    ReplyKey,
    Searching,
    SignedOutError,
    UnreachableError,
)
from listeners.bluesky import read_page
from tests.channels.bluesky_net import bluesky_url  # noqa: F401  a fixture
from tests.channels.wire import READS, WRITES, Answer, Wire, wire_to

if TYPE_CHECKING:
    from tests.channels.bluesky_people import Person

pytestmark = pytest.mark.slow
CREATE, REFRESH = "/xrpc/com.atproto.server.createSession", "/xrpc/com.atproto.server.refreshSession"


@dataclass
class Stage:
    """A brand's account and a customer, and a wire between the account's adapter and their server."""

    wire: Wire
    brand: Person
    customer: Person
    keys: dict[str, str]
    kept: list[Mapping[str, str]] = field(default_factory=list)
    """What adapters had the house keep."""

    def opened(self, *, stored: Callable[[], Mapping[str, str]] | None = None, **keys: str) -> Network:
        """The account's adapter with these keys besides its app password; what it renews is kept for the next."""

        def keep(changed: Mapping[str, str]) -> None:
            self.kept.append(changed)
            self.keys |= changed

        held = self.keys | keys
        door = Door(self.brand.did, self.brand.handle, held, self.wire.url, keep=keep, stored=stored)
        return networks.opened("bluesky", door)

    def asks(self, words: str = "how do I pair it?") -> str:
        """The customer asks the brand; the post's address."""
        return self.customer.says(f"@{self.brand.handle} {words}")

    def calls_of(self, path: str) -> int:
        """How often the account's adapters asked for this."""
        return sum(one.path.partition("?")[0] == path for one in self.wire.asked)


@pytest.fixture(autouse=True)
def _entered() -> Iterator[None]:
    """The adapter asks the session whether a transaction is open, so there has to be one."""
    with Flask("test").app_context():
        yield


@pytest.fixture(scope="module")
def customer(bluesky_url: str) -> Person:  # noqa: F811
    from tests.channels.bluesky_people import Network as People  # here: its library takes two seconds to import

    return People(bluesky_url).person("ada")


@pytest.fixture
def stage(bluesky_url: str, customer: Person) -> Iterator[Stage]:  # noqa: F811
    from tests.channels.bluesky_people import Network as People

    customer.begin_again()
    brand = People(bluesky_url).person("lumo")
    with wire_to(bluesky_url) as wire:
        yield Stage(wire, brand, customer, {"app_password": brand.app_password()})


@pytest.fixture
def since() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=2)


def key(number: int = 1) -> ReplyKey:
    return ReplyKey(number, datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC))


def with_access(kept: str, *, exp: float | None = None) -> str:
    """The session with an access token that the server did not sign, and that ends then."""
    handle, did, access, refresh, *rest = kept.split(":::")
    head, body, _ = access.split(".")
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=="))
    said |= {"exp": int(exp)} if exp else {}
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    return ":::".join((handle, did, f"{head}.{body}.{'x' * 43}", refresh, *rest))


class TestSession:
    """Signing in is what the network allows least often."""

    def test_it_is_opened_once_for_all_adapters_of_the_account(self, stage: Stage, since: datetime) -> None:
        for _ in range(3):
            stage.opened().mentions(since, None)
        assert stage.calls_of(CREATE) == 1
        assert [list(changed) for changed in stage.kept] == [["session"]]

    @pytest.mark.parametrize("why", ["refused", "about to end"])
    def test_another_takes_its_place_without_signing_in(self, stage: Stage, since: datetime, why: str) -> None:
        stage.opened().mentions(since, None)
        soon = (datetime.now(UTC) + timedelta(minutes=1)).timestamp()
        ended = with_access(stage.keys["session"], exp=soon if why == "about to end" else None)
        stage.opened(session=ended).mentions(since, None)
        assert (stage.calls_of(CREATE), stage.calls_of(REFRESH)) == (1, 1)
        stage.opened().mentions(since, None)  # the one that was kept is as good
        assert (stage.calls_of(CREATE), stage.calls_of(REFRESH)) == (1, 1)

    def test_one_that_cannot_be_renewed_is_opened_by_the_app_password(self, stage: Stage, since: datetime) -> None:
        stage.opened().mentions(since, None)
        handle, did, access, refresh, *rest = with_access(stage.keys["session"]).split(":::")
        useless = ":::".join((handle, did, access, refresh[:-9] + "x" * 9, *rest))
        stage.opened(session=useless).mentions(since, None)
        assert (stage.calls_of(CREATE), stage.calls_of(REFRESH)) == (2, 1)
        stage.opened(session="no session at all").mentions(since, None)
        assert stage.calls_of(CREATE) == 3

    def test_the_one_that_another_process_opened_meanwhile_is_taken(self, stage: Stage, since: datetime) -> None:
        stage.opened().mentions(since, None)
        newest = dict(stage.keys)
        stage.opened(session=with_access(newest["session"]), stored=lambda: newest).mentions(since, None)
        assert (stage.calls_of(CREATE), stage.calls_of(REFRESH)) == (1, 0)

    def test_the_session_of_somebody_else_opens_nothing(self, stage: Stage, since: datetime) -> None:
        theirs = stage.customer.client.export_session_string()
        with pytest.raises(SignedOutError, match="another account"):
            stage.opened(session=theirs).mentions(since, None)
        assert stage.kept == []

    def test_without_an_app_password_a_manager_is_asked_for_one(self, stage: Stage, since: datetime) -> None:
        with pytest.raises(SignedOutError, match="app password"):
            stage.opened(app_password="", session="").mentions(since, None)

    def test_signing_in_too_often_is_a_limit_with_its_time(self, stage: Stage, since: datetime) -> None:
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=4)
        said = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
        headers = {"ratelimit-reset": str(int(until.timestamp())), "Content-Type": "application/json"}
        stage.wire.fail(Answer(429, json.dumps(said), headers), WRITES)
        with pytest.raises(RateLimitedError) as told:
            stage.opened().mentions(since, None)
        assert told.value.until == until

    def test_a_server_that_breaks_while_signing_in_has_said_nothing(self, stage: Stage) -> None:
        asked = stage.asks()
        stage.wire.fail(Answer(502), WRITES)
        with pytest.raises(UnreachableError):
            stage.opened().reply(asked, "Hold the button.", key())


class TestSpeaking:
    """What a reply is made of."""

    def test_links_tags_and_people_are_marked_by_their_bytes(self, stage: Stage) -> None:
        asked = stage.asks()
        words = f"Ça va ☕ @{stage.customer.handle}: https://lumo.example/a?b=1 #lamp @nobody.test"
        uri = stage.opened().reply(asked, words, key()).external_id
        stage.customer.waits_to_be_told_of(uri)
        [post] = stage.customer.sees_of(stage.brand, asked)
        letters = words.encode()
        marked = [
            (letters[one.index.byte_start : one.index.byte_end].decode(), one.features[0].py_type.rpartition("#")[2])
            for one in post.record.facets
        ]
        assert marked == [
            (f"@{stage.customer.handle}", "mention"),
            ("https://lumo.example/a?b=1", "link"),
            ("#lamp", "tag"),
        ]
        assert post.record.embed is None

    def test_its_name_comes_from_its_key_and_its_time_from_when_it_was_said(self, stage: Stage) -> None:
        """A draft may wait for days: said under its old name, it is not shown as days old."""
        from app.channels.bluesky import record_key

        asked, before = stage.asks(), datetime.now(UTC)
        uri = stage.opened().reply(asked, "Hold the button.", key(7)).external_id
        assert uri == f"at://{stage.brand.did}/app.bsky.feed.post/{record_key(key(7))}"
        stage.customer.waits_to_see(uri)
        [found] = stage.opened().own_replies(before - timedelta(minutes=2), asked)
        assert found.posted_at >= before - timedelta(seconds=1)

    def test_names_differ_by_number_and_grow_with_time(self) -> None:
        from app.channels.bluesky import record_key

        later = ReplyKey(1, key().at + timedelta(microseconds=1))
        assert len({record_key(key(number)) for number in range(1024)}) == 1024
        assert record_key(key(1023)) < record_key(later)
        assert record_key(key()) == record_key(ReplyKey(1, key().at)) == "3mfyqkxzdk223"

    def test_two_who_say_the_same_reply_at_once_leave_one(self, stage: Stage) -> None:
        """The second may have looked before the first was there; it puts the same record again."""
        asked = stage.asks()
        first, second = stage.opened(), stage.opened()
        first_said = first.reply(asked, "Hold the button.", key())
        second._record = lambda _uri: None  # type: ignore[attr-defined]  # as if it had looked a moment earlier
        assert second.reply(asked, "Hold the button.", key()) == first_said
        assert stage.brand.has_said() == ["Hold the button."]

    def test_a_text_of_few_signs_and_many_bytes_is_refused(self, stage: Stage) -> None:
        asked = stage.asks()
        with pytest.raises(RefusedByNetworkError, match="3025 of 3000"):
            stage.opened().reply(asked, "👨‍👩‍👧‍👦" * 121, key())
        assert stage.opened().reply(asked, "👨‍👩‍👧‍👦" * 120, key()).external_id

    @pytest.mark.parametrize("how", ["gated", "blocked", "blocking"])
    def test_what_is_closed_is_not_answered_though_the_server_would_take_it(self, stage: Stage, how: str) -> None:
        asked = stage.asks()
        if how == "gated":
            stage.customer.lets_nobody_reply(asked)
            stage.brand.waits_until_closed(asked)
        elif how == "blocked":
            stage.customer.blocks(stage.brand.did)
            stage.brand.waits_until_hidden(asked)
        else:
            stage.brand.blocks(stage.customer.did)
            stage.brand.waits_until_hidden(asked)
        shown = stage.opened().look_up([asked]).shown[asked]
        assert shown.state == "closed"
        with pytest.raises(RefusedByNetworkError, match=r"[Oo]ur account"):
            stage.opened().reply(asked, "Hold the button.", key())
        assert stage.brand.has_said() == []

    def test_somebody_elses_post_is_not_taken_down(self, stage: Stage) -> None:
        asked = stage.asks()
        with pytest.raises(RefusedByNetworkError, match="not made by this account"):
            stage.opened().take_down(asked)
        assert stage.customer.sees(asked)

    @pytest.mark.parametrize("named", ["", "1", "at://did:plc:abc/app.bsky.feed.like/3kabc", "https://example.org"])
    def test_what_is_no_post_is_gone_and_cannot_be_answered(self, stage: Stage, named: str) -> None:
        network = stage.opened()
        assert network.look_up([named]).shown[named].state == "gone"
        with pytest.raises(RefusedByNetworkError):
            network.reply(named, "Hold the button.", key())

    @pytest.mark.parametrize(
        "body", ["{}", '{"posts": 7}', '{"posts": [7]}', '{"posts": [{"uri": 7}]}', '{"posts": [{"record": []}]}']
    )
    def test_an_answer_of_no_sense_is_no_sign_that_a_post_is_gone(self, stage: Stage, body: str) -> None:
        asked, network = stage.asks(), stage.opened()
        network.look_up([asked])
        stage.wire.fail(Answer(200, body, {"Content-Type": "application/json"}), READS)
        with pytest.raises(UnreachableError):
            network.look_up([asked])
        with pytest.raises(UnreachableError):
            network.reply(asked, "Hold the button.", key())
        assert stage.brand.has_said() == []


class TestListening:
    """What is heard besides mentions."""

    def test_quotations_and_replies_are_heard_and_others_words_are_found(self, stage: Stage, since: datetime) -> None:
        network, ours = stage.opened(), stage.brand.says("Our new lamp is here.")
        quoted = stage.customer.says("look at this", quoting=ours)
        replied = stage.customer.says("does it blink?", reply_to=ours)
        unaddressed = stage.customer.says(f"a lamp by {stage.brand.did[-9:]} they say")
        for uri in (quoted, replied):
            stage.brand.waits_to_be_told_of(uri)
        heard = {post.external_id: post for post in posts(network.mentions(since, None).raw)}
        assert set(heard) == {quoted, replied}
        assert all(stage.brand.did in post.summons for post in heard.values())
        assert isinstance(network, Searching)
        found = posts(network.search(stage.brand.did[-9:], since, None).raw)
        assert [post.external_id for post in found] == [unaddressed]

    def test_what_the_account_passed_on_is_told_apart_from_what_it_said(self, stage: Stage, since: datetime) -> None:
        from tests.channels.bluesky_people import until_seen

        asked, network = stage.asks(), stage.opened()
        stage.brand.passes_on(asked)
        [passed] = until_seen(lambda: posts(network.own_posts(since, None).raw))
        assert (passed.kind, passed.author_id, passed.thread) == ("repost", stage.brand.did, asked)
        assert passed.external_id != asked

    def test_a_thread_whose_first_post_is_gone_has_no_posts(self, stage: Stage) -> None:
        asked = stage.asks()
        stage.customer.deletes(asked)
        assert posts(stage.opened().thread(asked, None).raw) == []


def posts(raw: str) -> list[Post]:
    items = list(read_page(raw))
    assert all(isinstance(item, Post) for item in items), items
    return [item for item in items if isinstance(item, Post)]
