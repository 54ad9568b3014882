"""The brand's accounts on networks: how listening goes, in words, a test on demand, and letting an account go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.channels import accounts, budgets, connecting
from app.channels.accounts import AccountView
from app.channels.base import ChannelError, SignedOutError
from app.channels.budgets import BudgetView
from app.channels.networks import pause_between_looks
from app.kernel import clock
from app.kernel.db import session, transaction
from app.web import seats
from app.web.formats import NETWORKS
from app.web.pages.brand import ways
from app.web.seats import open_to
from listeners import queries as heard
from listeners.queries import HearingView

pages = Blueprint("networks", __name__)
LATE = 5
"""Looks that are missed before the page says that nobody listens."""


@pages.get("/networks")
@open_to("manager")
def show() -> ResponseReturnValue:
    """Every account with its health, and the networks on which another one can be connected."""
    return _drawn()


def _drawn(**_which: int) -> ResponseReturnValue:
    hearings, left = heard.hearings(), budgets.of_brand()
    return render_template(
        "brand/networks.html",
        accounts=[
            (account, hearings.get(account.id), _next_look(account, hearings.get(account.id)), left.get(account.id, ()))
            for account in accounts.of_brand()
        ],
        late=_is_late,
        tightest=_tightest,
        calls=ways.CALLS,
        sandbox=ways.settings().sandbox_url,
        channels=ways.channels(),
    )


@pages.post("/networks/<account:account_id>/look")
@open_to("manager", again=_drawn, talks=True)
def look(account_id: int) -> ResponseReturnValue:
    """Ask the network one harmless thing now: whether it takes the account's keys."""
    account = accounts.account(account_id)
    label = NETWORKS.get(account.channel, account.channel)
    kept = gettext("What was heard is kept.")
    with ways.asked(label, kept):
        channel, door = accounts.door_of(account_id)
        session.rollback()
        try:
            connecting.look(channel, door)
        except SignedOutError:
            with transaction():
                accounts.mark_signed_out(account_id)
            raise
    flash(
        gettext("%(network)s answered for @%(handle)s just now: its keys work.", network=label, handle=account.handle)
    )
    return redirect(url_for("brand.networks.show"), 303)


@pages.post("/networks/<account:account_id>/disconnect")
@open_to("manager", talks=True)
def disconnect(account_id: int) -> ResponseReturnValue:
    """Forget its secrets, and tell the network; what was heard is kept."""
    accounts.account(account_id)
    try:
        held = accounts.door_of(account_id)
    except ChannelError:  # not connected: there is nothing to give back
        held = None
    with transaction():
        gone = accounts.disconnect(account_id, by=seats.person().member_id)
    if held:
        connecting.give_back(*held)
    flash(gettext("Disconnected @%(handle)s. Its keys are forgotten; what was heard is kept.", handle=gone.handle))
    return redirect(url_for("brand.networks.show"), 303)


def _next_look(account: AccountView, hearing: HearingView | None) -> datetime | None:
    """When the account is looked at next; None while that is at once, or never."""
    if account.state != "connected" or hearing is None or hearing.looked_at is None:
        return None
    soon = hearing.looked_at + timedelta(seconds=_pause(account))
    return max(soon, hearing.not_before or soon)


def _is_late(account: AccountView, next_look: datetime) -> bool:
    """Whether a look should have happened long ago: no process listens."""
    return clock.now() - next_look > timedelta(seconds=max(LATE * _pause(account), 60))


def _pause(account: AccountView) -> float:
    return pause_between_looks(account.channel, ways.settings().poll_seconds)


def _tightest(left: Sequence[BudgetView]) -> BudgetView | None:
    """The allowance of which the smallest share is left; what the network allows beyond our count is plenty."""
    known = [one for one in left if one.most and one.left <= one.most]
    return min(known, key=lambda one: one.left / (one.most or 1), default=None)
