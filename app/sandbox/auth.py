"""Who calls the sandbox network's API: an app's bearer token, a user's bearer token, or a signed OAuth 1.0a call."""

import base64
import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from werkzeug.wrappers import Request

from app.sandbox import accounts, x_problems, x_tokens
from app.sandbox.accounts import Account
from app.sandbox.store import Store

# A client that was redirected here by its transport has signed the address of the real network.
_SIGNED_HOSTS = ("https://api.twitter.com", "https://api.x.com")
_OAUTH1_FIELD = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Caller:
    """An account and in which of its two roles it calls: as itself, or as the app that only reads."""

    account: Account
    is_user: bool
    scopes: frozenset[str] = frozenset(x_tokens.SCOPES)


def caller_of(store: Store, request: Request) -> Caller:
    """Who sent this request. Raises the network's 401 when nobody known did."""
    header = request.headers.get("Authorization", "")
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        token = unquote(credentials.strip())
        if allowed := x_tokens.permission(store, token):
            return Caller(allowed.account, is_user=True, scopes=allowed.scopes)
        if owner := accounts.by_credential(store, "user_token", token):
            return Caller(owner, is_user=True)
        if owner := accounts.by_credential(store, "bearer_token", token):
            return Caller(owner, is_user=False)
    elif scheme.lower() == "oauth":
        fields = {name: unquote(value) for name, value in _OAUTH1_FIELD.findall(credentials)}
        owner = accounts.by_credential(store, "access_token", fields.get("oauth_token", ""))
        if owner and owner.consumer_key == fields.get("oauth_consumer_key") and _signed_by(owner, request, fields):
            return Caller(owner, is_user=True)
    raise x_problems.unauthorized()


def _signed_by(owner: Account, request: Request, fields: dict[str, str]) -> bool:
    """Whether the HMAC-SHA1 signature (RFC 5849, 3.4) was made with this account's secrets."""
    if fields.get("oauth_signature_method") != "HMAC-SHA1":
        return False
    pairs = [(name, value) for name, value in fields.items() if name not in ("oauth_signature", "realm")]
    pairs += parse_qsl(request.query_string.decode(), keep_blank_values=True)
    parameters = "&".join(sorted(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs))
    key = f"{_quoted(owner.consumer_secret or '')}&{_quoted(owner.access_token_secret or '')}".encode()
    for host in (*_SIGNED_HOSTS, request.host_url.rstrip("/")):
        base = "&".join(_quoted(part) for part in (request.method, host + request.path, parameters))
        expected = base64.b64encode(hmac.digest(key, base.encode(), "sha1")).decode()
        if hmac.compare_digest(expected, fields.get("oauth_signature", "")):
            return True
    return False


def _quoted(text: str) -> str:
    return quote(text, safe="")
