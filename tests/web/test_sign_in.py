"""In and out of the house: cookies, guesses, brands, and where a person is sent afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.brands import queries as brands
from app.factory import create_app
from app.kernel.db import session, transaction
from app.kernel.settings import Settings
from app.people import members, team
from app.people.queries import by_email
from app.web.refs import name_of
from tests.mailbox import Mailbox, mailbox
from tests.web.conftest import Browse, Browser, Story, said
from tests.world import FURIOUS, PASSWORD, House, World

__all__ = ["mailbox"]

MAYA = "maya@lumo.example"
NEW_FACT = "/brand/facts/new"
FACT = {"title": "Dark mode", "body": "Settings, then Display.", "language": "en"}


def _token_of(browser: Browser) -> str | None:
    cookie = browser.client.get_cookie("peerline")
    return cookie.value if cookie else None


class TestTheDoor:
    def test_takes_the_right_password_and_hands_out_a_guarded_token(self, browse: Browse, world: World) -> None:
        browser = browse()
        assert browser.get("/queue").headers["Location"] == "/sign-in?next=/queue"
        response = browser.sign_in(MAYA, next="/queue")
        assert (response.status_code, response.headers["Location"]) == (303, "/queue")
        cookie = next(line for line in response.headers.getlist("Set-Cookie") if line.startswith("peerline="))
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert browser.get("/queue").status_code == 200
        assert world.lumo.handle.title() in browser.text("/queue")

    def test_says_the_same_for_a_wrong_password_and_a_stranger(self, browse: Browse, world: World) -> None:  # noqa: ARG002
        answers = [browse().sign_in(email, "wrong, but long enough") for email in (MAYA, "nobody@lumo.example")]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert len({said(answer) for answer in answers}) == 1
        assert "wrong, but long enough" not in answers[0].get_data(as_text=True)

    def test_changes_the_token_and_ends_the_one_that_was_brought_along(self, browse: Browse, world: World) -> None:
        browser = browse(world.lumo, "maya")
        first = _token_of(browser)
        browser.sign_in(MAYA)
        assert _token_of(browser) != first
        browser.client.set_cookie("peerline", first or "")
        assert browser.get("/queue").status_code == 302

    def test_does_not_adopt_a_token_that_somebody_planted(self, browse: Browse, world: World) -> None:  # noqa: ARG002
        browser = browse()
        browser.client.set_cookie("peerline", "planted")
        browser.sign_in(MAYA)
        assert _token_of(browser) not in {None, "planted"}

    @pytest.mark.parametrize(
        "wanted",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "javascript:alert(1)",
            "/\tevil",
            "queue",
            "///evil.example",
            "/%0d%0aSet-Cookie: a=b\r\n",
        ],
    )
    def test_sends_nobody_out_of_the_house(self, browse: Browse, world: World, wanted: str) -> None:  # noqa: ARG002
        response = browse().sign_in(MAYA, next=wanted)
        assert (response.status_code, response.headers["Location"]) == (303, "/")

    def test_keeps_a_local_way_back_with_its_question(self, browse: Browse, world: World) -> None:  # noqa: ARG002
        assert browse().sign_in(MAYA, next="/answers?before=abc").headers["Location"] == "/answers?before=abc"


class TestGuessing:
    def test_is_stopped_while_the_owner_elsewhere_still_gets_in(self, browse: Browse, world: World) -> None:  # noqa: ARG002
        attacker, owner = browse(address="203.0.113.9"), browse(address="198.51.100.7")
        token = attacker.token()
        tries = [attacker.post("/sign-in", token=token, email=MAYA, password=f"guess number {n}") for n in range(12)]
        assert [answer.status_code for answer in tries] == [401] * 10 + [429] * 2
        assert "Wait five minutes" in said(tries[-1])
        assert attacker.sign_in(MAYA).status_code == 429
        assert owner.sign_in(MAYA).status_code == 303

    def test_of_many_accounts_from_one_address_is_stopped_too(self, browse: Browse, world: World) -> None:  # noqa: ARG002
        attacker = browse(address="203.0.113.9")
        token = attacker.token()
        tries = [attacker.post("/sign-in", token=token, email=f"p{n}@lumo.example", password="x") for n in range(42)]
        assert [answer.status_code for answer in tries[38:]] == [401, 401, 429, 429]

    def test_an_ipv6_household_counts_as_one(self, browse: Browse, world: World) -> None:  # noqa: ARG002
        tries = []
        for n in range(11):
            attacker = browse(address=f"2001:db8:1:2::{n + 1:x}")
            tries.append(attacker.sign_in(MAYA, f"guess number {n}").status_code)
        assert tries[-1] == 429

    def test_never_stops_a_browser_that_was_let_in_before(self, browse: Browse, world: World) -> None:
        """A thousand strangers, and one on the owner's own network."""
        owner = browse(world.lumo, "maya", address="198.51.100.7")
        owner.post("/sign-out")
        for number in range(120):
            stranger = browse(address=f"203.0.{number}.9" if number % 2 else "198.51.100.7")
            stranger.sign_in(MAYA, f"guess number {number}")
        newcomer = browse(address="192.0.2.1")
        assert newcomer.sign_in(MAYA).status_code == 429
        assert browse(address="198.51.100.7").sign_in(MAYA).status_code == 429
        assert owner.sign_in(MAYA).status_code == 303

    def test_by_a_crowd_of_networks_is_stopped_after_ninety_an_hour(
        self,
        browse: Browse,
        world: World,  # noqa: ARG002
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        now = [1_800_000_000.0]
        monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: now[0]))
        answers = []
        for number in range(130):
            now[0] += 27
            answers.append(browse(address=f"203.0.{number}.9").sign_in(MAYA, f"guess number {number}").status_code)
        assert answers.count(401) <= 100
        assert answers[-1] == 429

    def test_in_a_known_browser_is_limited_as_well(self, browse: Browse, world: World) -> None:
        thief = browse(world.lumo, "maya")
        thief.post("/sign-out")
        tries = [thief.sign_in(MAYA, f"guess number {n}").status_code for n in range(12)]
        assert tries == [401] * 10 + [429] * 2

    def test_that_was_stopped_shows_the_way_in_by_mail(self, browse: Browse, world: World, mailbox: Mailbox) -> None:  # noqa: ARG002
        stranger, owner = browse(address="203.0.113.9"), browse(address="203.0.113.9")
        for number in range(10):
            stranger.sign_in(MAYA, f"guess number {number}")
        stopped = owner.sign_in(MAYA)
        assert (stopped.status_code, "/sign-in/help" in stopped.get_data(as_text=True)) == (429, True)
        owner.post("/sign-in/help", email=MAYA)
        owner.post(mailbox.newest(MAYA).path + "/keep")
        assert owner.sign_in(MAYA).status_code == 303
        assert stranger.sign_in(MAYA).status_code == 429

    def test_right_passwords_cost_nothing(self, browse: Browse, world: World) -> None:  # noqa: ARG002
        browser = browse()
        assert {browser.sign_in(MAYA).status_code for _ in range(15)} == {303}


class TestLeaving:
    def test_ends_the_token_on_our_side(self, browse: Browse, world: World) -> None:
        browser = browse(world.lumo, "maya")
        token = _token_of(browser)
        assert browser.post("/sign-out").status_code == 303
        browser.client.set_cookie("peerline", token or "")
        assert browser.get("/queue").status_code == 302

    def test_everywhere_ends_the_other_browsers_too(self, browse: Browse, world: World) -> None:
        here, there, other = (browse(world.lumo, alias) for alias in ("maya", "maya", "noor"))
        here.post("/me/sign-out-everywhere")
        assert there.get("/queue").status_code == 302
        assert other.get("/queue").status_code == 200

    def test_is_no_link(self, browse: Browse, world: World) -> None:
        browser = browse(world.lumo, "maya")
        response = browser.get("/sign-out")
        assert response.status_code == 405
        assert set(response.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
        assert browser.get("/queue").status_code == 200


class TestWithoutARole:
    @pytest.fixture(params=["suspended", "never given one"])
    def seatless(self, request: pytest.FixtureRequest, browse: Browse, world: World) -> Browser:
        house = world.lumo
        browser = browse()
        with transaction(), house.scope():
            if request.param == "suspended":
                team.suspend(house.maya.member_id, by=house.dana.member_id)
            else:
                members.add("nell@lumo.example", "Nell", "nell", PASSWORD)
        assert browser.sign_in(MAYA if request.param == "suspended" else "nell@lumo.example").status_code == 303
        return browser

    @pytest.mark.parametrize("path", ["/", "/queue", "/me", "/nowhere"])
    def test_every_page_offers_the_way_out(self, seatless: Browser, path: str) -> None:
        page = seatless.get(path)
        assert page.status_code == (404 if path == "/nowhere" else 403)
        assert ("or it was suspended. Ask a manager" in said(page)) is (path != "/nowhere")
        [form] = re.findall(r'<form method="post" action="/sign-out".*?</form>', page.get_data(as_text=True), re.DOTALL)
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        assert seatless.open("POST", "/sign-out", data=fields).headers["Location"] == "/sign-in"
        assert seatless.get("/queue").status_code == 302

    def test_is_over_as_soon_as_there_is_one(self, seatless: Browser, world: World) -> None:
        assert seatless.get("/queue").status_code == 403
        with transaction(), world.lumo.scope():
            member_id = by_email("nell@lumo.example")
            if member_id is None:
                team.reinstate(world.lumo.maya.member_id, by=world.lumo.dana.member_id)
            else:
                members.join(world.lumo.brand_id, member_id, "advocate")
        assert seatless.get("/queue").status_code == 200


class TestIdling:
    def test_ends_the_sign_in_of_staff_after_an_hour(
        self, browse: Browse, world: World, later: Callable[..., None]
    ) -> None:
        browser = browse(world.lumo, "sam")
        later(minutes=61)
        assert browser.get("/inbox").status_code == 302

    def test_does_not_happen_under_a_reader(self, browse: Browse, world: World, later: Callable[..., None]) -> None:
        browser = browse(world.lumo, "sam")
        for _ in range(3):
            later(minutes=40)
            assert browser.post("/here", part=True).status_code == 204
        assert browser.get("/inbox").status_code == 200

    def test_reading_alone_writes_nothing_and_so_does_not_prolong(
        self, browse: Browse, world: World, later: Callable[..., None]
    ) -> None:
        browser = browse(world.lumo, "sam")
        later(minutes=40)
        assert browser.get("/inbox").status_code == 200
        later(minutes=40)
        assert browser.get("/inbox").status_code == 302


class TestBrands:
    @pytest.fixture
    def both(self, world: World) -> House:
        """Maya of the first brand is a moderator of the second as well."""
        with transaction():
            members.join(world.rival.brand_id, world.lumo.maya.member_id, "moderator")
        return world.rival

    def test_are_switched_where_the_person_has_a_seat(self, browse: Browse, world: World, both: House) -> None:
        browser = browse(world.lumo, "maya")
        assert browser.get("/").headers["Location"] == "/queue"
        assert browser.post("/brand", brand=name_of("brand", both.brand_id)).status_code == 303
        assert browser.get("/").headers["Location"] == "/inbox"
        assert browser.get("/queue").status_code == 403

    def test_a_letter_s_link_asks_before_it_leads_to_another_brand(
        self, browse: Browse, world: World, both: House
    ) -> None:
        browser = browse(world.lumo, "maya")
        named = name_of("brand", both.brand_id)
        assert browser.get(f"/queue?brand={name_of('brand', world.lumo.brand_id)}").status_code == 200
        asked = browser.get(f"/inbox?brand={named}").headers["Location"]
        assert "This page belongs to Rival" in " ".join(browser.text(asked).split())
        assert browser.get("/queue").status_code == 200, "reading has changed nothing"
        assert browser.post("/brand", brand=named, next="/inbox").headers["Location"] == "/inbox"
        assert browser.get(f"/inbox?brand={named}").status_code == 200

    def test_a_link_to_a_brand_without_a_seat_leads_nowhere(self, browse: Browse, world: World) -> None:
        browser = browse(world.lumo, "maya")
        named = name_of("brand", world.rival.brand_id)
        assert browser.get(f"/queue?brand={named}").status_code == 200
        assert browser.get(f"/brand/other?brand={named}&next=/inbox").status_code == 404
        assert browser.get("/brand/other").status_code == 404

    def test_of_others_are_not_there(self, browse: Browse, world: World) -> None:
        browser = browse(world.lumo, "maya")
        assert browser.post("/brand", brand=name_of("brand", world.rival.brand_id)).status_code == 404
        assert browser.post("/brand", brand=str(world.rival.brand_id)).status_code == 404
        assert browser.get("/").headers["Location"] == "/queue"


class TestTwoTabs:
    """Dana manages both brands: one tab was opened for the first, and in another she looks at the second."""

    @pytest.fixture
    def dana(self, browse: Browse, world: World) -> Browser:
        with transaction():
            members.join(world.rival.brand_id, world.lumo.dana.member_id, "manager")
        return browse(world.lumo, "dana")

    @pytest.fixture(params=["form", "htmx"])
    def tab(self, request: pytest.FixtureRequest, dana: Browser) -> dict[str, Any]:
        """What the first tab sends: by a form alone, or by htmx, which sends the page's own headers."""
        page = dana.get(NEW_FACT).get_data(as_text=True)
        stood_on = {"Referer": f"http://localhost{NEW_FACT}"}
        if request.param == "form":
            carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
            return {"data": carried | FACT, "headers": stood_on}
        headers = re.search(r"hx-headers='([^']+)'", page)
        assert headers
        return {"data": FACT, "headers": json.loads(headers[1]) | stood_on | {"HX-Request": "true"}}

    def switch(self, browser: Browser, house: House, **words: Any) -> TestResponse:
        fields = {"csrf_token": browser.token(), "brand": name_of("brand", house.brand_id)}
        return browser.open("POST", "/brand", data=fields, **words)

    def facts(self, house: House) -> list[str]:
        with house.scope():
            found = [one.title for one in brands.knowledge("fact")]
            session.rollback()
        return found

    def test_write_nothing_into_the_brand_that_the_form_was_not_drawn_for(
        self, dana: Browser, world: World, tab: dict[str, Any]
    ) -> None:
        self.switch(dana, world.rival)
        refused = dana.open("POST", NEW_FACT, **tab)
        assert (refused.status_code, self.facts(world.lumo), self.facts(world.rival)) == (409, [], [])
        assert "You look at another brand now; nothing was saved" in said(refused)
        self.switch(dana, world.lumo)
        assert dana.open("POST", NEW_FACT, **tab).status_code == 303
        assert (self.facts(world.lumo), self.facts(world.rival)) == (["Dark mode"], [])

    def test_keep_what_was_typed_and_show_the_way_back(self, dana: Browser, world: World, tab: dict[str, Any]) -> None:
        self.switch(dana, world.rival)
        refused = dana.open("POST", NEW_FACT, **tab)
        assert ("Settings, then Display." in said(refused)) is ("HX-Request" not in tab["headers"])
        way = re.search(r'href="(/brand/other[^"]+)"', refused.get_data(as_text=True))
        assert way
        asked = dana.get(unescape(way[1]))
        assert "This page belongs to Lumo" in " ".join(said(asked).split())
        assert f'name="next" value="{NEW_FACT}"' in asked.get_data(as_text=True)

    def test_know_no_way_back_to_a_brand_where_the_seat_is_gone(
        self, dana: Browser, world: World, tab: dict[str, Any]
    ) -> None:
        self.switch(dana, world.rival)
        with transaction(), world.lumo.scope():
            members.join(world.lumo.brand_id, world.lumo.sam.member_id, "manager")
            team.suspend(world.lumo.dana.member_id, by=world.lumo.sam.member_id)
        refused = dana.open("POST", NEW_FACT, **tab)
        assert (refused.status_code, self.facts(world.rival)) == (409, [])
        assert "/brand/other" not in refused.get_data(as_text=True)

    @pytest.mark.parametrize(
        "path", ["/here", "/me/security/sign-ins/end-others", "/me/sign-out-everywhere", "/sign-out"]
    )
    def test_go_on_with_what_belongs_to_the_person(
        self, dana: Browser, world: World, tab: dict[str, Any], path: str
    ) -> None:
        self.switch(dana, world.rival)
        assert dana.open("POST", path, **tab).status_code in {204, 303}

    def test_switch_from_either(self, dana: Browser, world: World, tab: dict[str, Any]) -> None:
        self.switch(dana, world.rival)
        back = tab["data"] | {"csrf_token": dana.token(), "brand": name_of("brand", world.lumo.brand_id)}
        assert dana.open("POST", "/brand", **(tab | {"data": back})).status_code == 303
        assert dana.open("POST", NEW_FACT, **tab).status_code == 303

    def test_take_a_request_that_names_no_brand_as_it_stands(self, dana: Browser, world: World) -> None:
        self.switch(dana, world.rival)
        assert dana.post(NEW_FACT, **FACT).status_code == 303
        assert (self.facts(world.lumo), self.facts(world.rival)) == ([], ["Dark mode"])


def test_every_form_of_a_brand_names_it_beside_its_token(browse: Browse, story: Story) -> None:
    angry = story.house.post(FURIOUS, author="c-six")
    story.house.hear(angry)
    sam, case = browse(story.house, "sam"), story.path("case", story.house.case_of(angry))
    assert sam.post(f"{case}/snooze", until="hour", why="asking around").status_code == 303
    for path in (case, story.path("review", story.review), story.path("mention", story.mention), "/me"):
        page = sam.get(path).get_data(as_text=True)
        named = page.count(f'name="drawn_for" value="{name_of("brand", story.house.brand_id)}"')
        assert named == page.count('name="csrf_token"') > 0, path


def test_over_tls_every_cookie_belongs_to_this_host_alone(app: Flask, settings: Settings, world: World) -> None:  # noqa: ARG001
    house = create_app(settings.model_copy(update={"secure_cookies": True, "proxies": 1}), with_pages=True)
    browser = Browser(house)
    page = browser.open("GET", "https://portal.example/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    response = browser.open(
        "POST",
        "https://portal.example/sign-in",
        data={"csrf_token": token, "email": MAYA, "password": PASSWORD},
        headers={"Referer": "https://portal.example/sign-in"},
    )
    assert response.status_code == 303
    cookies = response.headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} <= {
        "__Host-peerline",
        "__Host-peerline-form",
        "__Host-peerline-known",
    }
    assert all("; Secure" in cookie and "; HttpOnly" in cookie and "Domain" not in cookie for cookie in cookies)
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
