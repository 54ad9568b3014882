"""The sandbox network's filtered stream: an app's rules, and one open line per app on which matching posts arrive."""

import json
import queue
import select
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Request, Response, g, request, stream_with_context

from app.sandbox import auth, faults, posts, search_query, x_parameters, x_problems, x_search, x_shapes
from app.sandbox.accounts import Account
from app.sandbox.faults import Fault
from app.sandbox.posts import Post
from app.sandbox.rate_limits import RateLimits
from app.sandbox.store import Store, iso
from app.sandbox.x_parameters import TWEET_SHAPE, Fields
from app.sandbox.x_shapes import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS x_rule (
    id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, value TEXT NOT NULL, tag TEXT, UNIQUE (account_id, value)
);
"""
KEEP_ALIVE = 20.0
"""Seconds of quiet after which an empty line is sent."""
LOOK = 0.5
"""Seconds after which a quiet line is looked at: whether its other end is still there."""
MOST_RULES, LONGEST_RULE = 1000, 1024
ENDPOINT = "GET /2/tweets/search/stream"
_END = b"\r\n"


class Hub:
    """Who is on the line: one queue of posts per app."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[str, queue.Queue[int]] = {}

    def open(self, account_id: str) -> "queue.Queue[int] | None":
        """A line of its own for the app; None while it has one."""
        with self._lock:
            if account_id in self._lines:
                return None
            return self._lines.setdefault(account_id, queue.Queue())

    def close(self, account_id: str, line: "queue.Queue[int]") -> None:
        """The app has hung up this line; one that it opened since stays."""
        with self._lock:
            if self._lines.get(account_id) is line:
                del self._lines[account_id]

    def is_open(self, line: "queue.Queue[int]") -> bool:
        """Whether the line has not been taken down."""
        with self._lock:
            return any(one is line for one in self._lines.values())

    def hang_up(self) -> None:
        """Every line is taken down: the world in which they were opened is gone."""
        with self._lock:
            self._lines.clear()

    def hear(self, post_id: int) -> None:
        """Somebody posted."""
        with self._lock:
            for line in self._lines.values():
                line.put(post_id)


class Stream:
    """What the endpoints of the stream do."""

    def __init__(self, store: Store, limits: RateLimits) -> None:
        self.store, self.limits, self.hub = store, limits, Hub()
        store.on_post = self.hub.hear
        store.on_reset = self.hub.hang_up

    def add_to(self, api: Blueprint) -> None:
        """Adds the open line itself, which unlike every other answer does not end."""
        rule = ENDPOINT.removeprefix("GET /2")
        api.add_url_rule(rule, "stream", self.listen, methods=["GET"], provide_automatic_options=False)

    def rules(self, store: Store, asked: Request, caller: Account) -> tuple[Json, int]:
        """The rules of the app."""
        x_parameters.known_only(asked.args, frozenset(("ids", "max_results", "pagination_token")))
        wanted = set(filter(None, asked.args.get("ids", "").split(",")))
        shown = [rule for rule in self._rules(caller.id) if not wanted or rule["id"] in wanted]
        body: Json = {"data": shown} if shown else {}
        return body | {"meta": {"sent": iso(store.now_ms()), "result_count": len(shown)}}, 200

    def change(self, store: Store, asked: Request, caller: Account) -> tuple[Json, int]:
        """Adds rules, or deletes some."""
        given = asked.get_json(silent=True)
        body = given if isinstance(given, dict) else {}
        if set(body) == {"add"} and isinstance(body["add"], list):
            return self._add(store, body["add"], caller.id)
        if set(body) == {"delete"} and isinstance(body["delete"], dict):
            return self._delete(store, body["delete"], caller.id)
        raise x_problems.invalid("$", given, "Send exactly one of `add` and `delete`")

    def listen(self) -> Response:
        """The open line. Refused while the app has one, and while it has no rules."""
        caller = auth.caller_of(self.store, request)
        if caller.is_user:
            raise x_problems.user_only()
        headers = self.limits.count(ENDPOINT, caller.account.id, is_user=False)
        x_parameters.known_only(request.args, TWEET_SHAPE | {"backfill_minutes", "start_time", "end_time"})
        fields = x_parameters.fields(request.args)
        if not self._rules(caller.account.id):
            raise x_problems.stream_issue(409, "RuleConfigurationIssue", "Rules must be configured before connecting.")
        line = self.hub.open(caller.account.id)
        if line is None:
            detail = "This stream is currently at the maximum allowed connection limit."
            raise x_problems.stream_issue(429, "TooManyConnections", detail)
        said = _Line(self, caller.account.id, fields, g.get("fault"), request.environ.get("werkzeug.socket"))
        answer = Response(stream_with_context(said.lines(line)), 200, headers, content_type=faults.JSON_TYPE)
        answer.call_on_close(lambda: self.hub.close(caller.account.id, line))
        return answer

    def matching(self, account_id: str, post: Post) -> list[dict[str, str]]:
        """The rules that want this post, as its line names them."""
        seen = x_search.subject(self.store, post, {})
        found = [rule for rule in self._rules(account_id) if search_query.parse(rule["value"])(seen)]
        return [{name: rule[name] for name in ("id", "tag") if name in rule} for rule in found]

    def _rules(self, account_id: str) -> list[dict[str, str]]:
        rows = self.store.rows("SELECT * FROM x_rule WHERE account_id = ? ORDER BY id", account_id)
        return [_rule(row["id"], row["value"], row["tag"]) for row in rows]

    def _add(self, store: Store, wanted: list[Any], account_id: str) -> tuple[Json, int]:
        made, problems = [], []
        with store.transaction():
            for one in wanted:
                value, tag = (one.get("value"), one.get("tag")) if isinstance(one, dict) else (None, None)
                problem = self._trouble(account_id, value)
                if problem:
                    problems.append(problem | {"value": str(value)})
                    continue
                rule_id = store.next_id(store.now_ms())
                while store.row("SELECT 1 FROM x_rule WHERE id = ?", rule_id):
                    rule_id += 1
                store.write("INSERT INTO x_rule VALUES (?, ?, ?, ?)", rule_id, account_id, value, tag)
                made.append(_rule(rule_id, str(value), tag))
        summary = {"created": len(made), "not_created": len(problems), "valid": len(made), "invalid": len(problems)}
        body: Json = {"data": made} if made else {}
        if problems:
            body["errors"] = problems
        return body | {"meta": {"sent": iso(store.now_ms()), "summary": summary}}, 200

    def _trouble(self, account_id: str, value: object) -> Json | None:
        """Why this is no new rule, in the network's words."""
        standing = self._rules(account_id)
        if any(rule["value"] == value for rule in standing):
            twin = next(rule["id"] for rule in standing if rule["value"] == value)
            return {"id": twin, "title": "DuplicateRule", "type": x_problems.PROBLEMS + "duplicate-rules"}
        invalid = {"title": "UnprocessableEntity", "type": x_problems.PROBLEMS + "invalid-rules"}
        if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_RULE or len(standing) >= MOST_RULES:
            return invalid | {"details": [f"Rules have 1 to {LONGEST_RULE} characters, at most {MOST_RULES} of them."]}
        try:
            search_query.parse(value)
        except search_query.BadQueryError as error:
            return invalid | {"details": [str(error)]}
        return None

    def _delete(self, store: Store, wanted: Json, account_id: str) -> tuple[Json, int]:
        gone = 0
        names = [("id", each) for each in wanted.get("ids") or []]
        names += [("value", each) for each in wanted.get("values") or []]
        for column, value in names:
            gone += store.write(
                f"DELETE FROM x_rule WHERE account_id = ? AND {column} = ?",  # noqa: S608 - names of ours
                account_id, value,
            )  # fmt: skip
        summary = {"deleted": gone, "not_deleted": len(names) - gone}
        return {"meta": {"sent": iso(store.now_ms()), "summary": summary}}, 200


class _Line:
    """One open line, and the fault that it will meet."""

    def __init__(
        self, stream: Stream, account_id: str, fields: Fields, fault: Fault | None, connection: socket.socket | None
    ) -> None:
        self._stream, self._account_id, self._fields, self._connection = stream, account_id, fields, connection
        self._kind = fault.kind if fault else ""
        self._after = fault.options.get("after", 0) if fault else 0
        self._told = 0

    def lines(self, line: "queue.Queue[int]") -> Iterator[bytes]:
        """What goes over the line, until somebody hangs up."""
        last = time.monotonic()
        yield _END
        while self._stream.hub.is_open(line):
            trouble = self._kind if self._told >= self._after else ""
            if trouble == "stream_cut":
                self._cut()
                return
            if trouble == "stream_error":
                yield _ended() + _END
                return
            if trouble == "stream_bad_line":
                self._kind = ""
                yield b'{"data": {"id": "1", "te' + _END
            try:
                said = self._said(line.get(timeout=LOOK))
            except queue.Empty:
                if self._is_gone():
                    return
                said = b""
            if trouble == "stream_silence":
                continue
            if said:
                self._told += 1
                yield (said + _END) * (2 if trouble == "stream_twice" else 1)
            elif time.monotonic() - last >= KEEP_ALIVE:
                yield _END
            else:
                continue
            last = time.monotonic()

    def _said(self, post_id: int) -> bytes:
        """One post as it goes over the line; nothing if no rule wants it, or its moment has not come."""
        store = self._stream.store
        post = posts.get(store, post_id)
        if post is None or post.deleted or post.created_ms > store.now_ms():
            return b""
        wanting = self._stream.matching(self._account_id, post)
        if not wanting:
            return b""
        whole = x_shapes.listing(store, [post], self._fields)
        return json.dumps(whole | {"data": whole["data"][0], "matching_rules": wanting}, ensure_ascii=False).encode()

    def _is_gone(self) -> bool:
        """Whether the other end has hung up: its side of the line can be read, and holds nothing."""
        if self._connection is None:
            return False
        try:
            readable, _, _ = select.select([self._connection], [], [], 0)
            return bool(readable) and not self._connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    def _cut(self) -> None:
        if self._connection is not None:
            self._connection.shutdown(socket.SHUT_RDWR)


def _rule(rule_id: int, value: str, tag: str | None) -> dict[str, str]:
    return {"id": str(rule_id), "value": value} | ({"tag": tag} if tag else {})


def _ended() -> bytes:
    """The word with which the network takes an open line down."""
    problem = {
        "title": "operational-disconnect",
        "disconnect_type": "UpstreamOperationalDisconnect",
        "detail": "This stream has been disconnected upstream for operational reasons.",
        "type": x_problems.PROBLEMS + "operational-disconnect",
    }
    return json.dumps({"errors": [problem]}).encode()
