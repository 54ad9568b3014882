"""A day of each of the three people, by clicking, in the demo: the advocate on a phone, staff on both widths."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.demo.people import PASSWORD
from tests.browser.conftest import DESK, PHONE, Demo, SignIn, until_there

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]

BOTH = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


def asks(browser: Browser, demo: Demo, name: str, words: str) -> str:
    """A customer writes to a brand on the sandbox network; the address of the thread."""
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.goto(f"{demo.plaza}/?to=brightway")
    page.locator("#name").fill(name)
    page.locator("#text").fill(words)
    page.locator("#write button").click()
    page.wait_for_url("**#p*")
    expect(page.get_by_text(words.removeprefix("@brightway ")).first).to_be_visible()
    address = page.url
    page.context.close()
    return address


def opened(page: Page, demo: Demo, place: str, words: str) -> None:
    """Wait until a list shows these words, and open the case they stand for."""
    page.goto(demo.portal + place)
    until_there(page, page.get_by_text(words))
    page.get_by_text(words).first.click()
    page.wait_for_url("**/cases/**")


@BOTH
def test_an_advocates_day(browser: Browser, demo: Demo, signed_in: SignIn, size: dict[str, int]) -> None:
    words = f"how do I fold the City 2 handlebar for a {size['width']} cm shelf?"
    asks(browser, demo, f"Ines{size['width']}", f"@brightway {words}")
    maya = signed_in("maya", size)
    opened(maya, demo, "/queue", words)
    maya.get_by_role("button", name="Claim").click()
    expect(maya.get_by_role("heading", name="Your answer")).to_be_visible()
    if size == PHONE:
        maya.locator("#beside > summary").click()
    for beside in ("Facts", "Short answers", "Answered before"):
        expect(maya.get_by_role("heading", name=beside)).to_be_visible()
    maya.locator("#text").fill("Loosen the lever under the stem, then turn it a quarter.")
    expect(maya.get_by_text("Saved", exact=True)).to_be_visible()
    maya.get_by_role("button", name="Give back").click()
    expect(maya.get_by_text("your text is kept")).to_be_visible()

    maya.goto(f"{demo.portal}/answers")
    maya.goto(f"{demo.portal}/points")
    maya.locator("a[href*='/points/']").first.click()
    expect(maya.get_by_text("How it was counted")).to_be_visible()
    maya.goto(f"{demo.portal}/board")
    expect(maya.get_by_text("you", exact=True).first).to_be_visible()
    maya.goto(f"{demo.portal}/me/offers")
    maya.get_by_role("button", name=re.compile("day")).first.click()
    expect(maya.get_by_text("Nothing is offered to you until")).to_be_visible()
    maya.get_by_role("button", name="End the pause").click()
    expect(maya.get_by_text("Questions are offered to you again")).to_be_visible()
    maya.goto(f"{demo.portal}/me/security")
    expect(maya.get_by_role("heading", name=re.compile("signed in|sign-ins", re.IGNORECASE))).to_be_visible()


@BOTH
def test_a_moderators_day(browser: Browser, demo: Demo, signed_in: SignIn, size: dict[str, int]) -> None:
    words = f"order {size['width']} is an absolute disgrace, refund me now or my lawyer writes to you"
    asks(browser, demo, f"Rolf{size['width']}", f"@brightway {words}")
    sam = signed_in("sam", size)
    opened(sam, demo, "/inbox", words[:40])
    sam.locator("#note").fill("The workshop knows of this one. @tess, do you remember him?")
    sam.get_by_role("button", name="Leave the note").click()
    expect(sam.locator(".said", has_text="The workshop knows").first).to_be_visible()

    sam.locator("#snooze > summary").click()
    sam.get_by_label("In an hour").check()
    sam.locator("#snooze input[name=why]").fill("waits for the workshop")
    sam.get_by_role("button", name="Let it sleep").click()
    expect(sam.get_by_text("It sleeps. The promise to the customer runs on")).to_be_visible()
    sam.goto(f"{demo.portal}/inbox?tab=snoozed")
    expect(sam.get_by_text(words[:40])).to_be_visible()
    sam.get_by_text(words[:40]).first.click()
    sam.get_by_role("link", name="all that is known").click()
    expect(sam.get_by_text(f"@rolf{size['width']}", exact=False).first).to_be_visible()

    tess = signed_in("tess", size)
    tess.goto(f"{demo.portal}/inbox/named")
    until_there(tess, tess.get_by_text("do you remember him?"))

    sam.goto(f"{demo.portal}/mentions")
    sam.get_by_placeholder(re.compile("Words")).fill(f"disgrace {size['width']}")
    sam.get_by_role("button", name="Search").click()
    sam.wait_for_url("**q=disgrace**")
    until_there(sam, sam.get_by_text(words[:40]))
    expect(sam.get_by_text(words[:40])).to_have_count(1)
    sam.goto(f"{demo.portal}/mentions?q=%E6%89%8B%E6%9C%BA")
    expect(sam.get_by_text("手机").first).to_be_visible()


@BOTH
def test_a_managers_day(demo: Demo, signed_in: SignIn, size: dict[str, int]) -> None:
    dana = signed_in("dana", size)
    dana.goto(f"{demo.portal}/overview")
    expect(dana.get_by_text("answered within the promise")).to_be_visible()
    expect(dana.get_by_text("As a table").first).to_be_visible()
    dana.goto(f"{demo.portal}/reports")
    with dana.expect_download() as download:
        dana.locator("a[href*='.csv']").first.click()
    assert download.value.path().read_text("utf-8-sig").count("\n") > 1
    dana.goto(f"{demo.portal}/people/advocates")
    dana.get_by_role("link", name=re.compile("Maya")).first.click()
    expect(dana.get_by_text("Maya").first).to_be_visible()

    dana.goto(f"{demo.portal}/brand/watch")
    dana.locator("textarea").first.fill('brightway\n"city 2" -"city 20"')
    dana.get_by_role("button", name="Try out").click()
    expect(dana.get_by_text("Tried out, nothing is saved")).to_be_visible()
    dana.get_by_role("button", name="Save").click()
    expect(dana.get_by_text("Saved. The next look")).to_be_visible()
    dana.goto(f"{demo.portal}/brand/team")
    dana.get_by_label(re.compile("e-mail", re.IGNORECASE)).first.fill(f"new{size['width']}@peerline.example")
    dana.get_by_role("button", name="Make the link").click()
    link = dana.locator("input[value*='/join/'], a[href*='/join/'], code:has-text('/join/')").first
    expect(link).to_be_visible()
    dana.goto(f"{demo.portal}/audit")
    expect(dana.get_by_role("listitem").filter(has_text="an invitation").first).to_be_visible()


def test_a_forgotten_password(browser: Browser, demo: Demo) -> None:
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.goto(f"{demo.portal}/sign-in/help")
    page.get_by_label("E-mail address").fill("oskar@peerline.example")
    page.get_by_role("button").last.click()
    page.wait_for_url("**/sign-in/help?sent**")
    page.goto(f"{demo.plaza}/mail")
    to_oskar = page.locator("article", has_text="oskar@peerline.example")
    letter = to_oskar.get_by_role("link", name="Your way back into Peerline")
    until_there(page, letter)
    letter.click()
    page.locator("a[href*='/way-in/']").first.click()
    page.wait_for_url(re.compile("/way-in/"))
    for field in page.locator("input[type=password]").all():
        field.fill(f"{PASSWORD}, says Oskar")
    page.locator("main button").first.click()
    expect(page.get_by_text("Your new password is set")).to_be_visible()
    page.get_by_label("E-mail address").fill("oskar@peerline.example")
    page.get_by_label("Password").fill(f"{PASSWORD}, says Oskar")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Questions for you")).to_be_visible()
    page.context.close()
