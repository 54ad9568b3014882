"""Whether this process can do its work, for whoever watches it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy.exc import SQLAlchemyError

from app.kernel import schema
from app.kernel.bus import backlog
from app.kernel.db import db, session
from app.web.seats import open_to_all

pages = Blueprint("health", __name__)


@pages.get("/health")
@open_to_all
def show() -> Response:
    """Database, migration, and the work that waits or gave up. 503 when pages cannot be served as they should."""
    try:
        found = {"database": "reachable", "migration": "current" if _is_current() else "behind", **_deliveries()}
    except SQLAlchemyError:
        session.rollback()
        found = {"database": "unreachable"}
    well = found.get("database") == "reachable" and found.get("migration") == "current"
    return make_response(jsonify(status="ok" if well else "unwell", **found), 200 if well else 503)


def _is_current() -> bool:
    return schema.current(db.engine) == schema.head()


def _deliveries() -> dict[str, int]:
    return {f"deliveries_{state}": number for state, number in backlog().items()}
