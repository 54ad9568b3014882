"""Bluesky's own servers on this machine: installed once, started by `python3 -m tests --full`, gone with it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.kernel.settings import PROJECT, normalise_database_url
from app.supervise import SuperviseError, wait_until
from app.supervise.children import last_line, spawn

URL = os.environ.get("PEERLINE_TEST_BLUESKY")
"""Where the suite started it; None where it did not."""
PACKAGE = "@atproto/dev-env"
VERSION = "0.3.215"
"""The last line that runs on the Node of Debian's current release. 362 MB with all it needs."""
NO_LIMITS = "not counted"
"""The word with which the people of the tests pass their server's limits; the house's own account is counted."""
_PROGRAM = Path(__file__).with_name("bluesky") / "network.cjs"
_INSTALL_SECONDS, _START_SECONDS = 1200, 300


@contextmanager
def running_bluesky(postgres_url: str) -> Iterator[str]:
    """The address of a data server on a network of its own, which is empty; gone with the block and with this process.

    Raises SuperviseError where something that it needs is missing. The first time takes minutes: it is installed.
    """
    packages = _installed()
    database = _database(postgres_url)
    with TemporaryDirectory(prefix="peerline-bluesky-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "network.log"
        env = os.environ | {
            "DB_POSTGRES_URL": database,
            "LOG_ENABLED": "false",
            "NODE_ENV": "test",
            "TMPDIR": folder,  # each account has a file of its own in there
        }
        argv = ["node", str(_PROGRAM), str(packages), NO_LIMITS]
        server = spawn(argv, env=env, output=log, signum=signal.SIGKILL)
        try:
            yield _address(server, log)
        finally:
            server.kill()
            server.wait()


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    found: list[str] = []

    def look() -> bool:
        if server.poll() is not None:
            raise SuperviseError(f"Bluesky's servers did not start: {last_line(log)}")
        lines = log.read_text(errors="replace").splitlines()
        found[:] = [line for line in lines if re.fullmatch(r'\{"pds":.+\}', line)]  # a line may be half written
        return bool(found)

    wait_until(look, timeout=_START_SECONDS)
    return str(json.loads(found[0])["pds"])


def _installed() -> Path:
    """The folder with the packages: PEERLINE_BLUESKY_DIR, else one of ours in .data. Of two starts, one installs."""
    folder = Path(os.environ.get("PEERLINE_BLUESKY_DIR") or PROJECT / ".data" / "bluesky") / VERSION
    if not shutil.which("node"):
        raise SuperviseError("node is missing")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole = folder / "whole"
        if not whole.exists():
            _install(folder)
            whole.touch()
    return folder


def _install(folder: Path) -> None:
    missing = [program for program in ("npm", "g++", "make", "python3") if not shutil.which(program)]
    if missing:
        raise SuperviseError(f"{', '.join(missing)} is missing")
    wanted = {"name": "bluesky-for-tests", "private": True, "dependencies": {PACKAGE: VERSION}}
    # A part of it is compiled here; newer versions of npm run no such step that is not named.
    wanted["allowScripts"] = {"better-sqlite3": True}
    (folder / "package.json").write_text(json.dumps(wanted))
    env = dict(os.environ)
    headers = Path(str(shutil.which("node"))).resolve().parents[1]
    if (headers / "include" / "node" / "node.h").exists():
        env["npm_config_nodedir"] = str(headers)  # the headers are here already
    log = folder / "install.log"
    sys.stdout.write("Installing Bluesky's own servers for the tests: a few minutes, this once.\n")
    sys.stdout.flush()
    making = spawn(["npm", "install", "--no-audit", "--no-fund"], env=env, output=log, cwd=folder)
    try:
        failed = making.wait(_INSTALL_SECONDS) != 0
    except subprocess.TimeoutExpired:
        making.kill()
        failed = True
    if failed:
        raise SuperviseError(f"npm could not install {PACKAGE}: {last_line(log)} (all of it in {log})")


def _database(postgres_url: str) -> str:
    """An empty database for its AppView, in the words of its own driver. It goes with the suite's server."""
    name = f"bluesky_{secrets.token_hex(4)}"
    engine = create_engine(normalise_database_url(postgres_url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        known = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if not connection.execute(known).scalar_one():
            raise SuperviseError("this PostgreSQL has no pg_trgm, which Bluesky's AppView needs (postgresql-contrib)")
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = engine.url.set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def bluesky_url() -> str:
    """Where the running network is; without one, what needs it is left out, and the suite's last lines say why."""
    if URL is None:
        pytest.skip("no Bluesky servers: python3 -m tests --full starts them (node, npm, g++, make, PostgreSQL)")
    return URL
