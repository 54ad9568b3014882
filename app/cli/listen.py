"""`listen`: hear the connected accounts."""

from __future__ import annotations

import time
from functools import partial

import click
import structlog

from app.channels import accounts
from app.channels.accounts import AccountView
from app.cli.house import entered
from app.cli.rounds import rounds
from app.kernel import leases
from app.kernel.db import session
from app.kernel.settings import Settings
from listeners.listen import listen

TICK = 10.0
"""Seconds between looks at the leases: a third of what they last, so that another host takes over within a minute."""

log = structlog.get_logger()


@click.command()
def command() -> None:
    """Hear every connected account, again and again. Each account is heard by one process at a time."""
    settings = Settings.from_environment()
    due: dict[int, float] = {}

    def once() -> float:
        every = accounts.to_listen_to()
        session.rollback()
        for account in every:
            name = f"listen:{account.id}"
            if not leases.hold(name):
                due.pop(account.id, None)
            elif due.get(account.id, 0.0) <= time.monotonic():
                due[account.id] = time.monotonic() + settings.poll_seconds
                _hear(account, name)
        return min(TICK, settings.poll_seconds)

    with entered(settings):
        rounds(once)


def _hear(account: AccountView, lease: str) -> None:
    """One look at one account; what goes wrong with it keeps no other waiting."""
    try:
        listen(account, partial(leases.keep, lease))
    except leases.LostLeaseError:
        log.info("another process hears this account now", account=account.id)
    except Exception as error:
        log.exception("an account could not be heard", account=account.id, error=repr(error))
