"""`worker`: do what follows from facts."""

from __future__ import annotations

import click

from app.cli.house import entered
from app.kernel import jobs
from app.kernel.errors import UsageError
from app.kernel.settings import Settings
from listeners.rules.assessment import assess


@click.command()
def command() -> None:
    """Run deliveries as the queue rings for them. Start as many workers as there are cores."""
    settings = Settings.from_environment()
    if not settings.redis_url:
        raise UsageError("REDIS_URL is not set: a worker waits for Redis to ring.")
    with entered(settings):
        assess("")  # load lexicons and models now, so that the first customer does not wait for them
        jobs.work()
