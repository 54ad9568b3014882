"""Customers of the demo: they write on the sandbox network now and then, and say how an answer helped."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import requests

TIMEOUT = 5.0
OPEN_AT_MOST = 40
"""New customers stay away while so many cases wait."""
_HEADER = "X-Sandbox-Control"


@dataclass(frozen=True, slots=True)
class Text:
    """One thing that a customer of the demo writes."""

    brand: str
    handle: str
    name: str
    followers: int
    text: str


def texts() -> tuple[Text, ...]:
    """Every text of the demo, in the order of the files."""
    found = []
    for file in sorted(resources.files("app.demo").joinpath("texts").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name != "follow_ups.toml":
            found += [Text(**post) for post in tomllib.loads(file.read_text(encoding="utf-8"))["post"]]
    return tuple(found)


def follow_ups() -> Mapping[str, Sequence[str]]:
    """What customers say after an answer: `thanks` and `still_broken`, several ways each."""
    file = resources.files("app.demo").joinpath("texts", "follow_ups.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Plaza:
    """The sandbox network's control API, for the demo."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._session = url, requests.Session()
        self._session.headers[_HEADER] = token

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

    def _send(self, method: str, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        answer = self._session.request(method, self._url + path, json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def speak(plaza: Plaza, chance: random.Random, waiting: Callable[[], int]) -> Iterator[str]:
    """One thing a round, for ever: somebody follows up on an answer, or somebody new writes, or nobody does.

    Yields what was done, for the log. The order is told by the seed of `chance` and by what the brand answered.
    """
    said, played = follow_ups(), frozenset(text.handle for text in texts())
    while True:
        order = list(texts())
        chance.shuffle(order)
        for text in order:
            while answer := _unanswered(plaza, played):
                kind = "thanks" if chance.random() < 0.7 else "still_broken"  # noqa: PLR2004
                plaza.post(answer["to"], f"@{answer['brand']} {chance.choice(said[kind])}", reply_to=answer["id"])
                yield f"{answer['to']} follows up: {kind}"
            while waiting() >= OPEN_AT_MOST:
                yield "enough is waiting"
            made = plaza.post(text.handle, text.text, name=text.name, followers=text.followers)
            yield f"{text.handle} writes {made['id']}"


def _unanswered(plaza: Plaza, played: Collection[str]) -> dict[str, str] | None:
    """The oldest of the brands' recent replies on which its customer has not said a word yet.

    Only the demo's own customers follow up by themselves: a newcomer in the browser speaks for themselves.
    """
    for brand in ("brightway", "northmill"):
        for reply in reversed(plaza.posts(handle=brand, limit="20")):
            if reply["deleted"] or not reply["reply_to"]:
                continue
            thread = plaza.posts(conversation_id=reply["conversation_id"])
            asked = next((post for post in thread if post["id"] == reply["reply_to"]), None)
            followed = any(post["reply_to"] == reply["id"] for post in thread)
            if asked and not followed and asked["handle"] in played:
                return {"id": reply["id"], "to": asked["handle"], "brand": brand}
    return None
