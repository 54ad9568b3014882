"""The only HTTP of the product: pages, health, and what keeps both safe."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g
from flask_babel import Babel

from app.kernel.settings import Settings
from app.web import assets, errors, formats, health, places, refs, saying, seats, security, typed
from app.web.pages import (
    account,
    advocates,
    alerts,
    answers,
    appeals,
    assessment,
    audit,
    board,
    case,
    customers,
    desk,
    inbox,
    joining,
    me,
    mentions,
    overview,
    points,
    queue,
    reports,
    review,
    sending,
    sign_in,
    way_in,
    webhooks,
)
from app.web.pages.brand import home as brand

AREAS = (
    sign_in,
    way_in,
    joining,
    account,
    queue,
    case,
    desk,
    customers,
    inbox,
    review,
    mentions,
    assessment,
    appeals,
    sending,
    answers,
    points,
    board,
    overview,
    reports,
    advocates,
    audit,
    brand,
    me,
    alerts,
    places,
    webhooks,
    health,
)


def register(app: Flask, settings: Settings) -> None:
    """Hang the pages into the app: first what guards them, then the pages."""
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    security.register(app, settings)
    seats.register(app)
    errors.register(app)
    refs.register(app)
    Babel(app, default_locale="en")
    formats.register(app)
    typed.register(app)
    saying.register(app)
    assets.register(app)
    app.jinja_env.globals.update(
        places_of=places.places_of, lit=places.lit, unread=alerts.unread, new_elsewhere=alerts.new_elsewhere
    )
    app.context_processor(_everywhere)
    for area in AREAS:
        app.register_blueprint(area.pages)


def _everywhere() -> dict[str, Any]:
    """What every template may speak of: the person, the seat, the brands, and the house's own links."""
    return {
        "person": g.get("person"),
        "seat": g.get("seat"),
        "brand": g.get("brand"),
        "brands": g.get("brands", ()),
        "sandbox_url": current_app.config["SETTINGS"].sandbox_url,
    }
