"""For who cannot get in: ask for a link by mail; behind it, a new password, or this browser let in with the old one."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.kernel import mail
from app.kernel.errors import RefusedError
from app.people import known, way_in
from app.web import doorstep
from app.web.doorstep import guards_mailboxes
from app.web.seats import open_to_all

pages = Blueprint("way_in", __name__)
COMMAND = "python3 -m app members reset-link you@example.org"
"""What whoever runs a house without mail can do."""


@pages.get("/sign-in/help")
@open_to_all
def show() -> ResponseReturnValue:
    """Ask for the address."""
    return render_template("way_in/ask.html", by_mail=mail.is_set_up(), sent="sent" in request.args, command=COMMAND)


@pages.post("/sign-in/help")
@guards_mailboxes
@open_to_all
def ask() -> ResponseReturnValue:
    """The same answer for every address, in the same time: the work is the same until later."""
    if mail.is_set_up():
        way_in.ask(request.form.get("email", ""))
    return redirect(url_for("way_in.show", sent=""), 303)


@pages.get("/way-in/<token>")
@open_to_all
def choose(token: str) -> ResponseReturnValue:
    """A new password, or keep it. Opening the link uses nothing up: mail programs open links by themselves."""
    owner = way_in.owner(token)
    if owner is None:
        return render_template("way_in/over.html"), 404
    return render_template("way_in/choose.html", owner=owner, token=token)


@pages.post("/way-in/<token>")
@open_to_all
def set_password(token: str) -> ResponseReturnValue:
    """Every sign-in of the member ends; this browser may try the new password at once."""
    owner = way_in.owner(token)
    if owner is None:
        return render_template("way_in/over.html"), 404
    try:
        member_id = way_in.set_password(token, request.form.get("password", ""))
    except RefusedError as error:  # raised before anything is written
        return render_template("way_in/choose.html", owner=owner, token=token, problem=gettext(str(error))), 422
    return _to_the_door(known.remember(None, member_id), gettext("Your new password is set. Sign in with it."))


@pages.post("/way-in/<token>/keep")
@open_to_all
def keep(token: str) -> ResponseReturnValue:
    """The password stays; this browser is the owner's from now on."""
    if way_in.owner(token) is None:
        return render_template("way_in/over.html"), 404
    browser = way_in.let_browser_in(token, doorstep.known_browser())
    said = gettext("This browser is let in. Sign in with your password; what others try does not stop you here.")
    return _to_the_door(browser, said)


def _to_the_door(browser: str, said: str) -> Response:
    flash(said)
    response = make_response(redirect(url_for("sign_in.show"), 303))
    doorstep.give_known(response, browser)
    return response
