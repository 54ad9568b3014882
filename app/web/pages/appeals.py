"""The second look at a rejection: its author asks for it, another colleague than the first reader decides."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.desk import appealing
from app.desk import queries as desk
from app.kernel.errors import NotFoundError
from app.people import queries as people
from app.web import seats
from app.web.seats import EVERYBODY, STAFF, open_to
from moderation import queries as moderation
from moderation.rules.appealing import may_look_again

pages = Blueprint("appeals", __name__)


@pages.get("/appeals/<appeal:appeal_id>")
@open_to(*STAFF)
def show(appeal_id: int) -> ResponseReturnValue:
    """What was asked, what was answered, why it was rejected, and why its author asks again."""
    appeal = moderation.appeal(appeal_id)
    if appeal is None:
        raise NotFoundError("There is no such appeal.")
    hand = seats.hand()
    page, reply = desk.page_of(appeal.subject_id, hand)
    return render_template(
        "appeals/page.html",
        appeal=appeal,
        page=page,
        reply=reply,
        members=people.members(),
        mine=may_look_again(
            reader_id=hand.member_id, reader_role=hand.role, author_id=appeal.author_id, judged_by=appeal.judged_by
        ),
    )


@pages.post("/replies/<reply:reply_id>/appeal")
@open_to(*EVERYBODY)
def ask(reply_id: int) -> ResponseReturnValue:
    """The author asks, once, with a reason."""
    appealing.appeal(reply_id, seats.hand(), request.form.get("why", ""))
    flash(gettext("A colleague who has not judged it yet takes a second look. You see here what they decide."))
    return redirect(url_for("answers.show"), 303)


@pages.post("/appeals/<appeal:appeal_id>/decide")
@open_to(*STAFF, again=show)
def decide(appeal_id: int) -> ResponseReturnValue:
    """Upheld or overturned, with a reason."""
    outcome = request.form.get("outcome", "")
    back = appealing.decide_appeal(appeal_id, seats.hand(), outcome, request.form.get("words", ""))
    if outcome == "upheld":
        flash(gettext("Upheld. The author reads your reason."))
    elif back:
        flash(gettext("Overturned. The answer waits for a yes again, as usual."))
    else:
        flash(gettext("Overturned, for the author's record. The case has moved on, so the answer does not go out."))
    return redirect(url_for("review.waiting"), 303)
