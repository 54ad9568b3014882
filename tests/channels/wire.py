"""A wire between an adapter and its network that can be made to fail: one loopback proxy for every network."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, urlsplit

READS = frozenset({"GET", "HEAD"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the wire says itself, instead of the network."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


CUT_BEFORE = "cut_before"
"""The line is cut and the network never hears of the request; the caller cannot know that."""
CUT_AFTER = "cut_after"
"""The network does what it was asked, and its answer is lost."""
HANG = "hang"
"""The network does what it was asked, and its answer never comes."""
Trouble = Answer | str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    """With its query."""
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """The proxy as tests see it. `url` stands for the network's own address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        """Every request so far, also those that the network never saw."""
        self._trouble: Trouble | None = None
        self._methods: Collection[str] = ()
        self._over = threading.Event()

    def fail(self, trouble: Trouble, methods: Collection[str] = READS | WRITES) -> None:
        """From now on every request by these methods meets this trouble."""
        self._trouble, self._methods = trouble, methods

    def mend(self) -> None:
        """Every request reaches the network again, and what hung is let go."""
        self._trouble = None
        self._over.set()
        self._over = threading.Event()

    def due(self, asked: Asked) -> Trouble | None:
        """What this request meets; writes it down."""
        self.asked.append(asked)
        return self._trouble if asked.method in self._methods else None

    def wait(self) -> None:
        """Keep a caller waiting until the wire is mended, or for ten seconds."""
        self._over.wait(10)


class _Handler(BaseHTTPRequestHandler):
    """One caller's requests, each passed on, answered or cut."""

    protocol_version = "HTTP/1.1"
    wire: Wire
    target: SplitResult

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing."""

    def __getattr__(self, name: str) -> Any:
        """Every method is served alike."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        trouble = self.wire.due(Asked(self.command, self.path, dict(self.headers), body))
        if isinstance(trouble, Answer):
            self._say(trouble.status, dict(trouble.headers), trouble.body.encode("utf-8", "surrogatepass"))
            return
        if trouble == CUT_BEFORE:
            self._cut()
            return
        answer = self._forwarded(body)
        if trouble == CUT_AFTER:
            self._cut()
            return
        if trouble == HANG:
            self.wire.wait()
        self._say(*answer)

    def _forwarded(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        onward = http.client.HTTPConnection(self.target.hostname or "", self.target.port, timeout=30)
        with closing(onward):
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            headers["Content-Length"] = str(len(body))
            onward.request(self.command, self.target.path.rstrip("/") + self.path, body=body or None, headers=headers)
            answer = onward.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            return answer.status, kept, answer.read()

    def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is what these tests are about."""


@contextmanager
def wire_to(upstream: str) -> Iterator[Wire]:
    """A wire to the network at that address, served from threads until the end."""
    handler = type("_Bound", (_Handler,), {"target": urlsplit(upstream)})
    server = _Quiet(("127.0.0.1", 0), handler)
    wire = handler.wire = Wire(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.mend()
        server.shutdown()
        thread.join(5)
        server.server_close()
