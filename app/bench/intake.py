"""How many mentions a machine takes in: heard and durable, and the whole way from hearing to a routed case."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from app.bench.ground import Kind, account, ground, hear, peak_rss_mb, workers
from app.bench.grow import grow
from app.bench.texts import TEXTS
from app.channels.accounts import AccountView
from app.channels.base import Post
from app.desk.queries import lanes_of
from app.kernel import statistics
from app.kernel.bus import Delivery
from app.kernel.db import Base, brand_scope, db, session, transaction
from app.kernel.errors import PeerlineError

BATCH = 500
GROWN = 1_000_000
SEED = 2013
WARM_UP = 2_000
"""Enough for each worker to have met every statement, and for the tables to be worth measuring."""
PATIENCE_SECONDS = 600
_START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Made-up posts, told by a seed: a few texts with changing words, three of four by new customers."""

    account: AccountView
    seed: int

    def posts(self, number: int) -> Iterator[list[Post]]:
        """So many posts, in batches."""
        chance = random.Random(self.seed)
        batch: list[Post] = []
        for place in range(number):
            text = f"@{self.account.handle} {chance.choice(TEXTS)}"
            who = f"c{self.seed}-{chance.randrange(max(4, number * 3 // 4))}"
            external_id = f"{self.seed}-{place}"
            batch.append(
                Post(
                    channel="x",
                    external_id=external_id,
                    thread=external_id,
                    in_reply_to=None,
                    author_id=who,
                    author_handle=who,
                    author_name=who,
                    author_followers=chance.randrange(3000),
                    text=f"{text} ({chance.randrange(100000)})",
                    posted_at=_START + timedelta(seconds=place),
                    summons=(self.account.handle,),
                )
            )
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


def measure(number: int, kind: Kind, *, grown: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """All figures from one run, so that their ratios mean something on a noisy machine."""
    with ground(kind) as on:
        found: dict[str, Any] = {"mentions": number, "db": kind}
        say("VADER alone")
        found["vader_per_s"] = _vader(number)
        say("bare inserts")
        found["bare_insert_per_s"] = _bare_inserts(account("bare"), number)
        say("hearing")
        found["heard_per_s"] = _heard(account("heard"), number)
        say("the whole way")
        with workers(on):
            _warm_up()
            found["mentions_per_s"] = _whole_way(account("whole"), number)
            if grown:
                say(f"growing to {GROWN:,} mentions")
                grow(account("grown"), GROWN)
                say("the whole way again, on top")
                rate = _whole_way(account("ontop"), number)
                found["rate_at_1m_vs_empty"] = round(rate / found["mentions_per_s"], 3)
        found["vs_bare_insert"] = round(found["mentions_per_s"] / found["bare_insert_per_s"], 3)
    found["peak_rss_mb"] = peak_rss_mb()  # after the workers have ended: only then are they counted
    return found


def _rate(number: int, started: float) -> float:
    return round(number / (time.perf_counter() - started), 1)


def _vader(number: int) -> float:
    """The scorer of the original package on the same texts, in one process."""
    analyser = SentimentIntensityAnalyzer()
    started = time.perf_counter()
    for place in range(number):
        analyser.polarity_scores(TEXTS[place % len(TEXTS)])
    return _rate(number, started)


def _bare_inserts(into: AccountView, number: int) -> float:
    """One connection, Core batches of 500 into the mention table with its indexes: the ceiling of the store."""
    batches = [[_bare_row(into, post) for post in posts] for posts in Crowd(into, SEED).posts(number)]
    mention = Base.metadata.tables["mention"]
    started = time.perf_counter()
    with db.engine.connect() as connection:
        for rows in batches:
            connection.execute(insert(mention), rows)
            connection.commit()
    return _rate(number, started)


def _bare_row(into: AccountView, post: Post) -> dict[str, Any]:
    fields = ("channel", "external_id", "thread", "in_reply_to", "author_id", "author_handle", "author_name",
              "author_followers", "text", "posted_at")  # fmt: skip
    return {
        "brand_id": into.brand_id,
        "account_id": into.id,
        "envelope_id": 0,
        "heard_at": _START,
        "replyable": True,
        **{field: getattr(post, field) for field in fields},
    }


def _heard(into: AccountView, number: int) -> float:
    """Envelope, deduplication, storing and the facts: durable, and nothing followed yet."""
    batches = list(Crowd(into, SEED + 1).posts(number))
    started = time.perf_counter()
    for posts in batches:
        hear(into, posts)
    rate = _rate(number, started)
    with transaction():  # these wait for nobody: the next phase measures what follows
        session.execute(delete(Delivery))
    return rate


def _whole_way(into: AccountView, number: int) -> float:
    """From hearing to the last case, with real workers behind a real queue."""
    batches = list(Crowd(into, into.id * 1000).posts(number))
    started = time.perf_counter()
    for posts in batches:
        hear(into, posts)
    while _pending():
        if time.perf_counter() - started > PATIENCE_SECONDS:
            raise PeerlineError("The workers did not finish in time.")
        time.sleep(0.02)
    rate = _rate(number, started)
    _check(into, number)
    return rate


def _warm_up() -> None:
    """Let the workers load what they need before anything is timed."""
    into = account("warm")
    for posts in Crowd(into, SEED + 2).posts(WARM_UP):
        hear(into, posts)
    started = time.perf_counter()
    while _pending():
        if time.perf_counter() - started > PATIENCE_SECONDS:
            raise PeerlineError("The workers did not start.")
        time.sleep(0.05)
    statistics.refresh()  # in the house the clock does it


def _pending() -> bool:
    found = session.execute(select(Delivery.id).where(Delivery.state == "pending").limit(1)).scalar()
    session.rollback()
    return found is not None


def _check(into: AccountView, number: int) -> None:
    """A figure counts only when every mention has its case."""
    with brand_scope(into.brand_id):
        routed = sum(lanes_of([into.id]).values())
        session.rollback()
    if routed != number:  # every post of the crowd opens a thread of its own
        raise PeerlineError(f"Only {routed} of {number} mentions have a case: the measurement does not count.")
