"""Connecting an account in the browser: by the network's own question, by developer keys, or by an app password.

Keys are shown to their network before they are stored, so that wrong ones are told at once; a network that says no,
or nothing, leaves nothing behind.
"""

from __future__ import annotations

import re
from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.channels import accounts, addresses, apps, connecting, consents
from app.channels.connecting import Page, Pages, Proven
from app.kernel.db import session, transaction
from app.kernel.errors import RefusedError
from app.web import seats
from app.web.doorstep import guards_own_password
from app.web.pages.brand import forms, ways
from app.web.seats import open_to
from app.web.security import let_forms_lead_to

pages = Blueprint("connecting", __name__, url_prefix="/networks")
ASKS_AT = {"x": "https://x.com", "facebook": "https://www.facebook.com"}
"""The sites on which networks ask a manager for consent."""
KEYS = ("bearer_token", "consumer_key", "consumer_secret", "access_token", "access_token_secret")
MOST_KEY = 500
APP_PASSWORD = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}")
"""How Bluesky makes app passwords; a main password that happens to look so is told apart by the server's answer."""
HANDLE = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
NOTHING_STORED = "Nothing was stored."


def _drawn(channel: str) -> ResponseReturnValue:
    label, app = ways.known(channel), apps.on(channel)
    if app is not None:
        let_forms_lead_to(app.base_url or ASKS_AT[channel])
    return render_template(
        f"brand/connect_{channel}.html",
        channel=channel,
        label=label,
        permissions=ways.PERMISSIONS[channel],
        app=app,
        settings=ways.settings(),
        keys=KEYS,
    )


@pages.get("/connect/<channel>")
@open_to("manager")
def offer(channel: str) -> ResponseReturnValue:
    """What the network is asked to allow and why, and the ways to connect an account there."""
    return _drawn(channel)


@pages.post("/connect/<channel>")
@open_to("manager", again=_drawn)
def ask(channel: str) -> ResponseReturnValue:
    """Send the manager's browser to the network with a question that only this member of this brand can bring back."""
    label, member_id = ways.known(channel), seats.person().member_id
    _acknowledged(channel)
    if apps.on(channel) is None:
        raise RefusedError(gettext("%(network)s is not set up in this house yet.", network=label))
    proof = connecting.verifier()
    state = consents.ask(channel, member_id, {"proof": proof})
    return redirect(_question(channel, state, proof), 303)


@pages.get("/connect/<channel>/back")
@open_to("manager", again=_drawn, talks=True)
def back(channel: str) -> ResponseReturnValue:
    """The network's answer: fetch the keys, see whose they are, store them."""
    label, app = ways.known(channel), apps.on(channel)
    with transaction():
        answered = consents.answer(channel, request.args.get("state", ""), seats.person().member_id)
    code = request.args.get("code", "")
    if app is None or not code:
        raise RefusedError(
            gettext(
                "You said no on %(network)s, or it could not ask you. Nothing was stored, and nothing changed there.",
                network=label,
            )
        )
    with ways.asked(label, gettext(NOTHING_STORED)):
        if channel == "facebook":
            given = connecting.facebook_pages(app, code, ways.way_back(channel))
            return _to_choose_from(answered.id, given)
        proven = connecting.x_by_consent(app, code, ways.way_back(channel), answered.held["proof"])
    return _connected(channel, proven)


def _choice(consent_id: int) -> ResponseReturnValue:
    held = consents.offered(consent_id, "facebook", seats.person().member_id)
    every = [Page(**one) for one in held["pages"]]
    return render_template("brand/connect_pages.html", consent_id=consent_id, pages=every)


def _choice_again(consent_id: int) -> ResponseReturnValue:
    """The choice, where there still is one; else the way to a new one."""
    try:
        return _choice(consent_id)
    except RefusedError:
        return _drawn("facebook")


@pages.get("/connect/facebook/pages/<consent:consent_id>")
@open_to("manager", again=_choice_again)
def choose(consent_id: int) -> ResponseReturnValue:
    """The pages that the manager may connect."""
    return _choice(consent_id)


@pages.post("/connect/facebook/pages/<consent:consent_id>")
@open_to("manager", again=_choice_again, talks=True)
def connect_pages(consent_id: int) -> ResponseReturnValue:
    """Connect the pages that were chosen, all or none."""
    app, member_id = apps.on("facebook"), seats.person().member_id
    held = consents.offered(consent_id, "facebook", member_id)
    session.rollback()
    wanted = request.form.getlist("page")
    chosen = [page for page in (Page(**one) for one in held["pages"]) if page.id in wanted and page.may_answer]
    if app is None or not chosen:
        raise RefusedError("Choose at least one page on which you may answer. Nothing was stored yet.")
    with transaction():
        consents.take(consent_id, "facebook", member_id)
    with ways.asked("Facebook", gettext(NOTHING_STORED)):
        proven = [connecting.facebook_by_choice(app, page) for page in chosen]
    return _connected("facebook", *proven)


def _to_choose_from(consent_id: int, given: Pages) -> ResponseReturnValue:
    """Keep the pages behind a yes until one is chosen."""
    if given.missing:
        words = [str(one.word) for one in ways.PERMISSIONS["facebook"] if one.name in given.missing]
        raise RefusedError(gettext("You left out what is needed: %(what)s. Nothing was stored.", what=", ".join(words)))
    if not given.pages:
        raise RefusedError(
            "Facebook shows no page that you manage, so there is nothing to connect. Sign in there as somebody who "
            "manages the brand's page."
        )
    with transaction():
        consents.offer(consent_id, {"pages": [asdict(page) for page in given.pages]})
    return redirect(url_for("brand.connecting.choose", consent_id=consent_id), 303)


@pages.post("/connect/x/keys")
@guards_own_password
@open_to("manager", again=lambda: _drawn("x"), talks=True)
def by_keys() -> ResponseReturnValue:
    """Take five developer keys, once X has said whose they are."""
    keys = {name: forms.given(name) for name in KEYS}
    if any(
        not value or len(value) > MOST_KEY or not value.isascii() or not value.isprintable() for value in keys.values()
    ):
        raise RefusedError(
            "All five keys are needed: one reads, four speak. For your safety none of them is kept here."
        )
    sandbox = ways.settings().sandbox_url
    where = sandbox if forms.given("where") == "sandbox" else None
    if forms.given("where") == "sandbox" and not where:
        raise RefusedError("This house has no sandbox network. Choose X itself.")
    with transaction():
        _acknowledged("x")
    with ways.asked("X", gettext(NOTHING_STORED)):
        proven = connecting.x_by_keys(keys, where)
    return _connected("x", proven)


@pages.post("/connect/bluesky/password")
@guards_own_password
@open_to("manager", again=lambda: _drawn("bluesky"), talks=True)
def by_password() -> ResponseReturnValue:
    """Take an app password, once its server has opened the account with it."""
    ways.known("bluesky")
    handle, password = forms.given("handle").lstrip("@").lower(), forms.given("app_password")
    if not HANDLE.fullmatch(handle):
        raise RefusedError("The handle is the account's whole name on Bluesky, as in lumo.bsky.social.")
    if not APP_PASSWORD.fullmatch(password):
        raise RefusedError(
            "This does not look like an app password (four groups of four letters, as in abcd-efgh-ijkl-mnop), so it "
            "was sent nowhere and is not kept. Never type the account's main password here."
        )
    usual = ways.settings().bluesky_url
    typed = forms.given("service").rstrip("/") or usual
    service = usual if typed == usual else addresses.of_server(typed)
    with ways.asked("Bluesky", gettext(NOTHING_STORED)):
        proven = connecting.bluesky_by_password(handle, password, service)
    return _connected("bluesky", proven)


def _question(channel: str, state: str, proof: str) -> str:
    """The address of the network's question."""
    app = apps.on(channel)
    if app is None:
        raise RefusedError("This network is not set up in this house yet.")
    if channel == "facebook":
        return connecting.facebook_question(app, ways.way_back(channel), state)
    return connecting.x_question(app, ways.way_back(channel), state, proof)


def _acknowledged(channel: str) -> None:
    """X forbids rewards for what is done on X: nobody connects an account there without having read it."""
    if channel != "x":
        return
    if not forms.ticked("rewards"):
        raise RefusedError("Read the rule of X about rewards and tick the box below it. Nothing was stored.")
    accounts.acknowledge(seats.seat().brand_id, channel, by=seats.person().member_id)


def _connected(channel: str, *every: Proven) -> ResponseReturnValue:
    """Store what the network has vouched for."""
    with transaction():
        for one in every:
            accounts.connect(
                seats.seat().brand_id,
                channel,
                one.external_id,
                one.handle[:80],
                credentials=one.keys,
                base_url=one.base_url,
                by=seats.person().member_id,
            )
    handles = ", ".join(f"@{one.handle}" for one in every)
    flash(
        gettext(
            "Connected %(handles)s on %(network)s, which took the keys. The first look comes by itself.",
            handles=handles,
            network=ways.known(channel),
        )
    )
    return redirect(url_for("brand.networks.show"), 303)
