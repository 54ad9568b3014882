"""The bell: how much is new, what it is and where it leads; what a member wants to be told; and a mail's way out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo, available_timezones

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, gettext

from app.alerts import queries, reading, wishes
from app.alerts.queries import AlertView, Unread
from app.alerts.rules.kinds import WAYS, kinds_for
from app.alerts.rules.timing import DIGESTS, Wish
from app.brands import queries as brands
from app.desk import queries as desk
from app.desk.replies import SUBJECT
from app.kernel import bus, clock, mail
from app.kernel.db import current_brand
from app.kernel.errors import NoBrandInScopeError, NotFoundError, RefusedError
from app.web import entered, seats
from app.web.refs import name_of, number_of
from app.web.seats import EVERYBODY, STAFF, open_to, open_to_all
from moderation import queries as moderation

pages = Blueprint("alerts", __name__)
PER_PAGE = 30
PAUSES = (1, 3, 7, 14, 30)
"""Days that a pause is offered for."""
OWN_WORDS = frozenset({"judged", "second_look", "published", "thanked", "taken_back"})
"""Kinds about what the reader wrote, whose case an advocate may see."""


def unread() -> int | None:
    """How many alerts wait for whoever looks at this page; None on pages that belong to no brand."""
    found = _unread()
    return found.here if found else None


def new_elsewhere() -> frozenset[int]:
    """The other brands of whoever looks at this page that have something new for them."""
    found = _unread()
    return found.elsewhere if found else frozenset()


def _unread() -> Unread | None:
    """Asked once per page."""
    if "unread" not in g:
        try:
            here = current_brand()
        except NoBrandInScopeError:
            return None
        me, others = seats.person().member_id, {seat.brand_id for seat in seats.person().seats} - {here}
        g.unread = queries.unread_beside(me, others) if others else Unread(queries.unread(me))
    found: Unread = g.unread
    return found


@pages.get("/alerts")
@open_to(*EVERYBODY)
def show() -> ResponseReturnValue:
    """All of them, the newest first, by day on my own clock."""
    me = seats.person().member_id
    found = queries.alerts(me, before=number_of("alert", request.args.get("before", "")), limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    reasons = moderation.decisions(SUBJECT, {one.subject_id for one in shown if one.kind == "judged"})
    return render_template(
        "alerts/page.html",
        days=_by_day(shown, wishes.of(me).zone),
        cases=desk.cases({one.case_id for one in shown if one.case_id is not None and _may_quote(one)}),
        reasons={(key, given.version): given.reason for key, every in reasons.items() for given in every},
        older=name_of("alert", shown[-1].id) if len(found) > PER_PAGE else None,
    )


@pages.get("/alerts/bell")
@open_to(*EVERYBODY)
def bell() -> ResponseReturnValue:
    """How many are new, and at which other brands something is; nothing where the page shows it already, so that
    nothing flickers.
    """
    elsewhere = {number_of("brand", name) for name in request.args.get("elsewhere", "").split()}
    if request.args.get("shown") == str(unread()) and elsewhere == new_elsewhere():
        return "", 204
    return render_template("alerts/bell.html")


@pages.post("/alerts/<alert:alert_id>")
@open_to(*EVERYBODY)
def open_one(alert_id: int) -> ResponseReturnValue:
    """Read it, and go to its place."""
    return redirect(reading.open_alert(alert_id, seats.person().member_id), 303)


@pages.post("/alerts/read")
@open_to(*EVERYBODY)
def read_all() -> ResponseReturnValue:
    """Nothing is new any more."""
    reading.read_all(seats.person().member_id)
    flash(gettext("Everything is marked as read."))
    return redirect(url_for("alerts.show"), 303)


@pages.post("/alerts/met")
@open_to(*EVERYBODY)
def met() -> ResponseReturnValue:
    """A page says that its reader looks at the very place to which some alerts lead."""
    place, me = request.form.get("place", ""), seats.person().member_id
    case_id = number_of("case", place.removeprefix("/cases/")) if place.startswith("/cases/") else None
    if case_id is not None:
        reading.met_case(case_id, me)
    else:
        reading.met_at(place, me)
    return "", 204


@pages.get("/alerts/halted")
@open_to(*STAFF)
def halted() -> ResponseReturnValue:
    """Steps of the house's own work that failed again and again, and wait for the operator."""
    return render_template("alerts/halted.html", halted=bus.dead(current_brand()))


@pages.get("/me/alerts")
@open_to(*EVERYBODY)
def my_wishes() -> ResponseReturnValue:
    """What I am told, how, and when a mail may come."""
    wish = wishes.of(seats.person().member_id)
    return render_template(
        "alerts/wishes.html",
        wish=wish,
        kinds=kinds_for(seats.seat().role),
        ways=WAYS,
        digests=DIGESTS,
        zones=sorted(available_timezones()),
        pauses=PAUSES,
        paused=wish.paused_until is not None and wish.paused_until > clock.now(),
        has_mail=mail.is_set_up(),
        time_of=lambda minute: f"{minute // 60:02}:{minute % 60:02}",
    )


@pages.post("/me/alerts")
@open_to(*EVERYBODY, again=my_wishes)
def choose() -> ResponseReturnValue:
    """Like this from now on."""
    me, form = seats.person().member_id, request.form
    old = wishes.of(me)
    ways = {kind: way for kind in kinds_for(seats.seat().role) for way in WAYS if form.get(kind) == way}
    digest = next((one for one in DIGESTS if one == form.get("digest")), old.digest)
    hours = (old.quiet_from, old.quiet_from) if form.get("loud") else (_minute("quiet_from"), _minute("quiet_to"))
    wishes.choose(me, Wish({**old.ways, **ways}, digest, *hours, form.get("zone", "").strip()))
    flash(gettext("Saved. It holds from now on, also for mails that have not left yet."))
    return redirect(url_for("alerts.my_wishes"), 303)


@pages.post("/me/alerts/pause")
@open_to(*EVERYBODY, again=my_wishes)
def pause() -> ResponseReturnValue:
    """No mails for some days."""
    days = entered.number(request.form.get("days", ""))
    if days is None:
        raise RefusedError("Choose for how many days no mail comes.")
    wishes.pause(seats.person().member_id, days)
    flash(gettext("No mail comes until then. The bell goes on."))
    return redirect(url_for("alerts.my_wishes"), 303)


@pages.post("/me/alerts/resume")
@open_to(*EVERYBODY, again=my_wishes)
def resume() -> ResponseReturnValue:
    """Mails may come again."""
    wishes.resume(seats.person().member_id)
    flash(gettext("Mails come again. What you have not read meanwhile comes as one."))
    return redirect(url_for("alerts.my_wishes"), 303)


@pages.get("/unsubscribe/<unsubscribe:wish_id>")
@open_to_all
def stop_page(wish_id: int) -> ResponseReturnValue:
    """A mail's own way out, without signing in: opening it changes nothing, the button does."""
    return render_template("alerts/stop.html", brand_name=_brand_of(wish_id), stopped=False)


@pages.post("/unsubscribe/<unsubscribe:wish_id>")
@open_to_all
def stop(wish_id: int) -> ResponseReturnValue:
    """No more mails about alerts of this brand."""
    name = _brand_of(wish_id)
    wishes.stop_mails(wish_id)
    return render_template("alerts/stop.html", brand_name=name, stopped=True)


def _brand_of(wish_id: int) -> str:
    brand_id = wishes.brand_of_link(wish_id)
    if brand_id is None:
        raise NotFoundError("There is no such link.")
    return brands.brand(brand_id).name


def _minute(name: str) -> int:
    """The minute of the day of a time field, as in 21:00; -1, which no rule takes, for anything else."""
    hour, _, minute = request.form.get(name, "").partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2):  # noqa: PLR2004
        return -1
    return int(hour) * 60 + int(minute) if int(minute) < 60 else -1  # noqa: PLR2004


def _may_quote(alert: AlertView) -> bool:
    """Whether the reader may see the customer's words: staff always, advocates where they wrote themselves."""
    return seats.seat().is_staff or alert.kind in OWN_WORDS


def _by_day(alerts: Iterable[AlertView], zone: str) -> list[tuple[str, list[AlertView]]]:
    """Alerts under the name of their day, in their order."""
    there = ZoneInfo(zone)
    days: dict[date, list[AlertView]] = {}
    for alert in alerts:
        days.setdefault(alert.at.astimezone(there).date(), []).append(alert)
    today = clock.now().astimezone(there).date()
    names = {today: gettext("Today"), today - timedelta(days=1): gettext("Yesterday")}
    return [(names.get(day) or format_date(day, "full", rebase=False), every) for day, every in days.items()]
