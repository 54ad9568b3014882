"""Three weeks of the demo's past, lived through with the verbs of production on a clock that is set back.

Customers write on the sandbox network, advocates claim and answer, moderators judge, replies are published there, and
customers say how it went: nothing is made up in the database. Not all goes well: answers are edited, returned and
rejected, a rejection is appealed, the network fails, a public answer is taken down. The same seed gives the same past.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from app.alerts import reading
from app.brands.queries import by_handle
from app.channels import accounts
from app.channels.accounts import AccountView
from app.demo import looks, traffic
from app.demo.people import BRANDS, PEOPLE, Person
from app.demo.traffic import Plaza, Text
from app.desk import appealing, claims, replies, settling, thanks
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
_ADDED = {
    "en": "Hope that helps.",
    "vi": "Hy vọng giúp được bạn.",
    "zh": "希望能帮到您。",
    "ko": "도움이 되길 바랍니다.",
}
_APPEAL = "I promised nothing: the manual says the same. Please read it once more."
_LOOKED_AGAIN = {
    "overturned": "You are right, it is in the manual. I put it back for a yes.",
    "upheld": "The manual leaves this open, so only staff may say it. Thank you for asking.",
}
_TAKEN_DOWN = "The menu was renamed last week; the answer sends people to the wrong place."
EDITED, RETURNED = {2, 9, 17, 26}, {5, 14, 23}
APPEALED = {7: "overturned", 20: "upheld"}
LOST, REFUSED, TAKEN_DOWN = 11, 15, 18
"""Which of the advocates' answers, counted as they are judged, meet with what; the others are approved as they are."""
PATIENCE = 3
"""How often somebody comes back to a case that could not be answered yet."""


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
        self._order, self._judgements = count(), count(1)
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
            self._later(start + timedelta(days=day), lambda _at: self._a_day_ends())
        while self._steps:
            step = heapq.heappop(self._steps)
            self._plaza.set_clock(step.at)
            with clock.lived_at(step.at):
                step.act(step.at)
                session.remove()
        self._plaza.set_clock(self._now)
        for brand, account in self._accounts.items():
            with clock.lived_at(self._now):
                self._hear(brand)  # else the quiet hours since the last step would look as if nobody had listened
            staff = [hand for (of, _alias), hand in self._hands.items() if of == brand and hand.is_staff]
            looks.look_over(account.brand_id, staff, self._now)
        self._plaza.set_clock(None)

    def _a_day_ends(self) -> None:
        """Points vest, and people have read the day's thanks and alerts: only the last day's are new to a visitor."""
        ledger.vest_due()
        for (brand, _alias), hand in self._hands.items():
            with brand_scope(self._accounts[brand].brand_id), transaction():
                for one in thanks.unseen(hand.member_id, limit=50):
                    thanks.see(one.id, hand)
                reading.read_all(hand.member_id)

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

    def _answers_it(self, text: Text, thread: str, target: str, tries: int = 0) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            with brand_scope(self._accounts[text.brand].brand_id):
                case = next(iter(desk.all_of_thread("x", thread)), None)
                session.rollback()
                if case is None or case.state != "open":
                    return
                author = self._author(text, case) if not tries else self._hands[text.brand, "tess"]
                review_id = self._submit(case, author, self._words(text, author))
            if review_id is not None:
                self._later(self._after(at, 2, 25), self._judged(text, case, review_id, author, target))
            elif tries < PATIENCE:
                self._later(self._after(at, 3, 12), self._answers_it(text, thread, target, tries + 1))

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

    def _words(self, text: Text, author: Hand) -> str:
        own = None if author.is_staff else self._answers.get(text.handle)
        return own or f"{text.name}, {_STAFF_SAYS[text.language]}"

    def _submit(self, case: CaseView, author: Hand, words: str) -> int | None:
        try:
            with transaction():
                claims.claim(case.id, author)
                reply_id = replies.submit(case.id, author, words).id
        except PeerlineError:
            return None  # the case is not for this person after all, or they hold another one
        return _review_of(reply_id)

    def _judged(
        self, text: Text, case: CaseView, review_id: int, author: Hand, target: str
    ) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            judge = self._judge(text)
            nth = 0 if author.is_staff else next(self._judgements)
            verdict, words = self._verdict(nth, text, author)
            if nth in {LOST, REFUSED}:
                self._plaza.refuse_next_reply(after_taking_it=nth == LOST)
            with brand_scope(self._accounts[text.brand].brand_id):
                reply_id = self._decide(case.id, review_id, judge, verdict, words)
            bus.drain()
            again = self._answers_it(text, case.thread, target, tries=1)
            if verdict in {"approve", "edit"}:
                self._later(at + timedelta(minutes=3), lambda _at: self._settle())
                self._later(self._after(at, 4, 240), self._follows(text, target, is_thanks=nth % 4 != 1))
                if nth == REFUSED:
                    self._later(self._after(at, 5, 20), again)
            elif verdict == "return":
                self._later(self._after(at, 3, 15), self._revises(text, case, author, target))
            else:
                asks = self._appeals(text, case, reply_id, author, outcome=APPEALED[nth], target=target)
                self._later(self._after(at, 6, 20), asks)
                self._later(self._after(at, 45, 60), again)
            if nth == TAKEN_DOWN:
                self._later(at + timedelta(hours=5), self._takes_down(text, reply_id))

        return act

    def _judge(self, text: Text) -> Hand:
        return self._hands[text.brand, "sam" if (text.brand, "sam") in self._hands else "dana"]

    def _decide(self, case_id: int, review_id: int, judge: Hand, verdict: str, words: Mapping[str, str]) -> int:
        """The verdict on what stands in the thread now; the reply that was judged."""
        seen = desk.page(case_id, judge).case.thread_revision
        session.rollback()
        with transaction():
            return replies.judge(review_id, judge, verdict, seen_revision=seen, **words).subject_id

    def _verdict(self, nth: int, text: Text, author: Hand) -> tuple[str, Mapping[str, str]]:
        if nth in EDITED:
            return "edit", {"text": f"{self._words(text, author)} {_ADDED[text.language]}"}
        if nth in RETURNED:
            return "return", {"reason": _RETURNED}
        if nth in APPEALED:
            return "reject", {"reason": _REJECTED}
        return "approve", {}

    def _revises(self, text: Text, case: CaseView, author: Hand, target: str) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            with brand_scope(self._accounts[text.brand].brand_id):
                with transaction():
                    reply_id = replies.submit(case.id, author, self._words(text, author)).id
                review_id = _review_of(reply_id)
            self._later(self._after(at, 2, 20), self._judged(text, case, review_id, author, target))

        return act

    def _appeals(
        self, text: Text, case: CaseView, reply_id: int, author: Hand, *, outcome: str, target: str
    ) -> Callable[[datetime], None]:
        """The author asks for a second look, and a colleague of who rejected it takes it."""

        def act(at: datetime) -> None:
            with brand_scope(self._accounts[text.brand].brand_id), transaction():
                appeal_id = appealing.appeal(reply_id, author, _APPEAL)
            self._later(self._after(at, 5, 15), lambda then: look(then, appeal_id))

        def look(at: datetime, appeal_id: int) -> None:
            reader = self._hands[text.brand, "tess" if self._judge(text).alias == "dana" else "dana"]
            with brand_scope(self._accounts[text.brand].brand_id):
                with transaction():
                    waits = appealing.decide_appeal(appeal_id, reader, outcome, _LOOKED_AGAIN[outcome])
                if waits:
                    live = desk.page(case.id, reader).live_reply
                    session.rollback()
                    review_id = _review_of(live.id if live else 0)
                    self._later(self._after(at, 2, 9), self._judged(text, case, review_id, author, target))

        return act

    def _takes_down(self, text: Text, reply_id: int) -> Callable[[datetime], None]:
        """A public answer turns out wrong: it disappears from the network, and its points are taken back."""

        def act(_at: datetime) -> None:
            with brand_scope(self._accounts[text.brand].brand_id), transaction():
                replies.ask_take_down(reply_id, self._judge(text), _TAKEN_DOWN)
            bus.drain()

        return act

    def _settle(self) -> None:
        """What the clock does in between: replies of unknown outcome are looked for in their threads."""
        settling.settle()
        bus.drain()

    def _follows(self, text: Text, target: str, *, is_thanks: bool) -> Callable[[datetime], None]:
        """The customer says thanks, three times of four; the others say nothing."""

        def act(_at: datetime) -> None:
            answers = self._plaza.posts(replies_to=target)
            if not answers or not is_thanks:
                return
            words = self._chance.choice(self._follow_ups[text.language]["thanks"])
            self._plaza.post(text.handle, f"@{text.brand} {words}", reply_to=answers[0]["id"])
            self._hear(text.brand)

        return act

    def _hear(self, brand: str) -> None:
        listen(self._accounts[brand])
        bus.drain()


def _review_of(reply_id: int) -> int:
    """The open review of a reply."""
    found = next(view.id for view in moderation.waiting(limit=500) if view.subject_id == reply_id)
    session.rollback()
    return found


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
