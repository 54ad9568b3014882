"""A manager connects accounts in a real browser: out to each network's own question, and back."""

from __future__ import annotations

import secrets

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Demo, SignIn
from tests.channels.bluesky_net import NO_LIMITS, bluesky_url

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

__all__ = ["bluesky_url"]

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


def networks(dana: Page, demo: Demo) -> None:
    """The page of networks, on the way a manager finds it."""
    dana.goto(f"{demo.portal}/brand")
    dana.get_by_role("link", name="Networks").first.click()
    expect(dana.get_by_role("heading", name="Where you are heard")).to_be_visible()


def fits(page: Page, heading: str) -> None:
    """The page of that heading is there, and nothing hangs out at its side."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@SIZES
def test_x_is_connected_by_a_yes_on_x(demo: Demo, signed_in: SignIn, size: dict[str, int]) -> None:
    dana = signed_in("dana", size)
    networks(dana, demo)
    dana.locator("a[href$='/connect/x']").click()
    fits(dana, "Connect an account on X")
    expect(dana.get_by_text("tweet.write")).to_be_visible()
    dana.get_by_label("I have read this rule of X").first.check()
    dana.get_by_role("button", name="Go on to X").click()
    dana.wait_for_url(f"{demo.plaza}/**")
    dana.get_by_label("@brightway").check()
    dana.get_by_role("button", name="Allow").click()
    dana.wait_for_url(f"{demo.portal}/brand/networks")
    expect(dana.get_by_text("Connected @brightway on X")).to_be_visible()
    fits(dana, "Where you are heard")
    dana.get_by_role("button", name="Try it now").first.click()
    expect(dana.get_by_text("X answered for @brightway just now")).to_be_visible()


def test_a_no_on_x_leads_back_with_nothing_changed(demo: Demo, signed_in: SignIn) -> None:
    dana = signed_in("dana", PHONE)
    dana.goto(f"{demo.portal}/brand/networks/connect/x")
    dana.get_by_label("I have read this rule of X").first.check()
    dana.get_by_role("button", name="Go on to X").click()
    dana.wait_for_url(f"{demo.plaza}/**")
    dana.get_by_role("button", name="Cancel").click()
    dana.wait_for_url(f"{demo.portal}/**")
    expect(dana.get_by_role("alert")).to_contain_text("Nothing was stored")
    expect(dana.get_by_role("button", name="Go on to X")).to_be_visible()


@SIZES
def test_a_facebook_page_is_chosen_and_let_go_again(demo: Demo, signed_in: SignIn, size: dict[str, int]) -> None:
    dana = signed_in("dana", size)
    networks(dana, demo)
    dana.locator("a[href$='/connect/facebook']").first.click()
    fits(dana, "Connect a page on Facebook")
    dana.get_by_role("button", name="Go on to Facebook").click()
    dana.wait_for_url(f"{demo.plaza}/**")
    dana.get_by_role("button", name="Continue").click()
    dana.wait_for_url(f"{demo.portal}/**")
    fits(dana, "Which page speaks for")
    dana.get_by_label("@brightway").check()
    dana.get_by_role("button", name="Connect", exact=True).click()
    expect(dana.get_by_text("Connected @brightway on Facebook")).to_be_visible()
    card = dana.locator(".accounts .card").filter(has_text="Facebook")
    card.get_by_text("Disconnect", exact=True).click()
    card.get_by_role("button", name="Disconnect @brightway").click()
    expect(dana.get_by_text("Disconnected @brightway")).to_be_visible()


@pytest.mark.slow
def test_bluesky_is_connected_by_an_app_password(demo: Demo, signed_in: SignIn, bluesky_url: str) -> None:
    where, handle = f"{bluesky_url}/xrpc/com.atproto.server", f"shop-{secrets.token_hex(4)}.test"
    header = {"x-ratelimit-bypass": NO_LIMITS}
    words = {"email": f"{handle}@mail.example", "handle": handle, "password": secrets.token_hex(12)}
    made = requests.post(f"{where}.createAccount", json=words, headers=header, timeout=60).json()
    header["Authorization"] = f"Bearer {made['accessJwt']}"
    app = requests.post(f"{where}.createAppPassword", json={"name": "Peerline"}, headers=header, timeout=60).json()
    dana = signed_in("dana", PHONE)
    dana.goto(f"{demo.portal}/brand/networks/connect/bluesky")
    dana.get_by_label("Handle").fill(handle)
    dana.get_by_label("App password").fill(app["password"])
    dana.get_by_role("button", name="Connect", exact=True).click()
    expect(dana.get_by_text(f"Connected @{handle} on Bluesky")).to_be_visible()
    dana.locator(".accounts .card").filter(has_text=handle).get_by_role("button", name="Try it now").click()
    expect(dana.get_by_text(f"Bluesky answered for @{handle}")).to_be_visible()
