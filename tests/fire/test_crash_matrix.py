"""A process is killed at every place that matters, whatever the network answers: nothing is said twice, none is lost.

Each killed process is a real one (tests/fire/act.py); what comes after it, clocks moved on, runs here.
"""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.desk import publishing, replies, settling
from app.desk.queries import on_their_way
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError
from app.kernel.settings import PROJECT, Settings
from app.supervise import wait_until
from tests.channels.sandbox import Network, running_network
from tests.conftest import SECRET
from tests.flow.spoken import assert_whole, txns
from tests.flow.story import Json, Story, dead
from tests.world import HOW_TO

Later = Callable[..., None]
ANSWER = "Open Settings, then Display, then Dark."
CREATE, READ, REMOVE = "POST /2/tweets", "GET /2/users/*/tweets", "DELETE /2/tweets/*"

SENDING = (
    "publish.before_look",
    "publish.after_look",
    "publish.before_intent",
    "bus.held",
    "publish.before_call",
    "publish.after_call",
    "publish.before_record",
    "publish.before_not_sent",
    "publish.before_unknown",
    "bus.before_ring",
    "publish.after_record",
    "bus.before_mark_alone",
    "ledger.before_entries",
    "ledger.after_entries",
    "bus.before_mark",
    "bus.before_commit",
)
SETTLING = ("settle.before_read", "settle.after_read", "settle.before_record")
REMOVING = ("take_down.before_call", "take_down.after_call", "take_down.before_record")
ANSWERS: dict[str, tuple[str, dict[str, int]] | None] = {
    "ok": None,
    "slow": ("slow_answer", {"ms": 900}),
    "late": ("latency", {"ms": 900}),
    "dropped after": ("drop_after", {}),
    "500 after": ("error_after", {}),
    "500 before": ("error_before", {}),
    "429": ("rate_limited", {"reset_in": 600}),
    "403 duplicate": ("duplicate_content", {}),
}
EVERY_CELL = [(place, answer) for place in SENDING + SETTLING for answer in ANSWERS]
SMALL_CUT = [
    ("publish.before_call", "ok"),
    ("publish.after_call", "ok"),
    ("ledger.after_entries", "ok"),
    ("bus.before_mark_alone", "429"),
    ("settle.after_read", "dropped after"),
]
PATIENCE, LITTLE_PATIENCE = 20.0, 0.4
"""Seconds that a process waits for an answer: more than a busy machine takes, and less than a slow network does."""
STEPS = (20, 60, 60, 180, 300, 400, 600, 900)
"""Seconds by which both clocks are moved on, one after the other: past every wait and every look."""


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture(scope="module")
def forge() -> Iterator[subprocess.Popen[str]]:
    """Forks the processes that die."""
    command = [sys.executable, "-m", "tests.fire.act"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True, bufsize=1) as started:
        yield started
        assert started.stdin is not None
        started.stdin.close()


@dataclass
class Fire:
    """An approved reply on the sandbox network, and the hands that kill and bring back."""

    story: Story
    settings: Settings
    forge: subprocess.Popen[str]
    later: Later
    question: Json
    reply_id: int
    patience: float = PATIENCE

    def strikes(self, answer: str, endpoint: str) -> None:
        """Let the network give this answer once."""
        fault = ANSWERS[answer]
        if fault:
            self.story.network.fault(fault[0], endpoint, options=fault[1])
        if answer in {"slow", "late"}:
            self.patience = LITTLE_PATIENCE

    def lands(self) -> None:
        """Wait for a reply that the network took late: the clocks below move faster than its line."""
        faults = self.story.network.control("GET", "/faults")["faults"]
        if any(fault["kind"] == "latency" and fault["hits"] for fault in faults):
            wait_until(lambda: bool(self.said()), timeout=60)

    def run(self, *acts: str, die_at: str | None = None) -> bool:
        """Run acts in a process of their own; whether it was killed at that place."""
        session.remove()
        self.story.network.clock.moment = clock.now()
        environment = {
            "DATABASE_URL": self.settings.database_url,
            "PEERLINE_SECRET": SECRET,
            "PEERLINE_DATA_DIR": str(self.settings.data_dir),
        }
        failpoint = f"{die_at}:kill" if die_at else ""
        told = {"environment": environment, "failpoint": failpoint, "patience": self.patience, "acts": acts}
        assert self.forge.stdin is not None
        assert self.forge.stdout is not None
        self.forge.stdin.write(json.dumps(told) + "\n")
        status = int(self.forge.stdout.readline())
        assert status in ({0, -signal.SIGKILL} if die_at else {0})
        return status != 0

    def goes_on(self, *steps: int) -> None:
        """Time passes; what the clock and the workers do happens, again and again."""
        for seconds in steps or STEPS:
            self.later(seconds=seconds)
            self.story.network.clock.moment = clock.now()
            bus.sweep()
            bus.drain()
            settling.settle()
            bus.drain()

    def said(self) -> list[Json]:
        """Our answers under the question, as they stand on the network."""
        return self.story.answers(self.question)

    def cell(self, died_at: str, answer: str, *, killed: bool) -> dict[str, Any]:
        """What became of it all."""
        reply = self.story.house.reply(self.reply_id)
        posts, awards = len(self.said()), len(txns(self.story.house, "award"))
        waits_for_a_person = reply.state == "unknown" and reply.check_at is None and bool(reply.problem)
        lost = not (reply.state in {"published", "withdrawn"} or waits_for_a_person)
        facts = {"died_at": died_at, "answer": answer, "killed": killed, "posts": posts, "awards": awards}
        return facts | {"state": reply.state, "lost": lost}


@pytest.fixture
def fire(
    app: Flask,  # noqa: ARG001
    settings: Settings,
    running: Network,
    forge: subprocess.Popen[str],
    later: Later,
) -> Fire:
    """Maya's answer, approved by Sam, its delivery waiting."""
    story = Story.begin(running.afresh())
    question = story.says("ada", HOW_TO)
    story.listen()
    bus.drain()
    review = story.house.submit(story.case_of(question), story.house.maya, ANSWER)
    story.house.judge(review, story.house.sam)
    with story.house.scope():
        [(reply, _case)] = on_their_way()
        session.rollback()
    return Fire(story, settings, forge, later, question, reply.id)


def kill_and_recover(fire: Fire, died_at: str, answer: str) -> dict[str, Any]:
    """One cell: the network answers so, a process dies there, and life goes on."""
    fire.strikes(answer, CREATE)
    if died_at in SETTLING:
        fire.run("drain")
        fire.lands()
        fire.later(seconds=125)
        killed = fire.run("settle", "drain", die_at=died_at)
    else:
        killed = fire.run("drain", die_at=died_at)
    fire.lands()
    fire.goes_on()
    return fire.cell(died_at, answer, killed=killed)


def hold(fire: Fire, cell: dict[str, Any]) -> None:
    """What every cell must hold."""
    assert cell["posts"] <= 1
    assert not cell["lost"], cell
    assert cell["awards"] == (cell["state"] == "published")
    if cell["state"] == "published":
        [post] = fire.said()
        assert post["typed"] == f"{ANSWER} ^maya"
        assert fire.story.house.reply(fire.reply_id).external_id == post["id"]
    else:  # a person looks, and is right to say that it is not there; then it is said, once
        assert cell["posts"] == 0
        fire.story.network.control("DELETE", "/faults")
        with transaction(), fire.story.house.scope():
            publishing.send_again(fire.reply_id, fire.story.house.sam)
        fire.goes_on(20, 130)
        assert len(fire.said()) == 1
        assert len(txns(fire.story.house, "award")) == 1
    assert dead() == []
    assert_whole(fire.story.house, fire.story.said())


def check(fire: Fire, report_cell: Callable[..., None], died_at: str, answer: str) -> None:
    cell = kill_and_recover(fire, died_at, answer)
    report_cell(**cell)
    hold(fire, cell)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("died_at", "answer"), SMALL_CUT)
def test_a_killed_process_says_nothing_twice(
    fire: Fire, report_cell: Callable[..., None], died_at: str, answer: str
) -> None:
    check(fire, report_cell, died_at, answer)


@pytest.mark.slow
@pytest.mark.parametrize(("died_at", "answer"), EVERY_CELL)
def test_the_whole_matrix(fire: Fire, report_cell: Callable[..., None], died_at: str, answer: str) -> None:
    check(fire, report_cell, died_at, answer)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["ok", "slow", "dropped after", "500 before", "429"])
@pytest.mark.parametrize("died_at", REMOVING)
def test_a_removal_that_is_killed_happens_all_the_same(
    fire: Fire, report_cell: Callable[..., None], died_at: str, answer: str
) -> None:
    house = fire.story.house
    bus.drain()
    assert len(fire.said()) == 1
    with transaction(), house.scope():
        replies.ask_take_down(fire.reply_id, house.sam, "wrong model")
    fire.strikes(answer, REMOVE)
    killed = fire.run("drain", die_at=died_at)
    fire.goes_on()
    report_cell(**fire.cell(died_at, answer, killed=killed))
    assert (fire.said(), house.reply(fire.reply_id).state) == ([], "withdrawn")
    assert [txn.kind for txn in txns(house)] == ["award", "reversal"]
    assert dead() == []
    assert_whole(house, fire.story.said())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_killed_again_and_again(fire: Fire, report_cell: Callable[..., None], seed: int) -> None:
    """Process after process dies somewhere, the network answers anything; then it is quiet, and the sums are right."""
    dice = random.Random(seed)
    killed = 0
    for _ in range(5):
        fire.strikes(dice.choice([answer for answer in ANSWERS if answer != "late"]), dice.choice([CREATE, READ, "*"]))
        killed += fire.run("sweep", "drain", "settle", "drain", die_at=dice.choice(SENDING + SETTLING))
        fire.later(seconds=dice.choice([5, 80, 130, 400]))
    fire.story.network.control("DELETE", "/faults")
    fire.goes_on(*STEPS, *STEPS)
    cell = fire.cell("again and again", "anything", killed=bool(killed))
    report_cell(**cell)
    hold(fire, cell)
    assert len(fire.said()) == 1, "whatever died, the customer has one answer in the end"


def test_every_failpoint_of_the_code_is_in_the_matrix() -> None:
    rooms = ("app", "listeners", "moderation", "gamification")
    code = "".join(path.read_text() for room in rooms for path in Path(PROJECT, room).rglob("*.py"))
    assert set(re.findall(r'\bhit\("([a-z_.]+)"\)', code)) == set(SENDING + SETTLING + REMOVING)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_while_it_is_being_found_out_nobody_can_send_it_again(fire: Fire) -> None:
    assert fire.run("drain", die_at="publish.after_call")
    fire.goes_on(20, 60, 50)
    with pytest.raises(ConflictError), transaction(), fire.story.house.scope():
        publishing.send_again(fire.reply_id, fire.story.house.sam)
    fire.goes_on()
    assert len(fire.said()) == 1
