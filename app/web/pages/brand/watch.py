"""What the brand listens for, tried out on what was heard before it is saved."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.brands import editing
from app.channels import accounts
from app.web import seats
from app.web.pages.brand import forms
from app.web.pages.brand.marking import Mark, marked
from app.web.seats import open_to
from listeners import queries as heard
from listeners import watching
from listeners.watching import Tried

pages = Blueprint("watch", __name__)
SHOWN = 25
"""Posts shown on each side of a trial; the numbers beside them count all."""


@pages.get("/watch")
@open_to("manager")
def show() -> ResponseReturnValue:
    """The words as they stand, to be changed."""
    return _drawn()


@pages.post("/watch/trial")
@open_to("manager", again=show)
def trial() -> ResponseReturnValue:
    """Which of the posts heard last these words would find, each with its words; nothing is saved."""
    return _drawn(watching.try_out(_typed()))


@pages.post("/watch")
@open_to("manager", again=show)
def save() -> ResponseReturnValue:
    """Keep them; the next look at each network goes by them."""
    watching.save(_typed(), by=seats.person().member_id, seen=request.form.get("seen", ""))
    flash(gettext("Saved. The next look at each network goes by these words."))
    return redirect(url_for("brand.watch.show"), 303)


def _drawn(tried: tuple[Tried, ...] | None = None) -> ResponseReturnValue:
    now = heard.watch_lines()
    found = [one for one in tried or () if one.found]
    missed = [one for one in tried or () if not one.found]
    return render_template(
        "brand/watch.html",
        stored=now,
        channels=_channels(),
        seen=editing.mark(now),
        tried=tried,
        found=[(one, _marked(one)) for one in found[:SHOWN]],
        missed=missed[:SHOWN],
        counts=(len(found), len(missed), sum(one.post.is_mention for one in missed)),
    )


def _channels() -> tuple[str, ...]:
    """Where words can be kept: on every network, and on each that is connected or has words already."""
    there = [account.channel for account in accounts.of_brand()]
    return tuple(dict.fromkeys((heard.EVERY_NETWORK, *there, *heard.watch_lines())))


def _typed() -> dict[str, list[str]]:
    return {channel: forms.lines(f"lines_{channel}") for channel in _channels()}


def _marked(one: Tried) -> list[Mark]:
    return marked(one.post.text, one.found.spans if one.found else ())
