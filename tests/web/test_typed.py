"""Whatever is refused, what a person typed stands there once more; a secret never does."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

import app.web
from app.kernel.crypto import refs
from app.web.typed import is_typed
from tests.web.conftest import Browse, Browser, Story, appealed, said
from tests.world import KEYS, PASSWORD

WORDS = "She asked twice; <the lamp> & the cable."
MORE = "Settings, Display, then Dark. Restart it once."
_BOX = re.compile(r"What you typed, to copy<textarea[^>]*>(.*?)</textarea>", re.DOTALL)
_PASSWORD = re.compile(r'<input [^>]*type="password"[^>]*>')
_NAME = re.compile(r'\bname="([^"]+)"')


def box(response: TestResponse) -> str:
    """What stands in the box to copy from; only one such box may be there."""
    found = _BOX.findall(response.get_data(as_text=True))
    assert len(found) <= 1
    return unescape(found[0]) if found else ""


@pytest.fixture
def sam(browse: Browse, story: Story) -> Browser:
    return browse(story.house, "sam")


@pytest.fixture
def dana(browse: Browse, story: Story) -> Browser:
    return browse(story.house, "dana")


class TestANote:
    def test_sent_after_the_sign_in_ended(self, sam: Browser, story: Story, later: Callable[..., None]) -> None:
        token = sam.token()
        later(minutes=61)
        answer = sam.post(story.path("case", story.open_case, "/notes"), token=token, note=WORDS)
        assert (answer.status_code, box(answer)) == (401, WORDS)
        assert "kept in this browser" not in said(answer)

    def test_sent_with_an_old_form(self, sam: Browser, story: Story) -> None:
        answer = sam.post(story.path("case", story.open_case, "/notes"), token="of yesterday", note=WORDS)
        assert (answer.status_code, box(answer)) == (400, WORDS)

    def test_that_is_too_long(self, sam: Browser, story: Story) -> None:
        answer = sam.post(story.path("case", story.open_case, "/notes"), note=f"{WORDS} " * 60)
        assert (answer.status_code, box(answer)) == (422, f"{WORDS} " * 60)

    def test_rewritten_too_late(self, sam: Browser, story: Story, later: Callable[..., None]) -> None:
        later(minutes=11)
        path = story.path("case", story.open_case, f"/notes/{refs().name('note', story.note)}/rewrite")
        answer = sam.post(path, note=WORDS)
        assert (answer.status_code, box(answer)) == (409, WORDS)


class TestASecond:
    def test_verdict(self, sam: Browser, browse: Browse, story: Story) -> None:
        path, late = story.path("review", story.review, "/verdict"), browse(story.house, "tess")
        assert sam.post(path, verdict="approve", seen_revision="1").status_code == 303
        answer = late.post(path, verdict="reject", seen_revision="1", text=MORE, reason=WORDS)
        assert (answer.status_code, box(answer)) == (409, f"{MORE}\n\n{WORDS}")

    def test_decision_on_an_appeal(self, dana: Browser, browse: Browse, story: Story) -> None:
        path, late = story.path("appeal", appealed(story), "/decide"), browse(story.house, "tess")
        assert dana.post(path, outcome="upheld", words="It is not.").status_code == 303
        answer = late.post(path, outcome="overturned", words=WORDS)
        assert (answer.status_code, box(answer)) == (409, WORDS)


def test_a_fact_that_was_removed_meanwhile(dana: Browser) -> None:
    fields = {"title": "Warranty", "body": "Two years.", "topic": "tech", "language": "en"}
    assert dana.post("/brand/facts/new", **fields).status_code == 303
    [path] = set(re.findall(r'href="(/brand/facts/[\w-]{22})"', dana.get("/brand/facts").get_data(as_text=True)))
    assert dana.post(f"{path}/remove").status_code == 303
    answer = dana.post(path, **{**fields, "body": WORDS, "link": "https://lumo.example/care", "seen": "abc"})
    assert (answer.status_code, box(answer)) == (404, f"Warranty\n\n{WORDS}\n\nhttps://lumo.example/care")


def test_what_stands_in_a_field_of_the_page_needs_no_box(sam: Browser, story: Story) -> None:
    verdict = {"verdict": "return", "seen_revision": "x", "text": MORE, "reason": WORDS}
    answer = sam.post(story.path("review", story.review, "/verdict"), **verdict)
    assert (answer.status_code, box(answer)) == (422, "")
    assert all(words in unescape(answer.get_data(as_text=True)) for words in (MORE, WORDS))
    answer = sam.post(story.path("case", story.open_case, "/hand-over"), to="", why=WORDS)
    assert (answer.status_code, box(answer)) == (422, "")
    assert WORDS in unescape(answer.get_data(as_text=True))


def test_an_answer_that_stays_in_the_editor_needs_no_box(browse: Browse, story: Story) -> None:
    text = "See example.com/help\r\nfor it"
    answer = browse(story.house, "maya").post(story.path("case", story.held_case, "/submit"), text=text)
    assert (answer.status_code, box(answer)) == (422, "")
    assert text.replace("\r\n", "\n") in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "secrets"),
    [
        ("/me/security/password", {"password": PASSWORD, "new_password": "a better password"}),
        ("/me/security/second-factor/confirm", {"code": "424242"}),
        ("/brand/networks/connect/x/keys", {key: f"a secret {key}" for key in KEYS}),
        ("/brand/networks/connect/bluesky/password", {"app_password": "abcd-efgh-ijkl-mnop"}),
        ("/sign-in", {"password": PASSWORD}),
        ("/join/" + "A" * 43, {"password": PASSWORD}),
    ],
)
def test_a_secret_is_never_shown_again(dana: Browser, path: str, secrets: dict[str, str]) -> None:
    answer = dana.post(path, token="of yesterday", handle="lumo", **secrets)
    assert (answer.status_code, box(answer)) == (400, "lumo")
    assert all(secret not in answer.get_data(as_text=True) for secret in secrets.values())


def test_every_password_field_of_the_house_is_a_secret() -> None:
    templates = (Path(app.web.__file__).parent / "templates").rglob("*.html")
    fields = [field for page in templates for field in _PASSWORD.findall(page.read_text(encoding="utf-8"))]
    names = {*KEYS, *(name for field in fields for name in _NAME.findall(field))} - {"{{ key }}"}
    assert {"password", "new_password", "app_password"} <= names
    assert not [name for name in names if is_typed(name)]
