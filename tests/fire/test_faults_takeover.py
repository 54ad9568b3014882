"""Two listeners, one account: never both, another within a minute of a death, and who was slow writes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.kernel import clock
from app.kernel.db import session
from app.kernel.settings import PROJECT, Settings
from app.supervise import wait_until
from listeners.models import Envelope, Mention, Window
from tests.channels.sandbox import Network, running_network
from tests.conftest import SECRET
from tests.flow.story import Story

pytestmark = pytest.mark.slow

Later = Callable[..., None]
Report = Callable[[int, str, str], None]
ROUNDS = 10


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def story(app: Flask, running: Network) -> Story:  # noqa: ARG001
    return Story.begin(running.afresh())


class Ear:
    """A listening process of its own."""

    def __init__(self, story: Story, settings: Settings) -> None:
        environment = dict(os.environ) | {
            "DATABASE_URL": settings.database_url,
            "PEERLINE_SECRET": SECRET,
            "PEERLINE_DATA_DIR": str(settings.data_dir),
        }
        words = [sys.executable, "-m", "tests.fire.ear", str(story.house.brand_id), str(story.house.account_id)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            words,
            cwd=PROJECT,
            env=environment,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        assert self.answer() == "ready"

    def ask(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("hear\n")

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def hear(self) -> str:
        self.ask()
        return self.answer()

    def die(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)


@pytest.fixture
def ears(story: Story, settings: Settings) -> Iterator[list[Ear]]:
    session.remove()
    made = [Ear(story, settings) for _ in range(2)]
    yield made
    for ear in made:
        ear.die()


def stored(story: Story) -> tuple[int, int, int]:
    """Windows, envelopes and mentions."""
    with story.house.scope():
        counts = tuple(len(session.execute(select(model.id)).all()) for model in (Window, Envelope, Mention))
        session.rollback()
    session.remove()
    return counts[0], counts[1], counts[2]


def test_faults_two_ears(story: Story, ears: list[Ear], later: Later, report_fault: Report) -> None:
    both = 0
    for number in range(ROUNDS):
        story.says("ada", f"@lumo {number}")
        later(seconds=5)
        story.network.clock.moment = clock.now()
        session.remove()
        for ear in ears:
            ear.ask()
        both += [ear.answer() for ear in ears].count("heard") != 1
    report_fault(100, f"two listeners, {ROUNDS} looks each at once", f"{both} looks by both or none")
    assert both == 0
    assert stored(story)[2] == ROUNDS


def test_faults_takeover(story: Story, ears: list[Ear], later: Later, report_fault: Report) -> None:
    first, second = ears
    assert [first.hear(), second.hear()] == ["heard", "not mine"]
    first.die()
    story.says("ada", "@lumo is anybody there?")
    waited = 0
    while (said := second.hear()) == "not mine":
        waited += 10
        later(seconds=10)
        session.remove()
    report_fault(100, "kill -9 of the listener that holds the account", f"another {said} it after {waited} s")
    assert said == "heard"
    assert waited <= 60
    assert stored(story)[2] == 1


def test_faults_slow_ear(story: Story, ears: list[Ear], later: Later, report_fault: Report) -> None:
    slow, quick = ears
    assert slow.hear() == "heard"
    story.says("ada", "@lumo is anybody there?")
    fault = story.network.fault("latency", "GET /2/users/*/mentions", options={"ms": 6000})
    slow.ask()
    wait_until(lambda: _hits(story, fault["id"]) == 1, timeout=60)
    later(seconds=31)
    session.remove()
    assert quick.hear() == "heard"
    before = stored(story)
    said = slow.answer()
    report_fault(100, "a look that takes longer than its lease", f"{said}; 0 rows written by it")
    assert said == "lost"
    assert stored(story) == before
    assert before[2] == 1


def _hits(story: Story, fault_id: int) -> int:
    faults = story.network.control("GET", "/faults")["faults"]
    return next(int(fault["hits"]) for fault in faults if fault["id"] == fault_id)
