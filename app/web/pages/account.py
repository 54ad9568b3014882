"""How I sign in: my password, my second factor, and the browsers in which I am signed in."""

from __future__ import annotations

import segno
from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from app.people import account, queries, second_factor, sign_in
from app.web import seats
from app.web.doorstep import guards_own_password
from app.web.seats import EVERYBODY, open_to

pages = Blueprint("account", __name__)


@pages.get("/me/security")
@open_to(*EVERYBODY)
def show() -> ResponseReturnValue:
    """Password, second factor, sign-ins."""
    me = seats.person()
    staff = any(seat.is_staff for seat in me.seats)
    return render_template(
        "account/page.html",
        sign_ins=queries.sign_ins(me.member_id, g.token, staff=staff),
        codes_left=second_factor.codes_left(me.member_id) if me.has_second_factor else 0,
        required=seats.owes_second_factor(),
    )


@pages.post("/me/security/password")
@guards_own_password
@open_to(*EVERYBODY, again=show)
def change_password() -> ResponseReturnValue:
    """A new password; the other browsers are signed out."""
    form = request.form
    account.change_password(
        seats.person().member_id, form.get("password", ""), form.get("new_password", ""), token=g.token
    )
    return _back(gettext("Your password is changed. Every other browser is signed out."))


@pages.post("/me/security/second-factor")
@guards_own_password
@open_to(*EVERYBODY, again=show)
def start() -> ResponseReturnValue:
    """Begin to set up an authenticator app."""
    account.start_second_factor(seats.person().member_id, request.form.get("password", ""))
    return redirect(url_for("account.set_up"), 303)


@pages.get("/me/security/second-factor")
@open_to(*EVERYBODY)
def set_up() -> ResponseReturnValue:
    """The secret for the app, as a picture and as text, until a first code confirms it."""
    setup = second_factor.setup(seats.person().member_id)
    if setup is None:
        return redirect(url_for("account.show"))
    picture = segno.make(setup.address, error="m").svg_inline(scale=5, border=3, light="#fff", svgclass="qr")
    groups = [setup.secret[at : at + 4] for at in range(0, len(setup.secret), 4)]
    return render_template("account/set_up.html", picture=Markup(picture), groups=groups)  # noqa: S704  segno's own


@pages.post("/me/security/second-factor/confirm")
@guards_own_password
@open_to(*EVERYBODY, again=set_up)
def confirm() -> ResponseReturnValue:
    """Turn it on; the recovery codes are shown in this one answer and never again."""
    codes = account.confirm_second_factor(seats.person().member_id, request.form.get("code", ""), token=g.token)
    return render_template("account/codes.html", codes=codes, first=True)


@pages.post("/me/security/recovery-codes")
@guards_own_password
@open_to(*EVERYBODY, again=show)
def renew_codes() -> ResponseReturnValue:
    """Ten new codes; the old ones are worth nothing."""
    codes = account.renew_recovery_codes(seats.person().member_id, request.form.get("password", ""))
    return render_template("account/codes.html", codes=codes, first=False)


@pages.post("/me/security/second-factor/remove")
@guards_own_password
@open_to(*EVERYBODY, again=show)
def remove() -> ResponseReturnValue:
    """Turn it off."""
    account.remove_second_factor(seats.person().member_id, request.form.get("password", ""))
    return _back(gettext("Your second factor is off. Signing in asks for your password alone."))


@pages.post("/me/security/sign-ins/end")
@open_to(*EVERYBODY, again=show)
def end_one() -> ResponseReturnValue:
    """Sign one browser out."""
    sign_in.end(seats.person().member_id, request.form.get("which", ""))
    return _back(gettext("That browser is signed out."))


@pages.post("/me/security/sign-ins/end-others")
@open_to(*EVERYBODY, again=show)
def end_others() -> ResponseReturnValue:
    """Sign every browser out but this one."""
    sign_in.sign_out_others(seats.person().member_id, g.token)
    return _back(gettext("Every other browser is signed out."))


def _back(said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("account.show"), 303)
