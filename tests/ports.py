"""Ports for what has to know its own before it starts, and one that nobody can be reached at."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
ROW = 4
_CLAIMED: list[socket.socket] = []


def free_ports(number: int = 1) -> int:
    """The first of up to four free ports in a row, for the rest of this process's life.

    They lie below those that the system gives away by itself, and are claimed, over UDP, before anything listens there:
    two test processes never get the same ones.
    """
    assert number <= ROW
    for first in range(20_000, 32_000, ROW):
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind((HOST, first))
            for port in range(first, first + number):
                with socket.socket() as probe:
                    probe.bind((HOST, port))
        except OSError:
            claim.close()
            continue
        _CLAIMED.append(claim)
        return first
    raise RuntimeError(f"no {number} free ports in a row")


@contextmanager
def closed_port() -> Iterator[int]:
    """A port at which every connection is refused: it is taken, and nobody listens there."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield int(taken.getsockname()[1])
