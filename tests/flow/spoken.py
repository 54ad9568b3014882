"""A network of one account that records what is said and answers by script; and what must hold at the end of any story.

It is held to the contract (app.channels.base.Network) by its type, and keeps the rule that nothing is asked of a
network while a transaction is open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.channels.base import ChannelError, LookUp, OwnReply, Page, ReplyKey, Sent, Shown, UnknownOutcomeError
from app.desk.models import Attempt, Reply
from app.kernel import audit, clock
from app.kernel.db import refuse_network_in_transaction, session
from gamification import ledger
from gamification.models import Entry, Txn
from moderation.models import Decision, Review
from tests.world import House

if TYPE_CHECKING:
    from app.channels.base import Network

Later = Callable[..., None]
"""The `later` fixture."""
ANSWER = "Open Settings, then Display, then Dark."
PUBLIC = f"{ANSWER} ^maya"
LOST = UnknownOutcomeError("the line went dead")


@dataclass(frozen=True)
class After:
    """The reply is taken, and then this happens instead of an answer."""

    error: Exception


@dataclass
class Recorded:
    """The account's voice. `script` is used up call by call; when it is empty, everything works."""

    script: list[Exception | After] = field(default_factory=list)
    reading: list[Exception | None] = field(default_factory=list)
    """What becomes of each look at the own replies; None, or nothing left, is an answer."""
    said: list[OwnReply] = field(default_factory=list)
    calls: list[tuple[datetime, str, str]] = field(default_factory=list)
    """Every try to reply: when, to what, with which words."""
    looks: list[datetime] = field(default_factory=list)
    taken_down: list[str] = field(default_factory=list)
    removing: list[ChannelError] = field(default_factory=list)
    changed: dict[str, Shown] = field(default_factory=dict)
    """What the network shows of a post that is not as it was."""
    alter: Callable[[str], str] = str
    """What the network makes of a text."""
    meanwhile: Callable[[], None] | None = None
    """Happens once, while a reply is being said."""
    ids: count[int] = field(default_factory=lambda: count(900_001))

    def mentions(self, since: datetime, page: str | None) -> Page:  # noqa: ARG002  the contract's names
        """Nobody says anything to this account; tests hand posts over themselves."""
        refuse_network_in_transaction()
        return Page("{}", None)

    def own_posts(self, since: datetime, page: str | None) -> Page:  # noqa: ARG002  the contract's names
        """As `mentions`."""
        refuse_network_in_transaction()
        return Page("{}", None)

    def thread(self, thread: str, page: str | None) -> Page:  # noqa: ARG002  the contract's names
        """As `mentions`."""
        refuse_network_in_transaction()
        return Page("{}", None)

    def look_up(self, external_ids: Sequence[str]) -> LookUp:
        """Every post still stands there, unless `changed` says otherwise."""
        refuse_network_in_transaction()
        return LookUp("{}", {asked: self.changed.get(asked, Shown("there")) for asked in external_ids})

    def reply(self, to_external_id: str, text: str, key: ReplyKey) -> Sent:  # noqa: ARG002  as X: it names no posts
        """See the contract."""
        refuse_network_in_transaction()
        self.calls.append((clock.now(), to_external_id, text))
        if self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if any(own.in_reply_to == to_external_id and own.text == self.alter(text) for own in self.said):
            raise UnknownOutcomeError("duplicate content")
        own = OwnReply(str(next(self.ids)), to_external_id, self.alter(text), clock.now())
        self.said.append(own)
        if isinstance(step, After):
            raise step.error
        return Sent(own.external_id)

    def own_replies(self, since: datetime, under: str) -> Sequence[OwnReply]:  # noqa: ARG002  it lists them all
        """See the contract."""
        refuse_network_in_transaction()
        self.looks.append(clock.now())
        error = self.reading.pop(0) if self.reading else None
        if error:
            raise error
        return [own for own in self.said if own.posted_at >= since]

    def take_down(self, external_id: str) -> None:
        """See the contract."""
        refuse_network_in_transaction()
        if self.removing:
            raise self.removing.pop(0)
        self.taken_down.append(external_id)
        self.said = [own for own in self.said if own.external_id != external_id]


if TYPE_CHECKING:
    _held_to_the_contract: type[Network] = Recorded


def txns(house: House, kind: str | None = None) -> list[Txn]:
    """Every movement of points of the house, oldest first."""
    with house.scope():
        statement = select(Txn).order_by(Txn.id)
        found = session.execute(statement.where(Txn.kind == kind) if kind else statement).scalars().all()
        session.expunge_all()
        session.rollback()
    return list(found)


def standing(house: House, member_id: int) -> int:
    """What a member has, pending and vested together."""
    with house.scope():
        total = session.execute(
            select(func.coalesce(func.sum(Txn.points), 0)).where(Txn.member_id == member_id, Txn.kind != "vest")
        ).scalar_one()
        session.rollback()
    return int(total)


def assert_whole(house: House, said: Sequence[OwnReply]) -> None:
    """What must hold whatever happened: the network, the replies, the points and the log tell one story.

    Every post of ours is one reply, published once, in the words that somebody other than its author passed; each
    published reply of an advocate has exactly one award; the books add up and the log's chain is whole.
    """
    with house.scope():
        rows = session.execute(select(Reply)).scalars().all()
        public = {row.external_id: row for row in rows if row.state == "published"}
        open_ended = [row for row in rows if row.state in {"sending", "unknown", "failed"}]
        texts = [(own.in_reply_to, own.text) for own in said]
        assert len(texts) == len(set(texts)), "the same words stand twice under one post"
        if not open_ended:
            assert set(public) == {own.external_id for own in said}
        mentions = [row.mention_id for row in public.values()]
        assert len(mentions) == len(set(mentions)), "one post was answered twice"
        for row in public.values():
            passed = session.execute(
                select(Decision.member_id, Decision.text, Decision.verdict)
                .join(Review, Review.id == Decision.review_id)
                .where(Review.subject_id == row.id, Review.version == row.version)
            ).one()
            assert passed.verdict in {"approve", "edit"}
            assert passed.member_id == row.approved_by != row.author_id
            assert passed.text.strip() == row.text
            awards = session.execute(
                select(func.count()).select_from(Txn).where(Txn.source_id == row.id, Txn.kind == "award")
            ).scalar_one()
            assert awards == int(row.by_advocate)
            sent = session.execute(
                select(func.count()).select_from(Attempt).where(Attempt.reply_id == row.id, Attempt.outcome == "sent")
            ).scalar_one()
            assert sent == 1
        assert session.execute(select(func.coalesce(func.sum(Entry.amount), 0))).scalar_one() == 0
        assert ledger.first_wrong_book() is None
        assert audit.first_broken(house.brand_id) is None
        session.rollback()


def history(house: House, case_id: int) -> list[str]:
    """What happened to a case, act by act."""
    return [event.act for event in house.page(case_id).history]
