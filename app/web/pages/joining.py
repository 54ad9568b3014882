"""An invitation's link: somebody makes an account, or takes the role with the one they have."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.kernel.errors import ConflictError, PeerlineError, RefusedError
from app.people import invitations, sign_in
from app.people.invitations import OpenInvitation
from app.web import seats
from app.web.pages.sign_in import let_in
from app.web.seats import open_to_all

pages = Blueprint("joining", __name__)


@pages.get("/join/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    """Who invites to what, and the one step that is left."""
    seats.recognise()
    return _page(token, invitations.behind(token))


@pages.post("/join/<token>")
@open_to_all
def accept(token: str) -> ResponseReturnValue:
    """Take the role: as the person who is signed in, or as somebody new."""
    found = invitations.behind(token)
    seats.recognise()
    if found is None or (g.person.email != found.email if g.person else found.has_account):
        return _page(token, found)
    try:
        return _joined(token, found)
    except (RefusedError, ConflictError) as error:  # raised before anything is written
        return _page(token, found, error)


def _joined(token: str, found: OpenInvitation) -> ResponseReturnValue:
    if g.person:
        brand_id = invitations.accept(token, g.person.member_id)
        seats.recognise()
        sign_in.look_at(g.token, g.person, brand_id)
        flash(gettext("You are in. This is %(brand)s.", brand=found.brand))
        return redirect(url_for("sign_in.home"), 303)
    form = request.form
    member_id = invitations.accept_as_new(token, form.get("name", ""), form.get("alias", ""), form.get("password", ""))
    return let_in(member_id, url_for("sign_in.home"))


def _page(token: str, found: OpenInvitation | None, error: PeerlineError | None = None) -> ResponseReturnValue:
    """The invitation as this reader may take it; a link that is over says so and what to do."""
    if found is None:
        return render_template("joining/over.html"), 404
    problem = gettext(str(error)) if error else ""
    page = render_template("joining/page.html", invitation=found, token=token, who=g.person, problem=problem)
    return page, error.status if error else 200
