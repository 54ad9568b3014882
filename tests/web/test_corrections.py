"""One click on "why" says what a mention is; the assessment's page shows what came of it."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from app.brands import queries as brands
from app.kernel import bus
from app.kernel.crypto import refs
from app.kernel.db import session
from app.web.formats import JUDGED
from app.web.pages.assessment import PROPERTIES
from listeners import queries as heard
from listeners.rules.staff import CHANCES
from tests.web.conftest import Browse, Browser, Story, browse, network, said, story

__all__ = ["browse", "network", "story"]


@pytest.fixture
def sam(browse: Browse, story: Story) -> Browser:
    return browse(story.house, "sam")


def correct(browser: Browser, story: Story, field: str, value: str, **more: str) -> TestResponse:
    return browser.post(story.path("mention", story.mention, f"/correct/{field}"), now=value, **more)


def pressed(response: TestResponse, field: str) -> list[str]:
    """The chips of a field that are lit."""
    body = response.get_data(as_text=True)
    form = re.findall(rf'<form class="chips-of"[^>]*/correct/{field}".*?</form>', body, re.DOTALL)[0]
    return re.findall(r'value="([^"]+)" aria-pressed="true"', form)


def plain(response: TestResponse) -> str:
    return " ".join(said(response).split())


def test_one_click_corrects_in_place_and_one_takes_it_back(sam: Browser, story: Story) -> None:
    why = story.path("mention", story.mention, "/why")
    before = pressed(sam.get(why, part=True), "topic")
    answer = correct(sam, story, "topic", "delivery", part=True)
    assert answer.status_code == 200
    assert pressed(answer, "topic") == ["delivery"]
    assert f"corrected by Sam, was {before[0].replace('tech', 'technology')}" in plain(answer)
    back = sam.post(story.path("mention", story.mention, "/correct/topic/back"), part=True)
    assert pressed(back, "topic") == before
    assert "corrected by" not in plain(back)


def test_without_a_script_the_click_leads_back_to_its_page(sam: Browser, story: Story) -> None:
    mention = story.path("mention", story.mention)
    assert correct(sam, story, "anger", "2").headers["Location"] == f"{mention}#why"
    assert "corrected by Sam, was calm" in plain(sam.get(mention))
    case = story.path("case", story.open_case)
    at_case = correct(sam, story, "anger", "1", **{"from": refs().name("case", story.open_case)})
    assert at_case.headers["Location"] == f"{case}#why"
    assert "corrected by Sam, was calm" in plain(sam.get(case))
    assert correct(sam, story, "anger", "0", **{"from": "list"}).headers["Location"] == "/assessment#useful"


def test_what_stands_there_is_confirmed_by_the_same_click(sam: Browser, story: Story) -> None:
    assert "confirmed by Sam" in plain(correct(sam, story, "intent", "question", part=True))


@pytest.mark.parametrize(("field", "value"), [("topic", "nonsense"), ("topic", ""), ("colour", "red")])
def test_what_cannot_be_is_refused_in_words(sam: Browser, story: Story, field: str, value: str) -> None:
    answer = correct(sam, story, field, value)
    assert 400 <= answer.status_code < 500
    assert "Choose one of the answers" in plain(answer)
    assert "corrected by" not in plain(sam.get(story.path("mention", story.mention)))


def test_a_false_alarm_frees_the_words_for_advocates(browse: Browse, sam: Browser, story: Story) -> None:
    post = story.house.post("@lumo how do i pair the lamp 415-555-0132? it says so on the box", author="c-zoe")
    story.house.hear(post)
    case = story.house.case_of(post)
    page = story.path("case", case)
    why = re.findall(r'action="(/mentions/[^"]+)/correct/private"', sam.get(page).get_data(as_text=True))[0]
    assert pressed(sam.get(f"{why}/why", part=True), "private") == ["none"]  # the chip that turns the phone off
    maya = browse(story.house, "maya")
    assert maya.get(page).status_code == 404
    answer = sam.post(f"{why}/correct/private", now="none", part=True)
    assert "corrected by Sam, was phone" in plain(answer)
    bus.drain()
    assert "415-555-0132" in maya.text(page)
    sam.post(f"{why}/correct/private/back")
    bus.drain()
    assert maya.get(page).status_code == 404


def test_only_a_follow_up_is_asked_what_came_of_the_answer(sam: Browser, story: Story) -> None:
    fields = re.findall(r'/correct/(\w+)"', sam.get(story.path("mention", story.mention)).get_data(as_text=True))
    assert set(fields) == set(JUDGED) - {"outcome", "skill"}


def test_a_moderator_is_asked_for_the_skill_and_tells_it_by_one_tap(browse: Browse, sam: Browser, story: Story) -> None:
    dana, house = browse(story.house, "dana"), story.house
    for name, words in (("Night", "dark mode"), ("App", "app")):
        assert dana.post("/brand/skills/new", name=name, topic="tech", keywords=words).status_code == 303
    house.hear(house.post("@lumo dark mode in the app?", author="c-ivo"))
    with house.scope():
        [mention] = [one.id for one in heard.mentions(range(1, 99)).values() if one.author_handle == "ivo"]
        app = next(one.id for one in brands.skills() if one.name == "App")
        session.rollback()
    why = story.path("mention", mention, "/why")
    assert "not sure: a moderator tells" in plain(sam.get(why, part=True))
    answer = sam.post(story.path("mention", mention, "/correct/skill"), now=str(app), part=True)
    assert pressed(answer, "skill") == [str(app)]
    assert "corrected by Sam" in plain(answer)


def test_a_double_take_back_says_that_nothing_is_there(sam: Browser, story: Story) -> None:
    answer = sam.post(story.path("mention", story.mention, "/correct/topic/back"))
    assert answer.status_code == 409
    assert "nothing to take back" in plain(answer)


def test_advocates_read_why_and_correct_nothing(browse: Browse, story: Story) -> None:
    maya = browse(story.house, "maya")
    page = maya.get(story.path("case", story.held_case))
    assert "Who should answer" in plain(page)
    assert 'class="chip"' not in page.get_data(as_text=True)
    assert correct(maya, story, "topic", "delivery").status_code == 403


def test_a_person_who_moves_the_danger_up_moves_the_case(sam: Browser, story: Story) -> None:
    correct(sam, story, "risks", "legal")
    bus.drain()
    assert "Staff only: it speaks of legal steps" in plain(sam.get(story.path("mention", story.mention)))


def test_the_page_counts_what_people_looked_at(sam: Browser, story: Story) -> None:
    empty = plain(sam.get("/assessment"))
    assert "How well the ears judge" in empty
    assert "Nobody has looked yet" in empty
    assert "The rules judge alone" in empty
    fields = {"intent": "question", "topic": "delivery", "mood": "neutral", "anger": "0", "urgency": "0"}
    for field, value in fields.items():
        correct(sam, story, field, value)
    page = plain(sam.get("/assessment"))
    assert re.search(r"Of 5 answers that people looked at, \d were right\.", page)
    assert "What it asks for English 1 too few" in page
    assert "Topic: delivery English 0 – 0%" in page


def test_the_most_doubtful_are_offered_and_go_once_somebody_looked(sam: Browser, story: Story) -> None:
    assert "Nothing is in doubt" in plain(sam.get("/assessment"))
    story.house.hear(story.house.post("@lumo my lamp won't pair with my new phone, it says busy", author="c-sol"))
    first = sam.get("/assessment").get_data(as_text=True)
    offered = re.findall(r'action="(/mentions/[^"]+/correct/\w+)"', first)
    assert offered
    answer = sam.post(offered[0], now="staff", part=True, **{"from": "list"})
    assert "Noted; the ears learn from it." in plain(answer)
    assert offered[0] not in sam.get("/assessment").get_data(as_text=True)


def test_the_audit_tells_who_said_what(browse: Browse, sam: Browser, story: Story) -> None:
    correct(sam, story, "topic", "delivery")
    sam.post(story.path("mention", story.mention, "/correct/topic/back"))
    record = plain(browse(story.house, "dana").get("/audit"))
    assert "said what a mention is." in record
    assert "took back what was said of a mention." in record
    assert "about: Topic, before: technology, now: delivery" in record


def test_what_calls_for_staff_has_words() -> None:
    assert PROPERTIES.keys() == CHANCES.keys()
