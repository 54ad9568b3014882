"""The house as the networks know it: its own apps there, to which owners of accounts give their consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.kernel.settings import Settings

SANDBOX_CLIENT = "peerline-demo"
"""The client that the sandbox network's X knows without being told."""


@dataclass(frozen=True, slots=True)
class App:
    """One app of the house on one network."""

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    base_url: str | None = None
    """Another host than the network's own."""


class _Apps:
    """The apps of this process, once the settings are read."""

    known: Mapping[str, App] = {}


def use(settings: Settings) -> None:
    """Take the apps of the settings; the factory calls this once per process. The sandbox network needs none for X."""
    known = {}
    if settings.x_client_id:
        known["x"] = App(settings.x_client_id, settings.x_client_secret)
    elif settings.sandbox_url:
        known["x"] = App(SANDBOX_CLIENT, base_url=settings.sandbox_url)
    if settings.facebook_app_id and settings.facebook_app_secrets:
        known["facebook"] = App(settings.facebook_app_id, settings.facebook_app_secrets[0], settings.sandbox_url)
    _Apps.known = known


def on(channel: str) -> App | None:
    """The house's app on this network; None where the operator has set up none."""
    return _Apps.known.get(channel)


def secrets_for(channel: str, keys: Mapping[str, str]) -> dict[str, str]:
    """What the house's own app adds to an account's keys: the operator may change its secret, so no row keeps it."""
    app = on(channel)
    if app is None or app.client_secret is None:
        return {}
    if channel == "facebook":
        return {"app_secret": app.client_secret}
    return {"client_secret": app.client_secret} if keys.get("client_id") == app.client_id else {}
