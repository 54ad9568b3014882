"""Customers of the demo: they write on the sandbox network now and then, and say how an answer helped."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Final

import requests

TIMEOUT = 5.0
OPEN_AT_MOST = 40
"""New customers stay away while so many cases wait."""
THANKFUL = 0.7
"""The share of customers without a story of their own whom an answer helps."""
ENDINGS: Final = frozenset({"thanks", "stop"})
"""After these a story is over: its customer says no more, whatever the brand writes."""
_HEADER = "X-Sandbox-Control"


@dataclass(frozen=True, slots=True)
class Then:
    """What a customer says after an answer: `thanks`, `still_broken`, `more`, `wants_human` or `stop`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """One thing that a customer of the demo writes. A handle writes one text; `then` follows answer by answer."""

    brand: str
    handle: str
    name: str
    followers: int
    language: str
    kind: str
    text: str
    then: tuple[Then, ...] = ()
    first: bool = False


def texts() -> tuple[Text, ...]:
    """Every text of the demo, in the order of the files."""
    found: list[Text] = []
    for file in sorted(resources.files("app.demo").joinpath("texts").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name != "follow_ups.toml":
            found += map(_text, tomllib.loads(file.read_text(encoding="utf-8"))["post"])
    return tuple(found)


def _text(post: Mapping[str, Any]) -> Text:
    return Text(**{**post, "then": tuple(Then(**said) for said in post.get("then", ()))})


def first() -> tuple[Text, ...]:
    """The few texts that stand there before the first visitor looks: one of each kind of day."""
    return tuple(text for text in texts() if text.first)


def answers() -> Mapping[str, str]:
    """What a seasoned customer answers, by the handle of who asked, in the language of the question."""
    return tomllib.loads(resources.files("app.demo").joinpath("answers.toml").read_text(encoding="utf-8"))


def follow_ups() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What customers say after an answer, by language: `thanks` and `still_broken`, several ways each."""
    file = resources.files("app.demo").joinpath("texts", "follow_ups.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Plaza:
    """The sandbox network's control API, for the demo."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._session = url, requests.Session()
        self._session.headers[_HEADER] = token
        self._session.trust_env = False  # a proxy has no business on this machine

    def brand(self, handle: str, name: str) -> dict[str, Any]:
        """The brand's account with its credentials; made when there is none."""
        return self._send("POST", "/control/accounts", {"handle": handle, "name": name, "kind": "brand"})

    def post(self, handle: str, text: str, **more: object) -> dict[str, Any]:
        """Somebody writes."""
        return self._send("POST", "/control/posts", {"handle": handle, "text": text, **more})

    def posts(self, **which: str) -> list[dict[str, Any]]:
        """Posts by handle, conversation_id or replies_to, newest first."""
        answer = self._session.get(f"{self._url}/control/posts", params=which, timeout=TIMEOUT)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["posts"]
        return found

    def refuse_next_reply(self, *, after_taking_it: bool) -> None:
        """The next reply meets a fault: the network takes it and its answer is lost, or it takes nothing."""
        kind, options = ("error_after", {}) if after_taking_it else ("error_before", {"status": 403})
        fault = {"endpoint": "POST /2/tweets", "kind": kind, "times": 1, "options": options}
        self._send("POST", "/control/faults", fault)

    def set_clock(self, moment: datetime | None) -> None:
        """Set the network's time, or give it the machine's again."""
        self._send("POST", "/control/clock", {"now": moment.isoformat()} if moment else {"offset_seconds": 0})

    def _send(self, method: str, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        answer = self._session.request(method, self._url + path, json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def speak(plaza: Plaza, chance: random.Random, waiting: Callable[[], int]) -> Iterator[str]:
    """One thing a round, for ever: somebody follows up on an answer, or somebody writes (new people first), or nobody.

    Yields what was done, for the log. The order is told by the seed of `chance` and by what the brand answered.
    """
    said, played = follow_ups(), {text.handle: text for text in texts()}
    while True:
        silent = [text for text in played.values() if not plaza.posts(handle=text.handle, limit="1")]
        order = silent or list(played.values())
        chance.shuffle(order)
        for text in order:
            while answer := _unanswered(plaza, played):
                asked = answer.asked
                then = next_words(asked, answer.said_before, said, chance)
                plaza.post(asked.handle, f"@{asked.brand} {then.text}", reply_to=answer.id)
                yield f"{asked.handle} follows up: {then.kind}"
            while waiting() >= OPEN_AT_MOST:
                yield "enough is waiting"
            made = plaza.post(text.handle, text.text, name=text.name, followers=text.followers)
            yield f"{text.handle} writes {made['id']}"


def next_words(
    asked: Text, said_before: int, said: Mapping[str, Mapping[str, Sequence[str]]], chance: random.Random
) -> Then:
    """What a customer says to the next answer: their own story's next words, else thanks or not, in their language."""
    if said_before < len(asked.then):
        return asked.then[said_before]
    kind = "thanks" if chance.random() < THANKFUL else "still_broken"
    return Then(kind, chance.choice(said[asked.language][kind]))


@dataclass(frozen=True, slots=True)
class _Answer:
    """A brand's reply that waits for its customer; `said_before` counts their earlier follow-ups in the thread."""

    id: str
    asked: Text
    said_before: int


def _unanswered(plaza: Plaza, played: Mapping[str, Text]) -> _Answer | None:
    """The oldest of the brands' recent replies on which its customer has not said a word yet.

    Only the demo's own customers follow up by themselves: a newcomer in the browser speaks for themselves.
    """
    for brand in ("brightway", "northmill"):
        for reply in reversed(plaza.posts(handle=brand, limit="20")):
            if reply["deleted"] or not reply["reply_to"]:
                continue
            thread = plaza.posts(conversation_id=reply["conversation_id"])
            to = next((post["handle"] for post in thread if post["id"] == reply["reply_to"]), "")
            followed = any(post["reply_to"] == reply["id"] for post in thread)
            if followed or to not in played:
                continue
            told = sum(post["handle"] == to and bool(post["reply_to"]) for post in thread)
            if not _is_over(played[to], told):
                return _Answer(reply["id"], played[to], told)
    return None


def _is_over(asked: Text, told: int) -> bool:
    return 0 < len(asked.then) <= told and asked.then[-1].kind in ENDINGS
