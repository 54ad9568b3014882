"""In and out of the house, and from one brand to another."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.brands import queries as brands
from app.kernel.errors import NotFoundError
from app.people import known, second_factor, sign_in, tickets
from app.people.rules import browser_of
from app.web import doorstep, seats
from app.web.doorstep import guards_codes, guards_passwords
from app.web.refs import number_of
from app.web.seats import EVERYBODY, open_to, open_to_all
from listeners import queries as heard

pages = Blueprint("sign_in", __name__)
HOMES = {"advocate": "queue.show", "moderator": "inbox.show", "manager": "overview.show"}


@pages.get("/")
@open_to(*EVERYBODY)
def home() -> ResponseReturnValue:
    """Where this role's day begins; for a manager whose brand has heard nothing yet, where it is set up."""
    role = seats.seat().role
    is_new = role == "manager" and heard.first_mention() is None
    return redirect(url_for("brand.show" if is_new else HOMES[role]))


@pages.get("/sign-in")
@open_to_all
def show() -> ResponseReturnValue:
    """The door. Whoever is signed in already is let through."""
    seats.recognise()
    if g.seat is not None:
        return redirect(safe_next())
    return render_template("sign_in/page.html", next=request.args.get("next", ""))


@pages.post("/sign-in")
@guards_passwords
@open_to_all
def enter() -> ResponseReturnValue:
    """Check the password; then let in, or ask for the second factor."""
    member_id = sign_in.proven(request.form.get("email", ""), request.form.get("password", ""))
    if member_id is None:
        said = gettext("This e-mail address and password do not belong together. Nothing is locked; try again.")
        return render_template("sign_in/page.html", next=request.form.get("next", ""), problem=said), 401
    if not second_factor.is_on(member_id):
        return let_in(member_id)
    response = make_response(redirect(url_for("sign_in.second_step", next=request.form.get("next", "")), 303))
    doorstep.give_half(response, tickets.issue(member_id, "second_factor"))
    return response


@pages.get("/sign-in/code")
@open_to_all
def second_step() -> ResponseReturnValue:
    """Ask for a code of the authenticator app."""
    if doorstep.half_signed_in() is None:
        return redirect(url_for("sign_in.show", next=request.args.get("next", "")))
    return render_template("sign_in/code.html", next=request.args.get("next", ""))


@pages.post("/sign-in/code")
@guards_codes
@open_to_all
def check_code() -> ResponseReturnValue:
    """Check the code; the ticket of the first step is used up with it."""
    ticket, member_id = doorstep.half_ticket(), doorstep.half_signed_in()
    if ticket is None or member_id is None:
        return _first_step_again(gettext("That took longer than ten minutes, or was tried too often. Sign in again."))
    if second_factor.takes(member_id, request.form.get("code", "")) and tickets.use(ticket, "second_factor"):
        response = let_in(member_id)
        doorstep.take_half(response)
        return response
    tickets.strike(ticket, "second_factor")
    if tickets.holder(ticket, "second_factor") is None:
        return _first_step_again(gettext("Five codes were wrong. Begin with your password again; nothing is locked."))
    said = gettext("This code is not right, or was used before. Wait for the app's next one.")
    return render_template("sign_in/code.html", next=request.form.get("next", ""), problem=said), 401


@pages.post("/sign-out")
@open_to_all
def leave() -> ResponseReturnValue:
    """The token is worth nothing from now on. Open to all: who has no role in any brand may leave too."""
    seats.recognise()
    if g.token:
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
    return redirect(safe_next(), 303)


@pages.get("/brand/other")
@open_to(*EVERYBODY)
def elsewhere() -> ResponseReturnValue:
    """A link led to a page of another brand of the person: reading changes nothing, so they are asked."""
    brand_id = number_of("brand", request.args.get("brand", ""))
    if brand_id is None or all(seat.brand_id != brand_id for seat in seats.person().seats):
        raise NotFoundError("There is no such brand.")
    return render_template("sign_in/elsewhere.html", other=brands.brand(brand_id), onward=safe_next())


@pages.post("/here")
@open_to(*EVERYBODY)
def here() -> ResponseReturnValue:
    """Somebody is reading: the sign-in does not go idle under them. Reading itself writes nothing."""
    return "", 204


def let_in(member_id: int, onward: str | None = None) -> Response:
    """A new token each time, whatever the browser brought along; from now on the browser is a known one."""
    before = request.cookies.get(seats.cookie_name())
    if before:
        sign_in.sign_out(before)
    session.clear()  # the form token changes with the person
    response = make_response(redirect(onward or safe_next(), 303))
    seats.give_cookie(response, sign_in.begin(member_id, browser_of(request.user_agent.string)))
    doorstep.give_known(response, known.remember(doorstep.known_browser(), member_id))
    return response


def safe_next() -> str:
    """Where to go after signing in: a page of this house, and never anywhere else."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    local = wanted.startswith("/") and not wanted.startswith("//") and not parts.scheme and not parts.netloc
    if local and "\\" not in wanted and wanted.isprintable():
        return wanted
    return url_for("sign_in.home")


def _first_step_again(said: str) -> Response:
    flash(said)
    response = make_response(redirect(url_for("sign_in.show", next=request.form.get("next", "")), 303))
    doorstep.take_half(response)
    return response


def _out(said: str) -> Response:
    session.clear()
    flash(said)
    response = make_response(redirect(url_for("sign_in.show", next=request.form.get("next")), 303))
    seats.take_cookie(response)
    return response
