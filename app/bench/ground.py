"""The ground a measurement stands on: an empty house on SQLite or PostgreSQL, a real Redis, and real workers."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app import bootstrap
from app.brands.founding import found
from app.channels import accounts
from app.channels.accounts import AccountView
from app.channels.base import Post
from app.factory import create_app
from app.kernel import schema
from app.kernel.db import brand_scope, db, transaction
from app.kernel.errors import UsageError
from app.kernel.settings import Settings
from app.supervise import find_postgres_bindir, temporary_postgres, temporary_redis
from app.supervise.children import spawn
from listeners.hear import take_in

Kind = Literal["sqlite", "postgres"]
SECRET = "a measurement's secret, thrown away with its database"  # noqa: S105
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Ground:
    """An empty house, and the environment in which its workers are started."""

    app: Any
    env: dict[str, str]


@contextmanager
def ground(kind: Kind, *, with_pages: bool = False) -> Iterator[Ground]:
    """An empty house with its context entered; everything is gone when the block ends."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="peerline-bench-"))
        env = {
            "DATABASE_URL": _database(kind, folder, stack),
            "REDIS_URL": stack.enter_context(temporary_redis()),
            "PEERLINE_SECRET": SECRET,
            "PEERLINE_DATA_DIR": folder,
        }
        app = create_app(Settings.from_environment(env), with_pages=with_pages)
        stack.enter_context(app.app_context())
        schema.upgrade(db.engine)
        yield Ground(app, env)
        for engine in db.engines.values():
            engine.dispose()


def _database(kind: Kind, folder: str, stack: ExitStack) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder}/bench.sqlite3"
    if find_postgres_bindir() is None:
        try:
            bootstrap.ensure_extra("requirements-postgres.txt")
        except bootstrap.SetupError as error:
            raise UsageError(str(error)) from None
    return stack.enter_context(temporary_postgres())


def account(handle: str) -> AccountView:
    """A brand with one account that is heard but cannot speak."""
    with transaction():
        brand_id = found(handle, handle, languages=("en", "vi", "zh", "ko"), regions=("US", "VN"))
        with brand_scope(brand_id):
            return accounts.account(accounts.connect(brand_id, "x", f"own-{handle}", handle))


def hear(into: AccountView, posts: Sequence[Post]) -> None:
    """Hear a batch, durable, in a transaction of its own."""
    with transaction(), brand_scope(into.brand_id):
        take_in(into, "{}", posts, origin="poll")


@contextmanager
def workers(on: Ground, number: int = WORKERS) -> Iterator[None]:
    """Real workers in processes of their own, ended with the block."""
    env = {**os.environ, **on.env}
    log = Path(on.env["PEERLINE_DATA_DIR"]) / "workers.log"
    started = [spawn([sys.executable, "-m", "app", "worker"], env=env, output=log) for _ in range(number)]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def peak_rss_mb() -> float:
    """The largest memory of this process, or of any process it started that has ended, in MB."""
    kib = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(kib / 1024, 1)
