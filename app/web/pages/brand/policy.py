"""What the brand promises and how it routes and signs: numbers with their meaning, each tried out before it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from app.brands import editing, setting
from app.brands.hours import Hours, week_of, written
from app.desk import trial as trials
from app.desk.rules import promise
from app.desk.rules.routing import RISK_BAR
from app.desk.trial import Trial
from app.kernel import clock
from app.kernel.errors import RefusedError
from app.web import seats
from app.web.pages.brand import forms
from app.web.seats import open_to

pages = Blueprint("policy", __name__)
MINUTES = ("promise_angry_minutes", "promise_minutes", "promise_praise_minutes")
CLAIMS = (
    "lease_minutes",
    "lease_most_minutes",
    "lease_step_minutes",
    "claims_at_once_advocate",
    "claims_at_once_staff",
)
BARS = ("staff_bar", "suggest_bar")
CARE = ("sign_replies", "allow_links", "require_second_factor_for_staff")
DAYS = (
    lazy_gettext("Monday"),
    lazy_gettext("Tuesday"),
    lazy_gettext("Wednesday"),
    lazy_gettext("Thursday"),
    lazy_gettext("Friday"),
    lazy_gettext("Saturday"),
    lazy_gettext("Sunday"),
)


@pages.get("/promises")
@open_to("manager")
def promises() -> ResponseReturnValue:
    """Minutes per class, business hours, and how long a claim lasts."""
    view = setting.scope()
    policy, at = view.policy, clock.now()
    hours = policy.hours
    return render_template(
        "brand/promises.html",
        policy=policy,
        days=tuple(enumerate(DAYS)),
        week=[written(day) for day in hours.week] if hours else ["9:00-17:00"] * 5 + ["", ""],
        holidays="\n".join(str(one) for one in hours.holidays) if hours else "",
        zones=sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
        seen=_seen((*MINUTES, "hours", *CLAIMS)),
        example=promise.due(at, policy.promise_minutes, hours),
    )


@pages.post("/promises")
@open_to("manager", again=promises)
def save_promises() -> ResponseReturnValue:
    """Keep them; they count from the next case on."""
    values: dict[str, Any] = {name: forms.whole(name) for name in MINUTES}
    values["hours"] = _hours()
    values |= {name: forms.whole(name) for name in CLAIMS}
    _save(values)
    return redirect(url_for("brand.policy.promises"), 303)


@pages.get("/routing")
@open_to("manager")
def routing() -> ResponseReturnValue:
    """The two bars."""
    return _routing_drawn()


@pages.post("/routing/trial")
@open_to("manager", again=routing)
def trial() -> ResponseReturnValue:
    """How many of the last cases would change lane; nothing is saved."""
    view = setting.scope()
    wanted = setting.try_policy(view, {name: forms.percent(name) for name in BARS})
    before = (view.policy.staff_bar, view.policy.suggest_bar)
    return _routing_drawn(trials.bars(before, (wanted.staff_bar, wanted.suggest_bar)))


@pages.post("/routing")
@open_to("manager", again=routing)
def save_routing() -> ResponseReturnValue:
    """Keep the bars."""
    _save({name: forms.percent(name) for name in BARS})
    return redirect(url_for("brand.policy.routing"), 303)


@pages.get("/care")
@open_to("manager")
def care() -> ResponseReturnValue:
    """Signature, links, and the second factor of staff."""
    return render_template("brand/care.html", policy=setting.scope().policy, seen=_seen(CARE))


@pages.post("/care")
@open_to("manager", again=care)
def save_care() -> ResponseReturnValue:
    """Keep them."""
    _save({name: forms.ticked(name) for name in CARE})
    return redirect(url_for("brand.policy.care"), 303)


def _routing_drawn(tried: Trial | None = None) -> ResponseReturnValue:
    policy = setting.scope().policy
    return render_template("brand/routing.html", policy=policy, seen=_seen(BARS), tried=tried, risk_bar=RISK_BAR)


def _seen(names: Sequence[str]) -> str:
    return editing.mark(setting.policy_values(setting.scope(), names))


def _save(values: dict[str, Any]) -> None:
    setting.save_policy(values, by=seats.person().member_id, seen=request.form.get("seen", ""))
    flash(gettext("Saved. It counts from the next case on; what is open keeps its promise."))


def _hours() -> dict[str, Any] | None:
    """Business hours as they were typed; None means always.

    Raises:
        RefusedError: a span, day or zone that is none.

    """
    if forms.given("when") != "hours":
        return None
    try:
        week = week_of([forms.given(f"day_{number}") for number in range(7)])
        hours = Hours(zone=forms.given("zone"), week=week, holidays=tuple(map(forms.day, forms.words("holidays"))))
    except ValueError as error:
        raise RefusedError(_hours_problem(error)) from None
    return hours.model_dump(mode="json")


def _hours_problem(error: ValueError) -> str:
    if forms.given("zone") not in available_timezones():
        return str(gettext("There is no time zone of this name. Choose one from the list, as Europe/Berlin."))
    if hasattr(error, "errors"):
        return str(gettext("A week needs at least one open hour, and a calendar at most 400 holidays."))
    said = gettext("“%(text)s” is no span of a day. Write 9:00-17:00, with a comma between two.", text=str(error)[:40])
    return str(said)
