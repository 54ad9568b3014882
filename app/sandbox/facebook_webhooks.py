"""What the sandbox network tells of by itself: changes on pages, signed, batched, sent again until they are taken."""

import contextlib
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from app.sandbox import facebook_world as world
from app.sandbox import faults
from app.sandbox.facebook_shapes import READ_PEOPLE
from app.sandbox.facebook_world import Item
from app.sandbox.store import Store

MOST_CHANGES = 1000
PATIENCE = 10
PAUSES = (1, 2, 4, 8, 15, 30, 60)
"""Seconds between tries while nobody takes the changes; the last goes on."""
Json = dict[str, Any]


def app_settings(store: Store) -> dict[str, str]:
    """The one app of this network: its id and secret, where its webhooks go, and the word that proves the place."""
    told = {
        "app_id": str(10**15 + store.digest("facebook_app") % (9 * 10**15)),
        "app_secret": store.token("facebook_app_secret")[:32],
        "verify_token": store.token("facebook_verify_token")[:24],
        "callback_url": "",
    }
    return {name: store.remembered(f"facebook_{name}") or value for name, value in told.items()}


def tell_of(store: Store, found: Item, verb: str) -> None:
    """Notes a change for the page it happened on, and a new post for every page that it names."""
    if found.page_id:
        note(store, found.page_id, "feed", _feed_value(store, found, verb))
    if verb == "add":
        for named, _at, _length in world.tags(store, found.number):
            if named.id not in (found.page_id, found.author_id):
                note(store, named.id, "mention", _mention_value(store, found))


def note(store: Store, page_id: str, field: str, value: Mapping[str, object]) -> None:
    """Keeps one change to be sent, if the app listens to that page and field."""
    row = store.row("SELECT fields FROM fb_subscription WHERE page_id = ?", page_id)
    if row and field in row["fields"].split(","):
        change = json.dumps({"field": field, "value": value}, ensure_ascii=False)
        store.write("INSERT INTO fb_change (page_id, change, at_ms) VALUES (?, ?, ?)", page_id, change, store.now_ms())


def signed(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Postman:
    """Brings noted changes to the callback address, once it has proved that it knows the word."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._over = threading.Event()
        self._proved: tuple[str, str] | None = None
        self._turn = threading.Lock()

    def deliver(self) -> Json:
        """Sends what waits, one batch; how many changes there were, and the status of the answer (0: none came)."""
        with self._turn:
            app = app_settings(self._store)
            waiting = self._store.rows("SELECT * FROM fb_change ORDER BY id LIMIT ?", MOST_CHANGES)
            if not waiting or not app["callback_url"]:
                return {"changes": 0, "status": None}
            if not self._is_proved(app):
                return {"changes": len(waiting), "status": 0, "trouble": "the callback did not answer the challenge"}
            body = json.dumps({"object": "page", "entry": _entries(waiting)}, ensure_ascii=True).encode()
            status = self._post(app, body)
            again = faults.due(self._store, "WEBHOOK", "/changes")
            if again and again.kind == "duplicate_items":
                status = self._post(app, body)
            last = waiting[-1]["id"]
            if 200 <= status < 300:  # noqa: PLR2004 - any good answer
                self._store.write("DELETE FROM fb_change WHERE id <= ?", last)
            else:
                self._store.write("UPDATE fb_change SET tries = tries + 1 WHERE id <= ?", last)
            return {"changes": len(waiting), "status": status}

    def run(self) -> None:
        """Delivers until told to stop."""
        failed = 0
        while not self._over.wait(PAUSES[min(failed, len(PAUSES)) - 1] if failed else 0.5):
            with contextlib.suppress(requests.RequestException):
                status = self.deliver()["status"]
                failed = 0 if status is None or 200 <= status < 300 else failed + 1  # noqa: PLR2004 - as above

    def stop(self) -> None:
        """Ends `run`."""
        self._over.set()

    def _is_proved(self, app: Mapping[str, str]) -> bool:
        """Whether the callback echoes a challenge, asked once per address and word."""
        if urlsplit(app["callback_url"]).hostname not in ("127.0.0.1", "localhost", "::1"):
            return False
        pair = (app["callback_url"], app["verify_token"])
        if self._proved != pair:
            challenge = str(secrets.randbelow(10**10))
            asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": app["verify_token"]}
            try:
                answer = requests.get(app["callback_url"], params=asked, timeout=PATIENCE)
            except requests.RequestException:
                return False
            if answer.ok and answer.text == challenge:
                self._proved = pair
        return self._proved == pair

    @staticmethod
    def _post(app: Mapping[str, str], body: bytes) -> int:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signed(app["app_secret"], body)}
        try:
            return requests.post(app["callback_url"], data=body, headers=headers, timeout=PATIENCE).status_code
        except requests.RequestException:
            return 0


def _entries(waiting: list[Any]) -> list[Json]:
    """The changes, page by page, in the order in which they happened."""
    entries: dict[str, Json] = {}
    for row in waiting:
        entry = entries.setdefault(row["page_id"], {"id": row["page_id"], "time": row["at_ms"] // 1000, "changes": []})
        entry["changes"].append(json.loads(row["change"]))
    return list(entries.values())


def _feed_value(store: Store, found: Item, verb: str) -> Json:
    """What a change on the page's own feed looks like; who wrote is left out where the page may not know it."""
    post = world.by_number(store, found.post_number)
    value: Json = {
        "item": "comment" if found.kind == "comment" else "status" if found.author_id == found.page_id else "post",
        "verb": verb,
        "post_id": post.id if post else found.id,
        "created_time": found.created_ms // 1000,
    }
    if found.author_id == found.page_id or _may_read_people(store, found.page_id or ""):
        value["from"] = {"id": found.author_id, "name": world.author_name(store, found.author_id)}
    if found.kind == "comment":
        parent = world.by_number(store, found.parent_number)
        value |= {"comment_id": found.id, "parent_id": parent.id if parent else value["post_id"]}
    if verb in ("add", "edited"):
        value["message"] = found.message
    return value


def _mention_value(store: Store, found: Item) -> Json:
    """What a naming elsewhere looks like: no text, and no sender unless the network feels like it."""
    value: Json = {"item": found.kind, "verb": "add", "created_time": found.created_ms // 1000}
    post = world.by_number(store, found.post_number)
    value["post_id"] = post.id if post else found.id
    if found.kind == "comment":
        value["comment_id"] = found.id
    if found.number % 2:
        value |= {"sender_id": found.author_id, "sender_name": world.author_name(store, found.author_id)}
    return value


def _may_read_people(store: Store, page_id: str) -> bool:
    tokens = store.rows("SELECT scopes FROM fb_token WHERE page_id = ? AND ended = 0", page_id)
    return any(READ_PEOPLE in row["scopes"].split(",") for row in tokens)
