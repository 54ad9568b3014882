"""The board: where I stand among those who help, this week, this season and of all time."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app.kernel import clock
from app.people import queries as people
from app.web import seats
from app.web.seats import EVERYBODY, open_to
from gamification import queries as points
from gamification.rules import seasons, standing

pages = Blueprint("board", __name__)
TOP = 10
SPANS = {
    "week": lazy_gettext("This week"),
    "season": lazy_gettext("This season"),
    "all": lazy_gettext("Of all time"),
}


@pages.get("/board")
@open_to(*EVERYBODY)
def show() -> ResponseReturnValue:
    """The top, and my neighbours where I am not near it; equal points share a place."""
    me, this_week = seats.person().member_id, seasons.week_of(clock.now())
    season = seasons.season_of(this_week)
    span = request.args.get("span", "season")
    weeks = {"week": range(this_week, this_week + 1), "season": season}.get(span)
    members = people.members()
    places = tuple(place for place in points.board(weeks) if place.member_id in members)
    return render_template(
        "board/page.html",
        runs=standing.shown(places, me, top=TOP),
        mine=next((place for place in places if place.member_id == me), None),
        missing=standing.to_the_next(places, me),
        of=len(places),
        members=members,
        me=me,
        span=span if span in SPANS else "all",
        spans=SPANS,
        season_ends=seasons.begins(season.stop),
        weeks_left=season.stop - this_week,
    )
