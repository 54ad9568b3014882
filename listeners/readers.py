"""Every network that Peerline can read: its answers become posts, and our watch words become its queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.kernel.errors import NotFoundError
from listeners import bluesky, facebook, x
from listeners.hear import Read
from listeners.rules.matching import Rule


@dataclass(frozen=True, slots=True)
class Reader:
    """One network's own language: how its answers are read, and how it is asked for posts by their words."""

    read_page: Callable[[str], Iterator[Read]]
    queries_of: Callable[[Iterable[Rule]], Sequence[str]]


READERS: Mapping[str, Reader] = {
    "x": Reader(x.read_page, x.queries_of),
    "facebook": Reader(facebook.read_page, facebook.queries_of),
    "bluesky": Reader(bluesky.read_page, bluesky.queries_of),
}


def reader(channel: str) -> Reader:
    """The reader of this network.

    Raises:
        NotFoundError: no such network.

    """
    if channel not in READERS:
        raise NotFoundError(f"There is no network called {channel}.")
    return READERS[channel]
