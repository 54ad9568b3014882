"""The board: who helped how much, and where I stand."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.people import queries as people
from app.web import seats
from app.web.seats import EVERYBODY, open_to
from gamification import queries as points

pages = Blueprint("board", __name__)


@pages.get("/board")
@open_to(*EVERYBODY)
def show() -> ResponseReturnValue:
    """Members by points; equal points share a place."""
    return render_template(
        "board/page.html", places=points.board(), members=people.members(), me=seats.person().member_id
    )
