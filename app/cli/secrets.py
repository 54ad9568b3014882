"""`secrets`: what the house keeps sealed, when its own secret changes."""

from __future__ import annotations

import click

from app.cli.house import entered
from app.kernel import resealing
from app.kernel.errors import UsageError
from app.kernel.settings import Settings


@click.group()
def command() -> None:
    """Change the secret that seals what is stored."""


@command.command()
def rotate() -> None:
    """Seal everything anew with PEERLINE_SECRET. PEERLINE_SECRET_OLD opens what was sealed before; work goes on."""
    settings = Settings.from_environment()
    lost = 0
    with entered(settings):
        for done in resealing.reseal():
            print(f"{done.column:<24} {done.anew:>6} sealed anew{f', {done.lost} lost' if done.lost else ''}")
            lost += done.lost
    if lost:
        raise UsageError(
            f"{lost} stored secrets open with neither PEERLINE_SECRET nor PEERLINE_SECRET_OLD. They are left as they "
            "are: give the secret that sealed them as PEERLINE_SECRET_OLD and run this again."
        )
    if settings.secret_old:
        print("All that is stored opens with PEERLINE_SECRET alone. Links in mails sent before still need the old one.")
