"""The demo as a newcomer starts it, and people of it in browsers of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from app.demo.people import PASSWORD
from app.kernel.settings import PROJECT
from tests.ports import free_ports

PHONE = {"width": 380, "height": 800}
DESK = {"width": 1440, "height": 900}

expect.set_options(timeout=30_000)  # a busy machine is no broken page


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    portal: str
    plaza: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`python3 -m app`, as a newcomer starts it, on free ports and an empty folder."""
    port = free_ports(3)  # the portal, the sandbox, the mailbox
    env = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    bluesky = {"PEERLINE_BLUESKY_URL": url} if (url := os.environ.get("PEERLINE_TEST_BLUESKY")) else {}
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "start.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "--port", str(port)],
            cwd=PROJECT,
            env=env | {"PEERLINE_DATA_DIR": str(folder / "data")} | bluesky,
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for_the_greeting(process, log)
        yield Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium that the suite found; ended with the module, since a process has room for one Playwright."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=os.environ["PEERLINE_CHROMIUM"])


SignIn = Callable[..., Page]


@pytest.fixture
def signed_in(browser: Browser, demo: Demo) -> Iterator[SignIn]:
    """`signed_in("maya", PHONE)`: a page of somebody's own browser. What a page complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def sign_in(alias: str, size: dict[str, int], **options: Any) -> Page:
        context = browser.new_context(viewport=size, locale="en-GB", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda line: complaints.append(f"{page.url}: {line.text}") if "Content Security" in line.text else None,
        )
        page.goto(f"{demo.portal}/sign-in")
        page.get_by_label("E-mail address").fill(f"{alias}@peerline.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda address: "/sign-in" not in address)
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert complaints == []


def until_there(page: Page, wanted: Locator) -> None:
    """Look at the page again until it shows: lists tell of news without jumping under the reader's thumb."""
    end = time.monotonic() + 120
    while not wanted.count():
        assert time.monotonic() < end, page.inner_text("body")
        page.reload()
    expect(wanted.first).to_be_visible()


def _wait_for_the_greeting(process: subprocess.Popen[bytes], log: Path) -> None:
    """The start tells its addresses once the demo's past is there and everything runs."""
    end = time.monotonic() + 700
    while "password" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)
