"""The story in a real browser: a customer asks, an advocate answers, a moderator approves, the answer stands there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from app.demo.people import PASSWORD
from app.kernel.settings import PROJECT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PHONE = {"width": 380, "height": 800}
DESK = {"width": 1440, "height": 900}
QUESTION = "@brightway where do I find the serial number of my bike?"
ANSWER = "It stands under the frame, right in front of the motor, beside a small square code."


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    portal: str
    plaza: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`python3 -m app`, as a newcomer starts it, on free ports and an empty folder."""
    port = _free_ports()
    env = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "start.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "--port", str(port)],
            cwd=PROJECT,
            env=env | {"PEERLINE_DATA_DIR": str(folder / "data")},
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for_the_greeting(process, log)
        yield Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium that the suite found."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=os.environ["PEERLINE_CHROMIUM"])


def signed_in(browser: Browser, demo: Demo, alias: str, size: dict[str, int]) -> Page:
    """Somebody of the demo, in a browser of their own."""
    page = browser.new_context(viewport=size, locale="en-GB").new_page()  # type: ignore[arg-type]
    page.goto(f"{demo.portal}/sign-in")
    page.get_by_label("E-mail address").fill(f"{alias}@peerline.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def test_from_a_customers_post_to_the_answer_in_its_thread(browser: Browser, demo: Demo) -> None:
    customer = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    customer.goto(f"{demo.plaza}/?to=brightway")
    customer.locator("#name").fill("Ottilie")
    customer.locator("#text").fill(QUESTION)
    customer.locator("#write button").click()
    expect(customer.get_by_text("where do I find the serial number").first).to_be_visible()
    thread = customer.url

    maya = signed_in(browser, demo, "maya", PHONE)
    card = maya.get_by_text("where do I find the serial number")
    _until_there(maya, card)
    card.click()
    maya.get_by_role("button", name="Claim").click()
    maya.get_by_role("textbox").fill(ANSWER)
    expect(maya.get_by_text("Saved")).to_be_visible()
    expect(maya.get_by_text(f"{ANSWER} ^maya")).to_be_visible()
    maya.get_by_role("button", name="Submit for review").click()
    maya.goto(f"{demo.portal}/answers")
    expect(maya.get_by_text(ANSWER)).to_be_visible()

    sam = signed_in(browser, demo, "sam", DESK)
    sam.goto(f"{demo.portal}/review")
    sam.get_by_text(ANSWER).first.click()
    sam.get_by_role("button", name="Approve", exact=True).click()

    customer.goto(thread)
    answer = customer.get_by_text(ANSWER)
    expect(answer).to_be_visible(timeout=60_000)
    assert answer.count() == 1
    expect(customer.get_by_text("^maya")).to_be_visible()

    maya.goto(f"{demo.portal}/points")
    maya.locator("a[href*='/points/']").first.click()
    expect(maya.get_by_text("How it was counted")).to_be_visible()
    expect(maya.get_by_text("it went out word for word")).to_be_visible()


def _until_there(page: Page, wanted: Locator) -> None:
    """Look at the page again until it shows; the queue tells of new cases without jumping under the reader's thumb."""
    end = time.monotonic() + 60
    while not wanted.count():
        assert time.monotonic() < end, page.inner_text("body")
        page.reload()
    expect(wanted).to_be_visible()


def _free_ports() -> int:
    """A port whose next two are free too: the portal takes the first, the sandbox the others."""
    for port in range(20_000 + os.getpid() % 10_000, 60_000, 3):
        try:
            for number in (port, port + 1, port + 2):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise RuntimeError("no three free ports")


def _wait_for_the_greeting(process: subprocess.Popen[bytes], log: Path) -> None:
    """The start tells its addresses once the demo's past is there and everything runs."""
    end = time.monotonic() + 200
    while "password" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)
