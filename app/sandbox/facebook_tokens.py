"""Who asks the sandbox network's Graph API: people and pages by their tokens, the app by its own."""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Request

from app.sandbox.facebook_problems import GraphRefusal, bad, no_token, signed_out
from app.sandbox.facebook_webhooks import app_settings
from app.sandbox.facebook_world import Page
from app.sandbox.store import Store

SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_manage_metadata",
    "public_profile",
    "email",
    "business_management",
    "pages_messaging",
    "pages_manage_posts",
)
"""The permissions that this network knows."""
HUMAN_ID, HUMAN_NAME = "10229000000000001", "Page Owner"
"""The one person of this network who manages every page, and who signs in in its dialogs."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A token and what it may do. `page_id` is None for a person's."""

    token: str
    page_id: str | None
    scopes: frozenset[str]

    @property
    def id(self) -> str:
        """Whom the token stands for."""
        return self.page_id or HUMAN_ID


def caller_of(store: Store, request: Request) -> Caller:
    """Who sent this request. Raises the network's errors for a token that is missing or ended, or a wrong proof."""
    token = given_token(request)
    row = store.row("SELECT * FROM fb_token WHERE token = ?", token)
    if row is None or not _holds(store, row):
        raise _trouble_with(store, row)
    proof = request.values.get("appsecret_proof")
    if proof is not None and not hmac.compare_digest(proof.encode(), proof_of(store, token).encode()):
        raise bad("Invalid appsecret_proof provided in the API argument")
    return Caller(token, row["page_id"], frozenset(row["scopes"].split(",")))


def given_token(request: Request) -> str:
    """The token of a request, from its header or its parameters. Raises the network's error when there is none."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    token = credentials.strip() if scheme.lower() in ("bearer", "oauth") else request.values.get("access_token", "")
    if not token:
        raise no_token()
    return token


def proof_of(store: Store, token: str) -> str:
    """The proof that whoever holds the token knows the app's secret too."""
    return hmac.new(app_settings(store)["app_secret"].encode(), token.encode(), hashlib.sha256).hexdigest()


def of_page(store: Store, page: Page, scopes: Iterable[str] = SCOPES) -> str:
    """A page's token with these scopes, made where there is none; it does not expire by itself."""
    wanted = ",".join(sorted(scopes))
    row = store.row("SELECT token FROM fb_token WHERE page_id = ? AND scopes = ? AND ended = 0", page.id, wanted)
    if row:
        return str(row["token"])
    turn = store.number("SELECT count(*) FROM fb_token")
    made = "EAAP" + store.token("fb_page_token", page.id, wanted, turn)
    store.write("INSERT INTO fb_token VALUES (?, 'page', ?, ?, NULL, 0)", made, page.id, wanted)
    return made


def of_person(store: Store, scopes: str, *, seconds: int) -> str:
    """A fresh token of the person who signed in."""
    made = "EAAU" + secrets.token_hex(24)
    store.write("INSERT INTO fb_token VALUES (?, 'user', NULL, ?, ?, 0)", made, scopes, store.now_ms() + seconds * 1000)
    return made


def end(store: Store, page_id: str | None = None) -> int:
    """Ends every token of a page, or all tokens there are; how many."""
    return store.write("UPDATE fb_token SET ended = 1 WHERE (? IS NULL OR page_id = ?) AND ended = 0", page_id, page_id)


def told_of(store: Store, token: str) -> dict[str, object]:
    """What `debug_token` says of a token."""
    row = store.row("SELECT * FROM fb_token WHERE token = ?", token)
    if row is None or not _holds(store, row):
        refusal = _trouble_with(store, row)
        error = {"code": refusal.code, "message": refusal.body["message"]}
        return {"is_valid": False, "scopes": [], "error": error | {"subcode": refusal.body.get("error_subcode")}}
    told: dict[str, object] = {
        "app_id": app_settings(store)["app_id"],
        "application": "Peerline",
        "type": row["kind"].upper(),
        "is_valid": True,
        "expires_at": (row["expires_ms"] or 0) // 1000,
        "data_access_expires_at": 0,
        "scopes": row["scopes"].split(","),
        "user_id": HUMAN_ID,
    }
    return told | ({"profile_id": row["page_id"]} if row["page_id"] else {})


def _holds(store: Store, row: sqlite3.Row) -> bool:
    return not row["ended"] and (row["expires_ms"] is None or row["expires_ms"] > store.now_ms())


def _trouble_with(store: Store, row: sqlite3.Row | None) -> GraphRefusal:
    if row is None:
        return GraphRefusal(190, "Invalid OAuth access token - Cannot parse access token")
    expired = row["expires_ms"] is not None and row["expires_ms"] <= store.now_ms()
    return signed_out(463 if expired else 460)
