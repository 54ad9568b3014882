"""`listen`: hear the connected accounts."""

from __future__ import annotations

import click
import structlog

from app.channels import accounts
from app.cli.house import entered
from app.cli.rounds import rounds
from app.kernel import leases
from app.kernel.db import session
from app.kernel.settings import Settings
from listeners.listen import listen

log = structlog.get_logger()


@click.command()
def command() -> None:
    """Hear every connected account, again and again. Each account is heard by one process at a time."""
    settings = Settings.from_environment()

    def once() -> float:
        every = accounts.to_listen_to()
        session.rollback()
        for account in every:
            if leases.hold(f"listen:{account.id}"):
                try:
                    listen(account)
                except Exception as error:
                    log.exception("an account could not be heard", account=account.id, error=repr(error))
        return settings.poll_seconds

    with entered(settings):
        rounds(once)
