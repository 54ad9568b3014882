"""Who may act for whom on the sandbox network: apps, the codes of a consent, and tokens that end and are renewed."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.sandbox import accounts
from app.sandbox.accounts import Account
from app.sandbox.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS x_app (
    client_id TEXT PRIMARY KEY, name TEXT NOT NULL, secret TEXT, redirect_uris TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS x_code (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, account_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL, challenge TEXT NOT NULL, ends_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS x_token (
    access_token TEXT PRIMARY KEY, refresh_token TEXT UNIQUE, client_id TEXT NOT NULL, account_id TEXT NOT NULL,
    scope TEXT NOT NULL, ends_ms INTEGER NOT NULL
) WITHOUT ROWID;
"""
SCOPES = {
    "tweet.read": "See the posts that you can see",
    "users.read": "See who you are, and other accounts",
    "tweet.write": "Post and answer in your name",
    "offline.access": "Stay connected until you take this back",
}
DEMO_APP = "peerline-demo"
"""An app that is always there, without a secret; its users come back to any address of this machine."""
CODE_SECONDS, TOKEN_SECONDS = 30, 7200
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class App:
    """A program that asks accounts for their consent."""

    client_id: str
    name: str
    secret: str | None
    redirect_uris: tuple[str, ...]
    """Where its users may be sent back to; empty: to any address of this machine."""

    def may_return_to(self, address: str) -> bool:
        """Whether a user may be sent there. Only this machine's addresses are ever allowed."""
        where = urlsplit(address)
        if where.scheme not in ("http", "https") or where.hostname not in _LOOPBACK or where.fragment:
            return False
        return not self.redirect_uris or address in self.redirect_uris


@dataclass(frozen=True, slots=True)
class Permission:
    """What a token stands for."""

    account: Account
    scopes: frozenset[str]


class BadGrantError(ValueError):
    """What was shown for a token is not worth one."""


def register(store: Store, name: str, redirect_uris: tuple[str, ...], *, confidential: bool) -> App:
    """A new app, with a secret if it can keep one."""
    secret = secrets.token_urlsafe(32) if confidential else None
    app = App("app" + secrets.token_urlsafe(16), name, secret, redirect_uris)
    store.write("INSERT INTO x_app VALUES (?, ?, ?, ?)", app.client_id, name, secret, json.dumps(redirect_uris))
    return app


def app_of(store: Store, client_id: str) -> App | None:
    """The app with that id."""
    if client_id == DEMO_APP:
        return App(DEMO_APP, "Peerline", None, ())
    row = store.row("SELECT * FROM x_app WHERE client_id = ?", client_id)
    return App(row["client_id"], row["name"], row["secret"], tuple(json.loads(row["redirect_uris"]))) if row else None


def consent(store: Store, app: App, account_id: str, redirect_uri: str, *, scope: str, challenge: str) -> str:
    """The code that tells the app of an account's yes; good for one exchange, and for 30 seconds."""
    code = secrets.token_urlsafe(32)
    ends_ms = store.now_ms() + CODE_SECONDS * 1000
    store.write(
        "INSERT INTO x_code VALUES (?, ?, ?, ?, ?, ?, ?)",
        code, app.client_id, account_id, redirect_uri, scope, challenge, ends_ms,
    )  # fmt: skip
    return code


def exchange(store: Store, app: App, code: str, redirect_uri: str, verifier: str) -> dict[str, object]:
    """Tokens for a code. Raises BadGrantError for a code that is used, old, another app's, or not proven to be its."""
    with store.transaction():
        row = store.row("SELECT * FROM x_code WHERE code = ?", code)
        store.write("DELETE FROM x_code WHERE code = ?", code)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if (
        row is None
        or row["ends_ms"] < store.now_ms()
        or (row["client_id"], row["redirect_uri"]) != (app.client_id, redirect_uri)
        or not hmac.compare_digest(row["challenge"], digest)
    ):
        raise BadGrantError("Value passed for the authorization code was invalid.")
    return _issue(store, app, row["account_id"], row["scope"])


def renew(store: Store, app: App, refresh_token: str) -> dict[str, object]:
    """New tokens for a refresh token; what it belonged to ends. Raises BadGrantError for one that ended."""
    with store.transaction():
        row = store.row("SELECT * FROM x_token WHERE refresh_token = ? AND client_id = ?", refresh_token, app.client_id)
        if row is None:
            raise BadGrantError("Value passed for the token was invalid.")
        store.write("DELETE FROM x_token WHERE refresh_token = ?", refresh_token)
        return _issue(store, app, row["account_id"], row["scope"])


def revoke(store: Store, app: App, token: str) -> None:
    """Ends what this token, of either kind, belongs to."""
    store.write(
        "DELETE FROM x_token WHERE client_id = ? AND (access_token = ? OR refresh_token = ?)",
        app.client_id, token, token,
    )  # fmt: skip


def permission(store: Store, access_token: str) -> Permission | None:
    """What an access token allows now; nothing once it has ended."""
    row = store.row("SELECT * FROM x_token WHERE access_token = ? AND ends_ms > ?", access_token, store.now_ms())
    account = accounts.by_id(store, row["account_id"]) if row else None
    return Permission(account, frozenset(row["scope"].split())) if row and account else None


def _issue(store: Store, app: App, account_id: str, scope: str) -> dict[str, object]:
    access = secrets.token_urlsafe(48)
    refresh = secrets.token_urlsafe(48) if "offline.access" in scope.split() else None
    ends_ms = store.now_ms() + TOKEN_SECONDS * 1000
    store.write(
        "INSERT INTO x_token VALUES (?, ?, ?, ?, ?, ?)", access, refresh, app.client_id, account_id, scope, ends_ms
    )
    told: dict[str, object] = {
        "token_type": "bearer",
        "expires_in": TOKEN_SECONDS,
        "access_token": access,
        "scope": scope,
    }
    return told | ({"refresh_token": refresh} if refresh else {})
