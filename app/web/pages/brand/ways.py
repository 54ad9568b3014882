"""The ways to connect an account: what each network is asked to allow and why, by which app, and its no in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app, url_for
from flask_babel import LazyString, gettext, lazy_gettext

from app.channels import networks
from app.channels.base import (
    ChannelError,
    RateLimitedError,
    RefusedByNetworkError,
    SignedOutError,
)
from app.kernel.errors import NotFoundError, RefusedError
from app.kernel.settings import Settings
from app.web.formats import NETWORKS, moment


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that a network is asked to allow."""

    name: str
    """As the network calls it."""
    word: LazyString
    why: LazyString


PERMISSIONS: Mapping[str, tuple[Permission, ...]] = {
    "x": (
        Permission(
            "tweet.read",
            lazy_gettext("Read posts"),
            lazy_gettext("To hear who addresses the account, and the thread around it."),
        ),
        Permission(
            "users.read",
            lazy_gettext("Read profiles"),
            lazy_gettext("To know which account this is, and to show who asks."),
        ),
        Permission(
            "tweet.write",
            lazy_gettext("Write and delete posts"),
            lazy_gettext("To say approved replies as the account, and to take one back. Nothing is posted unapproved."),
        ),
        Permission(
            "offline.access",
            lazy_gettext("Stay connected"),
            lazy_gettext("Without it X would ask you again every two hours."),
        ),
    ),
    "facebook": (
        Permission(
            "pages_show_list",
            lazy_gettext("See your pages"),
            lazy_gettext("To show them to you, so that you choose which one is connected."),
        ),
        Permission(
            "pages_read_engagement",
            lazy_gettext("Read the page's posts"),
            lazy_gettext("To read what the page itself said, and the comments under it."),
        ),
        Permission(
            "pages_read_user_content",
            lazy_gettext("Read what visitors write"),
            lazy_gettext("To read posts and comments of visitors, and who they are."),
        ),
        Permission(
            "pages_manage_engagement",
            lazy_gettext("Answer comments"),
            lazy_gettext("To say approved replies as the page, and to take one back."),
        ),
        Permission(
            "pages_manage_metadata",
            lazy_gettext("Be told at once"),
            lazy_gettext("So that a new comment is heard within seconds."),
        ),
    ),
    "bluesky": (),
}
"""What each network is asked for, and nothing more; Bluesky knows one permission only, the app password."""


CALLS: Mapping[str, LazyString] = {
    "write": lazy_gettext("replies"),
    "delete": lazy_gettext("replies taken back"),
    "mentions": lazy_gettext("looks for mentions"),
    "timeline": lazy_gettext("looks at own posts"),
    "search": lazy_gettext("searches for watch words"),
    "lookup": lazy_gettext("posts looked up again"),
    "read": lazy_gettext("looks of any kind"),
    "calls": lazy_gettext("questions of any kind"),
    "stream": lazy_gettext("connections to the stream"),
    "rules": lazy_gettext("changes of what the stream brings"),
    "token": lazy_gettext("renewals of the keys"),
    "session": lazy_gettext("sign-ins"),
}
"""What networks count, in words, by their own names for it."""


def settings() -> Settings:
    """The settings of this process."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def channels() -> tuple[str, ...]:
    """The networks on which an account can be connected."""
    return tuple(channel for channel in PERMISSIONS if channel in networks.KINDS)


def known(channel: str) -> str:
    """The network of this name, for people.

    Raises:
        NotFoundError: no account can be connected there.

    """
    if channel not in channels():
        raise NotFoundError("There is no such network.")
    return NETWORKS.get(channel, channel)


def way_back(channel: str) -> str:
    """Where the network sends the browser after its question: our own page, by the settings and nobody else's word.

    Raises:
        RefusedError: the settings do not say where the portal is.

    """
    portal = settings().portal_url
    if not portal:
        raise RefusedError(
            "This house does not know its own address, so the network could not send you back. Whoever runs it sets "
            "PEERLINE_PORTAL_URL."
        )
    return portal.rstrip("/") + url_for("brand.connecting.back", channel=channel)


@contextmanager
def asked(label: str, kept: str) -> Iterator[None]:
    """What a network says no to, as a sentence with what was kept and what to do next."""
    try:
        yield
    except RateLimitedError as error:
        until = gettext("until %(time)s", time=moment(error.until)) if error.until else gettext("for a while")
        raise RefusedError(
            gettext("%(network)s asks us to wait %(until)s.", network=label, until=until) + kept
        ) from error
    except (SignedOutError, RefusedByNetworkError) as error:
        raise RefusedError(f"{gettext(str(error))} {kept}") from error
    except ChannelError as error:
        said = gettext("%(network)s cannot be reached right now. Try again in a few minutes.", network=label)
        raise RefusedError(f"{said} {kept}") from error
