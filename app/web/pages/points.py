"""Points that explain themselves: the balance, every entry, and the numbers that made it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date

from app.desk import queries as desk
from app.kernel import clock
from app.kernel.errors import NotFoundError
from app.people import queries as people
from app.reports import records
from app.web import seats
from app.web.refs import name_of, number_of
from app.web.seats import EVERYBODY, STAFF, open_to
from gamification import queries as points
from gamification.rules import seasons
from gamification.rules.points import BASE, VERSIONS

pages = Blueprint("points", __name__)
PER_PAGE = 30


@pages.get("/points")
@open_to("advocate")
def mine() -> ResponseReturnValue:
    """My own."""
    return _entries(seats.person().member_id)


@pages.get("/level")
@open_to("advocate")
def my_level() -> ResponseReturnValue:
    """My level, what it is made of, and what the next one takes."""
    me = seats.person().member_id
    return render_template(
        "points/level.html", standing=records.standings((me,), clock.now())[me], looked_back=records.LOOKED_BACK
    )


@pages.get("/points/of/<member:member_id>")
@open_to(*EVERYBODY)
def of(member_id: int) -> ResponseReturnValue:
    """A member's entries, for staff and for the member."""
    if member_id != seats.person().member_id and not seats.seat().is_staff:
        raise NotFoundError("There is no such page.")
    return _entries(member_id)


@pages.get("/points/<txn:txn_id>")
@open_to("advocate", *STAFF)
def why(txn_id: int) -> ResponseReturnValue:
    """Why did I get this? One entry with its factors, its double entry and the parts that vest."""
    txn, lines, parts = points.txn(txn_id)
    if txn.member_id != seats.person().member_id and not seats.seat().is_staff:
        raise NotFoundError("There is no such entry.")
    reply = desk.replies_by_id([txn.source_id]).get(txn.source_id)
    return render_template(
        "points/txn.html",
        txn=txn,
        lines=lines,
        parts=parts,
        reply=reply,
        case=desk.cases([reply.case_id])[reply.case_id] if reply else None,
        member=people.members([txn.member_id]).get(txn.member_id),
        rule=VERSIONS.get(txn.rule_version),
        base=BASE,
    )


def _entries(member_id: int) -> ResponseReturnValue:
    members = people.members([member_id])
    if member_id not in members:
        raise NotFoundError("There is no such page.")
    before = number_of("txn", request.args.get("before", ""))
    found = points.txns(member_id, before=before, limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    written = desk.replies_by_id({txn.source_id for txn in shown})
    season = seasons.season_of(seasons.week_of(clock.now()))
    return render_template(
        "points/page.html",
        member=members[member_id],
        balance=points.balance(member_id),
        season=season,
        weeks=points.weeks_of(member_id, season),
        week_begins=lambda week: format_date(seasons.begins(week), "d MMM"),
        this_week=seasons.week_of(clock.now()),
        txns=shown,
        replies=written,
        cases=desk.cases({reply.case_id for reply in written.values()}),
        older=name_of("txn", shown[-1].id) if len(found) > PER_PAGE else None,
    )
