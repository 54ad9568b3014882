"""What the networks' suite plays on: one network with a brand's account on it, and what a call of the contract is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import pytest

from app.channels.base import Meter, Network, Page, Post, RateLimitedError, ReplyKey
from listeners.readers import reader
from tests.channels.wire import CUT_AFTER, HANG, Answer, Wire


class Stage(Protocol):
    """One network with a brand's account on it, as the suite plays on it.

    What is posted may be read when the method returns: a stage waits for its network where it must.
    """

    channel: str
    wire: Wire
    """Stands between every adapter that `opened` gives and the network."""
    names_replies: bool
    """Whether the network takes a reply's key, so that the same reply said twice stands there once."""
    tells_limits: bool
    """Whether its answers say how many calls are left until when."""
    edits: bool
    """Whether customers can change a post there."""
    account_id: str
    """The account's own id there."""

    def opened(self, meter: Meter = ..., base_url: str | None = None) -> Network:
        """The account's adapter, over the wire or at another address; it waits a few seconds for an answer."""

    def signed_out(self) -> Network:
        """The account's adapter after the network ended its permission."""

    def now(self) -> datetime:
        """The network's time."""

    def ask(self, text: str = ...) -> str:
        """A customer posts to the account, which may answer; the post's id. Later posts have later times."""

    def answer(self, under: str, text: str) -> str:
        """The same customer posts under that post, addressing the account; the post's id."""

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """Make the adapter ask for pages as small as the network allows; how many posts fit on one."""

    def delete(self, external_id: str) -> None:
        """The customer deletes a post."""

    def edit(self, external_id: str, text: str) -> str:
        """The customer changes a post; the id that it has now. Called only where `edits`."""

    def closed(self) -> str | None:
        """A standing post that the account may not answer; None where the network knows none."""

    def says(self, text: str) -> str:
        """The account itself posts, by another hand than ours; the post's id."""

    def said(self, under: str) -> Sequence[tuple[str, str]]:
        """Id and text of what the account says under that post, as anybody sees it, oldest first."""

    def limited(self, until: datetime) -> Answer:
        """The network's own way of saying that it takes no more calls before then."""


class Counting:
    """A meter that writes down what it is asked and told, and may say no."""

    def __init__(self) -> None:
        self.spent: list[str] = []
        self.left_alone: list[int] = []
        self.heard: list[tuple[str, int, datetime]] = []
        self.full_until: datetime | None = None

    def spend(self, kind: str, *, kept: int = 0) -> None:
        """Write it down, or refuse."""
        if self.full_until:
            raise RateLimitedError(self.full_until)
        self.spent.append(kind)
        self.left_alone.append(kept)

    def told(self, kind: str, *, left: int, until: datetime) -> None:
        """Write it down."""
        self.heard.append((kind, left, until))


def calls(network: Network, post: str, since: datetime, key: ReplyKey) -> Mapping[str, Callable[[], object]]:
    """Every call of the contract, by its name."""
    return {
        "mentions": lambda: network.mentions(since, None),
        "own_posts": lambda: network.own_posts(since, None),
        "thread": lambda: network.thread(post, None),
        "look_up": lambda: network.look_up([post]),
        "reply": lambda: network.reply(post, "Hold the button.", key),
        "own_replies": lambda: network.own_replies(since, post),
        "take_down": lambda: network.take_down(post),
    }


TROUBLED_READS = [
    pytest.param(name, trouble, id=f"{name} {place}")
    for place, trouble in {
        "cut": CUT_AFTER,
        "gateway": Answer(502, "<html>bad gateway</html>", {"Content-Type": "text/html"}),
        "string": Answer(503, '"Over capacity"', {"Content-Type": "application/json"}),
        "empty 500": Answer(500),
    }.items()
    for name in ("mentions", "own_posts", "thread", "look_up", "own_replies")
] + [pytest.param("mentions", HANG, id="mentions hangs")]  # one is enough: each costs the adapter's whole patience
EVERY_CALL = ("mentions", "own_posts", "thread", "look_up", "reply", "own_replies", "take_down")


def whole(stage: Stage, ask: Callable[[str | None], Page]) -> list[Post]:
    """All posts of all pages, in the order they came; every item must be readable."""
    found: list[Post] = []
    page: str | None = None
    while True:
        answer = ask(page)
        items = list(reader(stage.channel).read_page(answer.raw))
        assert all(isinstance(item, Post) for item in items), items
        found += [item for item in items if isinstance(item, Post)]
        page = answer.next_page
        if page is None:
            return found


def ready(stage: Stage, network: Network) -> str:
    """A post that may be answered, and an adapter that has its session: what follows is the call alone."""
    asked = stage.ask()
    network.look_up([asked])
    return asked


def is_for_people(error: Exception) -> bool:
    """Whether the error is a sentence that staff can read, without brackets and type names."""
    said = str(error)
    return " " in said and not any(mark in said for mark in ("{", "}", "Error", "Exception", "None", "<"))
