"""Whatever anybody does in whatever order: nothing stands in public that a colleague of its author has not passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
from flask import Flask
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.channels import accounts
from app.channels.base import (
    Post,
    RateLimitedError,
    RefusedByNetworkError,
    SignedOutError,
    UnknownOutcomeError,
    UnreachableError,
)
from app.desk import claims, publishing, replies, settling
from app.desk.models import Reply
from app.desk.rules.approval import public_text
from app.desk.rules.hand import Hand
from app.kernel import bus
from app.kernel.db import session, transaction
from app.kernel.errors import PeerlineError
from moderation.models import Decision, Review
from tests.flow.spoken import After, Recorded, assert_whole
from tests.world import HOW_TO, House, World

Later = Callable[..., None]
PEOPLE = ("maya", "noor", "sam", "tess", "dana")
TEXTS = ("Open Settings, then Dark.", "It is under Display.", "Hold the button & wait.", "  Try again  tonight. ", "")
FOLLOW_UPS = ("@lumo thanks, that worked", "@lumo it still does not work", "@lumo and at night?", "@lumo hm")
LOST = UnknownOutcomeError("no answer")
NETWORK = (
    After(LOST), LOST, RateLimitedError(None), UnreachableError("no route"), RefusedByNetworkError("no"),
    SignedOutError("ended"),
)  # fmt: skip

people = st.sampled_from(PEOPLE)
texts = st.sampled_from(TEXTS)
steps = st.one_of(
    st.tuples(st.just("claim"), people),
    st.tuples(st.just("claim"), people),
    st.tuples(st.just("submit"), people, texts),
    st.tuples(st.just("submit"), people, texts),
    st.tuples(st.just("judge"), people, st.sampled_from(["approve", "edit", "return", "reject"]), texts),
    st.tuples(st.just("judge"), people, st.just("approve"), texts),
    st.tuples(st.just("withdraw"), people),
    st.tuples(st.just("give_back"), people),
    st.tuples(st.just("pass_on"), people),
    st.tuples(st.just("network_answers"), st.sampled_from(NETWORK)),
    st.tuples(st.just("follow")),
    st.tuples(st.just("follow")),
    st.tuples(st.just("settle"), st.sampled_from([40, 130, 200, 700, 1000])),
    st.tuples(st.just("customer"), st.sampled_from(FOLLOW_UPS)),
    st.tuples(st.just("outside"), texts),
    st.tuples(st.just("expire")),
    st.tuples(st.just("send_again"), people),
    st.tuples(st.just("give_up"), people),
    st.tuples(st.just("take_down"), people),
    st.tuples(st.just("tamper"), texts),
    st.tuples(st.just("reconnect")),
)

ANSWERED = (("claim", "maya"), ("submit", "maya", TEXTS[0]))
APPROVED = (*ANSWERED, ("judge", "sam", "approve", ""))
openings = st.sampled_from(
    [
        (),
        ANSWERED,
        APPROVED,
        (*APPROVED, ("follow",)),
        *((*APPROVED, ("network_answers", a), ("follow",)) for a in NETWORK),
    ]
)
"""Chance alone seldom gets as far as the network."""


@dataclass
class Attack:
    """One case, and every verb that anybody can try on it; what the house refuses is simply refused."""

    house: House
    network: Recorded
    later: Later
    question: Post
    case_id: int
    refused: int = 0
    newest: Post = field(init=False)

    def __post_init__(self) -> None:
        self.newest = self.question

    def do(self, step: tuple[object, ...]) -> None:
        """Try one step."""
        name, *given_ = step
        try:
            getattr(self, str(name))(*given_)
        except PeerlineError:
            self.refused += 1

    def hand(self, who: str) -> Hand:
        hand: Hand = getattr(self.house, who)
        return hand

    def verb(self, act: Callable[..., object], *given_: object) -> None:
        with transaction(), self.house.scope():
            act(*given_)

    def reply(self) -> Reply | None:
        """The newest reply of the case."""
        with self.house.scope():
            row = session.execute(
                select(Reply).where(Reply.case_id == self.case_id).order_by(Reply.id.desc()).limit(1)
            ).scalar_one_or_none()
            session.expunge_all()
            session.rollback()
        return row

    def claim(self, who: str) -> None:
        self.verb(claims.claim, self.case_id, self.hand(who))

    def submit(self, who: str, text: str) -> None:
        self.verb(replies.submit, self.case_id, self.hand(who), text)

    def judge(self, who: str, verdict: str, text: str) -> None:
        with self.house.scope():
            found = session.execute(select(Review.id).order_by(Review.id.desc()).limit(1)).scalar()
            session.rollback()
        seen = self.house.page(self.case_id).case.thread_revision

        words = {"seen_revision": seen, "reason": "because", "text": text or None}
        self.verb(lambda: replies.judge(found or 0, self.hand(who), verdict, **words))

    def withdraw(self, who: str) -> None:
        row = self.reply()
        self.verb(replies.withdraw, row.id if row else 0, self.hand(who))

    def give_back(self, who: str) -> None:
        self.verb(claims.give_back, self.case_id, self.hand(who))

    def pass_on(self, who: str) -> None:
        self.verb(claims.pass_to_staff, self.case_id, self.hand(who), "needs staff")

    def network_answers(self, answer: Exception | After) -> None:
        self.network.script = [answer]

    def follow(self) -> None:
        bus.drain()

    def settle(self, seconds: int) -> None:
        self.later(seconds=seconds)
        settling.settle()

    def customer(self, text: str) -> None:
        self.newest = self.house.post(text, reply_to=self.newest, author=self.question.author_id)
        self.house.hear(self.newest, drain=False)

    def outside(self, text: str) -> None:
        self.house.hear(self.house.own_post(text or "Hello.", self.newest), drain=False)

    def expire(self) -> None:
        self.later(minutes=45)
        claims.expire()

    def send_again(self, who: str) -> None:
        row = self.reply()
        self.verb(publishing.send_again, row.id if row else 0, self.hand(who))

    def give_up(self, who: str) -> None:
        row = self.reply()
        self.verb(publishing.give_up, row.id if row else 0, self.hand(who))

    def take_down(self, who: str) -> None:
        row = self.reply()
        self.verb(replies.ask_take_down, row.id if row else 0, self.hand(who), "wrong model")

    def tamper(self, text: str) -> None:
        """Change the text behind the desk's back, while it waits to be judged or to be sent."""
        waiting = (Reply.case_id == self.case_id, Reply.state.in_(("in_review", "approved")))
        with transaction(), self.house.scope():
            session.execute(update(Reply).where(*waiting).values(text=text or "tampered"))

    def reconnect(self) -> None:
        house = self.house
        self.verb(lambda: accounts.connect(house.brand_id, "x", "own-lumo", "lumo", credentials={"bearer_token": "b"}))

    def quiet(self) -> None:
        """Let everything that is under way come to its end."""
        self.network.script = []
        self.reconnect()
        for seconds in (130, 200, 700, 1000, 1000):
            bus.drain()
            self.settle(seconds)
        bus.drain()

    def check(self) -> None:
        """No post of ours but in the words that a colleague passed; never two under one post."""
        targets = [own.in_reply_to for own in self.network.said]
        assert len(targets) == len(set(targets)), "two answers under one post"
        with self.house.scope():
            rows = session.execute(select(Reply).where(Reply.case_id == self.case_id)).scalars().all()
            passed = {
                public_text(row.text, reply.signature)
                for reply in rows
                for row in session.execute(
                    select(Decision.text, Decision.member_id)
                    .join(Review, Review.id == Decision.review_id)
                    .where(Review.subject_id == reply.id, Decision.verdict.in_(("approve", "edit")))
                )
                if row.member_id != reply.author_id
            }
            public = [reply.external_id for reply in rows if reply.state == "published"]
            session.expunge_all()
            session.rollback()
        mine = [own for own in self.network.said if own.in_reply_to in {self.question.external_id, *self.asked()}]
        assert {own.text for own in mine} <= passed
        assert set(public) <= {own.external_id for own in mine}

    def asked(self) -> set[str]:
        """Every post of the customer on this case."""
        page = self.house.page(self.case_id)
        return {post.external_id for post in page.thread if post.who == "customer"}


_numbers = count(1)


@pytest.fixture
def network(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Recorded:  # noqa: ARG001
    recorded, real = Recorded(), accounts.open_network

    def opened(account_id: int) -> Recorded:
        real(account_id)
        return recorded

    monkeypatch.setattr(accounts, "open_network", opened)
    return recorded


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(opening=openings, story=st.lists(steps, min_size=4, max_size=18))
def test_nothing_is_public_that_no_colleague_passed(
    world: World,
    network: Recorded,
    later: Later,
    opening: tuple[tuple[object, ...], ...],
    story: list[tuple[object, ...]],
) -> None:
    house = world.lumo
    later(minutes=45)
    claims.expire()  # what an earlier story left in somebody's hands
    question = house.post(HOW_TO, author=f"c-{next(_numbers)}")
    house.hear(question)
    attack = Attack(house, network, later, question, house.case_of(question))
    for step in (*opening, *story):
        attack.do(step)
        attack.check()
    attack.quiet()
    attack.check()
    assert_whole(house, network.said)
    event("said" if network.said else "silent")
    network.said.clear()
    with transaction(), house.scope():  # the next story starts without this one's posts
        session.execute(
            update(Reply).where(Reply.state.in_(("published", "unknown"))).values(state="failed", check_at=None)
        )
