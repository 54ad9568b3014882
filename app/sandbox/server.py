"""The sandbox network as a process: puts its parts together and serves them on one loopback port."""

import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from app.sandbox.control import create_control
from app.sandbox.facebook_api import create_graph
from app.sandbox.facebook_control import extend_control
from app.sandbox.facebook_login import create_login
from app.sandbox.facebook_pages import create_facebook_pages
from app.sandbox.facebook_usage import Usage
from app.sandbox.facebook_webhooks import Postman
from app.sandbox.facebook_world import SCHEMA as FACEBOOK
from app.sandbox.mailbox import create_mailbox, open_slot
from app.sandbox.pages import create_pages
from app.sandbox.rate_limits import RateLimits
from app.sandbox.store import Store
from app.sandbox.x_api import create_x_api
from app.sandbox.x_consent import create_consent
from app.sandbox.x_stream import SCHEMA as STREAM
from app.sandbox.x_tokens import SCHEMA as TOKENS

LARGEST_REQUEST = 8 * 1024 * 1024
HOSTS = ["127.0.0.1", "localhost", "[::1]"]
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def utc_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


def create_sandbox(
    data_file: str,
    seed: int,
    now: Callable[[], datetime] = utc_now,
    *,
    control_token: str | None = None,
    portal_url: str | None = None,
) -> Flask:
    """The network as an application: X's API under /2, Facebook's Graph API under /v26.0, the control API under
    /control, the public pages elsewhere.

    `data_file` may be ":memory:". Without `control_token` one is made; it is `app.config["CONTROL_TOKEN"]`.
    Only requests addressed to this machine by a loopback name are answered, so no website can reach in by its own.
    """
    app = Flask(__name__)
    store = Store(data_file, seed, now)
    for schema in (FACEBOOK, TOKENS, STREAM):
        store.extend(schema)
    limits = RateLimits(store)
    token = control_token or secrets.token_urlsafe(24)
    app.config.update(
        SECRET_KEY=store.remembered("browser_secret"),
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        TRUSTED_HOSTS=HOSTS,
        CONTROL_TOKEN=token,
        # Cookies know hosts, not ports: the name keeps this session apart from the portal's on the same machine.
        SESSION_COOKIE_NAME="plaza_session",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
    )
    app.extensions["sandbox_store"] = store
    app.register_blueprint(create_x_api(store, limits))
    postman, usage = Postman(store), Usage(store)
    app.extensions["sandbox_postman"] = postman
    control = create_control(store, limits, token)
    extend_control(control, store, usage, postman)
    app.register_blueprint(control)
    app.register_blueprint(create_graph(store, usage))
    app.register_blueprint(create_login(store))
    app.register_blueprint(create_facebook_pages(store))
    app.register_blueprint(create_pages(store, portal_url))
    app.register_blueprint(create_consent(store))
    app.register_blueprint(create_mailbox(store))

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    return app


class QuietHandler(WSGIRequestHandler):
    """Writes no line per request: texts and tokens travel here, and nobody reads the log of a sandbox."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Nothing."""


def serve(
    host: str,
    port: int,
    data_file: str,
    seed: int,
    *,
    control_token: str | None = None,
    portal_url: str | None = None,
    mail_port: int | None = None,
    facebook: Mapping[str, str] | None = None,
    ready: Callable[[str, str], None] | None = None,
) -> None:
    """Serves until interrupted. `ready(url, control_token)` is called once the port is open; port 0 is a free one.

    On `mail_port` it takes mails by SMTP, which anybody on this machine may then read at /mail. `facebook` names the
    app_id, app_secret and verify_token that the other side knows, and the callback_url for its webhooks.

    Raises ValueError for a host that other machines can reach.
    """
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError(f"the sandbox network serves this machine only, not {host}")
    app = create_sandbox(data_file, seed, control_token=control_token, portal_url=portal_url)
    for name, value in (facebook or {}).items():
        app.extensions["sandbox_store"].remember(f"facebook_{name}", value)
    server = make_server(host, port, app, threaded=True, request_handler=QuietHandler)
    postman = app.extensions["sandbox_postman"]
    threading.Thread(target=postman.run, name="webhooks", daemon=True).start()
    slot = open_slot(app.extensions["sandbox_store"], host, mail_port) if mail_port else None
    if ready:
        ready(f"http://{host}:{server.server_port}", app.config["CONTROL_TOKEN"])
    try:
        server.serve_forever()
    finally:
        server.server_close()
        postman.stop()
        if slot:
            slot.stop()
        app.extensions["sandbox_store"].close()
