"""The story in a real browser: a customer asks, an advocate answers, a moderator approves, the answer stands there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Demo, SignIn, until_there

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

QUESTION = "@brightway where do I find the serial number of my bike?"
ANSWER = "It stands under the frame, right in front of the motor, beside a small square code."


def test_from_a_customers_post_to_the_answer_in_its_thread(browser: Browser, demo: Demo, signed_in: SignIn) -> None:
    customer = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    customer.goto(f"{demo.plaza}/?to=brightway")
    customer.locator("#name").fill("Ottilie")
    customer.locator("#text").fill(QUESTION)
    customer.locator("#write button").click()
    customer.wait_for_url("**#p*")
    expect(customer.get_by_text("where do I find the serial number").first).to_be_visible()
    thread = customer.url

    maya = signed_in("maya", PHONE)
    card = maya.get_by_text("where do I find the serial number")
    until_there(maya, card)
    card.click()
    maya.wait_for_url("**/cases/**")
    maya.get_by_role("button", name="Claim").click()
    maya.get_by_role("textbox").fill(ANSWER)
    expect(maya.get_by_text("Saved")).to_be_visible()
    expect(maya.get_by_text(f"{ANSWER} ^maya")).to_be_visible()
    maya.get_by_role("button", name="Submit for review").click()
    expect(maya.get_by_text("Handed in. Staff reads it before it goes out")).to_be_visible()
    expect(maya.get_by_text(ANSWER)).to_be_visible()

    sam = signed_in("sam", DESK)
    sam.goto(f"{demo.portal}/review")
    sam.get_by_text(ANSWER).first.click()
    sam.get_by_role("button", name="Approve", exact=True).click()
    expect(sam.get_by_text("Approved. It is on its way to the thread.")).to_be_visible()

    customer.goto(thread)
    answer = customer.get_by_text(ANSWER)
    expect(answer).to_be_visible(timeout=120_000)
    assert answer.count() == 1
    expect(customer.get_by_text("^maya")).to_be_visible()

    maya.goto(f"{demo.portal}/points")
    award = maya.locator("a[href*='/points/']").filter(has_text="where do I find the serial number")
    until_there(maya, award)
    award.click()
    expect(maya.get_by_text("How it was counted")).to_be_visible()
    expect(maya.get_by_text("it went out word for word")).to_be_visible()
