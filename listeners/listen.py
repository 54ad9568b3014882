"""Ask an account for what is new, in windows that overlap: late items are heard, and nothing is heard twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from app.channels import accounts, networks
from app.channels.accounts import AccountView
from app.channels.base import (
    ChannelError,
    Network,
    Page,
    RateLimitedError,
    Searching,
    SignedOutError,
    UnreachableError,
)
from app.kernel import clock
from app.kernel.db import brand_scope, session, transaction
from listeners import watching, windows
from listeners.hear import ANSWER, Item, Tally, Unreadable, take_in
from listeners.readers import Reader, reader
from listeners.rules.coverage import Span
from listeners.rules.matching import Rule

OVERLAP = timedelta(seconds=120)
"""How far each window reaches back over the one before: networks index posts late."""
FIRST_WINDOW = timedelta(days=1)
WAIT_WHEN_UNTOLD = timedelta(minutes=15)
MARGIN = timedelta(minutes=1)
"""By so much less than its reach a network is asked back: it looks at its own clock, a moment later."""

Fence = Callable[[], None]
"""Called first in every transaction that writes; raises when another process hears this account now."""

log = structlog.get_logger()


def unfenced() -> None:
    """For a process that is alone: nobody else hears the account."""


def listen(account: AccountView, fence: Fence = unfenced) -> Tally:
    """Hear one account once: what was said to it, what it said itself, and what its watch words find.

    Each page of one window is stored before the next is asked for. A network that fails, or gives an answer of which
    nothing can be read, leaves the cursor where it was, so the next window covers the same time again. What it no
    longer shows by then becomes a gap for all to see.

    Raises:
        LostLeaseError: from the fence; nothing of the page at hand was stored.

    """
    with brand_scope(account.brand_id):
        cursor = windows.cursor_of(account)
        until = clock.now()
        since = (cursor.heard_until - OVERLAP) if cursor else until - FIRST_WINDOW
        if cursor and cursor.not_before and cursor.not_before > until:
            session.rollback()
            return Tally()
        earliest = until - networks.kind(account.channel).reach + MARGIN
        lost = (cursor.heard_until, earliest) if cursor and cursor.heard_until < earliest else None
        span = (max(since, earliest), until)
        network = accounts.open_network(account.id)
        read, rules = reader(account.channel), watching.rules_for(account)
        session.rollback()  # let go of the database before a slow network
        tally = Tally()
        problem: ChannelError | None = None
        try:
            for raw, found in _heard(account, network, read, rules, span[0]):
                items = list(found)
                with transaction():
                    fence()
                    tally += take_in(account, raw, items, origin="poll")
                if any(isinstance(item, Unreadable) and item.place == ANSWER for item in items):
                    problem = UnreachableError("The network gave an answer that cannot be read.")
        except ChannelError as error:
            log.warning("could not listen", account=account.id, error=str(error))
            problem = error
        with transaction():
            fence()
            _remember(account, span, lost, tally, problem)
        return tally


def _heard(
    account: AccountView, network: Network, read: Reader, rules: Sequence[Rule], since: datetime
) -> Iterator[tuple[str, Iterator[Item]]]:
    """Every raw answer with what is in it, each asked for when the one before is stored."""
    for ask in (network.mentions, network.own_posts):
        for raw in _pages(ask, since):
            yield raw, iter(read.read_page(raw))
    if isinstance(network, Searching):
        for query in read.queries_of(rules):
            for raw in _pages(partial(network.search, query), since):
                yield raw, watching.only_ours(read.read_page(raw), account, rules)


def _pages(ask: Callable[[datetime, str | None], Page], since: datetime) -> Iterator[str]:
    """The raw answers, each asked for when the one before is stored."""
    page: str | None = None
    while True:
        answer = ask(since, page)
        yield answer.raw
        page = answer.next_page
        if page is None:
            return


def _remember(account: AccountView, span: Span, lost: Span | None, tally: Tally, problem: ChannelError | None) -> None:
    if isinstance(problem, SignedOutError):
        accounts.mark_signed_out(account.id)
    until = problem.until if isinstance(problem, RateLimitedError) else None
    wait = until or clock.now() + WAIT_WHEN_UNTOLD
    windows.remember(account, span, tally, closed=problem is None, problem=problem, wait_until=wait)
    if lost and problem is None:
        label, reach = networks.kind(account.channel).label, networks.kind(account.channel).reach
        why = f"Nobody listened for longer than {label} shows what was said: {_words(reach)}."
        windows.lose(account, lost, why)


def _words(reach: timedelta) -> str:
    days, hours = divmod(round(reach.total_seconds() / 3600), 24)
    return f"{days} days" if days > 1 and not hours else f"{days * 24 + hours} hours"
