"""Real workers on a real Redis: one dies in the middle, the queue is emptied; the rows bring everything back, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import redis
from flask import Flask
from sqlalchemy import func, select

from app.desk.models import Case
from app.kernel import bus, jobs
from app.kernel.bus import Delivery
from app.kernel.db import session
from app.kernel.settings import PROJECT, Settings
from app.supervise import SuperviseError, temporary_redis, wait_until
from listeners.models import Assessment
from tests.conftest import REDIS, SECRET
from tests.flow.spoken import assert_whole
from tests.world import HOW_TO, World

pytestmark = [
    pytest.mark.skipif(REDIS is None, reason="there is no Redis here: run python3 -m tests"),
    pytest.mark.slow,
]
Later = Callable[..., None]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis of this module's own: it is emptied here."""
    with temporary_redis() as url:
        yield url


@pytest.fixture
def queue(app: Flask, redis_url: str) -> Iterator[redis.Redis]:  # noqa: ARG001
    """The queue that facts ring for, empty."""
    connection = redis.Redis.from_url(redis_url)
    connection.flushall()
    jobs.connect(redis_url)
    yield connection
    jobs.connect(None)
    connection.close()


@pytest.fixture
def worker(settings: Settings, redis_url: str, queue: redis.Redis) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:  # noqa: ARG001
    """Starts a worker, one that dies at `die_at` if that is given; all are gone at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(die_at: str | None = None) -> subprocess.Popen[bytes]:
        session.remove()
        environment = os.environ | {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": redis_url,
            "PEERLINE_SECRET": SECRET,
            "PEERLINE_DATA_DIR": str(settings.data_dir),
            "PEERLINE_FAILPOINT": f"{die_at}:kill" if die_at else "",
        }
        command = [sys.executable, "-c", "from app.cli.worker import command; command()"]
        child = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL)
        started.append(child)
        return child

    yield start
    for child in started:
        child.terminate()
    for child in started:
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def pending() -> int:
    left = session.execute(select(func.count()).where(Delivery.state == "pending")).scalar_one()
    session.rollback()
    return int(left)


def all_done() -> bool:
    return pending() == 0


def effects(world: World) -> tuple[int, int, set[str]]:
    """How many assessments and cases there are, and how the deliveries ended."""
    with world.lumo.scope():
        assessed = session.execute(select(func.count()).select_from(Assessment)).scalar_one()
        opened = session.execute(select(func.count()).select_from(Case)).scalar_one()
        ended = set(session.execute(select(Delivery.state)).scalars())
        session.rollback()
    return assessed, opened, ended


@pytest.mark.parametrize("died_at", ["bus.before_mark", "bus.before_commit", "bus.before_ring"])
def test_a_worker_killed_in_the_middle_is_made_up_for(
    world: World, worker: Callable[..., subprocess.Popen[bytes]], later: Later, died_at: str
) -> None:
    world.lumo.hear(*[world.lumo.post(HOW_TO, author=f"c-{n}") for n in range(5)], drain=False)
    assert worker(died_at).wait(90) == -signal.SIGKILL
    session.rollback()
    assert pending() >= 1  # the delivery it died over, or those that nobody rang for
    worker()
    for _ in range(3):  # the worker is up by and by; what the dead one held is rung for by the sweep
        later(seconds=20)
        bus.sweep()
        try:
            wait_until(all_done, timeout=30)
        except SuperviseError:
            continue
        break
    assert effects(world) == (5, 5, {"done"})
    assert_whole(world.lumo, [])


def test_an_emptied_queue_loses_nothing(
    world: World, worker: Callable[..., subprocess.Popen[bytes]], later: Later, queue: redis.Redis
) -> None:
    for n in range(40):
        world.lumo.hear(world.lumo.post(HOW_TO, author=f"c-{n}"), drain=False)
    assert queue.llen("rq:queue:deliveries") == 40
    queue.flushall()
    worker()
    bus.sweep()
    assert queue.llen("rq:queue:deliveries") == 0  # not forgotten yet: it may still be on its way
    later(seconds=20)
    bus.sweep()
    wait_until(all_done, timeout=120)
    assert effects(world) == (40, 40, {"done"})
    assert_whole(world.lumo, [])


def test_three_workers_share_and_do_each_once(
    world: World, worker: Callable[..., subprocess.Popen[bytes]], queue: redis.Redis
) -> None:
    for n in range(20):
        world.lumo.hear(world.lumo.post(HOW_TO, author=f"c-{n}"), drain=False)
    for _ in range(2):  # rung for three times in all
        jobs.enqueue(bus.due())
    session.rollback()
    assert queue.llen("rq:queue:deliveries") == 60
    for _ in range(3):
        worker()
    wait_until(all_done, timeout=120)
    wait_until(lambda: not queue.llen("rq:queue:deliveries"), timeout=60)
    assert effects(world) == (20, 20, {"done"})
