"""`clock`: start what is due."""

from __future__ import annotations

import time

import click
import structlog

from app.cli.house import entered
from app.cli.rounds import rounds
from app.kernel import leases
from app.pipeline import EVERY

PAUSE = 1.0
log = structlog.get_logger()


@click.command()
def command() -> None:
    """Start what is due, again and again. Of several clocks only one works at a time; another takes over."""
    done_at = dict.fromkeys(EVERY, float("-inf"))

    def once() -> float:
        if leases.hold("clock"):
            for beat in EVERY:
                if time.monotonic() - done_at[beat] >= beat.seconds:
                    done_at[beat] = time.monotonic()
                    try:
                        beat.verb()
                    except Exception as error:
                        log.exception("a beat failed", beat=beat.what, error=repr(error))
        return PAUSE

    with entered():
        rounds(once)
