"""A brand is set up in the browser by its manager: every page, every no, and nothing lost when two save at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from app.brands import queries as brands
from app.brands import setting
from app.brands.founding import found
from app.channels import accounts, connecting
from app.channels.connecting import Proven
from app.kernel import clock
from app.kernel.audit import AuditRow
from app.kernel.crypto import refs
from app.kernel.db import brand_scope, session, transaction
from app.people import members
from listeners import queries as heard
from listeners.hear import take_in
from tests.web.conftest import Browse, Browser, Story, said
from tests.world import PASSWORD, House, World

FIELD = re.compile(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"')
KEYS = dict.fromkeys(
    ("bearer_token", "consumer_key", "consumer_secret", "access_token", "access_token_secret"), "s3cret"
)
PROFILE = {"name": "Lumo Lamps", "handles": "lumo, lumo_help", "languages": "en", "usual": "en", "regions": "us, vn"}


def form(browser: Browser, path: str) -> dict[str, str]:
    """What a page's form would send as it stands, without its token and boxes."""
    page = browser.get(path).get_data(as_text=True)
    fields = {name: unescape(value) for name, value in FIELD.findall(page) if "checkbox" not in name}
    fields |= {name: unescape(text) for name, text in re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)<', page)}
    for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        fields[name] = chosen[1] if chosen else ""
    return {name: value for name, value in fields.items() if name not in {"csrf_token", "brand"}}


def brand(house: House) -> brands.BrandView:
    with house.scope():
        view = setting.scope()
        session.rollback()
    return view


@pytest.fixture
def dana(browse: Browse, story: Story) -> Browser:
    return browse(story.house, "dana")


class TestProfile:
    def test_it_is_saved_as_typed(self, dana: Browser, story: Story) -> None:
        response = dana.post("/brand/profile", **(form(dana, "/brand/profile") | PROFILE))
        assert response.status_code == 303
        now = brand(story.house)
        assert (now.name, now.handles, now.regions) == ("Lumo Lamps", ("lumo_help",), ("US", "VN"))
        assert "Saved" in dana.text("/brand")

    def test_its_order_numbers_are_hidden_from_advocates(self, browse: Browse, dana: Browser, story: Story) -> None:
        asked = story.house.post("@lumo how do i see lu/4471-x in the app?", author="c-orla")
        story.house.hear(asked)
        maya, case = browse(story.house, "maya"), story.path("case", story.house.case_of(asked))
        assert "lu/4471-x" in maya.text(case)
        fields = form(dana, "/brand/profile") | PROFILE | {"order_forms": "LU/####-?\r\n"}
        assert dana.post("/brand/profile", **fields).status_code == 303
        assert brand(story.house).order_forms == ("LU/####-?",)
        assert "4471" not in maya.text(case)
        assert "[order]" in maya.text(case)
        again = story.house.post("@lumo how do i see LU/9982-b in the app?", author="c-pia")
        story.house.hear(again)
        sam, case_again = browse(story.house, "sam"), story.path("case", story.house.case_of(again))
        assert re.search(r'aria-pressed="true"[^>]*>\s*order', sam.get(case_again).get_data(as_text=True))
        with story.house.scope():
            acts = select(AuditRow.detail).where(AuditRow.act == "brand.profile").order_by(AuditRow.id.desc())
            assert session.execute(acts).scalars().first()["after"]["order_forms"] == ["LU/####-?"]
            session.rollback()

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ({"order_forms": "(a+)+####"}, "is no form of an order number"),
            ({"name": ""}, "1 to 80"),
            ({"handles": "a b"}, "is no handle"),
            ({"regions": "Narnia"}, "is no country"),
        ],
    )
    def test_a_no_keeps_what_was_typed(self, dana: Browser, words: dict[str, str], sentence: str) -> None:
        response = dana.post("/brand/profile", **(form(dana, "/brand/profile") | PROFILE | {"name": "Typed"} | words))
        assert response.status_code == 422
        assert sentence in said(response)
        assert 'value="lumo, lumo_help"' in response.get_data(as_text=True) or "a b" in response.get_data(as_text=True)

    def test_the_second_saver_keeps_their_words_sees_the_others_and_may_save(self, dana: Browser, story: Story) -> None:
        first, second = (form(dana, "/brand/profile") for _ in range(2))
        assert dana.post("/brand/profile", **(first | PROFILE)).status_code == 303
        late = dana.post("/brand/profile", **(second | PROFILE | {"name": "Lumo Lights"}))
        page = late.get_data(as_text=True)
        assert late.status_code == 409
        assert 'value="Lumo Lights"' in page
        assert "stands now: Lumo Lamps" in " ".join(said(late).split())
        fields = {"seen": re.search(r'name="seen" value="(\w+)"', page)[1]}  # type: ignore[index]
        assert dana.post("/brand/profile", **(second | PROFILE | {"name": "Lumo Lights"} | fields)).status_code == 303
        assert brand(story.house).name == "Lumo Lights"


class TestWatchWords:
    def test_they_are_tried_out_with_the_words_marked_and_then_saved(self, dana: Browser, story: Story) -> None:
        fields = form(dana, "/brand/watch") | {"lines_all": '"dark mode" -three\n'}
        tried = dana.post("/brand/watch/trial", **fields)
        page = tried.get_data(as_text=True)
        assert "<mark>dark mode</mark>" in page
        assert re.search(r"Of the last \d heard posts, 3 match", " ".join(said(tried).split()))
        with story.house.scope():
            assert heard.watch_lines() == {}
            session.rollback()
        assert dana.post("/brand/watch", **fields).status_code == 303
        with story.house.scope():
            assert heard.watch_lines()["all"] == ['"dark mode" -three']
            session.rollback()

    def test_a_bad_line_is_named_and_kept(self, dana: Browser) -> None:
        response = dana.post("/brand/watch", **(form(dana, "/brand/watch") | {"lines_all": "lumo\n-pie"}))
        assert response.status_code == 422
        assert "The line “-pie”" in said(response)
        assert "lumo\n-pie" in response.get_data(as_text=True)


class TestPolicy:
    def test_promises_and_hours_are_saved_and_the_clock_explains_itself(self, dana: Browser, story: Story) -> None:
        days = {f"day_{number}": "9:00-17:00" for number in range(7)}
        fields = (
            form(dana, "/brand/promises") | days | {"when": "hours", "zone": "Europe/Berlin", "promise_minutes": "90"}
        )
        assert dana.post("/brand/promises", **fields).status_code == 303
        policy = brand(story.house).policy
        assert policy.promise_minutes == 90
        assert policy.hours is not None
        assert policy.hours.zone == "Europe/Berlin"
        page = dana.text("/brand/promises")
        assert "9:00-17:00" in dana.get("/brand/promises").get_data(as_text=True)
        assert "promised by" in page

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ({"promise_minutes": "soon"}, "whole number"),
            ({"promise_minutes": "1"}, "promise minutes"),
            ({"when": "hours", "day_0": "nine"}, "“nine” is no span"),
            ({"when": "hours", "zone": "Mars"}, "no time zone"),
            ({"when": "hours", "holidays": "Christmas"}, "no day of the calendar"),
            ({"when": "hours"} | {f"day_{number}": "" for number in range(7)}, "at least one open hour"),
        ],
    )
    def test_what_cannot_be_is_said(self, dana: Browser, story: Story, words: dict[str, str], sentence: str) -> None:
        response = dana.post("/brand/promises", **(form(dana, "/brand/promises") | words))
        assert response.status_code == 422
        assert sentence in said(response)
        assert brand(story.house).policy.hours is None

    def test_bars_are_tried_out_before_they_count(self, dana: Browser, story: Story) -> None:
        fields = form(dana, "/brand/routing") | {"staff_bar": "0", "suggest_bar": "0"}
        tried = " ".join(said(dana.post("/brand/routing/trial", **fields)).split())
        assert "Of the last 4 assessed cases, 4 would be in another lane" in tried
        assert brand(story.house).policy.staff_bar == 0.45
        assert dana.post("/brand/routing", **fields).status_code == 303
        assert brand(story.house).policy.staff_bar == 0
        refused = dana.post("/brand/routing", **(form(dana, "/brand/routing") | {"suggest_bar": "50"}))
        assert "at or below" in said(refused)

    def test_signature_and_links(self, dana: Browser, story: Story) -> None:
        fields = {"seen": form(dana, "/brand/care")["seen"], "allow_links": "yes"}
        assert dana.post("/brand/care", **fields).status_code == 303
        policy = brand(story.house).policy
        assert (policy.sign_replies, policy.allow_links) == (False, True)


class TestSkills:
    def test_a_skill_comes_changes_and_goes(self, dana: Browser, story: Story) -> None:
        fields = form(dana, "/brand/skills/new?topic=tech")
        fields |= {"name": "Dark mode", "keywords": "dark mode\nnight", "people": "maya, ^NOOR", "topic": "tech"}
        fields |= {"examples": "can it be dark?\n too bright, at night\n"}
        assert dana.post("/brand/skills/new", **fields).status_code == 303
        assert "maya, noor" in dana.text("/brand/skills")
        with story.house.scope():
            skill = brands.skills()[0]
            session.rollback()
        assert skill.keywords == ("dark mode", "night")
        assert skill.examples == ("can it be dark?", "too bright, at night")
        path = f"/brand/skills/{refs().name('skill', skill.id)}"
        assert dana.post(path, **(form(dana, path) | {"people": "nobody"})).status_code == 422
        assert dana.post(path, **(form(dana, path) | {"name": "Night"})).status_code == 303
        assert dana.post(f"{path}/remove").status_code == 303
        assert dana.get(path).status_code == 404

    def test_topics_are_renamed(self, dana: Browser) -> None:
        fields = form(dana, "/brand/skills") | {"topic_tech": "App & lights"}
        assert dana.post("/brand/topics", **fields).status_code == 303
        assert "App & lights" in dana.text("/brand/skills")


@pytest.mark.parametrize(("place", "kind"), [("facts", "fact"), ("short-answers", "answer")])
def test_a_fact_and_a_short_answer_come_change_and_go(dana: Browser, story: Story, place: str, kind: str) -> None:
    words = {"title": "Two years", "body": "Every lamp has two years.", "topic": "product", "valid_until": "2999-01-01"}
    assert dana.post(f"/brand/{place}/new", **(form(dana, f"/brand/{place}/new") | words)).status_code == 303
    page = dana.text(f"/brand/{place}")
    assert "Two years" in page
    assert "until 2999-01-01" in page
    assert "Two years" not in dana.text(f"/brand/{place}?topic=billing")
    with story.house.scope():
        entry = brands.knowledge(kind)[0]
        session.rollback()
    path = f"/brand/{place}/{refs().name(kind, entry.id)}"
    refused = dana.post(path, **(form(dana, path) | {"link": "ftp://x"}))
    assert refused.status_code == 422
    assert dana.post(path, **(form(dana, path) | {"title": "Three years"})).status_code == 303
    assert "Three years" in dana.text(f"/brand/{place}")
    assert dana.post(f"{path}/remove").status_code == 303
    assert "Nothing is written here" in dana.text(f"/brand/{place}")


class TestTeam:
    def test_somebody_is_invited_by_a_link_that_is_shown_once(self, dana: Browser) -> None:
        fields = {"email": "new@lumo.example", "role": "advocate", "languages": "en", "topics": "tech"}
        page = dana.post("/brand/team/invite", **fields).get_data(as_text=True)
        assert re.search(r'value="[^"]*/join/[\w-]{20,}"', page)
        again = dana.get("/brand/team").get_data(as_text=True)
        assert "/join/" not in again
        assert "new@lumo.example" in again
        revoke = re.search(r'action="(/brand/team/invitations/[\w-]+/revoke)"', again)
        assert revoke is not None
        assert dana.post(revoke[1]).status_code == 303
        assert "new@lumo.example" not in dana.text("/brand/team")

    @pytest.mark.parametrize("words", [{"email": "no"}, {"email": "maya@lumo.example"}, {"role": "king"}])
    def test_an_invitation_that_cannot_be_keeps_the_form(self, dana: Browser, words: dict[str, str]) -> None:
        fields = {"email": "new@lumo.example", "role": "advocate", "languages": "en"} | words
        response = dana.post("/brand/team/invite", **fields)
        assert response.status_code in {409, 422}
        assert f'value="{fields["email"]}"' in response.get_data(as_text=True)

    def test_a_member_is_changed_suspended_and_called_back(self, browse: Browse, dana: Browser, story: Story) -> None:
        maya = browse(story.house, "maya")
        path = f"/brand/team/{refs().name('member', story.house.maya.member_id)}"
        seen = form(dana, path)["seen"]
        assert dana.post(path, seen=seen, role="moderator", languages="vi", topics="billing").status_code == 303
        assert maya.get("/inbox").status_code == 200
        assert dana.post(f"{path}/suspend").status_code == 303
        assert "1 case went back" in dana.text(path)
        assert maya.get("/inbox").status_code == 302
        assert dana.post(f"{path}/reinstate").status_code == 303
        assert browse(story.house, "maya").get("/inbox").status_code == 200

    def test_nobody_locks_themselves_out(self, dana: Browser, story: Story) -> None:
        path = f"/brand/team/{refs().name('member', story.house.dana.member_id)}"
        assert 'name="seen"' in dana.get(path).get_data(as_text=True)
        assert f"{path}/suspend" not in dana.get(path).get_data(as_text=True)
        response = dana.post(f"{path}/suspend")
        assert response.status_code == 403
        assert "your own role" in said(response)


def test_an_empty_brand_is_led_to_its_first_mention(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `python3 -m app init` founds it: one manager and nothing else."""
    with transaction():
        brand_id = found("fresh", "fresh")
        members.join(brand_id, members.add("ada@fresh.example", "Ada", "ada", PASSWORD), "manager")
    ada = Browser(app)
    ada.sign_in("ada@fresh.example")

    def ticks() -> str:
        page = ada.get("/brand").get_data(as_text=True)
        return "".join("x" if state == "ticked" else "." for state in re.findall(r'<li class="(ticked|waits)"', page))

    assert ticks() == "......"
    links = re.findall(r'<li class="waits"><a href="([^"]+)"', ada.get("/brand").get_data(as_text=True))
    assert all(ada.get(link).status_code == 200 for link in links)
    assert "/brand" in ada.get("/").headers["Location"]
    ada.post(links[0], **(form(ada, links[0]) | PROFILE | {"name": "Fresh", "handles": "fresh"}))
    assert ticks() == "x....."
    monkeypatch.setattr(connecting, "x_by_keys", lambda keys, _base: Proven("991", "fresh", dict(keys)))
    ada.post(f"{links[1]}/connect/x/keys", rewards="yes", **KEYS)
    assert ticks() == "xx...."
    ada.post(links[2], **(form(ada, links[2]) | {"lines_all": "fresh lamp"}))
    assert ticks() == "xxx..."
    with transaction():
        members.join(brand_id, members.add("bo@fresh.example", "Bo", "bo", PASSWORD), "moderator")
    assert ticks() == "xxxx.."
    ada.post("/brand/facts/new", **(form(ada, "/brand/facts/new") | {"title": "Open", "body": "Always."}))
    assert ticks() == "xxxxx."
    with transaction(), brand_scope(brand_id):
        account = accounts.by_handle("x", "fresh")
        assert account is not None
        take_in(account, "{}", [world.lumo.post("@fresh my lamp is dark", summons=("fresh",))], origin="poll")
    assert ticks() == ""
    page = ada.text("/brand")
    assert "From nothing" not in page
    assert "my lamp is dark" in page
    assert "/brand" not in ada.get("/").headers["Location"]


def test_a_cases_clock_tells_every_minute_that_counted_and_that_it_stood_still(
    browse: Browse, story: Story, later: Callable[..., None]
) -> None:
    house, closed = story.house, {f"day_{number}": "" for number in range(7)}
    dana = browse(house, "dana")
    open_again = f"day_{(clock.now().weekday() + 2) % 7}"
    hours = closed | {open_again: "0:00-24:00", "when": "hours", "zone": "UTC"}
    assert dana.post("/brand/promises", **(form(dana, "/brand/promises") | hours)).status_code == 303
    asked = house.post("@lumo how do I turn the volume up in the app?", author="c-late")
    house.hear(asked)
    later(minutes=30)
    page = browse(house, "sam").text(story.path("case", house.case_of(asked)))
    assert "0 min of the promised 2 h have counted. It stood still for 30 min while you were closed." in page
