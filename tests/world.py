"""A small world for tests: two brands, their people, and customers who write; and the verbs to tell a story with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import count

from app.brands.founding import found
from app.channels import accounts
from app.channels.base import Post
from app.desk import claims, replies
from app.desk import queries as desk
from app.desk.rules.hand import Hand
from app.desk.views import CasePage, ReplyView
from app.kernel import bus, clock
from app.kernel.db import brand_scope, session, transaction
from app.people import members
from listeners.hear import Tally, take_in
from moderation import queries as moderation

PASSWORD = "a long enough password"
KEYS = {
    "bearer_token": "b",
    "consumer_key": "ck",
    "consumer_secret": "cs",
    "access_token": "at",
    "access_token_secret": "ats",
}
HOW_TO = "@lumo how do I turn on dark mode in the app?"
"""A question that public knowledge answers: it goes to advocates."""
FURIOUS = "@lumo THIS IS AN ABSOLUTE DISGRACE, you thieves stole my money, my lawyer will sue you!!!"
"""A post that only staff may answer."""


def _ids() -> count[int]:
    """The network's ids of what is posted, one after the other."""
    return count(1001)


@dataclass
class House:
    """One brand of the world with its people, and the story's verbs, each in its own transaction."""

    brand_id: int
    handle: str
    account_id: int
    maya: Hand
    """An advocate."""
    noor: Hand
    """Another advocate, who reads English and Vietnamese."""
    sam: Hand
    """A moderator."""
    tess: Hand
    """Another moderator."""
    dana: Hand
    """The manager."""
    ids: count[int] = field(default_factory=_ids)

    def scope(self) -> AbstractContextManager[None]:
        """Within it, queries see this brand."""
        return brand_scope(self.brand_id)

    def post(
        self,
        text: str,
        *,
        external_id: str | None = None,
        reply_to: Post | None = None,
        author: str = "c-ada",
        summons: Sequence[str] | None = None,
    ) -> Post:
        """A customer's post, addressed to the brand; `reply_to` puts it into that post's thread."""
        external_id = external_id or str(next(self.ids))
        return Post(
            channel="x",
            external_id=external_id,
            thread=reply_to.thread if reply_to else external_id,
            in_reply_to=reply_to.external_id if reply_to else None,
            author_id=author,
            author_handle=author.removeprefix("c-"),
            author_name=author.removeprefix("c-").title(),
            author_followers=12,
            text=text,
            posted_at=clock.now(),
            summons=(self.handle,) if summons is None else tuple(summons),
        )

    def own_post(self, text: str, reply_to: Post) -> Post:
        """A post of the brand's own account, under a customer's post."""
        return self.post(text, reply_to=reply_to, author=f"own-{self.handle}")

    def hear(self, *posts: Post, drain: bool = True) -> Tally:
        """Hear posts as one envelope, and let everything follow."""
        with transaction(), self.scope():
            tally = take_in(accounts.account(self.account_id), "{}", posts, origin="poll")
        if drain:
            bus.drain()
        return tally

    def case_of(self, post: Post) -> int:
        """The case that a post is in."""
        with self.scope():
            found = [case for case in desk.all_of_thread(post.channel, post.thread) if case.mention]
            session.rollback()
        match = [case for case in found if case.mention.author_id == post.author_id]
        return match[0].id

    def page(self, case_id: int, hand: Hand | None = None) -> CasePage:
        """A case's page, as its reader sees it."""
        with self.scope():
            page = desk.page(case_id, hand or self.dana)
            session.rollback()
        return page

    def claim(self, case_id: int, hand: Hand) -> None:
        """Claim a case."""
        with transaction(), self.scope():
            claims.claim(case_id, hand)

    def submit(self, case_id: int, hand: Hand, text: str = "Open Settings, then Display, then Dark.") -> int:
        """Claim a case and hand an answer in; the review's id."""
        self.claim(case_id, hand)
        with transaction(), self.scope():
            reply_id = replies.submit(case_id, hand, text).id
        return self.review_of(reply_id)

    def review_of(self, reply_id: int) -> int:
        """The open review of a reply."""
        with self.scope():
            found = next(view.id for view in moderation.waiting() if view.subject_id == reply_id)
            session.rollback()
        return found

    def judge(self, review_id: int, hand: Hand, verdict: str = "approve", **words: str) -> None:
        """Give a verdict on what stands in the thread now; nothing is published before `bus.drain()`."""
        with transaction(), self.scope():
            view = moderation.review(review_id)
            assert view is not None
            seen = desk.page(desk.reply(view.subject_id).case_id, hand).case.thread_revision
            replies.judge(review_id, hand, verdict, seen_revision=seen, **words)

    def reply(self, reply_id: int) -> ReplyView:
        """A reply as it stands now."""
        with self.scope():
            view = desk.reply(reply_id)
            session.rollback()
        return view


@dataclass
class World:
    """Two brands whose rows must never meet."""

    lumo: House
    rival: House

    def again(self) -> World:
        """The same world, as it was before anybody wrote."""
        return World(replace(self.lumo, ids=_ids()), replace(self.rival, ids=_ids()))


def plant(base_url: str | None = None, keys: dict[str, dict[str, str]] | None = None) -> World:
    """Plant both brands. `base_url` and `keys` (by handle) connect their accounts to a sandbox network."""
    return World(_house("lumo", base_url, keys), _house("rival", base_url, keys))


def _house(handle: str, base_url: str | None, keys: dict[str, dict[str, str]] | None) -> House:
    people = {"maya": "advocate", "noor": "advocate", "sam": "moderator", "tess": "moderator", "dana": "manager"}
    languages = {"noor": ("en", "vi")}
    hands = {}
    with transaction():
        brand_id = found(handle, handle.title(), languages=("en", "vi", "zh", "ko"))
        for alias, role in people.items():
            speaks = languages.get(alias, ("en",))
            member_id = members.add(f"{alias}@{handle}.example", alias.title(), alias, PASSWORD)
            members.join(brand_id, member_id, role, languages=speaks, topics=("tech",))
            hands[alias] = Hand(member_id, alias, role, speaks, ("tech",))
        with brand_scope(brand_id):
            held = (keys or {}).get(handle)
            account_id = accounts.connect(
                brand_id,
                "x",
                held["id"] if held else f"own-{handle}",
                handle,
                credentials=held or KEYS,
                base_url=base_url or "http://127.0.0.1:9",
            )
    return House(brand_id, handle, account_id, **hands)
