"""The second pair of eyes: what waits for a yes, and the verdict on one reply."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.desk import drafting, replies
from app.desk import queries as desk
from app.desk.rules.approval import public_text
from app.kernel import clock
from app.kernel.errors import NotFoundError, RefusedError
from app.people import queries as people
from app.people.rules import STAFF as STAFF_ROLES
from app.web import seats
from app.web.seats import STAFF, open_to
from moderation import queries as moderation
from moderation import reviews
from moderation.queries import DecisionView, ReviewView

pages = Blueprint("review", __name__)
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
        members=members,
        alone=_alone(members),
    )


@pages.get("/review/<review:review_id>")
@open_to(*STAFF)
def show(review_id: int) -> ResponseReturnValue:
    """The customer's thread beside the words that would be public."""
    review = _review(review_id)
    page, reply = desk.page_of(review.subject_id, seats.hand())
    members = people.members()
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
        own=review.author_id == seats.person().member_id,
        alone=_alone(members),
        holder=members.get(review.held_by or 0) if _held_by_a_colleague(review) else None,
        before=_before(review),
    )


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
    seen, given, text = request.form.get("seen_revision", ""), request.form.get("verdict", ""), _edited()
    if not seen.isdigit():
        raise RefusedError("The form came without the state of the thread. Open the review again.")
    if given == "approve" and text is not None and text != _review(review_id).text.strip():
        given = "edit"
    reason = request.form.get("reason", "")
    replies.judge(review_id, seats.hand(), given, seen_revision=int(seen), reason=reason, text=text)
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


def _alone(members: dict[int, people.MemberView]) -> bool:
    """Whether nobody else could judge what this person wrote."""
    me = seats.person().member_id
    return not any(member.role in STAFF_ROLES and member.id != me for member in members.values())
