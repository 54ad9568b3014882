"""`listen`: hear the connected accounts."""

from __future__ import annotations

import time
from functools import partial

import click
import structlog

from app.channels import accounts, networks
from app.channels.accounts import AccountView
from app.cli.house import entered
from app.cli.rounds import rounds
from app.kernel import leases
from app.kernel.db import session
from app.kernel.settings import Settings
from listeners.following import follow
from listeners.listen import Fence, listen
from listeners.streaming import Streams

TICK = 10.0
"""Seconds between looks at the leases: a third of what they last, so that another host takes over within a minute."""
AGAIN_SECONDS = 300.0
"""How often a batch of recent mentions is looked up again."""

log = structlog.get_logger()


@click.command()
def command() -> None:
    """Hear every connected account, again and again. Each account is heard by one process at a time."""
    settings = Settings.from_environment()
    due: dict[int, float] = {}
    again: dict[int, float] = {}

    with entered(settings) as app:
        streams = Streams(app.app_context, _fence)

        def once() -> float:
            every = accounts.to_listen_to()
            session.rollback()
            held = [account for account in every if leases.hold(_lease(account.id))]
            for account_id in due.keys() - {account.id for account in held}:
                del due[account_id]
            streams.keep(held)
            now = time.monotonic()
            for account in held:
                if due.get(account.id, 0.0) <= now:
                    due[account.id] = now + networks.pause_between_looks(account.channel, settings.poll_seconds)
                    is_again = again.get(account.id, 0.0) <= now
                    again[account.id] = now + AGAIN_SECONDS if is_again else again[account.id]
                    _hear(account, again=is_again)
            return min(TICK, settings.poll_seconds)

        try:
            rounds(once)
        finally:
            streams.close()
            for account_id in due:
                leases.let_go(_lease(account_id))


def _hear(account: AccountView, *, again: bool) -> None:
    """One look at one account; what goes wrong with it keeps no other waiting."""
    try:
        listen(account, _fence(account))
        follow(account, _fence(account), again=again)
    except leases.LostLeaseError:
        log.info("another process hears this account now", account=account.id)
    except Exception as error:
        log.exception("an account could not be heard", account=account.id, error=repr(error))


def _fence(account: AccountView) -> Fence:
    return partial(leases.keep, _lease(account.id))


def _lease(account_id: int) -> str:
    return f"listen:{account_id}"
