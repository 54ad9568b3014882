"""What the house knows of me, and how to leave it everywhere."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.web.seats import EVERYBODY, open_to

pages = Blueprint("me", __name__)


@pages.get("/me")
@open_to(*EVERYBODY)
def show() -> ResponseReturnValue:
    """My name, my roles, what I am offered and why."""
    return render_template("me/page.html")
