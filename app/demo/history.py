"""Three weeks of the demo's past, lived through with the verbs of production on a clock that is set back.

Customers write on the sandbox network, advocates claim and answer, moderators judge, replies are published there, and
customers say how it went: nothing is made up in the database. The same seed gives the same past.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from app.brands.queries import by_handle
from app.channels import accounts
from app.channels.accounts import AccountView
from app.demo import traffic
from app.demo.people import BRANDS, PEOPLE, Person
from app.demo.traffic import Plaza, Text
from app.desk import claims, replies
from app.desk import queries as desk
from app.desk.rules.hand import Hand
from app.desk.views import CaseView
from app.kernel import bus, clock, jobs
from app.kernel.db import brand_scope, session, transaction
from app.kernel.errors import PeerlineError
from app.people.queries import by_email
from gamification import ledger
from listeners.listen import listen
from moderation import queries as moderation

WEEKS = 3
ANSWERED = 48
HEATED = 12
SEED = 2013
_STAFF_SAYS = {
    "en": "I am sorry about this. I have looked into it and a colleague from the workshop will write to you today.",
    "vi": "Rất xin lỗi bạn. Mình đã kiểm tra và bộ phận kỹ thuật sẽ liên hệ với bạn trong hôm nay.",
    "zh": "非常抱歉给您带来不便，我们已经在处理，今天内会有同事与您联系。",
    "ko": "불편을 드려 정말 죄송합니다. 확인했고 오늘 안에 담당자가 연락드리겠습니다.",
}
_RETURNED = "Good answer; please say which menu, not everybody knows the app."
_REJECTED = "This promises a repair that only staff can promise."


@dataclass(order=True)
class _Step:
    """Something that happens at a moment of the past."""

    at: datetime
    order: int
    act: Callable[[datetime], None] = field(compare=False)


class Past:
    """The past being lived: what is still to happen, in the order in which it happens."""

    def __init__(self, plaza: Plaza, now: datetime) -> None:
        self._plaza, self._now = plaza, now
        self._chance = random.Random(SEED)
        self._steps: list[_Step] = []
        self._order = count()
        self._answers = traffic.answers()
        self._follow_ups = traffic.follow_ups()
        self._accounts = {handle: _account(handle) for handle in BRANDS}
        self._hands = {(handle, person.alias): _hand(person, handle) for person in PEOPLE for handle in person.roles}

    def live(self) -> None:
        """Live through all of it. Nobody else may work on the house meanwhile."""
        jobs.connect(None)  # what follows is done here, at the right moment, not by a worker of today
        start = self._now - timedelta(weeks=WEEKS)
        for text in self._cast():
            minutes = self._chance.uniform(0, (timedelta(weeks=WEEKS) - timedelta(hours=6)) / timedelta(minutes=1))
            self._later(start + timedelta(minutes=minutes), self._asks(text))
        for day in range(1, WEEKS * 7 + 1):
            self._later(start + timedelta(days=day), lambda _at: ledger.vest_due())
        while self._steps:
            step = heapq.heappop(self._steps)
            self._plaza.set_clock(step.at)
            with clock.lived_at(step.at):
                step.act(step.at)
                session.remove()
        self._plaza.set_clock(None)

    def _cast(self) -> Sequence[Text]:
        """Who wrote in these weeks: mostly those whose answers are known, never those who write first today."""
        others = [text for text in traffic.texts() if not text.first]
        answered = [text for text in others if text.handle in self._answers]
        heated = [text for text in others if text.kind in {"fury", "private", "crisis", "spam"}]
        self._chance.shuffle(answered)
        self._chance.shuffle(heated)
        return [*answered[:ANSWERED], *heated[:HEATED]]

    def _later(self, at: datetime, act: Callable[[datetime], None]) -> None:
        if at < self._now - timedelta(minutes=2):
            heapq.heappush(self._steps, _Step(at, next(self._order), act))

    def _after(self, at: datetime, least: float, most: float) -> datetime:
        return at + timedelta(minutes=self._chance.uniform(least, most))

    def _asks(self, text: Text) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            made = self._plaza.post(text.handle, text.text, name=text.name, followers=text.followers)
            self._hear(text.brand)
            self._later(self._after(at, 4, 70), self._answers_it(text, made["id"], made["id"]))

        return act

    def _answers_it(self, text: Text, thread: str, target: str) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            with brand_scope(self._accounts[text.brand].brand_id):
                case = next(iter(desk.all_of_thread("x", thread)), None)
                session.rollback()
                if case is None or case.state != "open":
                    return
                author = self._author(text, case)
                review_id = self._submit(case, author, self._words(text))
            if review_id is not None:
                self._later(self._after(at, 2, 25), self._judged(text, case.id, review_id, author, target))

        return act

    def _author(self, text: Text, case: CaseView) -> Hand:
        """An advocate who reads the language, where the case is theirs; else a moderator."""
        able = [
            hand
            for (brand, _alias), hand in self._hands.items()
            if brand == text.brand and not hand.is_staff and case.language in (*hand.languages, "und")
        ]
        if case.lane == "staff" or text.handle not in self._answers or not able:
            return self._hands[text.brand, "tess"]
        return self._chance.choice(able)

    def _words(self, text: Text) -> str:
        return self._answers.get(text.handle) or f"{text.name}, {_STAFF_SAYS[text.language]}"

    def _submit(self, case: CaseView, author: Hand, words: str) -> int | None:
        try:
            with transaction():
                claims.claim(case.id, author)
                reply_id = replies.submit(case.id, author, words).id
        except PeerlineError:
            return None  # the case is not for this person after all; it waits for today
        review_id = next(view.id for view in moderation.waiting(limit=500) if view.subject_id == reply_id)
        session.rollback()
        return review_id

    def _judged(
        self, text: Text, case_id: int, review_id: int, author: Hand, target: str
    ) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            judge = self._hands[text.brand, "sam" if (text.brand, "sam") in self._hands else "dana"]
            verdict, words = self._verdict(author)
            with brand_scope(self._accounts[text.brand].brand_id):
                seen = desk.page(case_id, judge).case.thread_revision
                session.rollback()
                with transaction():
                    replies.judge(review_id, judge, verdict, seen_revision=seen, **words)
            bus.drain()
            if verdict == "approve":
                self._later(self._after(at, 3, 240), self._follows(text, target))
            elif verdict == "return":
                self._later(self._after(at, 3, 15), self._revises(text, case_id, author, target))

        return act

    def _verdict(self, author: Hand) -> tuple[str, Mapping[str, str]]:
        drawn = self._chance.random()
        if author.is_staff or drawn < 0.86:  # noqa: PLR2004
            return "approve", {}
        if drawn < 0.95:  # noqa: PLR2004
            return "return", {"reason": _RETURNED}
        return "reject", {"reason": _REJECTED}

    def _revises(self, text: Text, case_id: int, author: Hand, target: str) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            with brand_scope(self._accounts[text.brand].brand_id):
                try:
                    with transaction():
                        reply_id = replies.submit(case_id, author, self._words(text)).id
                except PeerlineError:
                    return
                review_id = next(view.id for view in moderation.waiting(limit=500) if view.subject_id == reply_id)
                session.rollback()
            self._later(self._after(at, 2, 20), self._judged(text, case_id, review_id, author, target))

        return act

    def _follows(self, text: Text, target: str) -> Callable[[datetime], None]:
        """The customer says thanks, three times of four."""

        def act(_at: datetime) -> None:
            answers = self._plaza.posts(replies_to=target)
            if not answers or self._chance.random() < 0.25:  # noqa: PLR2004
                return
            words = self._chance.choice(self._follow_ups[text.language]["thanks"])
            self._plaza.post(text.handle, f"@{text.brand} {words}", reply_to=answers[0]["id"])
            self._hear(text.brand)

        return act

    def _hear(self, brand: str) -> None:
        listen(self._accounts[brand])
        bus.drain()


def _account(handle: str) -> AccountView:
    brand = by_handle(handle)
    if brand is None:
        raise LookupError(handle)
    with brand_scope(brand.id):
        account = accounts.by_handle("x", handle)
    session.rollback()
    if account is None:
        raise LookupError(handle)
    return account


def _hand(person: Person, handle: str) -> Hand:
    member_id = by_email(person.email)
    session.rollback()
    if member_id is None:
        raise LookupError(person.email)
    return Hand(member_id, person.alias, person.roles[handle], person.languages, person.topics)
