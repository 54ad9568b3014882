"""Ask an account for what is new, in windows that overlap: late items are heard, and nothing is heard twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import select

from app.channels import accounts
from app.channels.accounts import AccountView
from app.channels.base import ChannelError, Network, Page, RateLimitedError, Searching, SignedOutError
from app.kernel import clock
from app.kernel.db import brand_scope, session, transaction
from listeners import watching
from listeners.hear import Tally, take_in
from listeners.models import Cursor, Window
from listeners.readers import Reader, reader
from listeners.rules.matching import Rule

OVERLAP = timedelta(seconds=120)
"""How far each window reaches back over the one before: networks index posts late."""
FIRST_WINDOW = timedelta(days=1)
WAIT_WHEN_UNTOLD = timedelta(minutes=15)

log = structlog.get_logger()


def listen(account: AccountView) -> Tally:
    """Hear one account once: what was said to it, what it said itself, and what its watch words find.

    Each page of one window is stored before the next is asked for. A network that fails leaves the cursor where it
    was, so the next window covers the same time again.
    """
    with brand_scope(account.brand_id):
        cursor = session.execute(select(Cursor).where(Cursor.account_id == account.id)).scalar_one_or_none()
        until = clock.now()
        since = (cursor.heard_until - OVERLAP) if cursor else until - FIRST_WINDOW
        if cursor and cursor.not_before and cursor.not_before > until:
            session.rollback()
            return Tally()
        network = accounts.open_network(account.id)
        read, rules = reader(account.channel), watching.rules_for(account)
        session.rollback()  # let go of the database before a slow network
        tally, closed = Tally(), False
        problem: ChannelError | None = None
        try:
            for ask in (network.mentions, network.own_posts):
                for raw in _pages(ask, since):
                    with transaction():
                        tally += take_in(account, raw, read.read_page(raw), origin="poll")
            for raw in _searched(network, read, rules, since):
                with transaction():
                    tally += take_in(
                        account, raw, watching.only_ours(read.read_page(raw), account, rules), origin="poll"
                    )
            closed = True
        except SignedOutError as error:
            with transaction():
                accounts.mark_signed_out(account.id)
            log.warning("account signed out", account=account.id)
            problem = error
        except ChannelError as error:
            log.warning("could not listen", account=account.id, error=str(error))
            problem = error
        _remember(account, since, until, tally, closed=closed, problem=problem)
        return tally


def _searched(network: Network, read: Reader, rules: Sequence[Rule], since: datetime) -> Iterator[str]:
    """The raw answers to the watch words, where the network can be searched."""
    if isinstance(network, Searching):
        for query in read.queries_of(rules):
            yield from _pages(partial(network.search, query), since)


def _pages(ask: Callable[[datetime, str | None], Page], since: datetime) -> Iterator[str]:
    """The raw answers, each asked for when the one before is stored."""
    page: str | None = None
    while True:
        answer = ask(since, page)
        yield answer.raw
        page = answer.next_page
        if page is None:
            return


def _remember(
    account: AccountView,
    since: datetime,
    until: datetime,
    tally: Tally,
    *,
    closed: bool,
    problem: ChannelError | None,
) -> None:
    """Store the window; move the cursor only when the window was read to its end."""
    with transaction():
        cursor = session.execute(select(Cursor).where(Cursor.account_id == account.id)).scalar_one_or_none()
        if cursor is None:
            cursor = Cursor(account_id=account.id, brand_id=account.brand_id, heard_until=since)
            session.add(cursor)
        if closed:
            cursor.heard_until = until
        cursor.not_before = None
        if isinstance(problem, RateLimitedError):
            cursor.not_before = problem.until or clock.now() + WAIT_WHEN_UNTOLD
        cursor.looked_at, cursor.problem = until, str(problem)[:300] if problem else None
        if tally.new or not closed:  # windows that were quiet and whole say nothing that the cursor does not
            session.add(
                Window(
                    brand_id=account.brand_id,
                    account_id=account.id,
                    since=since,
                    until=until,
                    seen=tally.heard,
                    new=tally.new,
                    closed=closed,
                )
            )
