"""In and out of the house, and from one brand to another."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.kernel.errors import NotFoundError
from app.people import sign_in
from app.web import seats
from app.web.refs import number_of
from app.web.seats import EVERYBODY, open_to, open_to_all
from app.web.security import (
    GUESSES_AT_ONE_ACCOUNT,
    GUESSES_FROM_ONE_ADDRESS,
    address_and_account,
    failed,
    limiter,
)

pages = Blueprint("sign_in", __name__)
HOMES = {"advocate": "queue.show", "moderator": "inbox.show", "manager": "inbox.show"}


@pages.get("/")
@open_to(*EVERYBODY)
def home() -> ResponseReturnValue:
    """Where this role's day begins."""
    return redirect(url_for(HOMES[seats.seat().role]))


@pages.get("/sign-in")
@open_to_all
def show() -> ResponseReturnValue:
    """The door. Whoever is signed in already is let through."""
    seats.recognise()
    if g.seat is not None:
        return redirect(safe_next())
    return render_template("sign_in/page.html", next=request.args.get("next", ""))


@pages.post("/sign-in")
@limiter.limit(GUESSES_FROM_ONE_ADDRESS, deduct_when=failed)
@limiter.limit(GUESSES_AT_ONE_ACCOUNT, key_func=address_and_account, deduct_when=failed)
@open_to_all
def enter() -> ResponseReturnValue:
    """Check the password; a new token each time, whatever the browser brought along."""
    token = sign_in.sign_in(request.form.get("email", ""), request.form.get("password", ""))
    if token is None:
        said = gettext("This e-mail address and password do not belong together. Nothing is locked; try again.")
        return render_template("sign_in/page.html", next=request.form.get("next", ""), problem=said), 401
    before = request.cookies.get(seats.cookie_name())
    if before:
        sign_in.sign_out(before)
    session.clear()  # the form token changes with the person
    response = make_response(redirect(safe_next(), 303))
    seats.give_cookie(response, token)
    return response


@pages.post("/sign-out")
@open_to(*EVERYBODY)
def leave() -> ResponseReturnValue:
    """The token is worth nothing from now on."""
    sign_in.sign_out(g.token)
    return _out(gettext("You are signed out."))


@pages.post("/me/sign-out-everywhere")
@open_to(*EVERYBODY)
def leave_everywhere() -> ResponseReturnValue:
    """End every sign-in of this person, this one too."""
    sign_in.sign_out_everywhere(seats.person().member_id)
    return _out(gettext("You are signed out in every browser."))


@pages.post("/brand")
@open_to(*EVERYBODY)
def switch() -> ResponseReturnValue:
    """Look at another brand in which the person has a seat."""
    brand_id = number_of("brand", request.form.get("brand", ""))
    if brand_id is None:
        raise NotFoundError("There is no such brand.")
    sign_in.look_at(g.token, seats.person(), brand_id)
    return redirect(url_for("sign_in.home"), 303)


@pages.post("/here")
@open_to(*EVERYBODY)
def here() -> ResponseReturnValue:
    """Somebody is reading: the sign-in does not go idle under them. Reading itself writes nothing."""
    return "", 204


def safe_next() -> str:
    """Where to go after signing in: a page of this house, and never anywhere else."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    local = wanted.startswith("/") and not wanted.startswith("//") and not parts.scheme and not parts.netloc
    if local and "\\" not in wanted and wanted.isprintable():
        return wanted
    return url_for("sign_in.home")


def _out(said: str) -> Response:
    session.clear()
    flash(said)
    response = make_response(redirect(url_for("sign_in.show"), 303))
    seats.take_cookie(response)
    return response
