"""X's OAuth 2.0 with PKCE: where a manager consents, and how the tokens are fetched, renewed and given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests

from app.channels import x_line
from app.channels.base import RefusedByNetworkError, SignedOutError, UnreachableError
from app.channels.x_line import API, Host, body_of
from app.kernel import clock
from app.kernel.db import refuse_network_in_transaction

CONSENT = "https://x.com"
SCOPES = ("tweet.read", "users.read", "tweet.write", "offline.access")
RENEW_BEFORE = timedelta(minutes=5)
"""How long before its end a token is renewed, so that no call meets its end."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What X gives for a consent, and again at every renewal."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime

    def as_keys(self) -> dict[str, str]:
        """As they are kept among an account's keys: `expires_at` in seconds since 1970."""
        keys = {"access_token": self.access_token, "expires_at": str(int(self.expires_at.timestamp()))}
        return keys | ({"refresh_token": self.refresh_token} if self.refresh_token else {})


@dataclass(frozen=True, slots=True)
class Person:
    """The account that consented."""

    external_id: str
    handle: str
    name: str


def authorize_url(base_url: str | None, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
    """Where a manager's browser goes to consent. `challenge` is S256 of the verifier that `exchange` will show."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{(base_url or CONSENT).rstrip('/')}/i/oauth2/authorize?{urlencode(query)}"


def exchange(
    base_url: str | None, client_id: str, client_secret: str | None, *, code: str, redirect_uri: str, verifier: str
) -> Tokens:
    """Tokens for the code that came back from the consent.

    Raises:
        RefusedByNetworkError: X does not take the code: it is used, too old, or not for us.
        RateLimitedError: too many tries.
        UnreachableError: no answer; the consent has to be given again.

    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    answer = _post(base_url, "/2/oauth2/token", form, client_id, client_secret)
    if not answer.ok:
        raise RefusedByNetworkError("X does not take this consent: it was used before, or is too old. Connect again.")
    return _tokens(answer)


def renew(base_url: str | None, keys: Mapping[str, str]) -> Tokens:
    """New tokens for an account's keys; the old ones end.

    Raises:
        SignedOutError: X does not take the refresh token: it was withdrawn, or used by another process of ours.
        RateLimitedError: too many tries.
        UnreachableError: no answer that can be read.

    """
    form = {"grant_type": "refresh_token", "refresh_token": keys["refresh_token"]}
    answer = _post(base_url, "/2/oauth2/token", form, keys["client_id"], keys.get("client_secret"))
    if not answer.ok:
        raise SignedOutError("X no longer accepts this account's permission.")
    return _tokens(answer)


def revoke(base_url: str | None, client_id: str, client_secret: str | None, token: str) -> None:
    """Give a token back; one that X does not know any more counts as given back.

    Raises:
        UnreachableError: no answer.
        RateLimitedError: too many tries.

    """
    _post(base_url, "/2/oauth2/revoke", {"token": token}, client_id, client_secret)


def whoami(base_url: str | None, access_token: str) -> Person:
    """Whose token this is.

    Raises:
        SignedOutError: nobody's.
        RateLimitedError: too many questions.
        UnreachableError: no answer that can be read.

    """
    answer = _sent("GET", base_url, "/2/users/me", headers={"Authorization": f"Bearer {access_token}"})
    if not answer.ok:
        raise SignedOutError("X does not say whose account this is. Connect it again.")
    try:
        user = body_of(answer)["data"]
        return Person(str(user["id"]), str(user["username"]), str(user["name"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UnreachableError(x_line.UNREADABLE) from error


def keys_of(tokens: Tokens, client_id: str, client_secret: str | None) -> dict[str, str]:
    """The keys of an account that consented, as its door wants them."""
    return {"client_id": client_id, **({"client_secret": client_secret} if client_secret else {}), **tokens.as_keys()}


def is_due(keys: Mapping[str, str]) -> bool:
    """Whether an account's token ends within five minutes."""
    return float(keys["expires_at"]) <= (clock.now() + RENEW_BEFORE).timestamp()


def is_over(keys: Mapping[str, str]) -> bool:
    """Whether an account's token has ended."""
    return float(keys["expires_at"]) <= clock.now().timestamp()


def _post(
    base_url: str | None, path: str, form: Mapping[str, str], client_id: str, client_secret: str | None
) -> requests.Response:
    """A client with a secret shows it; one without names itself."""
    if client_secret:
        return _sent("POST", base_url, path, data=form, auth=(client_id, client_secret))
    return _sent("POST", base_url, path, data={**form, "client_id": client_id})


def _sent(method: str, base_url: str | None, path: str, **more: Any) -> requests.Response:
    refuse_network_in_transaction()
    with requests.Session() as session:
        session.mount(API, Host(base_url or API))
        try:
            answer = session.request(method, API + path, **more)
        except requests.RequestException as error:
            raise UnreachableError("X cannot be reached.") from error
    if answer.status_code == requests.codes.too_many_requests:
        raise x_line.in_our_words(answer, "")
    if answer.status_code >= requests.codes.server_error:
        raise UnreachableError(f"X answered {answer.status_code}.")
    return answer


def _tokens(answer: requests.Response) -> Tokens:
    try:
        body = body_of(answer)
        ends = clock.now() + timedelta(seconds=int(body.get("expires_in") or 0))
        return Tokens(str(body["access_token"]), body.get("refresh_token"), ends)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise UnreachableError(x_line.UNREADABLE) from error
