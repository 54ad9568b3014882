"""Who did what: every act in words, found by person, act, subject and day; and whether the record is whole."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from app.desk import queries as desk
from app.kernel import audit
from app.people import queries as people
from app.reports import export, lines
from app.reports.export import Key
from app.reports.lines import Wanted
from app.web import acts, downloads, entered
from app.web.refs import name_of, number_of
from app.web.seats import open_to

pages = Blueprint("audit", __name__)
PAGE = 50
HEADER = ("line", "at", "member", "act", "subject", "name", "detail")


@pages.get("/audit")
@open_to("manager")
def show() -> ResponseReturnValue:
    """The lines that were asked for, the newest first."""
    wanted, before = _wanted(), entered.number(request.args.get("before", ""))
    found = lines.lines(wanted, before=before, limit=PAGE + 1)
    more, found = len(found) > PAGE, found[:PAGE]
    replies = {line.number for line in found if line.kind == "reply" and line.number is not None}
    return render_template(
        "audit/page.html",
        lines=found,
        older=found[-1].seq if more else None,
        wanted=wanted,
        members=people.members(),
        case_of={reply.id: reply.case_id for reply in desk.replies_by_id(replies).values()} if replies else {},
        acts=acts,
        chain=audit.chain(g.seat.brand_id),
        asked={name: value for name, value in request.args.items() if value and name != "before"},
    )


@pages.get("/audit.csv")
@open_to("manager")
def file() -> Response:
    """The lines that were asked for, as a file, the newest first."""
    return downloads.table(f"{g.brand.handle}-audit", HEADER, partial(_rows, _wanted()), key=1)


def _rows(wanted: Wanted, after: Key | None) -> list[Key]:
    members = people.members()
    return [
        (
            line.seq,
            line.at.isoformat(timespec="seconds"),
            members[line.member_id].name if line.member_id in members else "",
            line.act,
            line.kind,
            name_of(line.kind, line.number) if line.number is not None else "",
            acts.detail(line),
        )
        for line in lines.lines(wanted, before=after[0] if after else None, limit=export.AT_ONCE)
    ]


def _wanted() -> Wanted:
    """What was asked for; what cannot be read asks for nothing."""
    asked = request.args
    kind, _, name = asked.get("about", "").partition(":")
    number = number_of(kind, name) if kind in acts.SUBJECTS else None
    return Wanted(
        member_id=number_of("member", asked.get("who", "")),
        act=asked["act"] if asked.get("act") in acts.SENTENCES else None,
        subject=f"{kind}:{number}" if number is not None else None,
        first=entered.day(asked.get("from", "")),
        last=entered.day(asked.get("to", "")),
    )
