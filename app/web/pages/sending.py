"""Replies between approval and the thread: what is under way, what is stuck, and what a person must decide."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.desk import publishing
from app.desk import queries as desk
from app.people import queries as people
from app.web import seats
from app.web.seats import STAFF, open_to

pages = Blueprint("sending", __name__)


@pages.get("/sending")
@open_to(*STAFF)
def show(reply_id: int | None = None) -> ResponseReturnValue:
    """Everything approved that is not public yet. `reply_id` is the one a refused button stood on."""
    found = desk.on_their_way()
    return render_template("sending/page.html", going=found, members=people.members(), at=reply_id)


@pages.post("/replies/<reply:reply_id>/send-again")
@open_to(*STAFF, again=show)
def send_again(reply_id: int) -> ResponseReturnValue:
    """A person looked: it is not in the thread."""
    publishing.send_again(reply_id, seats.hand())
    flash(gettext("It goes out once more."))
    return redirect(url_for("sending.show"), 303)


@pages.post("/replies/<reply:reply_id>/give-up")
@open_to(*STAFF, again=show)
def give_up(reply_id: int) -> ResponseReturnValue:
    """It will not be said; the case is open again, for staff."""
    publishing.give_up(reply_id, seats.hand())
    flash(gettext("Given up. The case is open again, in the staff lane."))
    return redirect(url_for("sending.show"), 303)
