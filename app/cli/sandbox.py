"""`sandbox`: the sandbox network as a process of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click

from app.cli.ports import refuse_taken
from app.sandbox.server import serve

MOST_CALLS = "10000000"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8001)
@click.option(
    "--data", type=click.Path(dir_okay=False, path_type=Path), help="File that keeps its world; none: memory."
)
@click.option("--seed", type=int, default=1, help="The same seed gives the same ids and answers.")
@click.option("--mail-port", type=click.IntRange(1, 65535), help="Take mails by SMTP there, readable at /mail.")
def command(port: int, data: Path | None, seed: int, mail_port: int | None) -> None:
    """Run the sandbox network on this machine only. PEERLINE_SANDBOX_TOKEN is its control token."""
    for wanted in (port, mail_port):
        if wanted:
            refuse_taken("127.0.0.1", wanted)
    token = os.environ.get("PEERLINE_SANDBOX_TOKEN")

    def ready(url: str, made: str) -> None:
        print(f"The sandbox network is on {url}" + ("." if token else f", its control token is {made}."), flush=True)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    portal = os.environ.get("PEERLINE_PORTAL_URL")
    world = str(data or ":memory:")
    serve(
        "127.0.0.1",
        port,
        world,
        seed,
        control_token=token,
        portal_url=portal,
        mail_port=mail_port,
        facebook=_facebook(portal),
        ready=ready,
    )


def _facebook(portal: str | None) -> dict[str, str]:
    """What the house calls its app there, if it has one; then pages may be asked as often as a demo asks."""
    app_id, secret = os.environ.get("PEERLINE_FACEBOOK_APP_ID"), os.environ.get("PEERLINE_FACEBOOK_APP_SECRET")
    if not app_id or not secret:
        return {}
    word = os.environ.get("PEERLINE_FACEBOOK_VERIFY_TOKEN", "")
    known = {"app_id": app_id, "app_secret": secret.partition(",")[0], "verify_token": word, "limit": MOST_CALLS}
    return known | ({"callback_url": f"{portal.rstrip('/')}/webhooks/facebook"} if portal and word else {})
