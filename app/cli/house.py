"""The house for a command: settings, the app on its database, and the embedded database made when missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from app.demo import world
from app.factory import create_app
from app.kernel import schema
from app.kernel.db import db
from app.kernel.errors import UsageError
from app.kernel.settings import Settings


@contextmanager
def entered(settings: Settings | None = None) -> Iterator[Flask]:
    """The app with its context entered, on a database that has the newest migration.

    The embedded database is made, and planted with the demo world, when it is not there yet.

    Raises:
        UsageError: a real database that was not migrated, or is newer than the code.

    """
    settings = settings or Settings.from_environment()
    app = create_app(settings)
    with app.app_context():
        if settings.embedded:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            world.ensure()
        elif (current := schema.current(db.engine)) != schema.head():
            raise UsageError(f"The database is at migration {current or 'none'}: run `python3 -m app migrate` first.")
        yield app
