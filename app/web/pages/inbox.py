"""Staff's first page: what burns, what is held, what the advocates have."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.desk import queries as desk
from app.web import seats
from app.web.seats import STAFF, open_to

pages = Blueprint("inbox", __name__)


@pages.get("/inbox")
@open_to(*STAFF)
def show() -> ResponseReturnValue:
    """Open cases of one lane, the most pressing first."""
    hand = seats.hand()
    lane = "advocates" if request.args.get("lane") == "advocates" else "staff"
    return render_template(
        "inbox/page.html",
        lane=lane,
        cases=desk.inbox() if lane == "staff" else tuple(offer.case for offer in desk.queue(hand, limit=50)),
        held=desk.held_by(hand.member_id),
        counts=desk.waiting_counts(),
    )
