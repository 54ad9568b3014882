"""A story told from end to end on the sandbox network, and the ways in which its deliveries may be run."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from app.channels import accounts
from app.channels.base import OwnReply
from app.desk.models import Case, Reply
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from gamification.models import Book, Txn
from listeners.hear import Tally
from listeners.listen import listen
from tests.channels.sandbox import Network
from tests.world import House, World, plant

Drain = Callable[[], None]
Json = dict[str, Any]


@dataclass
class Story:
    """A house whose accounts are connected to a sandbox network; both clocks go together."""

    network: Network
    world: World

    @classmethod
    def begin(cls, network: Network) -> Story:
        """Plant the world on an empty network."""
        network.clock.moment = clock.now()
        keys = {}
        for handle in ("lumo", "rival"):
            made = network.brand(handle)
            keys[handle] = {"id": made["id"]} | made["credentials"]
        return cls(network, plant(network.url, keys))

    @property
    def house(self) -> House:
        """The brand of the story."""
        return self.world.lumo

    def says(self, handle: str, text: str, **more: object) -> Json:
        """Somebody posts on the network, now."""
        self.network.clock.moment = clock.now()
        return self.network.control("POST", "/posts", {"handle": handle, "text": text} | more)

    def listen(self) -> Tally:
        """Hear what is new; nothing follows from it before a drain."""
        self.network.clock.moment = clock.now()
        with self.house.scope():
            account = accounts.account(self.house.account_id)
            session.rollback()
        return listen(account)

    def case_of(self, post: Json) -> int:
        """The case of a post's thread (of these stories, one customer on each)."""
        with self.house.scope():
            found = session.execute(select(Case.id).where(Case.thread == post["conversation_id"])).scalar_one()
            session.rollback()
        return found

    def answers(self, post: Json) -> list[Json]:
        """What the brand's account has said under a post and still stands."""
        found: list[Json] = self.network.control("GET", f"/posts?replies_to={post['id']}")["posts"]
        return [each for each in found if each["handle"] == self.house.handle]

    def said(self) -> list[OwnReply]:
        """Every reply of the brand's account that stands on the network."""
        found = self.network.control("GET", f"/posts?handle={self.house.handle}")["posts"]
        return [OwnReply(each["id"], each["reply_to"], each["typed"], clock.now()) for each in found]

    def end(self) -> Json:
        """Everything that must be the same however the deliveries were run: no ids, no times."""
        with self.house.scope():
            cases = session.execute(
                select(Case.state, Case.lane, Case.closed_reason, Case.thread_revision, Case.thread)
            ).all()
            replies = session.execute(select(Reply.state, Reply.version, Reply.text, Reply.author_id)).all()
            txns = session.execute(select(Txn.kind, Txn.points, Txn.member_id)).all()
            books = session.execute(select(Book.kind, Book.member_id, Book.balance)).all()
            session.rollback()
        return {
            "cases": sorted((state, lane, closed or "", revision) for state, lane, closed, revision, _ in cases),
            "threads": len({row.thread for row in cases}),
            "replies": sorted(map(tuple, replies)),
            "txns": sorted(map(tuple, txns)),
            "books": sorted(map(tuple, books)),
            "said": sorted(own.text for own in self.said()),
        }


def _run(order: Callable[[list[int]], list[int]], *, again: bool = False) -> None:
    for _ in range(500):
        ids = list(bus.due())
        session.rollback()
        if not ids:
            return
        for delivery_id in order(ids):
            bus.deliver(delivery_id)
            if again:
                with transaction():  # as if its mark had been lost: the verb itself must know better
                    session.execute(
                        update(bus.Delivery)
                        .where(bus.Delivery.id == delivery_id, bus.Delivery.state == "done")
                        .values(state="pending", done_at=None)
                    )
                bus.deliver(delivery_id)
    raise AssertionError("the deliveries never end")


def in_order() -> None:
    """As they were stored."""
    _run(sorted)


def each_twice() -> None:
    """Every delivery, and then again."""
    _run(sorted, again=True)


def backwards() -> None:
    """The newest first, round by round, each twice."""
    _run(lambda ids: sorted(ids, reverse=True), again=True)


def shuffled(seed: int) -> Drain:
    """In an order that only the seed knows, each twice."""
    dice = random.Random(seed)
    return lambda: _run(lambda ids: dice.sample(ids, len(ids)), again=True)


def by_threads(app: Flask, hands: int) -> Drain:
    """By several workers at once, each trying every delivery, in its own order."""

    def work(seed: int) -> None:
        with app.app_context():
            try:
                dice = random.Random(seed)
                _run(lambda ids: dice.sample(ids, len(ids)))
            finally:
                session.remove()

    def drain() -> None:
        session.remove()
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        in_order()

    return drain


def dead(ids: Iterable[int] = ()) -> Sequence[str]:
    """Deliveries that were given up, with their errors."""
    statement = select(bus.Delivery.error).where(bus.Delivery.state == "dead")
    found = session.execute(statement.where(bus.Delivery.id.in_(tuple(ids))) if ids else statement).scalars().all()
    session.rollback()
    return [error or "" for error in found]
