"""An account that consented by OAuth 2.0: tokens renewed in time, stored at once, and shared between processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app.channels import x_oauth
from app.channels.base import Door, RateLimitedError, ReplyKey, SignedOutError, UnreachableError
from app.channels.x import X
from app.kernel import clock
from app.kernel.db import transaction
from app.kernel.errors import NetworkInTransactionError
from tests.channels.sandbox import START, Json, Network, consent, running_network
from tests.channels.stage import Counting
from tests.channels.test_x_consent import BACK, VERIFIER, asked
from tests.channels.wire import WRITES, Answer, Wire, wire_to

pytestmark = pytest.mark.long

EVERYTHING = START - timedelta(hours=1)
KEY = ReplyKey(1, START)
TOKEN = "POST /2/oauth2/token"


class Cupboard:
    """Where an account's keys are stored, for all processes that speak for it."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self.keys = dict(keys)
        self.kept = 0

    def keep(self, changed: Mapping[str, str]) -> None:
        self.keys |= changed
        self.kept += 1

    def stored(self) -> Mapping[str, str]:
        return self.keys


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture(scope="module")
def wire(running: Network) -> Iterator[Wire]:
    with wire_to(running.url) as started:
        yield started


@pytest.fixture
def network(request: pytest.FixtureRequest, running: Network, wire: Wire) -> Iterator[Network]:
    wire.mend()
    wire.asked.clear()
    house = Flask("test").app_context() if "app" not in request.fixturenames else nullcontext()
    with house, clock.lived_at(running.afresh().clock.moment):
        yield running


@pytest.fixture
def brand(network: Network) -> Json:
    return network.brand("lumo")


@pytest.fixture
def cupboard(network: Network, brand: Json) -> Cupboard:
    """The keys of an account that has just consented."""
    code = consent(asked(network), "allow", brand["id"]).partition("code=")[2]
    tokens = x_oauth.exchange(network.url, "peerline-demo", None, code=code, redirect_uri=BACK, verifier=VERIFIER)
    return Cupboard(x_oauth.keys_of(tokens, "peerline-demo", None))


def opened(brand: Json, wire: Wire, cupboard: Cupboard, meter: Counting | None = None, *, alone: bool = False) -> X:
    """The account as one process opens it now; `alone`, it does not see what others store."""
    keys = dict(cupboard.keys)
    stored = None if alone else cupboard.stored
    return X(Door(brand["id"], "lumo", keys, wire.url, meter or Counting(), cupboard.keep, stored))


def renewals(wire: Wire) -> int:
    return sum(one.path == "/2/oauth2/token" for one in wire.asked)


def test_it_reads_and_writes_with_the_users_token(
    network: Network, brand: Json, wire: Wire, cupboard: Cupboard
) -> None:
    x = opened(brand, wire, cupboard)
    post = network.post("@lumo how do I pair it?", "ada")["id"]
    assert post in x.mentions(EVERYTHING, None).raw
    sent = x.reply(post, "Hold the button.", KEY)
    assert x.look_up([sent.external_id]).shown[sent.external_id].state == "there"
    x.take_down(sent.external_id)
    assert {one.headers["Authorization"] for one in wire.asked} == {f"Bearer {cupboard.keys['access_token']}"}
    assert cupboard.kept == 0


def test_a_token_is_renewed_before_it_ends_and_stored_before_it_is_used(
    brand: Json, wire: Wire, cupboard: Cupboard
) -> None:
    before = dict(cupboard.keys)
    x = opened(brand, wire, cupboard)
    with clock.lived_at(START + timedelta(hours=1, minutes=54)):
        x.mentions(EVERYTHING, None)
        assert (renewals(wire), cupboard.kept) == (0, 0)
    with clock.lived_at(START + timedelta(hours=1, minutes=56)):
        x.mentions(EVERYTHING, None)
        x.mentions(EVERYTHING, None)
        assert (renewals(wire), cupboard.kept) == (1, 1)
    assert cupboard.keys["access_token"] != before["access_token"]
    assert cupboard.keys["refresh_token"] != before["refresh_token"]
    assert int(cupboard.keys["expires_at"]) > int(before["expires_at"])
    assert cupboard.keys["client_id"] == "peerline-demo"


def test_a_token_that_x_ended_early_is_renewed_once_and_the_call_made_again(
    network: Network, brand: Json, wire: Wire, cupboard: Cupboard
) -> None:
    x = opened(brand, wire, cupboard)
    network.clock.advance(7300)  # over for the network; our clock has not noticed
    post = network.post("@lumo how do I pair it?", "ada")["id"]
    x.reply(post, "Hold the button.", KEY)
    assert (renewals(wire), cupboard.kept) == (1, 1)
    assert len(network.control("GET", f"/posts?replies_to={post}")["posts"]) == 1


def test_a_permission_that_was_withdrawn_is_signed_out_after_one_try(
    network: Network, brand: Json, wire: Wire, cupboard: Cupboard
) -> None:
    x_oauth.revoke(network.url, "peerline-demo", None, cupboard.keys["refresh_token"])
    with pytest.raises(SignedOutError):
        opened(brand, wire, cupboard).mentions(EVERYTHING, None)
    assert (renewals(wire), cupboard.kept) == (1, 0)


class TestTwoProcesses:
    def test_the_slower_one_takes_the_tokens_of_the_faster(
        self, network: Network, brand: Json, wire: Wire, cupboard: Cupboard
    ) -> None:
        fast, slow = opened(brand, wire, cupboard), opened(brand, wire, cupboard)
        network.clock.advance(7300)
        fast.mentions(EVERYTHING, None)
        slow.mentions(EVERYTHING, None)
        fast.mentions(EVERYTHING, None)
        assert (renewals(wire), cupboard.kept) == (1, 1)

    def test_one_that_is_overtaken_while_it_asks_looks_again(
        self, network: Network, brand: Json, wire: Wire, cupboard: Cupboard
    ) -> None:
        """The other process renews between our look at the stored keys and our own renewal."""
        slow, fast = opened(brand, wire, cupboard), opened(brand, wire, cupboard)
        network.clock.advance(7300)
        looks = iter([dict(cupboard.keys)])
        slow._door = replace(slow._door, stored=lambda: next(looks, None) or cupboard.keys)
        fast.mentions(EVERYTHING, None)
        slow.mentions(EVERYTHING, None)
        assert (renewals(wire), cupboard.kept) == (2, 1)

    def test_one_that_sees_nothing_of_the_other_is_signed_out(
        self, network: Network, brand: Json, wire: Wire, cupboard: Cupboard
    ) -> None:
        fast, slow = opened(brand, wire, cupboard), opened(brand, wire, cupboard, alone=True)
        network.clock.advance(7300)
        fast.mentions(EVERYTHING, None)
        with pytest.raises(SignedOutError):
            slow.mentions(EVERYTHING, None)


class TestTrouble:
    @pytest.mark.parametrize("kind", ["error_before", "drop_before", "string_body", "truncated_json"])
    def test_a_renewal_that_fails_is_tried_again_by_whoever_calls_next(
        self, network: Network, brand: Json, wire: Wire, cupboard: Cupboard, kind: str
    ) -> None:
        x = opened(brand, wire, cupboard)
        network.clock.advance(7300)
        network.fault(kind, TOKEN)
        with pytest.raises(UnreachableError):
            x.mentions(EVERYTHING, None)
        if kind == "truncated_json":  # the tokens were given and got lost on the way: nobody can know them any more
            with pytest.raises(SignedOutError):
                x.mentions(EVERYTHING, None)
        else:
            x.mentions(EVERYTHING, None)
            assert cupboard.kept == 1

    def test_a_limit_on_renewals_is_a_limit(
        self, network: Network, brand: Json, wire: Wire, cupboard: Cupboard
    ) -> None:
        network.clock.advance(7300)
        network.fault("rate_limited", TOKEN, options={"reset_in": 60})
        with pytest.raises(RateLimitedError) as told:
            opened(brand, wire, cupboard).mentions(EVERYTHING, None)
        assert told.value.until == network.clock.moment.replace(microsecond=0) + timedelta(seconds=60)

    def test_trouble_in_renewing_does_not_stop_a_token_that_still_stands(
        self, brand: Json, wire: Wire, cupboard: Cupboard
    ) -> None:
        x = opened(brand, wire, cupboard)
        wire.fail(Answer(503), WRITES)
        with clock.lived_at(START + timedelta(hours=1, minutes=56)):
            assert x.mentions(EVERYTHING, None).next_page is None
        assert renewals(wire) == 1

    def test_an_account_that_was_disconnected_meanwhile_renews_nothing(
        self, network: Network, brand: Json, wire: Wire, cupboard: Cupboard
    ) -> None:
        x = opened(brand, wire, cupboard)
        network.clock.advance(7300)
        cupboard.keys.clear()
        with pytest.raises(SignedOutError, match="disconnected"):
            x.mentions(EVERYTHING, None)
        assert renewals(wire) == 0

    @pytest.mark.usefixtures("app")
    def test_no_token_is_renewed_inside_a_transaction(self, brand: Json, wire: Wire, cupboard: Cupboard) -> None:
        x = opened(brand, wire, cupboard)
        with clock.lived_at(START + timedelta(hours=3)), transaction(), pytest.raises(NetworkInTransactionError):
            x.mentions(EVERYTHING, None)
        assert wire.asked == []
