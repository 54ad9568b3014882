"""`demo`: everything on this machine, with a demo world, ended with one Ctrl-C."""

from __future__ import annotations

import secrets
import shutil
import sys
from pathlib import Path
from typing import Literal

import click

from app.cli.ports import refuse_taken
from app.demo.people import PASSWORD, PEOPLE
from app.kernel.errors import UsageError
from app.kernel.settings import Settings
from app.supervise import Child, Supervisor, embedded_redis

READY_SECONDS = 120
PLANTED_SECONDS = 600
POLL_SECONDS = "2"
FACEBOOK_APP = "1000000000000001"


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65533), default=8000, help="Port of the portal; the sandbox takes the next two."
)
@click.option("--fresh", is_flag=True, help="Forget the demo's world and start over.")
def command(port: int, *, fresh: bool) -> None:
    """Run everything on this machine with a demo world. It keeps its data; Ctrl-C ends every part."""
    settings = Settings.from_environment()
    if not settings.embedded:
        raise UsageError(
            "DATABASE_URL is set: the demo runs on its own database only. Unset it, or use `web`, `worker`…"
        )
    for wanted in (port, port + 1, port + 2):
        refuse_taken("127.0.0.1", wanted)
    redis = embedded_redis(settings.data_dir)  # refuses a second start on the same folder
    if fresh or (settings.data_dir / "planting").exists():  # half a past is planted anew
        _forget(settings.data_dir)
    portal, plaza_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    token = secrets.token_urlsafe(24)
    env = {
        "REDIS_URL": redis.url,
        "PEERLINE_DATA_DIR": str(settings.data_dir),
        "PEERLINE_SANDBOX_URL": plaza_url,
        "PEERLINE_SANDBOX_TOKEN": token,
        "PEERLINE_FACEBOOK_APP_ID": FACEBOOK_APP,  # the sandbox plays this network too, with the same three words
        "PEERLINE_FACEBOOK_APP_SECRET": secrets.token_hex(16),
        "PEERLINE_FACEBOOK_VERIFY_TOKEN": secrets.token_urlsafe(16),
        "PEERLINE_PORTAL_URL": portal,
        "MAIL_URL": f"smtp://127.0.0.1:{port + 2}",
        "PEERLINE_POLL_SECONDS": POLL_SECONDS,
        "PYTHONUNBUFFERED": "1",
    }
    plaza_data = str(settings.data_dir / "sandbox.sqlite3")
    planted = settings.data_dir / "planted"
    with Supervisor(settings.data_dir / "logs") as supervisor:
        if redis.child:
            supervisor.start(redis.child)
        supervisor.start(_child("web", env, "--port", str(port), "--workers", "1"))
        plaza_ports = ("--port", str(port + 1), "--mail-port", str(port + 2))
        supervisor.start(_child("sandbox", env, *plaza_ports, "--data", plaza_data))
        supervisor.wait_until(redis.answers, READY_SECONDS)
        if not planted.exists():  # makes the database, its people, and their past
            print("Planting the demo's world: three weeks of questions and answers (once).", flush=True)
            supervisor.start(_child("plant", env, restart="never"))
        else:  # the house may be newer than its folder
            supervisor.start(_child("migrate", env, restart="never"))
        supervisor.wait_until(f"{portal}/health", READY_SECONDS)  # the pages come first, all cores are theirs
        supervisor.wait_until(planted.exists, PLANTED_SECONDS)
        for name in ("worker", "listen", "clock", "customers"):
            supervisor.start(_child(name, env))
        supervisor.start(_child("learn", env, restart="never"))  # takes seconds; until then the rules judge alone
        supervisor.wait_until(plaza_url, READY_SECONDS)
        _greet(portal, plaza_url, settings.data_dir)
        sys.exit(supervisor.run())


def _child(name: str, env: dict[str, str], *words: str, restart: Literal["always", "never"] = "always") -> Child:
    return Child(name, [sys.executable, "-m", "app", name, *words], env, restart)


def _forget(data_dir: Path) -> None:
    """Start over: the database, the sandbox's world and the queue go; the secret stays."""
    for pattern in ("peerline.sqlite3*", "sandbox.sqlite3*", "planted", "planting"):
        for path in data_dir.glob(pattern):
            path.unlink()
    shutil.rmtree(data_dir / "redis" / "appendonlydir", ignore_errors=True)


def _greet(portal: str, plaza: str, data_dir: Path) -> None:
    """Say where everything is and how to sign in."""
    roles: dict[str, list[str]] = {"advocate": [], "moderator": [], "manager": []}
    for person in PEOPLE:
        roles[next(iter(person.roles.values()))].append(person.email)
    lines = [
        "",
        f"  Peerline is on {portal}",
        f"  The network    {plaza}   (write there as a customer, and watch for the answer)",
        f"  The mailbox    {plaza}/mail   (every mail of the demo lands there)",
        "",
        *(f"  {role:<14} {', '.join(emails)}" for role, emails in roles.items()),
        f"  password       {PASSWORD}",
        "",
        f"  Data and logs are in {data_dir}. Ctrl-C ends everything; the next start goes on from there.",
        "",
    ]
    print("\n".join(lines), flush=True)
