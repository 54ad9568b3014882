"""Staff's first page: what needs an answer, what is held, handed over, asleep, and what the advocates have."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.desk import context, inbox
from app.people import queries as people
from app.web import seats
from app.web.refs import name_of, number_of
from app.web.seats import STAFF, open_to

pages = Blueprint("inbox", __name__)
PER_PAGE = 50


@pages.get("/inbox")
@open_to(*STAFF)
def show() -> ResponseReturnValue:
    """One tab's list; a thread opens beside it where there is room."""
    return render_template("inbox/page.html", **_listed())


@pages.get("/inbox/list")
@open_to(*STAFF)
def listed() -> ResponseReturnValue:
    """The list alone, for a case's page to put beside its thread."""
    return render_template("inbox/list.html", **_listed())


@pages.get("/inbox/named")
@open_to(*STAFF)
def named() -> ResponseReturnValue:
    """Notes in which a colleague calls me by name, newest first."""
    before = number_of("note", request.args.get("before", ""))
    found = context.naming(seats.person().member_id, before=before, limit=PER_PAGE + 1)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    return render_template(
        "inbox/named.html",
        notes=shown,
        members=people.members({note.author_id for note, _case in shown}),
        counts=inbox.counts(seats.hand()),
        older=name_of("note", shown[-1][0].id) if more else None,
        tab="named",
    )


def tab() -> str:
    """The tab that this person works through, as the address says."""
    asked = request.args.get("tab", "")
    return asked if asked in inbox.TABS else inbox.TABS[0]


def _listed() -> dict[str, object]:
    """What the list shows: one page of a tab, and how much each tab holds."""
    hand, here = seats.hand(), tab()
    found = inbox.rows(here, hand, after=number_of("case", request.args.get("after", "")), limit=PER_PAGE + 1)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    return {
        "tab": here,
        "rows": shown,
        "counts": inbox.counts(hand),
        "counted": inbox.COUNTED,
        "at": number_of("case", request.args.get("at", "")),
        "further": name_of("case", shown[-1].case.id) if more else None,
    }
