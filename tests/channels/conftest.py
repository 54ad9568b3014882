"""The sandbox network, started once for each file of tests and emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.sandbox import Network, running_network


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    """The server; a file that needs another one has a fixture of this name itself."""
    with running_network() as started:
        yield started


@pytest.fixture
def network(running: Network) -> Network:
    """The server, as if nobody had ever written there."""
    return running.afresh()
