"""The second pair of eyes: what waits for a yes, and the verdict on one reply."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.desk import drafting, reading, replies
from app.desk import queries as desk
from app.desk.rules.approval import public_text
from app.kernel import clock
from app.kernel.errors import NotFoundError, RefusedError
from app.people import queries as people
from app.people.rules import STAFF as STAFF_ROLES
from app.web import entered, seats
from app.web.seats import STAFF, open_to
from moderation import queries as moderation
from moderation import reviews
from moderation.queries import DecisionView, ReviewView

pages = Blueprint("review", __name__)
ON_DUTY = timedelta(minutes=30)
"""Who was there within this time is on duty."""
SAID = {
    "approve": "Approved. It is on its way to the thread.",
    "edit": "Approved with your edit. The author sees what you changed.",
    "return": "Returned. The author has time to revise it.",
    "reject": "Rejected. The case is open again.",
}


@pages.get("/review")
@open_to(*STAFF)
def waiting() -> ResponseReturnValue:
    """What waits for a verdict, the most pressing first."""
    found = moderation.waiting()
    written = desk.replies_by_id(review.subject_id for review in found)
    members = people.members()
    return render_template(
        "review/list.html",
        reviews=found,
        replies=written,
        cases=desk.cases({reply.case_id for reply in written.values()}),
        appeals=moderation.appeals_waiting(),
        members=members,
        alone=_alone(members),
        deserted=_deserted(),
    )


@pages.get("/review/<review:review_id>")
@open_to(*STAFF)
def show(review_id: int) -> ResponseReturnValue:
    """The customer's thread beside the words that would be public."""
    review = _review(review_id)
    page, reply = desk.page_of(review.subject_id, seats.hand())
    members = people.members()
    own = review.author_id == seats.person().member_id
    return render_template(
        "review/page.html",
        review=review,
        reply=reply,
        page=page,
        public=public_text(review.text, reply.signature),
        look=drafting.look_over(g.brand, page.case.channel, review.text, reply.signature),
        sentences=drafting.SENTENCES,
        members=members,
        author=members.get(review.author_id),
        remarks=reading.remarks_on(g.brand, review.text, asked_in=page.case.language),
        own=own,
        alone=_alone(members),
        deserted=own and _deserted(),
        holder=members.get(review.held_by or 0) if _held_by_a_colleague(review) else None,
        before=() if own else _before(review),
    )


@pages.post("/review/<review:review_id>/look")
@open_to(*STAFF)
def look(review_id: int) -> ResponseReturnValue:
    """What the words show as the reader edits them, what the edit changes, and whether they were said before."""
    review = _review(review_id)
    text = _edited() or review.text
    reply = desk.reply(review.subject_id)
    case = desk.cases([reply.case_id])[reply.case_id]
    found = reading.remarks_on(g.brand, text, asked_in=case.language)
    return render_template(
        "review/looked.html",
        review=review,
        text=text,
        look=drafting.look_over(g.brand, case.channel, text, reply.signature),
        sentences=drafting.SENTENCES,
        remarks=(*found, reading.repeats(reply.id, review.author_id, text)),
    )


@pages.post("/review/<review:review_id>/next")
@open_to(*STAFF)
def leave(review_id: int) -> ResponseReturnValue:
    """Not this one now: a colleague may take it at once; the next one opens."""
    me = seats.person().member_id
    reviews.let_go(_review(review_id).id, me)
    waits = [one for one in moderation.waiting() if one.author_id != me and not _held_by_a_colleague(one)]
    at = next((at for at, one in enumerate(waits) if one.id == review_id), 0)
    behind = [one for one in (*waits[at:], *waits[:at]) if one.id != review_id]
    if not behind:
        flash(gettext("No other answer waits for your verdict."))
        return redirect(url_for("review.waiting"), 303)
    return redirect(url_for("review.show", review_id=behind[0].id), 303)


@pages.post("/review/<review:review_id>/hold")
@open_to(*STAFF)
def hold(review_id: int) -> ResponseReturnValue:
    """The page asks for this when it is opened, and again while it is read: colleagues see that it is being read."""
    held = reviews.hold(review_id, seats.person().member_id)
    review = _review(review_id)
    holder = people.members([review.held_by]).get(review.held_by) if review.held_by and not held else None
    return render_template("review/held.html", held=held, holder=holder, review=review)


@pages.post("/review/<review:review_id>/verdict")
@open_to(*STAFF, again=show)
def verdict(review_id: int) -> ResponseReturnValue:
    """One verdict; then the next one that waits."""
    seen = entered.number(request.form.get("seen_revision", ""))
    given, text = request.form.get("verdict", ""), _edited()
    if seen is None:
        raise RefusedError("The form came without the state of the thread. Open the review again.")
    if given == "approve" and text is not None and text != _review(review_id).text.strip():
        given = "edit"
    reason = request.form.get("reason", "")
    replies.judge(review_id, seats.hand(), given, seen_revision=seen, reason=reason, text=text)
    flash(gettext(SAID[given]))
    return redirect(_next(), 303)


def _before(review: ReviewView) -> tuple[DecisionView, ...]:
    """Earlier verdicts on the same reply."""
    if review.version == 1:
        return ()
    return moderation.decisions(replies.SUBJECT, [review.subject_id]).get(review.subject_id, ())


def _edited() -> str | None:
    text = request.form.get("text")
    return None if text is None else text.replace("\r\n", "\n").strip()


def _next() -> str:
    """The most pressing review that this person may judge; the list when there is none."""
    me = seats.person().member_id
    for review in moderation.waiting():
        if review.author_id != me and not _held_by_a_colleague(review):
            return url_for("review.show", review_id=review.id)
    return url_for("review.waiting")


def _review(review_id: int) -> ReviewView:
    review = moderation.review(review_id)
    if review is None:
        raise NotFoundError("There is no such review.")
    return review


def _held_by_a_colleague(review: ReviewView) -> bool:
    held = review.held_until is not None and review.held_until > clock.now()
    return held and review.held_by != seats.person().member_id


def _deserted() -> bool:
    """Whether no colleague of staff has been there lately."""
    return not people.on_duty(clock.now() - ON_DUTY) - {seats.person().member_id}


def _alone(members: dict[int, people.MemberView]) -> bool:
    """Whether nobody else could judge what this person wrote."""
    me = seats.person().member_id
    return not any(one.is_active and one.role in STAFF_ROLES and one.id != me for one in members.values())
