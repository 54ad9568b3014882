"""What the web's tests stand on: browsers that keep cookies and fill forms in, and a brand with a story so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.channels import accounts
from app.channels.base import LookUp, OwnReply, ReplyKey, Sent, Shown
from app.desk import appealing, notes, thanks
from app.kernel import bus
from app.kernel.crypto import refs
from app.kernel.db import Base, session, transaction
from app.people.queries import by_email
from gamification import queries as points
from listeners import listing
from listeners.hear import NotOurs, take_in
from moderation import queries as moderation
from tests.world import HOW_TO, PASSWORD, House, World

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One person's browser. Every request runs in a context of its own, as a server's would."""

    def __init__(self, app: Flask, *, address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.address = address

    def open(self, method: str, path: str, **words: Any) -> TestResponse:
        """Any request, as it is."""
        words.setdefault("environ_overrides", {"REMOTE_ADDR": self.address})
        response: TestResponse = Context().run(lambda: self.client.open(path, method=method, **words))
        return response

    def get(self, path: str, *, part: bool = False) -> TestResponse:
        """Look at a page, or at a piece of one."""
        return self.open("GET", path, headers={"HX-Request": "true"} if part else {})

    def post(self, path: str, *, part: bool = False, token: str | None = None, **fields: str) -> TestResponse:
        """Send a form with its token."""
        headers = {"HX-Request": "true"} if part else {}
        return self.open("POST", path, data={"csrf_token": token or self.token(), **fields}, headers=headers)

    def token(self) -> str:
        """A form's token, from whichever page has one."""
        page = self.get("/me").get_data(as_text=True)
        found = _TOKEN.search(page) or _TOKEN.search(self.get("/sign-in").get_data(as_text=True))
        assert found, "no page gave a form token"
        return found[1]

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Through the door."""
        return self.post("/sign-in", email=email, password=password, **fields)

    def text(self, path: str) -> str:
        """A page's text, as a reader has it."""
        return said(self.get(path))


def said(response: TestResponse) -> str:
    """What an answer says to its reader."""
    return unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


Browse = Callable[..., Browser]


@pytest.fixture
def with_pages() -> bool:
    """These tests open pages."""
    return True


@pytest.fixture
def browse(app: Flask) -> Browse:
    """`browse(house, "maya")`: a browser in which this person has signed in; without a name nobody has."""

    def opened(house: House | None = None, alias: str = "", *, address: str = "127.0.0.1") -> Browser:
        browser = Browser(app, address=address)
        if house is not None:
            response = browser.sign_in(f"{alias}@{house.handle}.example")
            assert response.status_code == 303, said(response)
        return browser

    return opened


class FakeNetwork:
    """A network that takes every reply."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def reply(self, to_external_id: str, text: str, key: ReplyKey) -> Sent:  # noqa: ARG002
        """Take it."""
        self.said.append((to_external_id, text))
        return Sent(f"9{len(self.said):05}")

    def own_replies(self, since: object, under: str) -> list[OwnReply]:  # noqa: ARG002
        """Nothing to read back."""
        return []

    def look_up(self, external_ids: Sequence[str]) -> LookUp:
        """Everything still stands there."""
        return LookUp("{}", {asked: Shown("there") for asked in external_ids})

    def take_down(self, external_id: str) -> None:
        """Gone."""


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    """The network behind every account of this test."""
    fake = FakeNetwork()
    monkeypatch.setattr(accounts, "open_network", lambda _account_id: fake)
    return fake


@dataclass
class Story:
    """A brand in the middle of its day, with the names of its rows in URLs."""

    house: House
    open_case: int
    held_case: int
    published_case: int
    reviewed_case: int
    review: int
    in_review: int
    published: int
    txn: int
    note: int
    mention: int
    aside: int
    customer: int
    thanks: int
    appeal: int = 0
    """Where a test asked for one: see `appealed`."""

    def path(self, kind: str, number: int, tail: str = "") -> str:
        """The address of a row."""
        places = {"case": "cases", "reply": "replies", "txn": "points", "review": "review", "member": "points/of"}
        place = {**places, "thanks": "thanks"}.get(kind, f"{kind}s")
        return f"/{place}/{refs().name(kind, number)}{tail}"


@pytest.fixture
def story(world: World, network: FakeNetwork) -> Story:  # noqa: ARG001  the network takes what is published
    """Maya's answer is published and thanked for; she holds a case; noor's answer waits for a verdict; one is open."""
    house = world.lumo
    asked = [house.post(f"{HOW_TO} {words}", author=f"c-{words}") for words in ("one", "two", "three", "four")]
    house.hear(*asked)
    published_case, held_case, reviewed_case, open_case = map(house.case_of, asked)
    house.judge(house.submit(published_case, house.maya), house.sam)
    bus.drain()
    house.hear(house.post("thank you so much, that worked!", reply_to=asked[0], author="c-one"))
    house.claim(held_case, house.maya)
    review = house.submit(reviewed_case, house.noor, "Settings, Display, then Dark. Takes a restart.")
    published = next(post.reply for post in house.page(published_case).thread if post.reply)
    live = house.page(reviewed_case).live_reply
    with house.scope():
        txn = points.txns(house.maya.member_id)[-1].id
        [thanked] = thanks.unseen(house.maya.member_id)
        session.rollback()
    assert live is not None
    with transaction(), house.scope():
        note = notes.write(open_case, house.sam, "@tess, is Noor's answer right?")
    with transaction(), house.scope():
        stray = NotOurs(house.post("@lumo is my lamp yours?", author="c-five"))
        take_in(accounts.account(house.account_id), "{}", [stray], origin="poll")
        aside = listing.lines(listing.Wish(kinds=("set_aside",)), limit=1).lines[0].id
    bus.drain()
    customer = house.page(open_case).case.customer.customer_id
    return Story(
        house=house,
        open_case=open_case,
        held_case=held_case,
        published_case=published_case,
        reviewed_case=reviewed_case,
        review=review,
        in_review=live.id,
        published=published.id,
        txn=txn,
        note=note,
        mention=house.page(open_case).case.mention.id,
        aside=aside,
        customer=customer,
        thanks=thanked.id,
    )


def appealed(story: Story) -> int:
    """One more question: Sam rejected Noor's answer to it, and she asked for a second look; the appeal's id."""
    house = story.house
    post = house.post(f"{HOW_TO} six", author="c-six")
    house.hear(post)
    review = house.submit(house.case_of(post), house.noor, "Under Screen, I think.")
    house.judge(review, house.sam, "reject", reason="It is not there.")
    with transaction(), house.scope():
        view = moderation.review(review)
        assert view is not None
        return appealing.appeal(view.subject_id, house.noor, "It is, in the newest version.")


@pytest.fixture
def member_of() -> Callable[[House, str], int]:
    """The id of somebody of a house."""

    def found(house: House, alias: str) -> int:
        number = by_email(f"{alias}@{house.handle}.example")
        session.rollback()
        assert number is not None
        return number

    return found


def everything() -> dict[str, list[Any]]:
    """Every row of the database, to see that nothing changed."""
    rows = {
        table.name: sorted(map(repr, session.execute(table.select()).all())) for table in Base.metadata.sorted_tables
    }
    session.rollback()
    return rows
