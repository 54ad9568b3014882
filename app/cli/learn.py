"""`learn`: learn from our own examples, once for each version of them."""

from __future__ import annotations

import click

from app.cli.house import entered
from listeners import seedlings


@click.command()
def command() -> None:
    """Learn from our own examples, which judge beside the rules where a brand has taught nothing yet. Takes seconds."""
    with entered():
        done = seedlings.keep()
    print("Learned from our own examples." if done else "Our own examples are learned already.")
