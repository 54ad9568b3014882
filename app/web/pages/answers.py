"""What I wrote, and what became of it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from app.desk import authored, replies, thanks
from app.web import seats
from app.web.refs import name_of, number_of
from app.web.seats import EVERYBODY, open_to
from gamification import queries as points
from moderation import queries as moderation

pages = Blueprint("answers", __name__)
PER_PAGE = 20
FILTERS = {
    "all": lazy_gettext("All"),
    "waiting": lazy_gettext("Waiting"),
    "out": lazy_gettext("Public"),
    "thanked": lazy_gettext("Thanked"),
    "back": lazy_gettext("Came back"),
}
"""The words for authored.KINDS, in the order in which they are shown."""


@pages.get("/answers")
@open_to(*EVERYBODY)
def show(reply_id: int | None = None) -> ResponseReturnValue:
    """Newest first, each with its verdict, its state and its points. `reply_id`: a refused button stood on it."""
    me = seats.person().member_id
    kind = request.args.get("kind", "all")
    before = number_of("reply", request.args.get("before", ""))
    mine = authored.answers(me, kind, before=before, limit=PER_PAGE + 1)
    shown, more = mine[:PER_PAGE], len(mine) > PER_PAGE
    ids = tuple(reply.id for reply, _case in shown)
    return render_template(
        "answers/page.html",
        answers=shown,
        kind=kind if kind in FILTERS else "all",
        filters=FILTERS,
        decisions=moderation.decisions(replies.SUBJECT, ids),
        appeals=moderation.appeals_on(replies.SUBJECT, ids),
        points=points.for_replies(ids),
        thanks=thanks.for_replies(ids),
        sent=number_of("case", request.args.get("sent", "")),
        older=name_of("reply", ids[-1]) if more else None,
        at=reply_id,
    )


@pages.post("/replies/<reply:reply_id>/withdraw")
@open_to(*EVERYBODY, again=show)
def withdraw(reply_id: int) -> ResponseReturnValue:
    """Take it back while nobody has judged it."""
    replies.withdraw(reply_id, seats.hand())
    flash(gettext("Withdrawn. The case is back in the queue; your text is kept with it."))
    return redirect(url_for("answers.show"), 303)
