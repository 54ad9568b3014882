"""What every test stands on: a fresh database per test (SQLite, and PostgreSQL where one runs), closed sockets."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Dialect, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from app.factory import create_app
from app.kernel import clock, schema
from app.kernel.db import Base, db, session
from app.kernel.settings import Settings, normalise_database_url
from app.people import passwords
from tests import tables
from tests.world import World, plant

SECRET = "only for tests, only for tests, only for tests"
POSTGRES = os.environ.get("PEERLINE_TEST_POSTGRES")
REDIS = os.environ.get("PEERLINE_TEST_REDIS")

# The same examples at every run, however busy the machine is; `--hypothesis-profile default` goes to look for new ones.
hypothesis_settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("suite")


class Planted:
    """A file with the world in it: copying it is a tenth of the work of planting it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._world: World | None = None

    def world_in(self, database_url: str) -> World:
        """Put the world into this database, which is empty and not in use."""
        file = Path(database_url.removeprefix("sqlite:///"))
        if self._world is None:
            self._world = plant()
            _close(db.engine)
            shutil.copyfile(file, self._path)
        else:
            _close(db.engine)
            shutil.copyfile(self._path, file)
        return self._world.again()


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """No test talks to anybody but this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address[0]}")
        real(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]
    yield
    socket.socket.connect = real  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """The real algorithm, with parameters that do not cost a tenth of a second per person."""
    passwords.make_cheap()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    return path


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> str:
    """A migrated database of this test process on the suite's PostgreSQL."""
    if POSTGRES is None:
        raise RuntimeError("PEERLINE_TEST_POSTGRES is not set: run python3 -m tests")
    name = f"peerline_{worker_id}"
    base = normalise_database_url(POSTGRES)
    server = create_engine(base, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = str(server.url.set(database=name).render_as_string(hide_password=False))
    schema.upgrade(create_engine(url, poolclass=NullPool))
    return url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite file for this test."""
    path = tmp_path / "peerline.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Every test that touches the database runs on both kinds."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings as a process would read them."""
    return Settings.from_environment(
        {
            "DATABASE_URL": database_url,
            "PEERLINE_SECRET": SECRET,
            "PEERLINE_DATA_DIR": str(tmp_path),
            "PEERLINE_SECURE_COOKIES": "0",
        }
    )


@pytest.fixture
def with_pages() -> bool:
    """Most tests knock at no door; those of the pages ask for them."""
    return False


@pytest.fixture
def app(settings: Settings, with_pages: bool) -> Iterator[Flask]:  # noqa: FBT001  a fixture, not a flag
    """The whole house on an empty database, with its context entered."""
    house = create_app(settings, with_pages=with_pages)
    house.testing = True
    with house.app_context():
        _share_compiled_statements(db.engine)
        yield house
        session.remove()
        clock.forget()
        if not settings.is_sqlite:
            _empty(settings)
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The world as the first test on SQLite planted it, for the others to copy."""
    return Planted(tmp_path_factory.mktemp("planted") / "world.sqlite3")


@pytest.fixture
def world(app: Flask, planted: Planted) -> World:
    """Two brands with their people and an account each; see tests/world.py."""
    settings: Settings = app.config["SETTINGS"]
    return planted.world_in(settings.database_url) if settings.is_sqlite else plant()


@pytest.fixture
def later() -> object:
    """`later(minutes=5)` sets the house's clock ahead, for everything that shares the database."""

    def ahead(**much: float) -> None:
        session.rollback()
        with db.engine.begin() as connection:
            clock.set_offset(connection, clock.offset() + timedelta(**much))

    return ahead


@pytest.fixture
def report_fault(record_property: Any, database_url: str) -> Any:
    """`report_fault(5, "everything twice", "difference 0")` adds a row to the table of faults."""
    kind = "SQLite" if database_url.startswith("sqlite") else "PostgreSQL"

    def report(number: int, what: str, figures: str) -> None:
        record_property(tables.FAULT, (number, f"{what} ({kind})", figures))

    return report


_DIALECTS: dict[str, Dialect] = {}
_STATEMENTS: dict[str, Any] = {}


def _share_compiled_statements(engine: Engine) -> None:
    """SQLAlchemy keeps compiled statements per engine and dialect; here each test has its own, and one kind of SQL."""
    engine.dialect = _DIALECTS.setdefault(engine.dialect.name, engine.dialect)
    engine.update_execution_options(compiled_cache=_STATEMENTS.setdefault(engine.dialect.name, {}))


def _close(engine: Engine) -> None:
    """Leave a SQLite file alone and whole: nothing of it is left in its journal."""
    session.remove()
    with engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    engine.dispose()


def _empty(settings: Settings) -> None:
    """Take every row out of a PostgreSQL database: deleting the few rows of a test is cheaper than truncating.

    The replica role leaves triggers and foreign keys out, the ones that keep the ledger for ever as well.
    """
    names = [f'"{table.name}"' for table in Base.metadata.sorted_tables]
    numbered = {f'"{table.name}"' for table in Base.metadata.sorted_tables if "id" in table.c}
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)  # noqa: S608
    with create_engine(settings.database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for name in connection.execute(text(asked)).scalars().all():
            connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608
            if name in numbered:
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 1, false)"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured and tried, as tables at the end."""
    tables.print_all(terminalreporter)
