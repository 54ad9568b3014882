"""One case: its thread, why it is where it is, and the editor for whoever holds it."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.brands import queries as brands
from app.desk import answered, asking, cases, claims, drafting, replies
from app.desk import queries as desk
from app.desk.rules.hand import Hand
from app.desk.rules.routing import is_kept_from_advocates
from app.desk.views import CasePage, CaseView
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from app.people import queries as people
from app.web import seats, typed
from app.web.pages import inbox
from app.web.refs import name_of
from app.web.seats import EVERYBODY, STAFF, open_to

pages = Blueprint("case", __name__)


@pages.get("/cases/<case:case_id>")
@open_to(*EVERYBODY)
def show(case_id: int) -> ResponseReturnValue:
    """The thread for whoever may see it; the editor for whoever holds it."""
    return _drawn(case_id)


def _drawn(case_id: int, text: str | None = None) -> ResponseReturnValue:
    """The page; `text` is what was just typed, where it is not what is kept."""
    hand = seats.hand()
    page = desk.page(case_id, hand)
    mine = page.claim is not None and page.claim.member_id == hand.member_id
    kept = text if text is not None else _kept(page, hand)
    if kept == _text():
        typed.stands_again("text")
    return render_template(
        "case/desk.html" if hand.is_staff else "case/page.html",
        page=page,
        case=page.case,
        mine=mine,
        kept=kept,
        look=_look(page.case, hand, kept) if mine or kept else None,
        sentences=drafting.SENTENCES,
        members=people.members() if hand.is_staff else {},
        staff_only=is_kept_from_advocates(cases.signals_of(page.case.mention)),
        tab=inbox.tab(),
    )


@pages.get("/cases/<case:case_id>/beside")
@open_to(*EVERYBODY)
def beside(case_id: int) -> ResponseReturnValue:
    """What helps to write an answer: the brand's facts and short answers, and like questions with their answers."""
    ask, usual = answered.asked(case_id, seats.hand()), g.brand.languages[0]
    return render_template(
        "case/beside.html" if seats.in_part() else "case/beside_page.html",
        ask=ask,
        facts=brands.facts(ask.topic, ask.language, usual),
        short_answers=brands.short_answers(ask.topic, ask.language, usual),
        alike=answered.alike(ask, g.brand),
        others=asking.others(ask, seats.hand(), g.brand),
    )


@pages.post("/cases/<case:case_id>/claim")
@open_to(*EVERYBODY, again=show)
def claim(case_id: int) -> ResponseReturnValue:
    """Take it, alone."""
    claims.claim(case_id, seats.hand())
    return redirect(url_for("case.show", case_id=case_id, _anchor="editor"), 303)


@pages.post("/cases/<case:case_id>/draft")
@open_to(*EVERYBODY)
def draft(case_id: int) -> ResponseReturnValue:
    """Keep what is being typed, look it over, and extend the lease. A text that came too late is kept all the same."""
    hand, text = seats.hand(), _text()
    status, problem = 200, ""
    try:
        replies.save_draft(case_id, hand, text)
    except ConflictError as error:
        replies.keep_loose(case_id, hand, text)
        status, problem = error.status, str(error)
    case = desk.cases([case_id])[case_id]
    body = render_template(
        "case/looked.html",
        look=_look(case, hand, text),
        sentences=drafting.SENTENCES,
        claim=None if problem else claims.held_by(case_id, hand.member_id),
        problem=problem,
        moved=str(case.thread_revision) != request.form.get("seen_revision", ""),
        case=case,
        case_id=case_id,
        saved=True,
    )
    return body, status


@pages.post("/cases/<case:case_id>/submit")
@open_to(*EVERYBODY, again=show)
def submit(case_id: int) -> ResponseReturnValue:
    """Hand it in for review. Whatever stands in the way, the text stays with its author."""
    hand, text = seats.hand(), _text()
    try:
        replies.submit(case_id, hand, text)
    except RefusedError as error:
        replies.save_draft(case_id, hand, text)
        return _shown_again(case_id, text, error)
    except ConflictError as error:
        return _kept_loose(case_id, text, error)
    flash(gettext("Handed in. Staff reads it before it goes out; you find it here."))
    return redirect(url_for("answers.show", sent=name_of("case", case_id)), 303)


@pages.post("/cases/<case:case_id>/give-back")
@open_to(*EVERYBODY, again=show)
def give_back(case_id: int) -> ResponseReturnValue:
    """Back to the queue; the draft stays mine."""
    _keep_typed(case_id)
    claims.give_back(case_id, seats.hand())
    if seats.seat().is_staff:
        flash(gettext("Given back. It waits at its old place; your draft is kept in case you return."))
        return redirect(url_for("sign_in.home"), 303)
    return redirect(url_for("queue.show", left=name_of("case", case_id)), 303)


@pages.post("/cases/<case:case_id>/skip")
@open_to("advocate", again=show)
def skip(case_id: int) -> ResponseReturnValue:
    """Do not offer it to me again."""
    claims.skip(case_id, seats.hand())
    return redirect(url_for("queue.show", skipped=name_of("case", case_id)), 303)


@pages.post("/cases/<case:case_id>/offer-again")
@open_to("advocate", again=show)
def offer_again(case_id: int) -> ResponseReturnValue:
    """Undo a skip."""
    desk.page(case_id, seats.hand())
    claims.offer_again(case_id, seats.hand())
    flash(gettext("It may be offered to you again."))
    return redirect(url_for("queue.show"), 303)


@pages.post("/cases/<case:case_id>/pass")
@open_to("advocate", again=show)
def pass_on(case_id: int) -> ResponseReturnValue:
    """Staff should answer this one, with a word why."""
    claims.pass_to_staff(case_id, seats.hand(), request.form.get("why", ""))
    flash(gettext("Passed to staff, with your word why. Thank you for saying so."))
    return redirect(url_for("queue.show"), 303)


@pages.post("/cases/<case:case_id>/to-advocates")
@open_to(*STAFF, again=show)
def to_advocates(case_id: int) -> ResponseReturnValue:
    """Advocates may answer this one after all."""
    cases.hand_to_advocates(case_id, seats.hand())
    flash(gettext("Handed to the advocates. It waits in their queue with its old promise."))
    return redirect(url_for("inbox.show"), 303)


@pages.post("/replies/<reply:reply_id>/take-down")
@open_to(*STAFF)
def take_down(reply_id: int) -> ResponseReturnValue:
    """A published reply must go."""
    case_id = desk.reply(reply_id).case_id
    replies.ask_take_down(reply_id, seats.hand(), request.form.get("why", ""))
    flash(gettext("The network is asked to remove it. Its points are taken back when it is gone."))
    return redirect(url_for("case.show", case_id=case_id), 303)


def _text() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _keep_typed(case_id: int) -> None:
    """What stood in the editor when another button than Submit was used."""
    if "text" in request.form:
        replies.save_draft(case_id, seats.hand(), _text())


def _kept(page: CasePage, hand: Hand) -> str:
    """What this member wrote here and did not hand in."""
    draft = page.live_reply
    if draft is not None and draft.state == "draft" and draft.author_id == hand.member_id:
        return draft.text
    return page.kept


def _look(case: CaseView, hand: Hand, text: str) -> drafting.Look:
    return drafting.look_over(g.brand, case.channel, text, drafting.signature(g.brand, hand))


def _shown_again(case_id: int, text: str, error: RefusedError | ConflictError) -> ResponseReturnValue:
    """The case's page with the text and the sentence, under the error's status; what was kept is committed."""
    return seats.with_problem(lambda: _drawn(case_id, text), error)


def _kept_loose(case_id: int, text: str, error: ConflictError) -> ResponseReturnValue:
    """The claim is over. The text is kept with the case, or, when even the case is out of sight, on the page."""
    try:
        replies.keep_loose(case_id, seats.hand(), text)
    except NotFoundError:
        raise NotFoundError("This case is out of your sight now. What you typed stands below.") from None
    return _shown_again(case_id, text, error)
