"""Who helps, how much and how well; and one advocate's answers with what became of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.desk import queries as desk
from app.desk.replies import SUBJECT
from app.kernel import clock
from app.kernel.errors import NotFoundError
from app.reports import advocates, records, standing
from app.reports.advocates import Advocate
from app.reports.rules.periods import LENGTHS, Period, length_of
from app.web.refs import number_of
from app.web.seats import open_to
from gamification import queries as points
from moderation import queries as moderation

pages = Blueprint("advocates", __name__)
PAGE = 20
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
ORDERS: dict[str, Callable[[Advocate], Any]] = {
    "answers": lambda one: -one.published,
    "approval": lambda one: (-one.approval.interval[0], -one.approval.whole),
    "thanks": lambda one: -one.thanks.part,
    "time": lambda one: float("inf") if one.median is None else one.median,
    "seen": lambda one: -(one.seen_at or _LONG_AGO).timestamp(),
    "points": lambda one: -one.points,
    "name": lambda one: one.name.casefold(),
}
"""How the list can be put in order. By approval, who is surely good stands before who was lucky twice."""


@pages.get("/people/advocates")
@open_to("manager")
def show() -> ResponseReturnValue:
    """Every advocate, in the order that was asked for."""
    days, by = length_of(request.args.get("days", "")), request.args.get("by", "")
    by = by if by in ORDERS else "answers"
    at = clock.now()
    found = advocates.advocates(Period.ending(at.date(), days))
    cases, _reviews = standing.held(at)
    return render_template(
        "advocates/list.html",
        days=days,
        lengths=LENGTHS,
        by=by,
        orders=ORDERS,
        advocates=sorted(found, key=lambda one: (ORDERS[by](one), one.name.casefold(), one.id)),
        holding=cases,
        standings=records.standings([one.id for one in found], at),
    )


@pages.get("/people/advocates/<member:member_id>")
@open_to("manager")
def answers(member_id: int) -> ResponseReturnValue:
    """One advocate: their figures, and their answers with verdicts, thanks and points, the newest first."""
    days, before = length_of(request.args.get("days", "")), number_of("reply", request.args.get("before", ""))
    found = advocates.advocates(Period.ending(clock.now().date(), days), member_id)
    if not found:
        raise NotFoundError("There is no such advocate.")
    written = desk.replies_of(member_id, before=before, limit=PAGE + 1)
    more, written = len(written) > PAGE, written[:PAGE]
    ids = tuple(reply.id for reply, _case in written)
    return render_template(
        "advocates/page.html",
        days=days,
        lengths=LENGTHS,
        advocate=found[0],
        written=written,
        decisions=moderation.decisions(SUBJECT, ids),
        points=points.for_replies(ids),
        thanked=advocates.thanked(ids),
        older=written[-1][0].id if more else None,
    )
