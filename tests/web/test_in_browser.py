"""In a real browser: the strict policy holds, a draft outlives a lost sign-in, and keys do what they say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect, sync_playwright
from werkzeug.serving import make_server

from app.desk import queries as desk
from app.kernel import clock
from app.kernel.db import session, transaction
from app.people import members
from tests.web.conftest import Story
from tests.world import PASSWORD, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TEXT = "Open Settings, then Display, then Dark."

expect.set_options(timeout=30_000)  # a busy machine is no broken page


@pytest.fixture
def house_address(app: Flask) -> Iterator[str]:
    """The house, served on a free port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(house_address: str) -> Iterator[Page]:
    """A phone's browser; anything that it complains of fails the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ["PEERLINE_CHROMIUM"])
        tab = chromium.new_context(base_url=house_address, viewport={"width": 380, "height": 780}).new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        yield tab
        chromium.close()
    assert complaints == []


def _sign_in(page: Page, alias: str) -> None:
    page.goto("/sign-in") if "/sign-in" not in page.url else None
    page.fill("[name=email]", f"{alias}@lumo.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda address: "/sign-in" not in address)


def test_a_draft_is_saved_while_typing(page: Page, story: Story) -> None:
    _sign_in(page, "maya")
    page.goto(story.path("case", story.held_case))
    page.locator("textarea").press_sequentially(TEXT)
    page.get_by_text("Saved", exact=True).wait_for()
    page.get_by_text(f"{TEXT} ^maya").wait_for()
    with story.house.scope():
        assert desk.page(story.held_case, story.house.maya).kept == TEXT
        session.rollback()


def test_what_is_typed_before_the_scripts_are_here_is_saved_too(page: Page, story: Story) -> None:
    _sign_in(page, "maya")
    late: list[Route] = []
    typed: list[str] = []
    page.route("**/*.js*", lambda script: script.continue_() if typed else late.append(script))
    page.goto(story.path("case", story.held_case), wait_until="commit")
    page.locator("textarea").fill(TEXT)
    typed.append(TEXT)
    for script in late:
        script.continue_()
    page.get_by_text("Saved", exact=True).wait_for()
    page.get_by_text(f"{TEXT} ^maya").wait_for()
    with story.house.scope():
        assert desk.page(story.held_case, story.house.maya).kept == TEXT
        session.rollback()


def test_what_was_typed_after_the_sign_in_ended_is_there_after_the_next(
    page: Page, story: Story, later: Callable[..., None]
) -> None:
    _sign_in(page, "maya")
    page.goto(story.path("case", story.held_case), wait_until="networkidle")  # a request under way would be "in use"
    later(hours=9)
    page.locator("textarea").press_sequentially(TEXT)
    page.get_by_text("Your sign-in has ended").wait_for()
    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/sign-in?**")
    later(hours=-9)
    clock.forget()
    _sign_in(page, "maya")
    page.wait_for_url(f"**{story.path('case', story.held_case)}")
    expect(page.locator("textarea")).to_have_value(TEXT)
    page.get_by_text("It was kept in this browser").wait_for()
    page.get_by_text("Saved", exact=True).wait_for()


def test_what_was_typed_while_another_tab_looked_at_another_brand_is_there_after_the_way_back(
    page: Page, story: Story, world: World
) -> None:
    with transaction():
        members.join(world.rival.brand_id, story.house.maya.member_id, "advocate")
    _sign_in(page, "maya")
    page.goto(story.path("case", story.held_case))
    other = page.context.new_page()
    other.goto("/me")
    other.locator(".switch summary").click()
    other.get_by_role("button", name="Rival").click()
    other.wait_for_url("**/queue")
    page.locator("textarea").press_sequentially(TEXT)
    page.get_by_text("You look at another brand now; nothing was saved").wait_for()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="Go to Lumo").click()
    page.wait_for_url(f"**{story.path('case', story.held_case)}")
    expect(page.locator("textarea")).to_have_value(TEXT)
    page.get_by_text("Saved", exact=True).wait_for()


def test_nobody_else_finds_the_draft_in_the_same_browser(page: Page, story: Story) -> None:
    _sign_in(page, "maya")
    page.goto(story.path("case", story.held_case))
    page.locator("textarea").press_sequentially(TEXT)
    page.get_by_text("Saved", exact=True).wait_for()
    page.goto("/me")
    kept = "Object.keys(sessionStorage).filter((key) => key.startsWith('peerline')).length"
    assert page.evaluate(kept) == 1
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_text("You are signed out").wait_for()
    assert page.evaluate(kept) == 0


def test_keys_lead_to_the_verdict_and_publish_nothing_by_themselves(page: Page, story: Story) -> None:
    _sign_in(page, "sam")
    page.goto(story.path("review", story.review))
    page.get_by_text("Colleagues see that you are reading it").wait_for()
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.value") == "approve"
    page.keyboard.press("x")
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type("aaa it is wrong")
    assert story.house.reply(story.in_review).state == "in_review"
    page.locator("h1").click()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


@pytest.mark.parametrize("width", [380, 1440])
def test_no_page_is_wider_than_its_window(page: Page, story: Story, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    places = {
        "maya": ["/queue", "/answers", "/points", "/board", "/me", story.path("case", story.held_case)],
        "sam": ["/inbox", "/review", story.path("review", story.review), "/sending", "/nowhere"],
    }
    for alias, paths in places.items():
        page.context.clear_cookies()
        page.goto("/sign-in")
        _sign_in(page, alias)
        for path in paths:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
