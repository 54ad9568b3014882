"""Faults of answering, each with its figures: a network that wants no more calls, and questions that change at the end.

Both run against the sandbox network, over HTTP, with the house's own budgets in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select, update

from app.channels import budgets, x_line
from app.desk import settling
from app.desk.models import Case
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from tests.channels.sandbox import Network, running_network
from tests.flow.story import Json, Story, dead
from tests.world import HOW_TO

pytestmark = pytest.mark.slow

Later = Callable[..., None]
Report = Callable[[int, str, str], None]
WINDOW = timedelta(minutes=15)


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def story(app: Flask, running: Network) -> Story:  # noqa: ARG001
    return Story.begin(running.afresh())


@dataclass
class Wire:
    """Every call that went out to the network: when, what, and what it answered."""

    calls: list[tuple[datetime, str, str, int]] = field(default_factory=list)

    def of(self, method: str, ending: str) -> list[tuple[datetime, int]]:
        """Moments and answers of the calls of one endpoint."""
        return [(at, status) for at, how, path, status in self.calls if how == method and path.endswith(ending)]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    seen, send = Wire(), x_line.Host.send

    def watched(self: Any, request: requests.PreparedRequest, *more: Any, **how: Any) -> requests.Response:
        answer = send(self, request, *more, **how)
        path = str(request.url).partition("?")[0]
        seen.calls.append((clock.now(), str(request.method), path, answer.status_code))
        return answer

    monkeypatch.setattr(x_line.Host, "send", watched)
    return seen


def approved(story: Story, number: int) -> list[Json]:
    """So many questions, each with its own answer approved and on its way; the first asked is the last promised."""
    questions = [story.says(f"c{each}", HOW_TO) for each in range(number)]
    story.listen()
    bus.drain()
    for each, question in enumerate(questions):
        case_id = story.case_of(question)
        with transaction(), story.house.scope():
            due = clock.now() + timedelta(hours=number - each)
            session.execute(update(Case).where(Case.id == case_id).values(due_at=due))
        story.house.judge(
            story.house.submit(case_id, story.house.maya, f"Open Settings, then Display, then Dark. ({each})"),
            story.house.sam,
        )
    return questions


def goes_on(story: Story, later: Later, seconds: int) -> None:
    later(seconds=seconds)
    story.network.clock.moment = clock.now()
    bus.drain()
    settling.settle()
    bus.drain()


class TestTheStormOf429:
    """R8: ten times as many answers as the network takes in a quarter of an hour."""

    def test_faults_storm(self, story: Story, later: Later, wire: Wire, report_fault: Report) -> None:
        most, number = 8, 40
        questions = approved(story, number)
        story.network.control("POST", "/limits", {"endpoint": "POST /2/tweets", "limit": most})
        story.network.clock.moment = clock.now()
        with story.house.scope():  # it has answered before, and told how few it takes
            purse = budgets.purse(story.house.brand_id, story.house.account_id, "x")
            purse.told("write", left=most, until=clock.now() + timedelta(minutes=15))
        for _ in range(number // most * 4 + 8):
            goes_on(story, later, 240)
        said = wire.of("POST", "/2/tweets")
        rejected = sum(status == 429 for _at, status in said)
        early = too_early([at for at, status in said if status != 429], most)
        promised = {question["id"]: number - each for each, question in enumerate(questions)}
        order = [promised[each["reply_to"]] for each in spoken(story, number)]
        upset = sum(before > after for before, after in pairwise(order))
        report_fault(
            8,
            f"{number} answers, {most} allowed in 15 min",
            f"{len(said)} calls, {rejected} rejected ({rejected / len(said):.1%}), {early} before the reset, "
            f"{upset} out of the promises' order",
        )
        assert len(order) == number
        assert rejected <= len(said) / 100
        assert (early, upset, dead()) == (0, 0, [])

    def test_faults_storm_unannounced(self, story: Story, later: Later, wire: Wire, report_fault: Report) -> None:
        """A refusal out of the blue, with its time: nothing at all is said before."""
        approved(story, 6)
        story.network.fault("rate_limited", "POST /2/tweets", skip=2, options={"reset_in": 600})
        goes_on(story, later, 1)
        refused_at = next(at for at, status in wire.of("POST", "/2/tweets") if status == 429)
        for _ in range(6):
            goes_on(story, later, 110)
        said = wire.of("POST", "/2/tweets")
        early = [at for at, _status in said if refused_at < at < refused_at + timedelta(seconds=590)]
        report_fault(8, "a 429 out of the blue, reset in 10 min", f"{len(early)} calls before the reset, 6 of 6 said")
        assert early == []
        assert len(spoken(story, 6)) == 6

    def test_faults_storm_of_looks(self, story: Story, later: Later, wire: Wire, report_fault: Report) -> None:
        """The same while listening: 20 looks in a window that allows 5."""
        story.network.control("POST", "/limits", {"endpoint": "GET /2/users/:id/mentions", "limit": 5})
        for number in range(40):
            story.says("ada", f"@lumo {number}")
            story.listen()
            later(seconds=45)
        later(minutes=16)
        story.listen()
        looks = wire.of("GET", "/mentions")
        rejected = sum(status == 429 for _at, status in looks)
        with story.house.scope():
            heard = len(session.execute(select(Case.id)).all()) if bus.drain() else 0
            session.rollback()
        report_fault(8, "41 looks, 5 allowed in 15 min", f"{len(looks)} calls, {rejected} rejected, 40 of 40 heard")
        assert rejected <= len(looks) / 100
        assert heard == 40


def too_early(calls: list[datetime], most: int) -> int:
    """Calls beyond the most of any window of a quarter of an hour that began with a call after the last one's end."""
    early, start, used = 0, None, 0
    for at in calls:
        if start is None or at - start >= WINDOW:
            start, used = at, 0
        used += 1
        early += used > most
    return early


def spoken(story: Story, number: int) -> list[Json]:
    """What the brand said, in the order in which it was said."""
    found: list[Json] = story.network.control("GET", f"/posts?handle=lumo&limit={number + 10}")["posts"]
    return sorted((each for each in found if each["reply_to"]), key=lambda each: int(each["id"]))


class TestTheQuestionChanges:
    """R21: between the approval and the sending, nobody tells us of it."""

    @pytest.mark.parametrize("what", ["deleted", "edited", "both"])
    def test_faults_source(self, story: Story, later: Later, wire: Wire, report_fault: Report, what: str) -> None:
        questions = approved(story, 10)
        for question in questions[:8]:
            if what in {"edited", "both"}:
                story.network.control("PATCH", f"/posts/{question['id']}", {"text": "@lumo how do I turn it OFF?"})
            if what in {"deleted", "both"}:
                newest = story.network.control("GET", "/posts?limit=100")["posts"]
                mine = [each for each in newest if question["id"] in {each["id"], *each["versions"]}]
                story.network.control("DELETE", f"/posts/{max(mine, key=lambda each: int(each['id']))['id']}")
        for _ in range(4):
            goes_on(story, later, 130)
        said = len(wire.of("POST", "/2/tweets"))
        with story.house.scope():
            states = sorted(session.execute(select(Case.state)).scalars())
            session.rollback()
        waits = "in_review" if what == "edited" else "closed"
        report_fault(
            21,
            f"8 of 10 questions {what if what != 'both' else 'edited, then deleted'} before the answer",
            f"{said - 2} answers to them, 8 {waits.replace('_', ' ')}, 2 of the others said",
        )
        assert said == 2
        assert states == sorted(["answered"] * 2 + [waits] * 8)
        assert dead() == []
