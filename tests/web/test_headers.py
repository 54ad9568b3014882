"""What every answer carries, good or bad, and how each no looks."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.factory import create_app
from app.kernel.settings import Settings
from app.web.pages import me
from app.web.security import MOST_BYTES
from tests.web.conftest import Browse, Browser, Story, said
from tests.world import World

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _policy(value: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in value.split(";"))


def test_every_answer_is_guarded_whatever_it_says(app: Flask, browse: Browse, story: Story) -> None:
    app.testing = False
    browser, stranger = browse(story.house, "maya"), browse()
    answers = {
        "page": (browser.get("/queue"), 200),
        "piece": (browser.get("/queue/news", part=True), 200),
        "door": (stranger.get("/sign-in"), 200),
        "redirect": (stranger.get("/queue"), 302),
        "health": (stranger.get("/health"), 200),
        "static": (stranger.get("/static/0/peerline.css"), 200),
        "400": (browser.open("POST", "/me/sign-out-everywhere"), 400),
        "401": (stranger.post("/here"), 401),
        "403": (browser.get("/inbox"), 403),
        "404": (browser.get("/nowhere"), 404),
        "405": (browser.get("/sign-out"), 405),
        "413": (browser.post("/here", text="x" * (MOST_BYTES + 1)), 413),
    }
    for name, (answer, status) in answers.items():
        assert answer.status_code == status, name
        assert dict(answer.headers).items() >= ALWAYS.items(), name
        policy = _policy(answer.headers["Content-Security-Policy"])
        assert policy["default-src"] == "'none'", name
        assert policy["script-src"] == policy["style-src"] == "'self'", name
        assert (policy["frame-ancestors"], policy["base-uri"], policy["form-action"]) == ("'none'", "'none'", "'self'")
        kept = "public, max-age=60" if name == "static" else "no-store"
        assert answer.headers["Cache-Control"] == kept, name


FORWARDED = {"X-Forwarded-For": "203.0.113.7"}


@pytest.mark.parametrize(("proxies", "warnings"), [(0, 1), (1, 0)])
def test_a_proxy_that_the_settings_do_not_know_of_is_warned_of_once_without_an_address(
    settings: Settings, world: World, capsys: pytest.CaptureFixture[str], proxies: int, warnings: int
) -> None:
    assert world.lumo
    browser = Browser(create_app(settings.model_copy(update={"proxies": proxies}), with_pages=True))
    browser.get("/sign-in")
    assert "PEERLINE_PROXIES" not in capsys.readouterr().err
    for _ in range(3):
        browser.open("GET", "/sign-in", headers=FORWARDED)
    said = capsys.readouterr().err
    assert said.count("PEERLINE_PROXIES is 0") == warnings
    assert "203.0.113.7" not in said


def test_static_files_are_kept_for_ever_under_their_own_hash_only(browse: Browse, world: World) -> None:
    page = browse(world.lumo, "maya").get("/queue").get_data(as_text=True)
    address = next(part for part in page.split('"') if part.endswith("peerline.css"))
    fresh = browse().get(address)
    assert fresh.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert fresh.headers["Content-Type"].startswith("text/css")
    for wrong in ("/static/0/../../settings.py", "/static/0/%2e%2e/assets.py", "/static/0/nothing.css"):
        assert browse().get(wrong).status_code == 404, wrong


def test_every_no_is_a_page_that_says_what_to_do(browse: Browse, story: Story) -> None:
    browser = browse(story.house, "maya")
    for path, sentence in {
        "/nowhere": "The address may be mistyped",
        "/inbox": "not one for your role",
        "/sign-out": "use the button there",
    }.items():
        page = browser.get(path)
        assert sentence in said(page), path
        assert "To the first page" in said(page), path
        assert "<nav" in page.get_data(as_text=True), path


def test_who_tried_too_often_finds_a_way_on(browse: Browse, world: World) -> None:  # noqa: ARG001
    stranger = browse()
    answers = [stranger.post("/sign-in/help", email="nobody@lumo.example") for _ in range(7)]
    assert answers[-1].status_code == 429
    assert "To the first page" in said(answers[-1])


def test_a_broken_page_says_a_reference_and_no_detail(
    app: Flask, browse: Browse, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.testing = False
    browser = browse(world.lumo, "maya")

    def breaks(*_words: object, **_named: object) -> str:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(me, "render_template", breaks)
    answer = browser.get("/me")
    assert answer.status_code == 500
    assert "Nothing was changed" in said(answer)
    assert "Reference" in said(answer)
    assert "secret detail" not in said(answer)


def test_a_piece_of_a_page_gets_a_line_and_not_a_page(browse: Browse, story: Story) -> None:
    answer = browse(story.house, "maya").get("/inbox", part=True)
    assert answer.status_code == 403
    assert "<html" not in answer.get_data(as_text=True)
    assert 'role="alert"' in answer.get_data(as_text=True)


class TestHealth:
    def test_is_well_when_the_database_and_its_shape_are(self, browse: Browse, story: Story) -> None:  # noqa: ARG002
        answer = browse().get("/health")
        assert answer.status_code == 200
        found = json.loads(answer.get_data())
        assert found["database"] == "reachable"
        assert found["migration"] == "current"
        assert (found["deliveries_pending"], found["deliveries_dead"]) == (0, 0)

    def test_says_503_when_the_database_is_away(
        self,
        browse: Browse,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def away(_engine: object) -> str:
            raise OperationalError("SELECT 1", {}, Exception("connection to server at db.internal failed"))

        monkeypatch.setattr("app.kernel.schema.current", away)
        answer = browse().get("/health")
        assert answer.status_code == 503
        assert json.loads(answer.get_data()) == {"status": "unwell", "database": "unreachable"}
