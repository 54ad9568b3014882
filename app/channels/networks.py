"""Every network that Peerline speaks: what each is called, and how an account of it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.channels import bluesky_length, facebook_length, limits, x_length
from app.channels.base import Door, Length, Network
from app.channels.limits import Limit
from app.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Kind:
    """One network: its name for people, how its accounts are opened, how it counts a text, and what it lets us ask."""

    label: str
    opened: Callable[[Door], Network]
    measure: Callable[[str], Length]
    limits: tuple[Limit, ...]
    reach: timedelta
    """How far back it can be asked for what was said; what is older when we come back is lost."""
    tells_of_replies: bool
    """Whether it tells a mentioned account of what others say later in the thread."""
    pause: float
    """Seconds between two looks at the least: who asks more often has soon nothing left to ask, or to answer with."""


def _x(door: Door) -> Network:
    from app.channels.x import X

    return X(door)


def _bluesky(door: Door) -> Network:
    from app.channels.bluesky import Bluesky  # here, since its library alone takes two seconds to import

    return Bluesky(door)


def _facebook(door: Door) -> Network:
    from app.channels.facebook import Facebook  # here, as the others: no network costs those who do not use it

    return Facebook(door)


KINDS: Mapping[str, Kind] = {
    "x": Kind("X", _x, x_length.measure, limits.X, timedelta(days=7), tells_of_replies=True, pause=4.0),
    "facebook": Kind(
        "Facebook",
        _facebook,
        facebook_length.measure,
        limits.FACEBOOK,
        timedelta(days=30),
        tells_of_replies=True,
        pause=60.0,
    ),
    "bluesky": Kind(
        "Bluesky",
        _bluesky,
        bluesky_length.measure,
        limits.BLUESKY,
        timedelta(days=30),
        tells_of_replies=False,
        pause=2.0,
    ),
}


def kind(channel: str) -> Kind:
    """The network of this name.

    Raises:
        NotFoundError: no such network.

    """
    if channel not in KINDS:
        raise NotFoundError(f"There is no network called {channel}.")
    return KINDS[channel]


def pause_between_looks(channel: str, wanted: float) -> float:
    """Seconds until an account is looked at again, when it should be every `wanted` seconds.

    Raises:
        NotFoundError: no such network.

    """
    return max(wanted, kind(channel).pause)


def opened(channel: str, door: Door) -> Network:
    """The adapter that speaks for one account.

    Raises:
        NotFoundError: no such network.

    """
    return kind(channel).opened(door)
