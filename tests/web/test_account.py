"""Security, as each member sets it: password, second factor, sign-ins; and what the brand may ask of its staff."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import update

from app.brands.models import Brand
from app.kernel import clock
from app.kernel.db import session, transaction
from tests.mailbox import Mailbox, mailbox
from tests.web.conftest import Browse, Browser, said
from tests.world import PASSWORD, House, World

__all__ = ["mailbox"]
NEW = "seven quiet lanterns"
Later = Callable[..., None]


@pytest.fixture
def house(world: World, later: Later) -> House:
    later(seconds=30 - clock.now().timestamp() % 30 + 1)  # a half minute has just begun: it lasts for the whole test
    return world.lumo


class Phone:
    """Somebody's authenticator app, fed with what the page shows."""

    def __init__(self, browser: Browser) -> None:
        assert browser.post("/me/security/second-factor", password=PASSWORD).status_code == 303
        page = browser.get("/me/security/second-factor").get_data(as_text=True)
        assert "<svg xmlns" in page or "<svg " in page
        shown = re.search(r'class="secret"><code>([A-Z2-7 ]+)<', page)
        assert shown
        self.totp = pyotp.TOTP(shown[1].replace(" ", ""))

    def code(self, steps: int = 0) -> str:
        """What it shows so many half minutes from now."""
        return self.totp.at(int(clock.now().timestamp()) + 30 * steps)


def with_phone(browser: Browser) -> tuple[Phone, list[str]]:
    """Turn it on; the phone and the recovery codes."""
    phone = Phone(browser)
    page = browser.post("/me/security/second-factor/confirm", code=phone.code())
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", page.get_data(as_text=True))
    assert (page.status_code, len(codes)) == (200, 10)
    return phone, codes


def first_step(browser: Browser, who: str, **fields: str) -> None:
    answer = browser.sign_in(f"{who}@lumo.example", **fields)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in/code")


class TestThePassword:
    def test_is_changed_with_the_old_one_and_signs_the_others_out(
        self, browse: Browse, house: House, mailbox: Mailbox
    ) -> None:
        here, there = browse(house, "maya"), browse(house, "maya")
        wrong = here.post("/me/security/password", password="not this one", new_password=NEW)
        assert (wrong.status_code, "This is not your password" in said(wrong)) == (403, True)
        assert there.get("/queue").status_code == 200
        assert here.post("/me/security/password", password=PASSWORD, new_password=NEW).status_code == 303
        assert (here.get("/queue").status_code, there.get("/queue").status_code) == (200, 302)
        assert browse().sign_in("maya@lumo.example", NEW).status_code == 303
        assert "was changed" in mailbox.newest("maya@lumo.example").subject

    @pytest.mark.parametrize("new", ["short", "1234567890", "maya@lumo.example", PASSWORD])
    def test_is_not_changed_into_a_bad_one(self, browse: Browse, house: House, new: str) -> None:
        browser = browse(house, "maya")
        assert browser.post("/me/security/password", password=PASSWORD, new_password=new).status_code == 422
        assert browse().sign_in("maya@lumo.example").status_code == 303

    def test_cannot_be_guessed_in_an_open_browser(self, browse: Browse, house: House) -> None:
        browser = browse(house, "maya")
        answers = [
            browser.post("/me/security/second-factor/remove", password=f"guess number {n}").status_code
            for n in range(12)
        ]
        assert answers == [403] * 10 + [429] * 2


class TestTheSecondFactor:
    def test_is_asked_for_once_it_is_on(self, browse: Browse, house: House, later: Later) -> None:
        phone, _codes = with_phone(browse(house, "maya"))
        later(seconds=60)
        browser = browse()
        first_step(browser, "maya", next="/answers")
        assert browser.get("/queue").status_code == 302
        assert browser.post("/sign-in/code", code="000000").status_code == 401
        answer = browser.post("/sign-in/code", code=phone.code(), next="/answers")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/answers")
        assert browser.get("/queue").status_code == 200

    def test_takes_no_code_twice(self, browse: Browse, house: House, later: Later) -> None:
        phone, _codes = with_phone(browse(house, "maya"))
        later(seconds=60)
        first, second = browse(), browse()
        for browser in (first, second):
            first_step(browser, "maya")
        code = phone.code()
        assert [browser.post("/sign-in/code", code=code).status_code for browser in (first, second)] == [303, 401]

    def test_takes_a_recovery_code_once(self, browse: Browse, house: House) -> None:
        browser = browse(house, "maya")
        _phone, codes = with_phone(browser)
        answers = []
        for _ in range(2):
            newcomer = browse()
            first_step(newcomer, "maya")
            answers.append(newcomer.post("/sign-in/code", code=codes[0]).status_code)
        assert answers == [303, 401]
        assert "9 recovery codes are left" in browser.text("/me/security")

    def test_five_wrong_codes_lead_back_to_the_password(self, browse: Browse, house: House, later: Later) -> None:
        phone, _codes = with_phone(browse(house, "maya"))
        later(seconds=60)
        browser = browse()
        first_step(browser, "maya")
        answers = [browser.post("/sign-in/code", code="000000").status_code for _ in range(5)]
        assert answers == [401] * 4 + [303]
        assert browser.post("/sign-in/code", code=phone.code()).headers["Location"].startswith("/sign-in?")
        assert browser.get("/queue").status_code == 302

    def test_guesses_of_who_knows_the_password_do_not_stop_the_owner(
        self, browse: Browse, house: House, later: Later
    ) -> None:
        owner = browse(house, "maya", address="198.51.100.7")
        phone, _codes = with_phone(owner)
        owner.post("/sign-out")
        later(seconds=60)
        answers = []
        for number in range(4):
            thief = browse(address=f"203.0.{number}.9")
            first_step(thief, "maya")
            answers += [thief.post("/sign-in/code", code="000000").status_code for _ in range(4)]
        assert answers[-1] == 429
        first_step(owner, "maya")
        assert owner.post("/sign-in/code", code=phone.code()).status_code == 303

    def test_a_right_password_alone_opens_nothing(self, browse: Browse, house: House) -> None:
        with_phone(browse(house, "maya"))
        browser = browse()
        first_step(browser, "maya")
        half = browser.client.get_cookie("peerline-half")
        assert half is not None
        browser.client.set_cookie("peerline", half.value)
        assert browser.get("/queue").status_code == 302

    def test_needs_the_password_to_begin_and_to_end(self, browse: Browse, house: House, mailbox: Mailbox) -> None:
        browser = browse(house, "maya")
        assert browser.post("/me/security/second-factor", password="not this one").status_code == 403
        assert browser.get("/me/security/second-factor").status_code == 302
        with_phone(browser)
        assert browser.post("/me/security/second-factor/remove", password="not this one").status_code == 403
        first_step(browse(), "maya")
        assert browser.post("/me/security/second-factor/remove", password=PASSWORD).status_code == 303
        assert browse().sign_in("maya@lumo.example").headers["Location"] == "/"
        subjects = [letter.subject for letter in mailbox.letters("maya@lumo.example")]
        assert subjects == ["Your second factor is on", "Your second factor is off"]

    def test_a_new_password_by_mail_does_not_pass_it_by(self, browse: Browse, house: House, mailbox: Mailbox) -> None:
        with_phone(browse(house, "maya"))
        browser = browse()
        browser.post("/sign-in/help", email="maya@lumo.example")
        browser.post(mailbox.newest("maya@lumo.example").path, password=NEW)
        first_step(browser, "maya", password=NEW)
        assert browser.get("/queue").status_code == 302, "the code is still asked for"

    def test_its_secret_is_shown_to_nobody_once_it_is_on(self, browse: Browse, house: House) -> None:
        browser = browse(house, "maya")
        phone, codes = with_phone(browser)
        assert browser.get("/me/security/second-factor").status_code == 302
        page = browser.get("/me/security").get_data(as_text=True)
        assert not [word for word in (phone.totp.secret, *codes) if word in page]


class TestABrandThatAsksItsStaffForIt:
    @pytest.fixture(autouse=True)
    def _asks(self, house: House) -> None:
        with transaction():
            policy = {"require_second_factor_for_staff": True}
            session.execute(update(Brand).where(Brand.id == house.brand_id).values(policy=policy))

    def test_shows_staff_without_one_nothing_else(self, browse: Browse, house: House) -> None:
        browser = browse(house, "sam")
        assert browser.get("/inbox").headers["Location"] == "/me/security"
        assert "Your brand asks its staff" in browser.text("/me/security")
        assert browser.get("/inbox", part=True).status_code == 403
        assert browser.post("/review/verdict").status_code in {403, 404}
        with_phone(browser)
        assert browser.get("/inbox").status_code == 200

    def test_asks_nothing_of_advocates(self, browse: Browse, house: House) -> None:
        assert browse(house, "maya").get("/queue").status_code == 200

    def test_lets_staff_leave(self, browse: Browse, house: House) -> None:
        assert browse(house, "sam").post("/sign-out").headers["Location"] == "/sign-in"


class TestSignIns:
    def names(self, browser: Browser) -> list[str]:
        return re.findall(r'name="which" value="([0-9a-f]{64})"', browser.get("/me/security").get_data(as_text=True))

    def test_are_listed_and_one_is_ended_at_once(self, browse: Browse, house: House) -> None:
        here, there, third = (browse(house, "maya") for _ in range(3))
        assert here.text("/me/security").count("this one") == 1
        names = self.names(here)
        assert len(names) == 2
        assert here.post("/me/security/sign-ins/end", which=names[0]).status_code == 303
        assert sorted(browser.get("/queue").status_code for browser in (here, there, third)) == [200, 200, 302]
        assert here.get("/queue").status_code == 200

    def test_of_others_cannot_be_ended(self, browse: Browse, house: House) -> None:
        here, there, stranger = browse(house, "maya"), browse(house, "maya"), browse(house, "noor")
        (name,) = self.names(here)
        assert stranger.post("/me/security/sign-ins/end", which=name).status_code == 404
        assert there.get("/queue").status_code == 200

    def test_elsewhere_are_all_ended_at_once(self, browse: Browse, house: House) -> None:
        here, there, third = (browse(house, "maya") for _ in range(3))
        assert here.post("/me/security/sign-ins/end-others").status_code == 303
        assert [browser.get("/queue").status_code for browser in (here, there, third)] == [200, 302, 302]
        assert "No other browser is signed in" in here.text("/me/security")

    def test_name_their_browser(self, browse: Browse, house: House) -> None:
        browser = browse()
        agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        words = {"csrf_token": browser.token(), "email": "maya@lumo.example", "password": PASSWORD}
        browser.open("POST", "/sign-in", data=words, headers={"User-Agent": agent})
        assert "Firefox on Linux" in browser.text("/me/security")
        assert house.maya.alias == "maya"
