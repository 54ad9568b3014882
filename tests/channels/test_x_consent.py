"""An account allows an app to act for it on the sandbox network, by our own client of it and as a browser would."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask

from app.channels import x_oauth
from app.channels.base import RefusedByNetworkError, SignedOutError, UnreachableError
from app.channels.x_oauth import Tokens
from app.kernel import clock
from tests.channels.sandbox import Network, consent, running_network

BACK = "http://127.0.0.1:5123/back?from=x"
VERIFIER = "a verifier of forty-three letters or more, at least"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def network(running: Network) -> Iterator[Network]:
    with Flask("test").app_context(), clock.lived_at(running.afresh().clock.moment):
        yield running


@pytest.fixture
def brand(network: Network) -> dict[str, Any]:
    network.brand("harbor")
    return network.brand("lumo")


def asked(network: Network, client_id: str = "peerline-demo", back: str = BACK) -> str:
    """The address of the question."""
    return x_oauth.authorize_url(network.url, client_id, back, "word", CHALLENGE)


def answered(question: str, answer: str, account: str) -> dict[str, list[str]]:
    """What a browser brings back to the app after that answer."""
    where = urlsplit(consent(question, answer, account))
    assert f"{where.scheme}://{where.netloc}{where.path}" == BACK.partition("?")[0]
    told = parse_qs(where.query)
    assert told["from"] == ["x"]
    assert told["state"] == ["word"]
    return told


def consented(network: Network, brand: dict[str, Any]) -> Tokens:
    """Tokens of that brand's account."""
    code = answered(asked(network), "allow", brand["id"])["code"][0]
    return x_oauth.exchange(network.url, "peerline-demo", None, code=code, redirect_uri=BACK, verifier=VERIFIER)


def keys_of(tokens: Tokens) -> dict[str, str]:
    return x_oauth.keys_of(tokens, "peerline-demo", None)


def test_a_yes_becomes_tokens_of_the_account_that_said_it(network: Network, brand: dict[str, Any]) -> None:
    tokens = consented(network, brand)
    assert x_oauth.whoami(network.url, tokens.access_token) == x_oauth.Person(brand["id"], "lumo", "lumo")
    assert abs(tokens.expires_at - clock.now() - timedelta(hours=2)) < timedelta(seconds=10)
    assert "tweet.write" in x_oauth.SCOPES


def test_a_no_comes_back_as_one(network: Network, brand: dict[str, Any]) -> None:
    told = answered(asked(network), "cancel", brand["id"])
    assert told["error"] == ["access_denied"]
    assert "code" not in told


def test_a_code_is_good_once_for_its_owner_and_for_half_a_minute(network: Network, brand: dict[str, Any]) -> None:
    def shown(code: str, verifier: str = VERIFIER, back: str = BACK) -> Tokens:
        return x_oauth.exchange(network.url, "peerline-demo", None, code=code, redirect_uri=back, verifier=verifier)

    def fresh() -> str:
        return answered(asked(network), "allow", brand["id"])["code"][0]

    used = fresh()
    assert shown(used).access_token
    old = fresh()
    network.clock.advance(31)
    for refused in (
        lambda: shown(used),
        lambda: shown(old),
        lambda: shown(fresh(), verifier="another verifier of forty-three letters or so"),
        lambda: shown(fresh(), back="http://127.0.0.1:5123/elsewhere"),
    ):
        with pytest.raises(RefusedByNetworkError, match="Connect again"):
            refused()


def test_renewing_ends_what_was_there_before(network: Network, brand: dict[str, Any]) -> None:
    first = consented(network, brand)
    second = x_oauth.renew(network.url, keys_of(first))
    assert x_oauth.whoami(network.url, second.access_token).handle == "lumo"
    with pytest.raises(SignedOutError):
        x_oauth.whoami(network.url, first.access_token)
    with pytest.raises(SignedOutError):
        x_oauth.renew(network.url, keys_of(first))


def test_a_token_ends_by_itself_and_when_it_is_given_back(network: Network, brand: dict[str, Any]) -> None:
    tokens = consented(network, brand)
    network.clock.advance(7201)
    with pytest.raises(SignedOutError):
        x_oauth.whoami(network.url, tokens.access_token)
    renewed = x_oauth.renew(network.url, keys_of(tokens))
    x_oauth.revoke(network.url, "peerline-demo", None, str(renewed.refresh_token))
    x_oauth.revoke(network.url, "peerline-demo", None, str(renewed.refresh_token))
    with pytest.raises(SignedOutError):
        x_oauth.whoami(network.url, renewed.access_token)


def test_an_app_with_a_secret_must_show_it_and_is_held_to_its_addresses(
    network: Network, brand: dict[str, Any]
) -> None:
    app = network.control("POST", "/apps", {"name": "Desk", "redirect_uris": [BACK], "confidential": True})
    code = answered(asked(network, app["client_id"]), "allow", brand["id"])["code"][0]
    for secret in (None, "guessed"):
        with pytest.raises(RefusedByNetworkError):
            x_oauth.exchange(network.url, app["client_id"], secret, code=code, redirect_uri=BACK, verifier=VERIFIER)
    tokens = x_oauth.exchange(
        network.url, app["client_id"], app["client_secret"], code=code, redirect_uri=BACK, verifier=VERIFIER
    )
    keys = x_oauth.keys_of(tokens, app["client_id"], app["client_secret"])
    assert x_oauth.renew(network.url, keys).access_token != tokens.access_token
    elsewhere = requests.get(asked(network, app["client_id"], "http://127.0.0.1:9/other"), timeout=60)
    assert (elsewhere.status_code, "redirect_uri" in elsewhere.text) == (400, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("client_id=peerline-demo", "client_id=nobody"),
        ("redirect_uri=http%3A%2F%2F127.0.0.1", "redirect_uri=http%3A%2F%2Felsewhere.example"),
        ("response_type=code", "response_type=token"),
        ("code_challenge_method=S256", "code_challenge_method=plain"),
        (f"code_challenge={CHALLENGE}", "code_challenge=short"),
        ("state=word", "state="),
        ("tweet.write", "dm.write"),
    ],
)
def test_a_question_that_is_wrong_leads_nowhere(network: Network, old: str, new: str) -> None:
    question = asked(network)
    assert old in question
    page = requests.get(question.replace(old, new), timeout=60, allow_redirects=False)
    assert (page.status_code, "Nothing was allowed" in page.text) == (400, True)


def test_an_answer_from_elsewhere_is_no_answer(network: Network, brand: dict[str, Any]) -> None:
    where, _, query = asked(network).partition("?")
    form = {name: values[0] for name, values in parse_qs(query).items()} | {"answer": "allow", "account": brand["id"]}
    assert requests.post(where, data=form, timeout=60, allow_redirects=False).status_code == 403


def test_a_scope_that_was_not_asked_for_is_not_given(network: Network, brand: dict[str, Any]) -> None:
    question = asked(network).replace("tweet.write+", "").replace("+offline.access", "")
    code = answered(question, "allow", brand["id"])["code"][0]
    tokens = x_oauth.exchange(network.url, "peerline-demo", None, code=code, redirect_uri=BACK, verifier=VERIFIER)
    assert tokens.refresh_token is None
    said = requests.post(
        f"{network.url}/2/tweets",
        json={"text": "hi"},
        headers={"Authorization": f"Bearer {tokens.access_token}"},
        timeout=60,
    )
    assert (said.status_code, "tweet.write" in said.text) == (403, True)


@pytest.mark.parametrize("kind", ["error_before", "string_body", "truncated_json", "drop_after"])
def test_a_network_in_trouble_is_not_a_no(network: Network, brand: dict[str, Any], kind: str) -> None:
    tokens = consented(network, brand)
    network.fault(kind, "POST /2/oauth2/token")
    with pytest.raises(UnreachableError):
        x_oauth.renew(network.url, keys_of(tokens))
