"""A manager connects accounts in the browser: what each network is asked, every no of it, and nothing left behind."""

from __future__ import annotations

import json
import logging
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from app.channels import accounts
from app.channels.base import SignedOutError
from app.channels.models import Account, Consent
from app.kernel import clock, crypto
from app.kernel.crypto import refs
from app.kernel.db import Base, session, transaction
from app.people import members
from tests.channels.sandbox import Network
from tests.web.conftest import Browse, Browser, said
from tests.web.connecting import PORTAL, dana, house, network, new, plaza, settings, stored
from tests.world import House, World

__all__ = ["dana", "house", "network", "plaza", "settings"]

X = "/brand/networks/connect/x"
FACEBOOK = "/brand/networks/connect/facebook"
YES = {"rewards": "yes"}


def question(browser: Browser, path: str = X, **fields: str) -> str:
    """Ask, as the form does; where the browser is sent."""
    response = browser.post(path, **(YES | fields))
    assert response.status_code == 303, said(response)
    return response.headers["Location"]


def decided(address: str, answer: str = "allow") -> str:
    """Somebody decides on X's own page; the address to which X sends the browser back."""
    with requests.Session() as visitor:
        page = visitor.get(address, timeout=60).text
        fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
        fields |= {"answer": answer}
        response = visitor.post(f"{address.partition('?')[0]}", data=fields, timeout=60, allow_redirects=False)
    assert response.status_code == 303, response.text
    return str(response.headers["Location"])


def allowed(address: str, *, answer: str = "yes", without: tuple[str, ...] = ()) -> str:
    """Somebody decides on Facebook's page, which lets them untick permissions; where the browser is sent back."""
    with requests.Session() as visitor:
        page = visitor.get(address, timeout=60).text
        fields = [(name, unescape(value)) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)]
        fields = [(name, value) for name, value in fields if name != "answer" and value not in without]
        where = address.partition("?")[0]
        response = visitor.post(where, data=[*fields, ("answer", answer)], timeout=60, allow_redirects=False)
    assert response.status_code == 302, response.text
    return str(response.headers["Location"])


def come_back(browser: Browser, address: str) -> Any:
    """The browser follows X's redirect to us."""
    assert address.startswith(PORTAL + X + "/back?")
    return browser.get(address.removeprefix(PORTAL))


class TestX:
    def test_a_page_says_what_is_asked_and_why(self, dana: Browser) -> None:
        page = dana.get(X)
        for words in ("tweet.read", "tweet.write", "offline.access", "Nothing else is asked for", "rule of X"):
            assert words in said(page), words

    def test_an_account_is_connected_by_its_owners_consent(self, dana: Browser, house: House, network: Network) -> None:
        brand = network.brand("HarborCoffee")
        asked = question(dana)
        query = parse_qs(urlsplit(asked).query)
        assert asked.startswith(f"{network.url}/i/oauth2/authorize?")
        assert query["redirect_uri"] == [f"{PORTAL}{X}/back"]
        assert query["scope"] == ["tweet.read users.read tweet.write offline.access"]
        response = come_back(dana, decided(asked))
        assert (response.status_code, response.headers["Location"]) == (303, "/brand/networks")
        page = dana.text("/brand/networks")
        assert "Connected @HarborCoffee on X" in page
        assert new(house) == [("HarborCoffee", "connected", network.url)]
        with house.scope():
            view = accounts.by_handle("x", "harborcoffee")
            assert view is not None
            assert view.external_id == brand["id"]
            opened = accounts.open_network(view.id)
            session.rollback()
        assert opened.mentions(clock.now(), None).raw
        acts = [row for row in dana.text("/audit").split("\n") if "acknowledged" in row or "connected" in row]
        assert len(acts) >= 2

    def test_without_the_rule_about_rewards_nobody_is_asked(self, dana: Browser, house: House) -> None:
        response = dana.post(X)
        assert response.status_code == 422
        assert "rule of X about rewards" in said(response)
        assert new(house) == []

    def test_who_says_no_on_x_is_told_that_nothing_happened(
        self, dana: Browser, house: House, network: Network
    ) -> None:
        network.brand()
        response = come_back(dana, decided(question(dana), answer="cancel"))
        assert response.status_code == 422
        assert "You said no on X" in said(response)
        assert "Go on to X" in said(response)
        assert new(house) == []

    def test_an_answer_counts_once(self, dana: Browser, house: House, network: Network) -> None:
        network.brand()
        answer = decided(question(dana))
        assert come_back(dana, answer).status_code == 303
        again = come_back(dana, answer)
        assert again.status_code == 422
        assert "was used already" in said(again)
        assert len(new(house)) == 1

    @pytest.mark.parametrize("who", ["another member", "another brand", "a forged state"])
    def test_an_answer_belongs_to_who_asked(
        self, who: str, browse: Browse, dana: Browser, house: House, world: World, network: Network
    ) -> None:
        network.brand()
        answer = decided(question(dana))
        browser = browse(world.rival, "dana") if who == "another brand" else dana
        if who == "another member":
            with transaction():
                members.join(house.brand_id, house.sam.member_id, "manager")
            browser = browse(house, "sam")
        if who == "a forged state":
            answer = re.sub(r"state=[\w-]+", "state=" + "A" * 43, answer)
        response = come_back(browser, answer)
        assert response.status_code == 422
        assert "belongs to no question that you asked" in said(response)
        assert new(house) == new(world.rival) == []

    def test_a_late_answer_is_told_so(self, dana: Browser, house: House, network: Network, later: Any) -> None:
        network.brand()
        answer = decided(question(dana))
        later(minutes=11)
        response = come_back(dana, answer)
        assert "longer than ten minutes" in said(response)
        assert new(house) == []

    def test_a_network_that_is_down_leaves_nothing_behind(self, dana: Browser, house: House, network: Network) -> None:
        network.brand()
        answer = decided(question(dana))
        network.fault("error_before", "POST /2/oauth2/token", options={"status": 503})
        response = come_back(dana, answer)
        assert response.status_code == 422
        assert "cannot be reached right now" in said(response)
        assert "Nothing was stored" in said(response)
        assert new(house) == []

    def test_a_code_that_x_does_not_know_is_refused(self, dana: Browser, house: House, network: Network) -> None:
        network.brand()
        answer = re.sub(r"code=[^&]+", "code=stolen", decided(question(dana)))
        response = come_back(dana, answer)
        assert "does not take this consent" in said(response)
        assert new(house) == []

    def test_an_account_of_another_brand_is_refused(
        self, browse: Browse, dana: Browser, house: House, world: World, network: Network
    ) -> None:
        network.brand()
        assert come_back(dana, decided(question(dana))).status_code == 303
        rival = browse(world.rival, "dana")
        response = come_back(rival, decided(question(rival)))
        assert response.status_code == 409
        assert "connected to another brand" in said(response)
        assert new(world.rival) == []
        assert len(new(house)) == 1

    def test_the_page_lets_its_form_lead_to_x_and_nowhere_else(self, dana: Browser, network: Network) -> None:
        policy = dana.get(X).headers["Content-Security-Policy"]
        assert f"form-action 'self' {network.url};" in policy
        assert "form-action 'self';" in dana.get("/brand/networks").headers["Content-Security-Policy"]

    @pytest.mark.parametrize("alias", ["sam", "maya"])
    def test_it_is_the_managers(self, browse: Browse, house: House, alias: str) -> None:
        browser = browse(house, alias)
        assert browser.get(X).status_code == browser.get(f"{X}/back?state=a&code=b").status_code == 403
        assert browser.post(X, **YES).status_code == 403


def test_nothing_readable_is_in_the_database_or_the_log(
    app: Flask,
    dana: Browser,
    house: House,
    network: Network,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert app
    caplog.set_level(logging.DEBUG)
    network.brand("HarborCoffee")
    asked = question(dana)
    with house.scope():
        waiting = session.execute(select(Consent)).scalar_one()
        assert waiting.held is not None
        proof = json.loads(crypto.vault().open(house.brand_id, waiting.held))["proof"]
        session.rollback()
    answer = decided(asked)
    caplog.clear()  # what the visitor's own browser writes down is not ours
    state, code = (parse_qs(urlsplit(answer).query)[name][0] for name in ("state", "code"))
    assert come_back(dana, answer).status_code == 303
    with house.scope():
        row = session.execute(select(Account).where(Account.handle == "HarborCoffee")).scalar_one()
        keys = json.loads(crypto.vault().open(house.brand_id, str(row.credentials)))
        session.rollback()
    dump = " ".join(str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(table.select()))
    session.rollback()
    told = capfd.readouterr()
    written = dump + caplog.text + told.out + told.err
    canaries = [keys["access_token"], keys["refresh_token"], proof, state, code]
    assert all(len(word) > 10 for word in canaries)
    assert [word for word in canaries if word in written] == []
    assert keys["access_token"] not in dana.get("/brand/networks").get_data(as_text=True)


class TestFacebook:
    @pytest.fixture
    def page(self, network: Network) -> dict[str, Any]:
        """The brand's page, and somebody else's."""
        network.control("POST", "/facebook/pages", {"username": "other", "name": "Another page"})
        return network.control("POST", "/facebook/pages", {"username": "lumo", "name": "Lumo"})

    def come_back(self, browser: Browser, address: str) -> Any:
        assert address.startswith(f"{PORTAL}{FACEBOOK}/back?")
        return browser.get(address.removeprefix(PORTAL).partition("#")[0])

    def choice(self, browser: Browser) -> tuple[str, str]:
        """Ask, be told yes, and open the choice: its address, and what it says."""
        response = self.come_back(browser, allowed(question(browser, FACEBOOK)))
        assert response.status_code in {302, 303}, said(response)
        return response.headers["Location"], browser.get(response.headers["Location"]).get_data(as_text=True)

    def subscribed(self, page: dict[str, Any], network: Network) -> bool:
        header = {"Authorization": f"Bearer {page['credentials']['page_token']}"}
        answer = requests.get(f"{network.url}/v26.0/{page['id']}/subscribed_apps", headers=header, timeout=60).json()
        return bool(answer["data"])

    def test_a_page_is_chosen_and_connected(
        self, dana: Browser, house: House, network: Network, page: dict[str, Any]
    ) -> None:
        path, shown = self.choice(dana)
        assert "Another page" in shown
        assert page["credentials"]["page_token"] not in shown
        assert new(house) == []
        assert dana.post(path, page=page["id"]).status_code == 303
        assert "Connected @lumo on Facebook" in dana.text("/brand/networks")
        with house.scope():
            view = accounts.by_handle("facebook", "lumo")
            assert view is not None
            assert view.external_id == page["id"]
            opened = accounts.open_network(view.id)
            session.rollback()
        assert opened.mentions(clock.now(), None).raw
        assert self.subscribed(page, network)
        let_go = f"/brand/networks/{refs().name('account', view.id)}/disconnect"
        assert dana.post(let_go).status_code == 303
        assert not self.subscribed(page, network)

    def test_a_choice_is_made_once_by_who_asked(
        self, browse: Browse, dana: Browser, house: House, world: World, page: dict[str, Any]
    ) -> None:
        path, _shown = self.choice(dana)
        rival = browse(world.rival, "dana")
        assert (rival.get(path).status_code, rival.post(path, page=page["id"]).status_code) == (404, 404)
        for nothing in ({}, {"page": "no page of theirs"}):
            refused = dana.post(path, **nothing)
            assert refused.status_code == 422
            assert "Choose at least one page" in said(refused)
            assert "Another page" in said(refused)
        assert dana.post(path, page=page["id"]).status_code == 303
        again = dana.post(path, page=page["id"])
        assert again.status_code == 422
        assert "made already" in said(again)
        assert len([one for one in stored(house) if one[1] == "connected"]) == 2

    def test_what_was_left_out_is_named(self, dana: Browser, house: House, page: dict[str, Any]) -> None:
        assert page
        answer = allowed(question(dana, FACEBOOK), without=("pages_manage_engagement",))
        response = self.come_back(dana, answer)
        assert response.status_code == 422
        assert "left out what is needed: Answer comments" in said(response)
        assert new(house) == []

    def test_who_says_no_on_facebook_is_told_that_nothing_happened(
        self, dana: Browser, house: House, page: dict[str, Any]
    ) -> None:
        assert page
        response = self.come_back(dana, allowed(question(dana, FACEBOOK), answer="no"))
        assert "You said no on Facebook" in said(response)
        assert new(house) == []

    def test_a_network_that_is_down_leaves_nothing_behind(
        self, dana: Browser, house: House, network: Network, page: dict[str, Any]
    ) -> None:
        path, _shown = self.choice(dana)
        network.fault("error_before", "POST /v26.0/*/subscribed_apps", options={"status": 503})
        response = dana.post(path, page=page["id"])
        assert response.status_code == 422
        assert "Nothing was stored" in said(response)
        assert new(house) == []


class TestDeveloperKeys:
    def form(self, brand: dict[str, Any]) -> dict[str, str]:
        names = ("bearer_token", "consumer_key", "consumer_secret", "access_token", "access_token_secret")
        return {name: brand["credentials"][name] for name in names} | {"where": "sandbox"} | YES

    def test_x_says_whose_they_are(self, dana: Browser, house: House, network: Network) -> None:
        fields = self.form(network.brand("HarborCoffee"))
        assert dana.post(f"{X}/keys", **fields).status_code == 303
        assert new(house) == [("HarborCoffee", "connected", network.url)]
        assert fields["access_token"] not in dana.get("/brand/networks").get_data(as_text=True)

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ({"access_token": ""}, "All five"),
            ({"access_token": "wrong"}, "does not accept these four keys"),
            ({"bearer_token": "wrong"}, "not the bearer token that reads"),
            ({"rewards": ""}, "rule of X about rewards"),
        ],
    )
    def test_wrong_ones_are_told_at_once_and_nothing_is_stored(
        self, dana: Browser, house: House, network: Network, words: dict[str, str], sentence: str
    ) -> None:
        fields = self.form(network.brand()) | words
        response = dana.post(f"{X}/keys", **fields)
        assert response.status_code == 422
        assert sentence in said(response)
        assert fields["consumer_secret"] not in response.get_data(as_text=True)
        assert new(house) == []


class TestAnAccount:
    @pytest.fixture
    def account_id(self, dana: Browser, house: House, network: Network) -> int:
        """HarborCoffee, connected by consent."""
        network.brand("HarborCoffee")
        assert come_back(dana, decided(question(dana))).status_code == 303
        with house.scope():
            view = accounts.by_handle("x", "HarborCoffee")
            session.rollback()
        assert view is not None
        return view.id

    def path(self, account_id: int, tail: str) -> str:
        return f"/brand/networks/{refs().name('account', account_id)}/{tail}"

    def test_a_try_says_that_the_keys_work(self, dana: Browser, account_id: int) -> None:
        assert dana.post(self.path(account_id, "look")).status_code == 303
        assert "X answered for @HarborCoffee just now" in dana.text("/brand/networks")

    def test_a_try_finds_that_the_network_took_them_back(
        self, dana: Browser, house: House, account_id: int, network: Network
    ) -> None:
        with house.scope():
            _channel, door = accounts.door_of(account_id)
            session.rollback()
        for name in ("refresh_token", "access_token"):
            form = {"token": door.keys[name], "client_id": "peerline-demo"}
            assert requests.post(f"{network.url}/2/oauth2/revoke", data=form, timeout=60).ok
        response = dana.post(self.path(account_id, "look"))
        assert response.status_code == 422
        assert "no longer accepts" in said(response)
        page = dana.text("/brand/networks")
        assert "Connect again" in page
        assert come_back(dana, decided(question(dana))).status_code == 303
        assert "no longer accepts" not in dana.text("/brand/networks")

    def test_a_try_while_the_network_is_away_keeps_the_account(
        self, dana: Browser, house: House, account_id: int, network: Network
    ) -> None:
        network.fault("error_before", "GET /2/users/*/mentions", options={"status": 503})
        response = dana.post(self.path(account_id, "look"))
        assert "cannot be reached right now" in said(response)
        assert new(house) == [("HarborCoffee", "connected", network.url)]

    def test_it_is_let_go_here_and_there(self, dana: Browser, house: House, account_id: int, network: Network) -> None:
        with house.scope():
            _channel, door = accounts.door_of(account_id)
            session.rollback()
        assert dana.post(self.path(account_id, "disconnect")).status_code == 303
        assert new(house) == [("HarborCoffee", "archive", network.url)]
        header = {"Authorization": f"Bearer {door.keys['access_token']}"}
        assert requests.get(f"{network.url}/2/users/me", headers=header, timeout=60).status_code == 401
        with house.scope(), pytest.raises(SignedOutError):
            accounts.open_network(account_id)
        session.rollback()

    def test_another_brand_reaches_none_of_it(self, browse: Browse, world: World, account_id: int) -> None:
        rival = browse(world.rival, "dana")
        for tail in ("look", "disconnect"):
            assert rival.post(self.path(account_id, tail)).status_code == 404
