"""The manager's first page: is the promise kept, what stands still, who is here to move it."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from app.kernel import clock
from app.reports import funnel, standing, voice
from app.reports.rules.periods import LENGTHS, Part, Period, length_of
from app.reports.rules.shares import Share
from app.web import pictures
from app.web.seats import STAFF, open_to

pages = Blueprint("overview", __name__)
USUALLY = Share(14, 100)
"""What brands answered of the questions put to them on social networks, before there was any of this: one in seven."""


@pages.get("/overview")
@open_to(*STAFF)
def show() -> ResponseReturnValue:
    """The figures of the last days beside those of as many days before, and what needs a hand now."""
    at, days, everything = clock.now(), length_of(request.args.get("days", "")), Part()
    period = Period.ending(at.date(), days)
    waiting = funnel.live(everything, at)
    figures = funnel.funnel(period, everything, waiting)
    still = standing.standing()
    return render_template(
        "overview/page.html",
        days=days,
        lengths=LENGTHS,
        funnel=figures,
        voice=voice.voice(period, everything),
        picture=pictures.answered(figures),
        usually=USUALLY,
        overdue=[row for row in waiting if row.overdue],
        overdue_since=min((row.oldest_due for row in waiting if row.overdue), default=None),
        still=still,
        failed=standing.failed() if still.failed else (),
        silent=standing.silent(at),
        on_duty=standing.on_duty(at),
        most=standing.MOST,
        promise_minutes=g.brand.policy.promise_minutes,
    )
