"""The pages for who cannot get in: the same answer for everybody, a link that survives a mail program, no third use."""

from __future__ import annotations

import pytest

from tests.mailbox import Mailbox, mailbox
from tests.web.conftest import Browse, Browser, said
from tests.world import PASSWORD, World

__all__ = ["mailbox"]
MAYA = "maya@lumo.example"
NEW = "seven quiet lanterns"


def asked(browser: Browser, email: str = MAYA) -> str:
    answer = browser.post("/sign-in/help", email=email)
    assert answer.status_code == 303
    return browser.text(answer.headers["Location"])


def test_the_answer_is_the_same_for_an_address_that_is_nobodys(
    browse: Browse,
    world: World,  # noqa: ARG001
    mailbox: Mailbox,
) -> None:
    browser = browse()
    assert asked(browser) == asked(browser, "nobody@lumo.example") == asked(browser, "not even an address")
    assert [letter.to for letter in mailbox.letters()] == [MAYA]


def test_a_new_password_by_link_signs_every_browser_out_and_this_one_may_come_in(
    browse: Browse, world: World, mailbox: Mailbox
) -> None:
    intruder, owner = browse(world.lumo, "maya"), browse()
    asked(owner)
    path = mailbox.newest(MAYA).path
    assert owner.get(path).status_code == browse().get(path).status_code == 200  # looking uses nothing up
    answer = owner.post(path, password=NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert intruder.get("/queue").status_code == 302
    assert "Your new password is set" in owner.text("/sign-in")
    assert [browse().sign_in(MAYA, password).status_code for password in (PASSWORD, NEW)] == [401, 303]
    assert "was changed" in mailbox.newest(MAYA).subject


@pytest.mark.parametrize("tail", ["", "/keep"])
def test_a_used_or_made_up_link_says_so_and_does_nothing(
    browse: Browse,
    world: World,  # noqa: ARG001
    mailbox: Mailbox,
    tail: str,
) -> None:
    browser = browse()
    asked(browser)
    used = mailbox.newest(MAYA).path
    browser.post(used, password=NEW)
    for path in (used, "/way-in/" + "A" * 43):
        assert browser.get(path).status_code == 404
        answer = browser.post(path + tail, password="another good password")
        assert (answer.status_code, "This link is over" in said(answer)) == (404, True)
    assert browser.sign_in(MAYA, NEW).status_code == 303


def test_a_password_that_cannot_be_taken_is_asked_for_again(browse: Browse, world: World, mailbox: Mailbox) -> None:  # noqa: ARG001
    browser = browse()
    asked(browser)
    path = mailbox.newest(MAYA).path
    answer = browser.post(path, password="short")
    assert (answer.status_code, "at least 10 characters" in said(answer)) == (422, True)
    assert browser.post(path, password=NEW).status_code == 303


def test_a_link_and_its_form_work_without_anybody_elses_token_only(
    browse: Browse,
    world: World,  # noqa: ARG001
    mailbox: Mailbox,
) -> None:
    browser = browse()
    asked(browser)
    path = mailbox.newest(MAYA).path
    for forged in ("", browse().token()):
        assert browser.open("POST", path, data={"csrf_token": forged, "password": NEW}).status_code == 400
    assert browser.sign_in(MAYA).status_code == 303


def test_the_link_leads_to_the_portals_own_address_whatever_a_request_says(
    browse: Browse,
    world: World,  # noqa: ARG001
    mailbox: Mailbox,
) -> None:
    browser = browse()
    browser.open(
        "POST", "/sign-in/help", data={"csrf_token": browser.token(), "email": MAYA}, headers={"Host": "evil.example"}
    )
    assert all("evil.example" not in letter.text for letter in mailbox.letters())


def test_asking_is_limited_by_network(browse: Browse, world: World, mailbox: Mailbox) -> None:  # noqa: ARG001
    browser = browse(address="203.0.113.9")
    answers = [browser.post("/sign-in/help", email=f"p{n}@lumo.example").status_code for n in range(8)]
    assert answers == [303] * 6 + [429] * 2
    assert asked(browse(address="198.51.100.7"))


def test_without_mail_the_page_says_what_to_do_instead(browse: Browse, world: World) -> None:  # noqa: ARG001
    page = browse().text("/sign-in/help")
    assert "members reset-link" in page
    assert "Send me a link" not in page
