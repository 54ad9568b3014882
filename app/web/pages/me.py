"""What the house knows of me, what I want to be offered, and how to leave it everywhere."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.kernel.errors import RefusedError
from app.people import profile, wishes
from app.web import entered, seats
from app.web.seats import EVERYBODY, open_to

pages = Blueprint("me", __name__)
PAUSES = (1, 3, 7, 14, 30)
"""Days that a pause is offered for."""


@pages.get("/me")
@open_to(*EVERYBODY)
def show() -> ResponseReturnValue:
    """My name, my roles, what I am offered and why."""
    return render_template("me/page.html", wished=wishes.of(seats.person().member_id))


@pages.get("/me/profile")
@open_to(*EVERYBODY)
def my_profile() -> ResponseReturnValue:
    """How I am called, and how my replies are signed."""
    return render_template("me/profile.html")


@pages.post("/me/profile")
@open_to(*EVERYBODY, again=my_profile)
def rename() -> ResponseReturnValue:
    """Another name or alias, from now on."""
    if profile.rename(seats.person().member_id, request.form.get("name", ""), request.form.get("alias", "")):
        flash(gettext("Saved. New answers are signed with it; those in the threads keep the alias they had."))
    else:
        flash(gettext("Nothing was changed."))
    return redirect(url_for("me.show"), 303)


@pages.get("/me/offers")
@open_to("advocate")
def my_offers() -> ResponseReturnValue:
    """Which of the languages and topics that a manager gave me I want to be offered, and whether I pause."""
    return render_template("me/offers.html", wished=wishes.of(seats.person().member_id), pauses=PAUSES)


@pages.post("/me/offers")
@open_to("advocate", again=my_offers)
def narrow() -> ResponseReturnValue:
    """Only these, from now on."""
    wishes.narrow(seats.person().member_id, request.form.getlist("languages"), request.form.getlist("topics"))
    flash(gettext("Saved. Your queue follows it from now on."))
    return redirect(url_for("me.my_offers"), 303)


@pages.post("/me/pause")
@open_to("advocate", again=my_offers)
def pause() -> ResponseReturnValue:
    """Nothing for some days."""
    days = entered.number(request.form.get("days", ""))
    if days is None:
        raise RefusedError("Choose for how many days you pause.")
    wishes.pause(seats.person().member_id, days)
    flash(gettext("You pause. What you hold and what you wrote goes on; nothing new is offered."))
    return redirect(url_for("me.my_offers"), 303)


@pages.post("/me/resume")
@open_to("advocate", again=my_offers)
def resume() -> ResponseReturnValue:
    """The pause is over."""
    wishes.resume(seats.person().member_id)
    flash(gettext("Welcome back. Questions are offered to you again."))
    return redirect(url_for("queue.show"), 303)
