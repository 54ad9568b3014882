"""Whose keys these are: every network is asked before anything is stored, and told when an account is let go.

Nothing here touches the database; every verb talks to a network, outside of any transaction, and raises the
contract's errors.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
import structlog

from app.channels import networks
from app.channels.apps import App
from app.channels.base import (
    ChannelError,
    Door,
    RateLimitedError,
    RefusedByNetworkError,
    SignedOutError,
    UnreachableError,
)
from app.kernel import clock
from app.kernel.db import refuse_network_in_transaction

BLUESKY = "https://bsky.social"
TIMEOUTS = (3.0, 10.0)
LOOKED_BACK = timedelta(minutes=1)
"""A test asks for so little that it costs next to nothing."""
_X_API = "https://api.x.com"
_WHOLE_ACCOUNT = "com.atproto.access"
"""What Bluesky's server writes into a session that was opened with the account's main password."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Proven:
    """An account whose network took the keys."""

    external_id: str
    handle: str
    keys: dict[str, str] = field(repr=False)
    base_url: str | None = None


def verifier() -> str:
    """A new secret of one question to X (RFC 7636): its hash goes out, the word itself fetches the tokens."""
    return secrets.token_urlsafe(48)


def x_question(app: App, redirect_uri: str, state: str, proof: str) -> str:
    """Where the manager's browser goes to be asked by X."""
    from app.channels import x_oauth  # with tweepy, which only a process that speaks to X needs

    challenge = base64.urlsafe_b64encode(hashlib.sha256(proof.encode()).digest()).rstrip(b"=").decode()
    return x_oauth.authorize_url(app.base_url, app.client_id, redirect_uri, state, challenge)


def x_by_consent(app: App, code: str, redirect_uri: str, proof: str) -> Proven:
    """The account whose owner said yes, with its keys."""
    from app.channels import x_oauth  # with tweepy, which only a process that speaks to X needs

    tokens = x_oauth.exchange(
        app.base_url, app.client_id, app.client_secret, code=code, redirect_uri=redirect_uri, verifier=proof
    )
    who = x_oauth.whoami(app.base_url, tokens.access_token)
    keys = x_oauth.keys_of(tokens, app.client_id, None)
    return Proven(who.external_id, who.handle, keys, app.base_url)


def x_by_keys(keys: Mapping[str, str], base_url: str | None) -> Proven:
    """The account that five developer keys open: four of them say whose it is, the fifth must read it."""
    # Loaded here: a portal whose accounts are connected by a yes never signs this way, and starts sooner without.
    from requests_oauthlib import OAuth1  # type: ignore[import-untyped]

    refuse_network_in_transaction()
    signature = OAuth1(keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"])
    address = f"{base_url or _X_API}/2/users/me"
    try:
        answer = requests.get(address, auth=signature, timeout=TIMEOUTS, allow_redirects=False)
        user: dict[str, Any] = answer.json().get("data") or {} if answer.ok else {}
    except (requests.RequestException, ValueError, AttributeError) as error:
        raise UnreachableError("X cannot be reached.") from error
    if answer.status_code == requests.codes.too_many_requests:
        raise RateLimitedError(None)
    if answer.status_code >= requests.codes.server_error:
        raise UnreachableError(f"X answered {answer.status_code}.")
    if not user:
        raise SignedOutError("X does not accept these four keys: consumer key and secret, access token and secret.")
    proven = Proven(str(user["id"]), str(user["username"]), dict(keys), base_url)
    try:
        look("x", Door(proven.external_id, proven.handle, proven.keys, base_url))
    except SignedOutError as error:
        raise SignedOutError("X accepts the four keys that speak, but not the bearer token that reads.") from error
    return proven


@dataclass(frozen=True, slots=True)
class Page:
    """A Facebook page that a manager may connect."""

    id: str
    name: str
    handle: str
    token: str = field(repr=False)
    may_answer: bool
    """Whether the manager's role on the page lets anybody answer in its name."""


@dataclass(frozen=True, slots=True)
class Pages:
    """What a manager's yes on Facebook leads to."""

    pages: tuple[Page, ...]
    missing: tuple[str, ...]
    """Permissions that were asked for and not given."""


def facebook_question(app: App, redirect_uri: str, state: str) -> str:
    """Where the manager's browser goes to be asked by Facebook."""
    from app.channels import facebook_login  # with facebook-sdk, which only a process that speaks to it needs

    return facebook_login.dialog_url(app.client_id, redirect_uri, state, base_url=app.base_url)


def facebook_pages(app: App, code: str, redirect_uri: str) -> Pages:
    """The pages among which the manager chooses."""
    from app.channels import facebook_login  # as above

    given = facebook_login.granted(app.client_id, app.client_secret or "", redirect_uri, code, base_url=app.base_url)
    pages = tuple(Page(one.id, one.name, one.handle, one.token, one.may_answer) for one in given.pages)
    return Pages(pages, tuple(sorted(given.missing)))


def facebook_by_choice(app: App, page: Page) -> Proven:
    """One of these pages, of which Facebook will tell us what happens there."""
    from app.channels import facebook_login  # as above

    facebook_login.subscribe(page.id, page.token, app.client_secret or "", base_url=app.base_url)
    return Proven(page.id, page.handle, {"page_token": page.token}, app.base_url)


def bluesky_by_password(handle: str, app_password: str, service: str) -> Proven:
    """The account that this app password opens.

    Raises:
        RefusedByNetworkError: it is the account's main password, which we never keep.

    """
    from app.channels.bluesky_session import Line  # its library takes two seconds to import

    base_url = None if service == BLUESKY else service
    keys = {"app_password": app_password}
    session = Line(Door("", handle, keys, base_url, keep=keys.update)).session()
    if getattr(session.access_jwt_payload, "scope", None) == _WHOLE_ACCOUNT:
        raise RefusedByNetworkError("This is the account's main password, not an app password. Make an app password.")
    return Proven(session.did, session.handle, keys, base_url)


def look(channel: str, door: Door) -> None:
    """Ask for the last minute's mentions and throw them away: whether the keys work, and nothing else."""
    networks.opened(channel, door).mentions(clock.now() - LOOKED_BACK, None)


def give_back(channel: str, door: Door) -> None:
    """Tell the network that we let an account go. That it cannot be told stops nobody: the keys are forgotten here."""
    keys = door.keys
    try:
        if channel == "x" and "client_id" in keys:
            from app.channels import x_oauth  # as above

            for name in ("refresh_token", "access_token"):
                if token := keys.get(name):
                    x_oauth.revoke(door.base_url, keys["client_id"], keys.get("client_secret"), token)
        if channel == "facebook":
            from app.channels import facebook_login  # as above

            facebook_login.unsubscribe(
                door.external_id, keys["page_token"], keys.get("app_secret", ""), base_url=door.base_url
            )
    except ChannelError as error:
        log.warning("a network could not be told that an account was let go", channel=channel, error=str(error))
