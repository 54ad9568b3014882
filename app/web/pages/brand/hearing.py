"""Was everything heard: for any hour of any day, by which account, and whether that is proved."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.channels import accounts
from app.kernel import clock
from app.web.seats import open_to
from listeners import completeness

pages = Blueprint("hearing", __name__)
HOURS = 24
_EARLIEST = date(2000, 1, 2)


@pages.get("/hearing")
@open_to("manager")
def show() -> ResponseReturnValue:
    """One day (UTC), hour by hour for each account; below it, everything that may have escaped us lately."""
    today = clock.now().date()
    day = _day(request.args.get("day", ""), today)
    start = datetime.combine(day, time(), UTC)
    every = {one.id: one for one in accounts.of_brand() if one.state != "archive" and one.connected_at}
    hours = completeness.hours({one.id: one.connected_at for one in every.values() if one.connected_at}, start, HOURS)
    return render_template(
        "brand/hearing.html",
        accounts=every,
        hours=hours,
        gaps=completeness.gaps(),
        day=day,
        before=day - timedelta(days=1) if day > _EARLIEST else None,
        after=day + timedelta(days=1) if day < today else None,
        today=today,
        doubtful=any(view.missing for views in hours.values() for view in views),
    )


def _day(asked: str, today: date) -> date:
    """The day that was asked for; what is no day, or none of ours, is today."""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return today
    return day if _EARLIEST <= day <= today else today
