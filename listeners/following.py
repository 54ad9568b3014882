"""Keep what was heard true: read threads again, fetch the posts that a mention answers, notice edits and deletions.

Networks tell of what addresses us, and seldom of what becomes of it. Each round is bounded, and what a budget does
not allow waits for the next one. What the network does not show of one thread or post keeps no other waiting.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Select, exists, func, select, update

from app.channels import accounts, networks
from app.channels.accounts import AccountView
from app.channels.base import (
    MOST_LOOKED_UP,
    ChannelError,
    Network,
    Post,
    RateLimitedError,
    Shown,
    SignedOutError,
    UnreachableError,
)
from app.kernel import clock
from app.kernel.db import brand_scope, session, transaction
from app.kernel.upsert import insert_new
from listeners import windows
from listeners.hear import Changed, Context, Item, Read, Tally, take_in
from listeners.listen import Fence, unfenced
from listeners.models import Cursor, Mention, PostChange, SetAside, ThreadLook
from listeners.queries import MentionView
from listeners.queries import mentions as mentions_by_id
from listeners.readers import reader
from listeners.rules.pace import next_look

FOLLOWED_FOR = timedelta(days=3)
"""So long after the last post a thread is still read again, and a mention looked up again."""
THREADS_AT_ONCE = 20
FAILURES_IN_A_ROW = 3
"""After so many threads the network itself is taken to be in trouble, and the others wait for the next round."""
PAGES_OF_A_THREAD = 5
PARENTS_SOUGHT_FOR = timedelta(hours=1)
NEW_THREADS = 500
OF_THE_ACCOUNT = (RateLimitedError, SignedOutError)
"""What stands in the way of everything that would be asked next; any other failure is that of one question alone."""
Seen = tuple[str, list[Item]]
"""A network's answer about posts, and what became of those that changed."""

log = structlog.get_logger()


def follow(account: AccountView, fence: Fence = unfenced, *, again: bool = True) -> Tally:
    """One round for one account; `again` looks up a batch of recent mentions again as well.

    Raises:
        LostLeaseError: from the fence; nothing of what was at hand is stored.

    """
    with brand_scope(account.brand_id):
        cursor = windows.cursor_of(account)
        if cursor is None or (cursor.not_before and cursor.not_before > clock.now()):
            session.rollback()
            return Tally()
        network = accounts.open_network(account.id)
        session.rollback()
        steps = [] if networks.kind(account.channel).tells_of_replies else [_read_threads]
        steps += [_fetch_parents, _look_again] if again else [_fetch_parents]
        tally = Tally()
        for step in steps:
            try:
                tally += step(account, network, fence)
            except OF_THE_ACCOUNT as error:  # what waits is due again in the next round
                log.info("could not follow all threads", account=account.id, error=str(error))
                break
            except ChannelError as error:
                log.info("could not follow some posts", account=account.id, error=str(error))
        return tally


def changed_since(mention: MentionView, shown: Shown) -> Changed | None:
    """What its author did to a mention since we heard it, by what the network shows of it now."""
    if shown.state == "gone":
        return Changed(mention.channel, mention.external_id, "gone")
    is_new_version = shown.newest_id is not None and shown.newest_id != mention.newest_id
    is_reworded = shown.text is not None and shown.text.split() != mention.text.split()
    if not (is_new_version or is_reworded):
        return None
    text = mention.text if shown.text is None else shown.text
    return Changed(mention.channel, mention.external_id, "edited", text, newest_id=shown.newest_id)


def _read_threads(account: AccountView, network: Network, fence: Fence) -> Tally:
    """Threads of the last days that are due, those that wait longest first."""
    with transaction():
        fence()
        due = _due_threads(account)
    tally, failures = Tally(), 0
    for thread in due:
        brought, failed = _read_thread(account, network, thread, fence)
        tally += brought
        failures = failures + 1 if failed else 0
        if failures == FAILURES_IN_A_ROW:
            break
    return tally


def _due_threads(account: AccountView) -> Sequence[str]:
    at = clock.now()
    fresh = session.execute(
        select(Mention.thread, func.max(Mention.heard_at).label("active_at"))
        .where(Mention.brand_id == account.brand_id, Mention.account_id == account.id)
        .where(Mention.heard_at > at - FOLLOWED_FOR)
        .group_by(Mention.thread)
        .order_by(func.max(Mention.heard_at).desc())
        .limit(NEW_THREADS)
    ).all()
    kept = {"brand_id": account.brand_id, "account_id": account.id, "due_at": at}
    rows = [kept | {"thread": row.thread, "active_at": row.active_at} for row in fresh]
    insert_new(ThreadLook, sorted(rows, key=lambda row: str(row["thread"])), ThreadLook.thread)
    mine = (ThreadLook.account_id == account.id,)
    for row in fresh:  # one that had gone quiet, and is spoken in again
        session.execute(
            update(ThreadLook)
            .where(*mine, ThreadLook.thread == row.thread, ThreadLook.due_at.is_(None))
            .where(ThreadLook.active_at < row.active_at)
            .values(active_at=row.active_at, due_at=at)
        )
    due = select(ThreadLook.thread).where(*mine, ThreadLook.due_at <= at)
    return session.execute(due.order_by(ThreadLook.due_at).limit(THREADS_AT_ONCE)).scalars().all()


def _read_thread(account: AccountView, network: Network, thread: str, fence: Fence) -> tuple[Tally, bool]:
    """What one thread brought, and whether it could not be read to its end; it is due again later in either case."""
    page, tally, failed = None, Tally(), False
    try:
        for _ in range(PAGES_OF_A_THREAD):
            answer = network.thread(thread, page)
            with transaction():
                fence()
                items = _around(reader(account.channel).read_page(answer.raw), account, _customers(account, thread))
                tally += take_in(account, answer.raw, items, origin="thread")
            page = answer.next_page
            if page is None:
                break
    except OF_THE_ACCOUNT:
        raise
    except ChannelError as error:
        log.info("could not read a thread", account=account.id, thread=thread, error=str(error))
        failed = True
    with transaction():
        fence()
        mine = (ThreadLook.account_id == account.id, ThreadLook.thread == thread)
        active_at = session.execute(select(ThreadLook.active_at).where(*mine)).scalar_one()
        active_at = clock.now() if tally.new or tally.changed else active_at
        due_at = next_look(clock.now(), active_at, followed_for=FOLLOWED_FOR)
        session.execute(update(ThreadLook).where(*mine).values(active_at=active_at, due_at=due_at))
    return tally, failed


def _customers(account: AccountView, thread: str) -> frozenset[str]:
    """Authors of mentions in a thread: what they say later in it belongs to their case."""
    rows = session.execute(
        select(Mention.author_id).where(Mention.channel == account.channel, Mention.thread == thread)
    )
    return frozenset(rows.scalars())


def _around(items: Iterable[Read], account: AccountView, customers: Collection[str]) -> Iterator[Item]:
    """Posts that address us or are a customer's stay what they are; the others only show what was said around them."""
    for item in items:
        if not isinstance(item, Post):
            yield item
            continue
        is_ours = item.author_id == account.external_id or item.author_id in customers
        is_addressed = account.handle.lower() in item.summons or account.external_id in item.summons
        yield item if is_ours or is_addressed else Context(item)


def _fetch_parents(account: AccountView, network: Network, fence: Fence) -> Tally:
    """What recent mentions answer, and what that answers in turn, a step a round, where we do not have it yet."""
    missing = _missing_parents(account)
    session.rollback()
    if not missing:
        return Tally()
    found = network.look_up(missing)
    with transaction():
        fence()
        read = reader(account.channel).read_page(found.raw)
        items: list[Item] = [item for item in _around(read, account, ()) if _is_one_of(item, missing)]
        items += [Changed(account.channel, one, "gone") for one in missing if found.shown[one].state == "gone"]
        return take_in(account, found.raw, items, origin="thread")


def _is_one_of(item: Item, wanted: Collection[str]) -> bool:
    post = item.post if isinstance(item, Context) else item
    return isinstance(post, Post) and post.external_id in wanted


def _missing_parents(account: AccountView) -> list[str]:
    since = clock.now() - PARENTS_SOUGHT_FOR
    said = (_answered(account, Mention, since), _answered(account, SetAside, since).where(SetAside.reason == "context"))
    answered = {one for statement in said for one in session.execute(statement).scalars() if one}
    versions = select(Mention.newest_id).where(Mention.newest_id.in_(answered))
    return sorted(answered - {one for one in session.execute(versions).scalars() if one})[:MOST_LOOKED_UP]


def _answered(account: AccountView, model: type[Mention | SetAside], since: datetime) -> Select[Any]:
    """Ids that recent posts answer, and of which we hold nothing, not even that they are gone."""
    statement = select(model.in_reply_to).where(
        model.brand_id == account.brand_id,
        model.account_id == account.id,
        model.heard_at > since,
        model.in_reply_to.is_not(None),
        model.gone_at.is_(None),
    )
    for known in (Mention, SetAside, PostChange):
        other = known.__table__.alias()
        there = (other.c.brand_id == account.brand_id, other.c.channel == account.channel)
        statement = statement.where(~exists().where(*there, other.c.external_id == model.in_reply_to))
    return statement.limit(MOST_LOOKED_UP)


def _look_again(account: AccountView, network: Network, fence: Fence) -> Tally:
    """The next batch of recent mentions as they stand now; after the last batch the first one is due again.

    What of it cannot be looked up waits until then as well, and nothing is believed of it.
    """
    batch = _next_batch(account)
    session.rollback()
    if not batch:
        return Tally()
    mentions, seen, tally = [*batch.values()], list[Seen](), Tally()
    try:
        seen = [_seen_again(network, mentions)]
    except OF_THE_ACCOUNT:
        raise
    except ChannelError as error:
        log.info("could not look at mentions again", account=account.id, error=str(error))
        if isinstance(error, UnreachableError):  # a refusal has cost the adapter enough calls
            seen = _seen_by_halves(network, mentions)
    with transaction():
        fence()
        session.execute(update(Cursor).where(Cursor.account_id == account.id).values(reread_id=max(batch)))
        for raw, changes in seen:
            tally += take_in(account, raw, changes, origin="look_up") if changes else Tally()
    return tally


def _seen_by_halves(network: Network, batch: Sequence[MentionView]) -> list[Seen]:
    """What can be looked up of a batch that failed: one post that a network does not show spoils the answer about all.

    When both halves fail as well, the network itself may be in trouble, and is asked no more.
    """
    mixed, middle = random.sample(batch, len(batch)), len(batch) // 2  # two such posts are not kept apart for ever
    seen, failed = list[Seen](), list[Sequence[MentionView]]()
    for half in (mixed[:middle], mixed[middle:]) if middle else ():
        try:
            seen.append(_seen_again(network, half))
        except OF_THE_ACCOUNT:
            raise
        except ChannelError:
            failed.append(half)
    return seen + (_seen_by_halves(network, failed[0]) if len(failed) == 1 else [])


def _seen_again(network: Network, batch: Iterable[MentionView]) -> Seen:
    """The network's answer about these mentions, and what their authors did to them since."""
    asked = {mention.answered_under: mention for mention in batch}
    found = network.look_up(sorted(asked))
    newer = {one: shown.newest_id for one, shown in found.shown.items() if shown.newest_id not in {None, one}}
    edits: Mapping[str, Shown] = network.look_up(sorted(filter(None, newer.values()))).shown if newer else {}
    changes: list[Item] = []
    for external_id, mention in asked.items():
        shown, newest = found.shown[external_id], newer.get(external_id)
        if newest and (now := edits.get(newest)) is not None:
            shown = Shown(now.state, now.text, newest) if now.state != "gone" else shown
        change = changed_since(mention, shown)
        changes += [change] if change else []
    return found.raw, changes


def _next_batch(account: AccountView) -> dict[int, MentionView]:
    cursor = windows.cursor_of(account)
    since: datetime = clock.now() - FOLLOWED_FOR
    recent = (
        select(Mention.id)
        .where(Mention.brand_id == account.brand_id, Mention.heard_at > since, Mention.account_id == account.id)
        .where(Mention.gone_at.is_(None))
        .order_by(Mention.heard_at, Mention.id)
        .limit(MOST_LOOKED_UP)
    )
    after = recent.where(Mention.id > (cursor.reread_id if cursor else 0))
    ids = session.execute(after).scalars().all() or session.execute(recent).scalars().all()
    return mentions_by_id(ids)
