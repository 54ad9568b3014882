"""Every network that Peerline can read: its answers become posts, and our watch words become its queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.channels.base import Post
from app.kernel.errors import NotFoundError
from listeners import x
from listeners.hear import Unreadable
from listeners.rules.matching import Rule


@dataclass(frozen=True, slots=True)
class Reader:
    """One network's own language: how its answers are read, and how it is asked for posts by their words."""

    read_page: Callable[[str], Iterator[Post | Unreadable]]
    queries_of: Callable[[Iterable[Rule]], Sequence[str]]


READERS: Mapping[str, Reader] = {"x": Reader(x.read_page, x.queries_of)}


def reader(channel: str) -> Reader:
    """The reader of this network.

    Raises:
        NotFoundError: no such network.

    """
    if channel not in READERS:
        raise NotFoundError(f"There is no network called {channel}.")
    return READERS[channel]
