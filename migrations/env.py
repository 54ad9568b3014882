"""How alembic runs our migrations: on the engine it is given, one transaction per migration, both ways."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine

LOCK_TIMEOUT = "3s"


def run() -> None:
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":  # a migration that cannot get its lock must not queue up the site
            connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=context.config.attributes["metadata"],
            transaction_per_migration=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
