"""What is between approval and the thread: a person decides only after the last look."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.channels.base import UnknownOutcomeError
from app.desk import settling
from app.kernel import bus
from tests.web.conftest import Browse, FakeNetwork, Story, said


@pytest.fixture
def lost(story: Story, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> int:
    """A reply whose outcome nobody knows."""

    def breaks(_to: str, _text: str) -> None:
        raise UnknownOutcomeError("The connection broke.")

    with monkeypatch.context() as broken:
        broken.setattr(network, "reply", breaks)
        story.house.judge(story.review, story.house.sam)
        bus.drain()
    assert story.house.reply(story.in_review).state == "unknown"
    return story.in_review


def test_shows_what_is_stuck_and_lets_nobody_send_before_the_last_look(
    browse: Browse, story: Story, lost: int, later: Callable[..., None], network: FakeNetwork
) -> None:
    browser, again = browse(story.house, "sam"), story.path("reply", lost, "/send-again")
    page = browser.get("/sending").get_data(as_text=True)
    assert "gave no clear answer" in page
    assert again not in page
    assert browser.post(again).status_code == 409
    said_before = len(network.said)
    _last_look(later)
    page = browser.get("/sending").get_data(as_text=True)
    assert again in page
    assert browser.post(again).status_code == 303
    bus.drain()
    assert len(network.said) == said_before + 1
    assert story.house.reply(lost).state == "published"
    assert "Nothing is under way" in browser.text("/sending")


def test_given_up_the_case_is_open_for_staff(
    browse: Browse, story: Story, lost: int, later: Callable[..., None]
) -> None:
    _last_look(later)
    answer = browse(story.house, "tess").post(story.path("reply", lost, "/give-up"))
    assert answer.status_code == 303
    case = story.house.page(story.reviewed_case).case
    assert (case.state, case.lane) == ("open", "staff")


def test_is_not_for_advocates(browse: Browse, story: Story, lost: int) -> None:
    browser = browse(story.house, "noor")
    assert browser.post(story.path("reply", lost, "/give-up")).status_code == 403
    assert "gave no clear answer" in said(browser.get("/answers"))


def _last_look(later: Callable[..., None]) -> None:
    """Time passes until the thread was read back three times."""
    for minutes in (3, 4, 12):
        later(minutes=minutes)
        settling.settle()
