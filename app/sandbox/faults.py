"""What goes wrong on the sandbox network, on purpose: a script of faults per endpoint, counted and told by the seed."""

import json
import random
import socket
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from flask import Request, Response

from app.sandbox import x_problems
from app.sandbox.store import Store

JSON_TYPE = "application/json; charset=utf-8"
PROBLEM_TYPE = "application/problem+json"

KINDS: dict[str, dict[str, int]] = {
    "latency": {"ms": 1000},
    "rate_limited": {"reset_in": 900},
    "usage_capped": {},
    "error_before": {"status": 500},
    "error_after": {"status": 500},
    "drop_before": {},
    "drop_after": {},
    "slow_answer": {"ms": 60_000},
    "duplicate_items": {},
    "late_items": {},
    "truncated_json": {},
    "string_body": {"status": 503},
    "duplicate_content": {},
    "stream_cut": {"after": 0},
    "stream_error": {"after": 0},
    "stream_bad_line": {"after": 0},
    "stream_twice": {"after": 0},
    "stream_silence": {"after": 0},
    "signed_out": {},
    "blocked": {},
}
"""Every kind with its options and their defaults; `ms` are milliseconds, `reset_in` seconds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted fault: for calls of `endpoint` ("POST /2/tweets", "GET /2/users/*/mentions", "*"), after `skip`
    calls let through, the next `times` calls (None: always), each with `probability`.
    """

    id: int
    endpoint: str
    kind: str
    times: int | None
    skip: int
    probability: float
    options: dict[str, int]
    seen: int
    hits: int


def script(
    store: Store, endpoint: str, kind: str, *, times: int | None, skip: int, probability: float, options: dict[str, int]
) -> Fault:
    """Adds a fault to the script. Raises ValueError for an unknown kind or option."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; known are {', '.join(KINDS)}")
    if unknown := set(options) - set(KINDS[kind]):
        raise ValueError(f"{kind} has no option {', '.join(sorted(unknown))}")
    with store.transaction():
        store.write(
            "INSERT INTO fault (endpoint, kind, times, skip, probability, options) VALUES (?, ?, ?, ?, ?, ?)",
            endpoint, kind, times, skip, probability, json.dumps(KINDS[kind] | options),
        )  # fmt: skip
        return scripted(store)[-1]


def scripted(store: Store) -> list[Fault]:
    """The whole script, oldest first; used-up faults stay, with their hits, until they are deleted."""
    return [_from_row(row) for row in store.rows("SELECT * FROM fault ORDER BY id")]


def forget(store: Store, fault_id: int | None = None) -> int:
    """Deletes one fault, or all; returns how many."""
    return store.write("DELETE FROM fault WHERE ? IS NULL OR id = ?", fault_id, fault_id)


def due(store: Store, method: str, path: str) -> Fault | None:
    """The first fault that strikes this call, counted as used."""
    with store.transaction():
        for fault in scripted(store):
            if not fnmatchcase(f"{method} {path}", fault.endpoint) or (fault.times is not None and not fault.times):
                continue
            chance = random.Random(f"{store.seed}/{fault.id}/{fault.seen}").random()
            strikes = fault.seen >= fault.skip and chance < fault.probability
            store.write(
                "UPDATE fault SET seen = seen + 1, hits = hits + ?, times = times - ? WHERE id = ?",
                int(strikes), int(strikes), fault.id,
            )  # fmt: skip
            if strikes:
                return fault
    return None


def before(store: Store, fault: Fault, request: Request) -> Response | None:
    """What the fault does before the call is carried out; an answer means that it never is."""
    if fault.kind == "latency":
        time.sleep(fault.options["ms"] / 1000)
    elif fault.kind == "drop_before":
        return _hung_up(request)
    elif fault.kind == "error_before":
        return _server_error(fault.options["status"])
    elif fault.kind == "string_body":
        return Response(json.dumps("Over capacity"), fault.options["status"], content_type=JSON_TYPE)
    elif fault.kind == "rate_limited":
        reset = int(store.now().timestamp()) + fault.options["reset_in"]
        headers = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
        raise x_problems.too_many(headers)
    elif fault.kind == "usage_capped":
        raise x_problems.usage_capped()
    elif fault.kind == "duplicate_content":
        raise x_problems.forbidden(x_problems.DUPLICATE)
    return None


def after(fault: Fault, request: Request, response: Response) -> Response:
    """What the fault does to the answer of a call that was carried out."""
    if fault.kind == "slow_answer":
        time.sleep(fault.options["ms"] / 1000)
    elif fault.kind == "drop_after":
        return _hung_up(request)
    elif fault.kind == "error_after":
        return _server_error(fault.options["status"])
    elif fault.kind == "truncated_json":
        whole = response.get_data()
        response.set_data(whole[: len(whole) * 2 // 3])
    elif fault.kind == "duplicate_items":
        _change_items(response, lambda items: [copy for item in items for copy in (item, item)])
    elif fault.kind == "late_items":
        # Every second item is held back, never the newest: it turns up later, behind what was already seen.
        _change_items(response, lambda items: items[::2])
    return response


def _change_items(response: Response, change: Callable[[list[Any]], list[Any]]) -> None:
    body = response.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        return
    body["data"] = change(body["data"])
    if "meta" in body:
        body["meta"]["result_count"] = len(body["data"])
    response.set_data(json.dumps(body, ensure_ascii=False))


def _server_error(status: int) -> Response:
    body = {"title": "Internal Server Error", "detail": "Something is broken.", "type": "about:blank", "status": status}
    return Response(json.dumps(body), status, content_type=PROBLEM_TYPE)


def _hung_up(request: Request) -> Response:
    """Closes the caller's connection without a word; the response returned here goes nowhere."""
    connection = request.environ.get("werkzeug.socket")
    if connection is None:
        raise ConnectionResetError("the network hung up")
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


def _from_row(row: sqlite3.Row) -> Fault:
    values = dict(row)
    values["options"] = json.loads(values["options"])
    return Fault(**values)
