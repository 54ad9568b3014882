"""`plant`: the demo's people, accounts and past, made once on a new sandbox network."""

from __future__ import annotations

import os

import click

from app.cli.house import entered
from app.demo import traffic, world
from app.demo.history import Past
from app.demo.traffic import Plaza
from app.kernel import clock
from app.kernel.db import ahead_of_the_disk
from app.kernel.errors import UsageError
from app.kernel.settings import Settings
from app.supervise import wait_until

READY_SECONDS = 120
MARK = "planted"
"""The file in the data folder that says that the past is there."""
BEGUN = "planting"
"""The file that says that it is being planted; who finds it at a start finds half a past, to be planted anew."""


@click.command()
def command() -> None:
    """Live through three weeks of the demo's past. Does nothing where the network has posts already."""
    settings, token = Settings.from_environment(), os.environ.get("PEERLINE_SANDBOX_TOKEN")
    if not settings.sandbox_url or not token:
        raise UsageError("PEERLINE_SANDBOX_URL and PEERLINE_SANDBOX_TOKEN say where the sandbox network is.")
    begun = settings.data_dir / BEGUN
    plaza = Plaza(settings.sandbox_url, token)
    with entered(settings):
        wait_until(settings.sandbox_url, READY_SECONDS)
        world.connect_sandbox(settings.sandbox_url, plaza)
        if not plaza.posts(limit="1"):
            begun.touch()
            with ahead_of_the_disk():
                Past(plaza, clock.now()).live()
            for text in traffic.first():
                plaza.post(text.handle, text.text, name=text.name, followers=text.followers)
    begun.unlink(missing_ok=True)
    (settings.data_dir / MARK).touch()
