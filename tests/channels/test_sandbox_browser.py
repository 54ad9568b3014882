"""Plaza in a real browser: it counts as the network does, answers appear by themselves, the policy holds."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from app.sandbox.weighted_length import LIMIT, weighted_length
from tests.channels.sandbox import Network, running_network

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)  # a busy machine is no broken page

TEXTS = [
    "@HarborCoffee hello", "Đặng “quoted” – it’s", "咖啡 한국어 ☕️ ☕", "👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇻🇳🇩🇪 1️⃣ 🏴󠁧󠁢󠁳󠁣󠁴󠁿 © ©️ 123",
    "see http://example.com/a/very/long/path?with=query&more=1 now",
    "(example.com/x) www.beispiel.de, shop.example.co.uk.",
    "me@example.com @example.com file.txt v2.0 e\u0301", "x" * 281,
]  # fmt: skip


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with running_network(portal_url="http://127.0.0.1:8000/") as running:
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("PEERLINE_CHROMIUM"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 380, "height": 800})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
        browser.close()
    assert said == []


def test_the_counter_counts_as_the_network_does(network, page):
    network.brand()
    page.goto(network.url)

    for text in TEXTS:
        page.fill("#text", text)
        left = LIMIT - weighted_length(text)
        expect(page.locator("#count")).to_have_text(f"{left} left" if left >= 0 else f"{-left} too long")


def test_the_answer_appears_by_itself_and_the_reply_box_follows(network, page):
    brand = network.brand()
    page.goto(network.url)
    page.fill("#name", "Lina")
    page.fill("#text", "@HarborCoffee is the app down? <b>please</b>")
    page.click("button")
    page.wait_for_url("**#p*")
    post_id = page.url.rpartition("#p")[2]
    page.fill("#text", "already typing")

    network.client(brand).create_tweet(text="It is up again. ^mia", in_reply_to_tweet_id=post_id)

    expect(page.locator(".of-brand .words")).to_have_text("It is up again.")
    expect(page.locator("#news")).to_have_text("A new reply has arrived.")
    expect(page.locator("#write h2")).to_have_text("Answer @HarborCoffee")
    expect(page.locator("#text")).to_have_value("already typing")
    page.click("button")
    expect(page.locator(".depth-2 .words")).to_have_text("already typing")
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
