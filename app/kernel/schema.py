"""The database's shape: bring it to the newest migration, or tell which one it has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.kernel.audit import AuditRow
from app.kernel.bus import Delivery
from app.kernel.clock import HouseFact
from app.kernel.db import Base, turn_on_wal
from app.kernel.leases import Lease
from app.kernel.mail import Mail

KERNEL_TABLES = (AuditRow, Delivery, HouseFact, Lease, Mail)
"""Named here so that they are known wherever the shape is; the rooms' tables come with the factory."""
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = engine
    config.attributes["metadata"] = Base.metadata
    return config


def head() -> str:
    """The newest migration of the code."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    revision = ScriptDirectory.from_config(config).get_current_head()
    if revision is None:
        raise RuntimeError("there are no migrations")
    return revision


def current(engine: Engine) -> str | None:
    """The migration that the database has; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a migration. A new SQLite file becomes WAL here, once, before anybody else opens it."""
    if engine.dialect.name == "sqlite" and current(engine) is None:
        with engine.connect() as connection:
            turn_on_wal(connection.connection.dbapi_connection)
    command.upgrade(_config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to a migration; `base` is the empty one."""
    command.downgrade(_config(engine), revision)
