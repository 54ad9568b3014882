"""Facebook login, from the question to the page that is told of comments: against the sandbox network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask

from app.channels import facebook_login as login
from app.channels.base import RefusedByNetworkError, SignedOutError
from tests.channels.sandbox import Network, running_network

BACK = "http://127.0.0.1:9/brand/networks/facebook/back"


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def network(running: Network) -> Iterator[Network]:
    running.afresh()
    with Flask("test").app_context():
        yield running


@pytest.fixture
def app(network: Network) -> dict[str, str]:
    return {name: str(value) for name, value in network.control("GET", "/facebook/app").items()}


class Owner:
    """The browser of the person who manages the pages."""

    def __init__(self) -> None:
        self.session = requests.Session()

    def asked(self, url: str) -> requests.Response:
        return self.session.get(url, timeout=60)

    def answers(self, url: str, answer: str = "yes", without: tuple[str, ...] = ()) -> dict[str, list[str]]:
        """Fill in the dialog's form; what the way back carries."""
        page = self.asked(url).text
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', page)
        form = [(name, value.replace("&amp;", "&")) for name, value in fields if value not in without]
        form = [pair for pair in form if pair[0] != "answer"] + [("answer", answer)]
        host = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        sent = self.session.post(f"{host}/v26.0/dialog/oauth", data=form, timeout=60, allow_redirects=False)
        assert sent.headers["Location"].startswith(BACK + "?"), sent.text
        return parse_qs(urlsplit(sent.headers["Location"]).query)


def question(network: Network, app: dict[str, str]) -> str:
    return login.dialog_url(app["app_id"], BACK, "of mine & yours", base_url=network.url)


def given(network: Network, app: dict[str, str], **how: Any) -> login.Granted:
    code = Owner().answers(question(network, app), **how)["code"][0]
    return login.granted(app["app_id"], app["app_secret"], BACK, code, base_url=network.url)


def test_a_yes_leads_to_the_pages_and_their_webhooks(network: Network, app: dict[str, str]) -> None:
    network.brand("lumo")
    page = network.control("POST", "/facebook/pages", {"username": "lumo", "name": "Lumo"})
    said = given(network, app)
    assert said.missing == frozenset()
    [choice] = said.pages
    assert (choice.id, choice.name, choice.handle, choice.may_answer) == (page["id"], "Lumo", "lumo", True)
    at = network.url
    assert not login.is_subscribed(choice.id, choice.token, app["app_secret"], base_url=at)
    login.subscribe(choice.id, choice.token, app["app_secret"], base_url=at)
    assert login.is_subscribed(choice.id, choice.token, app["app_secret"], base_url=at)
    login.unsubscribe(choice.id, choice.token, app["app_secret"], base_url=at)
    assert not login.is_subscribed(choice.id, choice.token, app["app_secret"], base_url=at)


def test_what_is_said_comes_back_with_our_word_and_no_token(network: Network, app: dict[str, str]) -> None:
    yes, no = Owner().answers(question(network, app)), Owner().answers(question(network, app), answer="no")
    assert set(yes) == {"code", "state"}
    assert yes["state"] == no["state"] == ["of mine & yours"]
    assert no["error"] == ["access_denied"]


def test_what_the_owner_leaves_out_is_known(network: Network, app: dict[str, str]) -> None:
    said = given(network, app, without=("pages_manage_engagement",))
    assert said.missing == {"pages_manage_engagement"}


def test_a_code_is_good_once_and_not_for_long(network: Network, app: dict[str, str]) -> None:
    first, late = (Owner().answers(question(network, app))["code"][0] for _ in range(2))
    login.granted(app["app_id"], app["app_secret"], BACK, first, base_url=network.url)
    network.clock.advance(601)
    for code in (first, late, "AQmade-up"):
        with pytest.raises(RefusedByNetworkError) as refused:
            login.granted(app["app_id"], app["app_secret"], BACK, code, base_url=network.url)
        assert code not in str(refused.value)


def test_no_secret_shows(network: Network, app: dict[str, str]) -> None:
    network.brand("lumo")
    said = given(network, app)
    assert said.pages[0].token not in repr(said)
    network.control("DELETE", "/facebook/tokens")
    with pytest.raises(SignedOutError) as ended:
        login.subscribe(said.pages[0].id, said.pages[0].token, app["app_secret"], base_url=network.url)
    assert said.pages[0].token not in repr(ended.value) + repr(ended.value.__cause__)


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "4711"},
        {"redirect_uri": "https://elsewhere.example/back"},
        {"redirect_uri": "javascript:alert(1)"},
        {"scope": "pages_show_list,everything"},
        {"response_type": "token"},
    ],
)
def test_a_wrong_question_is_answered_there_and_sent_nowhere(
    network: Network, app: dict[str, str], wrong: dict[str, str]
) -> None:
    asked = {"client_id": app["app_id"], "redirect_uri": BACK, "scope": "pages_show_list"} | wrong
    answer = requests.get(f"{network.url}/v26.0/dialog/oauth", params=asked, timeout=60, allow_redirects=False)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_form_of_another_site_allows_nothing(network: Network, app: dict[str, str]) -> None:
    form = {"client_id": app["app_id"], "redirect_uri": BACK, "asked_for": "pages_show_list", "answer": "yes"}
    answer = requests.post(
        f"{network.url}/v26.0/dialog/oauth", data=form | {"form": "-"}, timeout=60, allow_redirects=False
    )
    assert answer.status_code == 403
