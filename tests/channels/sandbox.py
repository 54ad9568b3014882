"""The sandbox network for tests: a real server on a free loopback port, its control API, and tweepy pointed at it."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter
from werkzeug.serving import make_server

from app.sandbox.control import TOKEN_HEADER
from app.sandbox.server import QuietHandler, create_sandbox

NETWORK = "https://api.twitter.com"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
Json = dict[str, Any]


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        """Moves the time on."""
        self.moment += timedelta(seconds=seconds)


class _Redirect(HTTPAdapter):
    """Sends what tweepy addresses to the real network to the sandbox, and gives up in time."""

    def __init__(self, base_url: str, patience: float) -> None:
        self.base = urlsplit(base_url)
        self.patience = patience
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked = urlsplit(request.url or "")
        request.url = urlunsplit((self.base.scheme, self.base.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **(kwargs | {"timeout": (10, self.patience)}))


class Network:
    """A running sandbox: `control` moves its hands, `client` is the real tweepy client of an account."""

    def __init__(self, url: str, token: str, clock: Clock) -> None:
        self.url = url
        self.token = token
        self.clock = clock
        self.session = requests.Session()

    def control(self, method: str, path: str, body: object = None) -> Json:
        """A control call that must succeed."""
        answer = self.session.request(
            method, f"{self.url}/control{path}", json=body, headers={TOKEN_HEADER: self.token}, timeout=60
        )
        assert answer.ok, answer.text
        found: Json = answer.json()
        return found

    def afresh(self) -> "Network":
        """The same server with an empty world, back at the start of time."""
        self.control("POST", "/reset")
        self.clock.moment = START
        return self

    def brand(self, handle: str = "HarborCoffee") -> Json:
        """A brand's account with its credentials."""
        return self.control("POST", "/accounts", {"handle": handle, "kind": "brand", "name": handle})

    def post(self, text: str, handle: str = "mai", **more: object) -> Json:
        """Somebody posts; a second later, so that times differ."""
        self.clock.advance(1)
        return self.control("POST", "/posts", {"handle": handle, "text": text} | more)

    def fault(self, kind: str, endpoint: str = "*", times: int | None = 1, **more: object) -> Json:
        """Scripts a fault."""
        return self.control("POST", "/faults", {"kind": kind, "endpoint": endpoint, "times": times} | more)

    def client(self, account: Json, *, oauth2: bool = False, patience: float = 60) -> tweepy.Client:
        """Tweepy for that account: the app's bearer token and OAuth 1.0a, or the user's OAuth 2.0 token."""
        keys = account["credentials"]
        if oauth2:
            client = tweepy.Client(bearer_token=keys["user_token"])
        else:
            names = ("bearer_token", "consumer_key", "consumer_secret", "access_token", "access_token_secret")
            client = tweepy.Client(**{name: keys[name] for name in names})
        client.session.mount(NETWORK, _Redirect(self.url, patience))
        return client


def consent(question: str, answer: str, account_id: str) -> str:
    """Answers an app's question on X's consent page as a browser would; where the browser is sent then."""
    browser = requests.Session()
    page = browser.get(question, timeout=60)
    assert page.ok, page.text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    form = {name: unescape(value) for name, value in hidden} | {"answer": answer, "account": account_id}
    back = browser.post(question.partition("?")[0], data=form, timeout=60, allow_redirects=False)
    assert back.status_code == 303, back.text
    return back.headers["Location"]


@contextmanager
def running_network(data_file: str = ":memory:", seed: int = 7, portal_url: str | None = None) -> Iterator[Network]:
    """A sandbox served from a thread, with a clock that stands still."""
    clock = Clock()
    app = create_sandbox(data_file, seed, clock, portal_url=portal_url)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Network(f"http://127.0.0.1:{server.server_port}", app.config["CONTROL_TOKEN"], clock)
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
        app.extensions["sandbox_store"].close()
