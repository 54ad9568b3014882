"""How long every page takes on the server, for each role that may open it, on top of a large history."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any

from app.alerts import watching
from app.bench.ground import Kind, account, ground, hear
from app.bench.grow import grow
from app.bench.intake import Crowd
from app.bench.statements import counted
from app.brands import knowledge, skills
from app.brands.knowledge import Words
from app.brands.queries import KINDS
from app.channels.accounts import AccountView
from app.desk import appealing, claims, replies
from app.desk import queries as desk
from app.desk.rules.hand import Hand
from app.desk.views import CaseView
from app.kernel import bus, clock, crypto, jobs
from app.kernel.db import brand_scope, session, transaction
from app.kernel.facts import ReplyPublished
from app.people import members
from gamification import ledger
from gamification import queries as points
from moderation import queries as moderation

ROLES = ("advocate", "moderator", "manager")
PASSWORD = "a measurement's password"  # noqa: S105
ROUNDS = 15
LIVE = 1500
ANSWER = "Open Settings, then Display, then Units, and choose what you like."


def measure(mentions: int, kind: Kind, *, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """One row per page and role: the median of its server time in ms, and how many queries it asks."""
    with ground(kind, with_pages=True) as on:
        jobs.connect(None)
        into = account("pages")
        say(f"growing to {mentions:,} mentions")
        grow(into, mentions)
        say("a day's work")
        people = _people(into)
        names = _day(into, people)
        say("looking at every page")
        found = []
        for role in ROLES:
            browser = _Browser(on.app.test_client())
            browser.sign_in(people[role].alias)
            for rule in sorted(on.app.url_map.iter_rules(), key=lambda rule: rule.rule):
                if "GET" not in (rule.methods or ()) or rule.rule.startswith("/static"):
                    continue
                for path in _paths(rule.rule, names):
                    found += _look(browser, path, rule.rule, role)
        return found


def _look(browser: _Browser, path: str, route: str, role: str) -> list[dict[str, Any]]:
    """Open a page again and again; a page that this role may not open is no row."""
    if browser.get(path).status_code != 200:  # noqa: PLR2004
        return []
    with counted() as statements:
        browser.get(path)
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        browser.get(path)
        times.append((time.perf_counter() - started) * 1000)
    return [{"route": route, "role": role, "p50_ms": round(statistics.median(times), 1), "queries": len(statements)}]


def _people(into: AccountView) -> dict[str, Hand]:
    """One person per role."""
    hands = {}
    with transaction():
        for role in ROLES:
            member_id = members.add(f"{role}@bench.example", role, role, PASSWORD)
            members.join(into.brand_id, member_id, role, languages=("en", "vi", "zh", "ko"), topics=("tech",))
            hands[role] = Hand(member_id, role, role, ("en", "vi", "zh", "ko"), ("tech",))
    return hands


def _day(into: AccountView, people: dict[str, Hand]) -> dict[str, int]:
    """Live cases, one held, one handed in; the numbers of one row of each kind for the pages that show one."""
    for posts in Crowd(into, into.id).posts(LIVE):
        hear(into, posts)
    bus.drain()
    watching.look()
    advocate = people["advocate"]
    with brand_scope(into.brand_id):
        first, second, third, *_rest = desk.queue(advocate)
        session.rollback()
        with transaction():
            claims.claim(first.case.id, advocate)
            reply_id = replies.submit(first.case.id, advocate, ANSWER).id
        appeal = _appealed(third.case, advocate, people["moderator"])
        with transaction():
            claims.claim(second.case.id, advocate)
            replies.save_draft(second.case.id, advocate, ANSWER)
        with transaction():
            ledger.award_published(_published(into, first.case.id, reply_id, advocate.member_id))
        review = next(view.id for view in moderation.waiting() if view.subject_id == reply_id)
        txn = points.txns(advocate.member_id)[0].id
        session.rollback()
    with transaction(), brand_scope(into.brand_id):
        told = {
            kind: knowledge.write(kind, Words(ANSWER, ANSWER, "en", "tech"), by=None, topics=("tech",))
            for kind in KINDS
        }
        told["skill"] = skills.save("tech", "Display", ("dark mode",), [advocate.member_id], topics=("tech",), by=None)
    case = second.case
    names = {"case": case.id, "mention": case.mention.id, "customer": case.customer.customer_id, "appeal": appeal}
    return {**names, **told, "review": review, "reply": reply_id, "txn": txn, "member": advocate.member_id}


def _appealed(case: CaseView, advocate: Hand, moderator: Hand) -> int:
    """An answer was rejected and its author asked for a second look; the appeal's id."""
    with transaction():
        claims.claim(case.id, advocate)
        reply_id = replies.submit(case.id, advocate, f"{ANSWER} Then restart.").id
        review = next(view.id for view in moderation.waiting() if view.subject_id == reply_id)
        replies.judge(review, moderator, "reject", seen_revision=case.thread_revision, reason="It is not there.")
        return appealing.appeal(reply_id, advocate, "It is, in the newest version.")


def _published(into: AccountView, case_id: int, reply_id: int, member_id: int) -> ReplyPublished:
    return ReplyPublished(
        into.brand_id,
        reply_id=reply_id,
        case_id=case_id,
        customer_id=1,
        author_id=member_id,
        by_advocate=True,
        expertise=0.2,
        edit_distance=0.0,
        promise_share=0.1,
        published_at=clock.now(),
    )


def _paths(rule: str, names: dict[str, int]) -> Iterator[str]:
    """The rule with the names of our rows in the place of its converters."""
    path = rule
    for kind, number in names.items():
        path = path.replace(f"<{kind}:{kind}_id>", crypto.refs().name(kind, number))
    if "<" not in path:
        yield path


class _Browser:
    """One person's browser; every request runs in a context of its own, as a server's would."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def get(self, path: str) -> Any:
        """Open a page."""
        return Context().run(lambda: self._client.get(path))

    def sign_in(self, alias: str) -> None:
        """Through the door."""
        page = self.get("/sign-in").get_data(as_text=True)
        token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        words = {"csrf_token": token, "email": f"{alias}@bench.example", "password": PASSWORD, "next": ""}
        Context().run(lambda: self._client.post("/sign-in", data=words))
