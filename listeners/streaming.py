"""Networks that hand posts over by themselves: one thread for each account that this process holds, beside polling.

What a stream leaves out polling brings, and what both bring is stored once, so a stream may end at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import structlog

from app.channels import accounts
from app.channels.accounts import AccountView
from app.channels.base import ChannelError, RateLimitedError, RefusedByNetworkError, SignedOutError, Streaming
from app.kernel import clock
from app.kernel.db import brand_scope, session, transaction
from app.kernel.leases import LostLeaseError
from listeners import watching
from listeners.hear import take_in
from listeners.listen import WAIT_WHEN_UNTOLD, Fence
from listeners.readers import reader
from listeners.rules.pace import back_off

STEADY = timedelta(minutes=1)
"""A line that held so long was no failure: the next wait is a short one again."""
WAIT_WHEN_REFUSED = timedelta(minutes=15)
PATIENCE = 2.0
"""Seconds in which threads may end by themselves when the process is asked to stop; none of them holds it up."""

log = structlog.get_logger()


@dataclass
class Streams:
    """The streams of this process. `around` gives each thread what it needs to use the database."""

    around: Callable[[], AbstractContextManager[object]]
    fence_of: Callable[[AccountView], Fence]
    _running: dict[int, tuple[threading.Thread, threading.Event]] = field(default_factory=dict)

    def keep(self, held: Collection[AccountView]) -> None:
        """Stream these accounts, each by one thread, and no others."""
        wanted: Mapping[int, AccountView] = {account.id: account for account in held}
        for account_id, (thread, stop) in list(self._running.items()):
            if account_id not in wanted:
                stop.set()
            if not thread.is_alive():
                del self._running[account_id]
        for account_id, account in wanted.items():
            if account_id not in self._running:
                stop = threading.Event()
                thread = threading.Thread(target=self._run, args=(account, stop), daemon=True)
                self._running[account_id] = (thread, stop)
                thread.start()

    def close(self) -> None:
        """Ask every thread to end, and wait a moment for it."""
        for _thread, stop in self._running.values():
            stop.set()
        for thread, _stop in self._running.values():
            thread.join(PATIENCE / len(self._running))

    def _run(self, account: AccountView, stop: threading.Event) -> None:
        with self.around():
            stream(account, self.fence_of(account), stop)


def stream(account: AccountView, fence: Fence, stop: threading.Event) -> None:
    """Stream one account until asked to stop, again and again, with ever longer waits while it fails.

    Ends by itself when the network has no stream, the account is signed out, or another process holds it now.
    """
    failures = 0
    while not stop.is_set():
        began, wait = clock.now(), timedelta(0)
        try:
            if not _listen_while_it_lasts(account, fence, stop):
                return
        except LostLeaseError:
            return
        except SignedOutError:
            with transaction(), brand_scope(account.brand_id):
                accounts.mark_signed_out(account.id)
            return
        except RateLimitedError as error:
            wait = (error.until - clock.now()) if error.until else WAIT_WHEN_UNTOLD
        except RefusedByNetworkError as error:
            log.warning("a network opens no stream", account=account.id, error=str(error))
            wait = WAIT_WHEN_REFUSED
        except ChannelError as error:
            log.info("a stream broke", account=account.id, error=str(error))
        except Exception as error:  # whatever broke, polling goes on, and the stream is tried again
            log.exception("a stream failed", account=account.id, error=repr(error))
        finally:
            session.remove()
        failures = 0 if clock.now() - began >= STEADY else failures + 1
        stop.wait(max(wait, back_off(failures - 1) if failures else timedelta(0)).total_seconds())


def _listen_while_it_lasts(account: AccountView, fence: Fence, stop: threading.Event) -> bool:
    """Take in what one connection brings; False where there is nothing to connect to."""
    with brand_scope(account.brand_id):
        network = accounts.open_network(account.id)
        read, rules = reader(account.channel), watching.rules_for(account)
        session.rollback()
        if not isinstance(network, Streaming):
            return False
        with closing(_closable(network.stream(read.queries_of(rules)))) as answers:
            for raw in answers:
                if stop.is_set():
                    return True
                with transaction():
                    fence()
                    if raw:
                        items = watching.only_ours(read.read_page(raw), account, rules)
                        take_in(account, raw, items, origin="stream")
                    elif watching.rules_for(account) != rules:
                        return True  # what the brand listens for has changed: ask again, by the new words
    return True


def _closable(answers: Iterator[str]) -> Generator[str]:
    """The contract's iterators are generators; closing one hangs up."""
    return cast("Generator[str]", answers)
