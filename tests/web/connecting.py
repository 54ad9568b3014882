"""What the tests of connecting share: the sandbox that asks for consent, a house configured for it, and its manager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.channels import accounts
from app.kernel import clock
from app.kernel.db import session
from app.kernel.settings import Settings
from tests.channels.sandbox import Network, running_network
from tests.conftest import SECRET
from tests.web.conftest import Browse, Browser
from tests.world import House, World

PORTAL = "http://127.0.0.1:5999"


@pytest.fixture(scope="module")
def plaza() -> Iterator[Network]:
    """The sandbox network, which plays X and asks for consent as X does."""
    with running_network(portal_url=PORTAL) as network:
        yield network


@pytest.fixture
def network(plaza: Network) -> Network:
    """The same, with an empty world and the house's own time."""
    plaza.afresh()
    plaza.clock.moment = clock.now()
    return plaza


@pytest.fixture
def settings(database_url: str, tmp_path: Any, plaza: Network) -> Settings:
    """As the demo has them: the sandbox plays every network, and nothing else is configured."""
    app = plaza.control("GET", "/facebook/app")
    return Settings.from_environment(
        {
            "DATABASE_URL": database_url,
            "PEERLINE_SECRET": SECRET,
            "PEERLINE_DATA_DIR": str(tmp_path),
            "PEERLINE_SECURE_COOKIES": "0",
            "PEERLINE_SANDBOX_URL": plaza.url,
            "PEERLINE_PORTAL_URL": PORTAL,
            "PEERLINE_FACEBOOK_APP_ID": app["app_id"],
            "PEERLINE_FACEBOOK_APP_SECRET": app["app_secret"],
        }
    )


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def dana(browse: Browse, house: House) -> Browser:
    return browse(house, "dana")


def stored(house: House) -> list[tuple[str, str, str]]:
    """Every account of the brand: handle, state, where."""
    with house.scope():
        found = [(one.handle, one.state, one.base_url or "") for one in accounts.of_brand()]
        session.rollback()
    return found


def new(house: House) -> list[tuple[str, str, str]]:
    """Accounts besides the one of the planted world."""
    return [one for one in stored(house) if one[0] != house.handle]
