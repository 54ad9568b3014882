"""create_app(settings): the only module that knows every room."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import Connection

from app.channels import apps
from app.kernel import bus, clock, crypto, db, jobs, log, mail
from app.kernel.settings import Settings
from app.pipeline import ON

SQLITE_WAIT_SECONDS = 10


def create_app(settings: Settings, *, with_pages: bool = False) -> Flask:
    """The whole house on one database: for workers, the clock, the listener and every command; with pages for web."""
    log.configure()
    app = Flask("app.web", static_folder=None)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        SECRET_KEY=settings.secret,
        SECRET_KEY_FALLBACKS=settings.secrets[1:],
        SETTINGS=settings,
    )
    db.db.init_app(app)
    crypto.use(*settings.secrets)
    mail.use(settings)
    apps.use(settings)
    jobs.connect(settings.redis_url)
    bus.wire(ON)
    db.on_begin[:] = [_keep_time]
    if with_pages:
        from app import web  # the others start faster, and stay smaller, without it

        web.register(app, settings)
    return app


def _engine_options(settings: Settings) -> dict[str, Any]:
    if settings.is_sqlite:
        return {"connect_args": {"timeout": SQLITE_WAIT_SECONDS}}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}


def _keep_time(connection: Connection) -> None:
    if clock.is_stale():
        clock.sync(connection)
