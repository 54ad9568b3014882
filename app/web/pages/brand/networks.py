"""The brand's accounts on networks: how listening goes, in words, and how an account is connected or let go."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.channels import accounts
from app.channels.accounts import AccountView
from app.kernel import clock
from app.kernel.errors import RefusedError
from app.kernel.settings import Settings
from app.web import seats
from app.web.pages.brand import forms
from app.web.seats import open_to
from listeners import queries as heard
from listeners.queries import HearingView

pages = Blueprint("networks", __name__)
KEYS = ("bearer_token", "consumer_key", "consumer_secret", "access_token", "access_token_secret")
MOST_KEY = 500
LATE = 5
"""Looks that are missed before the page says that nobody listens."""


@pages.get("/networks")
@open_to("manager")
def show() -> ResponseReturnValue:
    """Every account with its health, and the form to connect one."""
    hearings = heard.hearings()
    return render_template(
        "brand/networks.html",
        accounts=[
            (account, hearings.get(account.id), _next_look(account, hearings.get(account.id)))
            for account in accounts.of_brand()
        ],
        late=_is_late,
        sandbox=_settings().sandbox_url,
        keys=KEYS,
    )


@pages.post("/networks")
@open_to("manager", again=show)
def connect() -> ResponseReturnValue:
    """Store the account and its secrets, sealed. Nothing shows them again."""
    external_id, handle = forms.given("external_id"), forms.given("handle").lstrip("@")
    keys = {name: forms.given(name) for name in KEYS}
    if not external_id.isascii() or not external_id.isalnum() or not handle or len(external_id) > 80:  # noqa: PLR2004
        raise RefusedError("The account needs its number on the network and its handle.")
    if any(not value or len(value) > MOST_KEY or not value.isprintable() for value in keys.values()):
        raise RefusedError(
            "All five keys are needed: one reads, four speak. For your safety none of them is kept here."
        )
    where = _settings().sandbox_url if forms.given("where") == "sandbox" else None
    if forms.given("where") == "sandbox" and not where:
        raise RefusedError("This house has no sandbox network. Choose X itself.")
    brand_id, by = seats.seat().brand_id, seats.person().member_id
    accounts.connect(brand_id, "x", external_id, handle[:80], credentials=keys, base_url=where, by=by)
    flash(gettext("Connected. The next look at the network shows whether it takes these keys."))
    return redirect(url_for("brand.networks.show"), 303)


@pages.post("/networks/<account:account_id>/disconnect")
@open_to("manager")
def disconnect(account_id: int) -> ResponseReturnValue:
    """Forget its secrets; what was heard is kept."""
    gone = accounts.disconnect(account_id, by=seats.person().member_id)
    flash(gettext("Disconnected @%(handle)s. Its keys are forgotten; what was heard is kept.", handle=gone.handle))
    return redirect(url_for("brand.networks.show"), 303)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _next_look(account: AccountView, hearing: HearingView | None) -> datetime | None:
    """When the account is looked at next; None while that is at once, or never."""
    if account.state != "connected" or hearing is None or hearing.looked_at is None:
        return None
    soon = hearing.looked_at + timedelta(seconds=_settings().poll_seconds)
    return max(soon, hearing.not_before or soon)


def _is_late(next_look: datetime) -> bool:
    """Whether a look should have happened long ago: no process listens."""
    return clock.now() - next_look > timedelta(seconds=max(LATE * _settings().poll_seconds, 60))
