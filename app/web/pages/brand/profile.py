"""Who the brand is: its name, handles, languages, countries and order numbers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from app.brands import editing, setting
from app.brands.setting import Profile
from app.kernel.errors import RefusedError
from app.web import seats
from app.web.pages.brand import forms
from app.web.seats import open_to

pages = Blueprint("profile", __name__)


@pages.get("/profile")
@open_to("manager")
def show() -> ResponseReturnValue:
    """The profile as it stands, to be changed."""
    now = setting.profile_of(setting.scope())
    languages = tuple(dict.fromkeys((*now.languages, *forms.LANGUAGES)))
    return render_template("brand/profile.html", stored=now, languages=languages, seen=editing.mark(now))


@pages.post("/profile")
@open_to("manager", again=show)
def save() -> ResponseReturnValue:
    """Keep it."""
    regions = [word.upper() for word in forms.words("regions")]
    unknown = [code for code in regions if code not in get_locale().territories]
    if unknown:
        said = gettext("“%(text)s” is no country. Write two letters each, as in US, VN.", text=unknown[0][:20])
        raise RefusedError(said)
    profile = Profile(
        forms.given("name"),
        tuple(forms.words("handles")),
        _languages(),
        tuple(dict.fromkeys(regions)),
        tuple(forms.lines("order_forms")),
    )
    setting.save_profile(profile, by=seats.person().member_id, seen=request.form.get("seen", ""))
    flash(gettext("Saved. It counts from now on."))
    return redirect(url_for("brand.show"), 303)


def _languages() -> tuple[str, ...]:
    """The chosen languages, the usual one first."""
    chosen = [code for code in request.form.getlist("languages") if code]
    usual = forms.given("usual")
    return tuple(dict.fromkeys([*([usual] if usual in chosen else []), *chosen]))
