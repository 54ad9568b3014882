"""A manager connects Bluesky by an app password, and a server that is named is called only if it is a public one."""

from __future__ import annotations

import re
import secrets
import socket

import pytest
import requests
from flask import Flask

from app.channels import accounts, addresses, connecting
from app.kernel.crypto import refs
from app.kernel.db import session
from app.kernel.errors import RefusedError
from app.kernel.settings import Settings
from tests.channels.bluesky_net import NO_LIMITS, bluesky_url
from tests.web.conftest import Browser, said
from tests.web.connecting import dana, house, new, plaza, settings
from tests.world import House

__all__ = ["bluesky_url", "dana", "house", "plaza", "settings"]

BLUESKY = "/brand/networks/connect/bluesky"


class TestBlueskysForm:
    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ({"handle": "lumo"}, "whole name on Bluesky"),
            ({"app_password": "my main password"}, "sent nowhere"),
            ({"service": "http://127.0.0.1:1"}, "no server's address"),
            ({"service": "https://localhost"}, "no public server"),
        ],
    )
    def test_what_cannot_be_is_asked_of_nobody(
        self,
        dana: Browser,
        house: House,
        monkeypatch: pytest.MonkeyPatch,
        words: dict[str, str],
        sentence: str,
    ) -> None:
        monkeypatch.setattr(connecting, "bluesky_by_password", lambda *_words: pytest.fail("Bluesky was asked"))
        fields = {"handle": "lumo.bsky.social", "app_password": "abcd-efgh-ijkl-mnop"} | words
        response = dana.post(f"{BLUESKY}/password", **fields)
        assert response.status_code == 422
        assert sentence in said(response)
        assert fields["app_password"] not in re.sub(r'placeholder="[^"]*"|as in [a-z-]+', "", response.text)
        assert new(house) == []


@pytest.mark.slow
class TestBluesky:
    """Against Bluesky's own server."""

    @pytest.fixture
    def settings(self, settings: Settings, bluesky_url: str) -> Settings:
        """The operator says where Bluesky is."""
        return settings.model_copy(update={"bluesky_url": bluesky_url})

    @pytest.fixture
    def account(self, bluesky_url: str) -> dict[str, str]:
        """A new account whose main password looks like an app password, with an app password."""
        handle, main = f"dana-{secrets.token_hex(4)}.test", "abcd-efgh-ijkl-mnop"
        bypass = {"x-ratelimit-bypass": NO_LIMITS}
        words = {"email": f"{handle}@mail.example", "handle": handle, "password": main}
        where = f"{bluesky_url}/xrpc/com.atproto.server"
        made = requests.post(f"{where}.createAccount", json=words, headers=bypass, timeout=60).json()
        header = bypass | {"Authorization": f"Bearer {made['accessJwt']}"}
        app = requests.post(f"{where}.createAppPassword", json={"name": "Peerline"}, headers=header, timeout=60).json()
        return {"handle": handle, "main": main, "app_password": app["password"], "did": made["did"]}

    def test_an_app_password_connects(self, dana: Browser, house: House, account: dict[str, str]) -> None:
        fields = {name: account[name] for name in ("handle", "app_password")}
        assert dana.post(f"{BLUESKY}/password", **fields).status_code == 303
        page = dana.get("/brand/networks").get_data(as_text=True)
        assert account["handle"] in page
        assert account["app_password"] not in page
        with house.scope():
            view = accounts.by_handle("bluesky", account["handle"])
            session.rollback()
        assert view is not None
        assert view.external_id == account["did"]
        look = f"/brand/networks/{refs().name('account', view.id)}/look"
        assert dana.post(look).status_code == 303
        assert "Bluesky answered" in dana.text("/brand/networks")

    @pytest.mark.parametrize(("which", "sentence"), [("main", "main password"), ("wrong", "does not accept")])
    def test_a_main_or_wrong_password_is_refused_and_not_kept(
        self, dana: Browser, house: House, account: dict[str, str], which: str, sentence: str
    ) -> None:
        password = account["main"] if which == "main" else "zzzz-zzzz-zzzz-zzzz"
        response = dana.post(f"{BLUESKY}/password", handle=account["handle"], app_password=password)
        assert response.status_code == 422
        assert sentence in said(response)
        assert "Nothing was stored" in said(response)
        assert new(house) == []


class TestServersThatAreNamed:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("http://pds.example.org", "93.184.216.34"),
            ("https://user:pass@pds.example.org", "93.184.216.34"),
            ("https://pds.example.org/path?x=1", "93.184.216.34"),
            ("https://pds.example.org", "127.0.0.1"),
            ("https://pds.example.org", "10.1.2.3"),
            ("https://pds.example.org", "169.254.169.254"),
            ("https://pds.example.org", "::ffff:10.0.0.1"),
            ("https://pds.example.org", "fd00::1"),
            ("https://[::1]", "::1"),
            ("https://2130706433", "127.0.0.1"),
            ("https://pds.example.org:99999", "93.184.216.34"),
        ],
    )
    def test_only_the_open_internet_is_called(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch, typed: str, found: str
    ) -> None:
        assert app
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", (found, 443))])
        with pytest.raises(RefusedError):
            addresses.of_server(typed)

    def test_one_private_machine_among_the_public_ones_is_enough_to_refuse(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert app
        found = [(0, 0, 0, "", (one, 443)) for one in ("93.184.216.34", "192.168.1.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
        with pytest.raises(RefusedError, match="no public server"):
            addresses.of_server("pds.example.org")
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found[:1])
        assert addresses.of_server("PDS.example.org/") == "https://pds.example.org"
