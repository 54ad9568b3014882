"""`pipeline`: print the story."""

from __future__ import annotations

import click

from app.pipeline import EVERY, ON


@click.command()
def command() -> None:
    """Print what follows what, and what the clock starts."""
    print("When this happens              this follows")
    for fact, subscribers in ON.items():
        for place, subscriber in enumerate(subscribers):
            print(f"{'' if place else fact.__name__:<30} {subscriber.name}")
    print("\nEvery   the clock sees to it that")
    for beat in EVERY:
        print(f"{beat.seconds:>5g} s {beat.what}")
