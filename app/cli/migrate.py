"""`migrate`: bring the database to the newest migration."""

from __future__ import annotations

import click

from app.factory import create_app
from app.kernel import schema
from app.kernel.db import db
from app.kernel.settings import Settings


@click.command()
def command() -> None:
    """Bring the database to the newest migration. Safe to run again."""
    settings = Settings.from_environment()
    with create_app(settings).app_context():
        before = schema.current(db.engine)
        schema.upgrade(db.engine)
        print(f"Migration {schema.head()} is in place (it was {before or 'an empty database'}).")
