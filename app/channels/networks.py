"""Every network that Peerline speaks: what each is called, and how an account of it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.channels import bluesky_length, x_length
from app.channels.base import Door, Length, Network
from app.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Kind:
    """One network: its name for people, how its accounts are opened, and how it counts a text."""

    label: str
    opened: Callable[[Door], Network]
    measure: Callable[[str], Length]


def _x(door: Door) -> Network:
    from app.channels.x import X

    return X(door)


def _bluesky(door: Door) -> Network:
    from app.channels.bluesky import Bluesky  # here, since its library alone takes two seconds to import

    return Bluesky(door)


KINDS: Mapping[str, Kind] = {
    "x": Kind("X", _x, x_length.measure),
    "bluesky": Kind("Bluesky", _bluesky, bluesky_length.measure),
}


def kind(channel: str) -> Kind:
    """The network of this name.

    Raises:
        NotFoundError: no such network.

    """
    if channel not in KINDS:
        raise NotFoundError(f"There is no network called {channel}.")
    return KINDS[channel]


def opened(channel: str, door: Door) -> Network:
    """The adapter that speaks for one account.

    Raises:
        NotFoundError: no such network.

    """
    return kind(channel).opened(door)
