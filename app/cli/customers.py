"""`customers`: the demo's customers write on the sandbox network, one thing about every 30 seconds."""

from __future__ import annotations

import os
import random

import click

from app.cli.house import entered
from app.cli.rounds import rounds
from app.demo import traffic, world
from app.demo.traffic import Plaza
from app.kernel.errors import UsageError
from app.kernel.settings import Settings
from app.supervise import wait_until

READY_SECONDS = 120
ROUND_SECONDS = 30.0
SEED = 2013


@click.command()
def command() -> None:
    """Let the demo's customers write and follow up; they stay away while 40 cases are open."""
    settings, token = Settings.from_environment(), os.environ.get("PEERLINE_SANDBOX_TOKEN")
    if not settings.sandbox_url or not token:
        raise UsageError("PEERLINE_SANDBOX_URL and PEERLINE_SANDBOX_TOKEN say where the sandbox network is.")
    chance, plaza = random.Random(SEED), Plaza(settings.sandbox_url, token)
    with entered(settings):
        wait_until(settings.sandbox_url, READY_SECONDS)
        world.connect_sandbox(settings.sandbox_url, plaza)  # the network may have moved to another port
        steps = traffic.speak(plaza, chance, world.waiting)

        def once() -> float:
            next(steps)
            return ROUND_SECONDS * chance.uniform(0.7, 1.3)

        rounds(once)
