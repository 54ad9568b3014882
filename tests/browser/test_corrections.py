"""A moderator opens "why", says with one click what a mention is, and sees the next one like it judged better."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PHONE, Demo, SignIn, until_there
from tests.browser.test_days import asks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]

TEXTS = {
    380: (
        "which washer goes under the rear mudguard of the City 2?",
        "which washer goes under the City 2's rear mudguard",
    ),
    1440: ("how tight should the bolts of the front rack be?", "how tight should the bolts of my front rack be"),
}


def why_of(page: Page, demo: Demo, words: str) -> None:
    """Wait until the mention is heard, open it, and wait until it is judged and its "why" can be told."""
    page.goto(f"{demo.portal}/mentions?kind=mention")
    until_there(page, page.get_by_text(words))
    page.get_by_text(words).first.click()
    page.wait_for_url("**/mentions/**")
    until_there(page, page.get_by_role("form", name="What it asks for"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_correction_is_one_click_and_the_next_mention_like_it_is_judged_so(
    browser: Browser, demo: Demo, signed_in: SignIn, size: dict[str, int]
) -> None:
    first, like = TEXTS[size["width"]]
    asks(browser, demo, f"Una{size['width']}", f"@brightway {first}")
    sam = signed_in("sam", size)
    why_of(sam, demo, first)
    wants = sam.get_by_role("form", name="What it asks for")
    expect(wants.get_by_role("button", name="complaint")).to_have_attribute("aria-pressed", "false")
    wants.get_by_role("button", name="complaint").click()
    expect(wants.get_by_role("button", name="complaint")).to_have_attribute("aria-pressed", "true")
    expect(sam.get_by_text(re.compile("corrected by Sam"))).to_be_visible()
    assert sam.evaluate("document.documentElement.scrollWidth") <= size["width"]

    asks(browser, demo, f"Ute{size['width']}", f"@brightway {like}")
    why_of(sam, demo, like)
    expect(wants.get_by_role("button", name="complaint")).to_have_attribute("aria-pressed", "true")
    expect(sam.get_by_role("link", name=re.compile("a mention that Sam.* corrected"))).to_be_visible()

    sam.goto(f"{demo.portal}/assessment")
    expect(sam.get_by_role("heading", name=re.compile("answers that people looked at"))).to_be_visible()
    assert sam.evaluate("document.documentElement.scrollWidth") <= size["width"]
    question = sam.locator(".questions li").first
    question.get_by_role("button").first.click()
    expect(sam.get_by_text("Noted; the ears learn from it.")).to_be_visible()
    sam.get_by_role("button", name="Take back").first.click()
    expect(question.get_by_role("button").first).to_be_visible()
