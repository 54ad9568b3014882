"""What staff does around a case besides answering it: notes, handing over, letting it sleep, closing and reopening."""

from __future__ import annotations

from inspect import unwrap

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.customers import queries as customers
from app.desk import away, context, handing, moving, notes
from app.desk import queries as desk
from app.desk.rules.away import sleep_until
from app.kernel import clock
from app.kernel.errors import NotFoundError, RefusedError
from app.people import queries as people
from app.web import seats
from app.web.pages import case as case_page
from app.web.refs import number_of
from app.web.seats import STAFF, open_to

pages = Blueprint("desk", __name__)
EARLIER = 5


def _again(case_id: int, note_id: int = 0) -> ResponseReturnValue:  # noqa: ARG001  the address of a note names both
    """The page that all of these forms stand on."""
    page: ResponseReturnValue = unwrap(case_page.show)(case_id)
    return page


@pages.get("/cases/<case:case_id>/known")
@open_to(*STAFF)
def known(case_id: int) -> ResponseReturnValue:
    """What is known beside the thread: notes, the customer and their earlier cases, private data masked."""
    customer_id = desk.customer_of(case_id)
    if customer_id is None:
        raise NotFoundError("There is no such case.")
    earlier = context.cases_of(customer_id, limit=EARLIER + 1)
    noted = context.notes_of_customer(customer_id)
    return render_template(
        "case/known.html" if seats.in_part() else "case/known_page.html",
        case_id=case_id,
        notes=[note for note in reversed(noted) if note.case_id == case_id],
        other_notes=[note for note in noted if note.case_id != case_id],
        earlier=[past for past in earlier if past.case.id != case_id][:EARLIER],
        customer=customers.customer(customer_id),
        members=people.members(),
        fresh=clock.now() - notes.CHANGE_WITHIN,
    )


@pages.post("/cases/<case:case_id>/notes")
@open_to(*STAFF, again=_again)
def write_note(case_id: int) -> ResponseReturnValue:
    """A word to colleagues."""
    notes.write(case_id, seats.hand(), _field("note"))
    flash(gettext("Noted. Only staff reads it; whom you named finds it in the inbox."))
    return _back(case_id)


@pages.post("/cases/<case:case_id>/notes/<note:note_id>/rewrite")
@open_to(*STAFF, again=_again)
def rewrite_note(case_id: int, note_id: int) -> ResponseReturnValue:  # noqa: ARG001  a note knows its case
    """Mend it while it is new."""
    written_on = notes.rewrite(note_id, seats.hand(), _field("note"))
    flash(gettext("The note is changed."))
    return _back(written_on)


@pages.post("/cases/<case:case_id>/notes/<note:note_id>/drop")
@open_to(*STAFF, again=_again)
def drop_note(case_id: int, note_id: int) -> ResponseReturnValue:  # noqa: ARG001  a note knows its case
    """Take it back while it is new."""
    written_on = notes.drop(note_id, seats.hand())
    flash(gettext("The note is taken back. Its words are gone."))
    return _back(written_on)


@pages.post("/cases/<case:case_id>/hand-over")
@open_to(*STAFF, again=_again)
def hand_over(case_id: int) -> ResponseReturnValue:
    """To one person, with a word why; the draft goes along to staff."""
    taker = number_of("member", request.form.get("to", ""))
    if taker is None:
        raise RefusedError("Choose the person who should answer it.")
    drafted = handing.hand_over(case_id, taker, seats.hand(), _field("why"))
    said = gettext("Handed over, with your word why.")
    flash(said + " " + gettext("Your draft went along.") if drafted else said)
    return redirect(url_for("inbox.show"), 303)


@pages.post("/cases/<case:case_id>/snooze")
@open_to(*STAFF, again=_again)
def snooze(case_id: int) -> ResponseReturnValue:
    """Not now: it comes back by the clock, or as soon as the customer writes."""
    until = sleep_until(
        _field("until"), now=clock.now(), zone=request.form.get("zone", "")[:60], day=request.form.get("day", "")[:10]
    )
    away.snooze(case_id, seats.hand(), until, _field("why"))
    flash(gettext("It sleeps. The promise to the customer runs on; it wakes at once when they write."))
    return redirect(url_for("inbox.show"), 303)


@pages.post("/cases/<case:case_id>/wake")
@open_to(*STAFF, again=_again)
def wake(case_id: int) -> ResponseReturnValue:
    """After all, now."""
    away.wake(case_id, seats.hand())
    flash(gettext("It is awake and needs an answer again."))
    return _back(case_id)


@pages.post("/cases/<case:case_id>/close")
@open_to(*STAFF, again=_again)
def close(case_id: int) -> ResponseReturnValue:
    """No reply is needed, and why."""
    away.close(case_id, seats.hand(), request.form.get("reason", ""), _field("why"))
    flash(gettext("Closed without a reply. It opens again by itself when the customer writes."))
    return redirect(url_for("inbox.show"), 303)


@pages.post("/cases/<case:case_id>/reopen")
@open_to(*STAFF, again=_again)
def reopen(case_id: int) -> ResponseReturnValue:
    """It needs an answer after all."""
    moving.move(case_id, seats.hand(), "staff", _field("why"))
    flash(gettext("Open again, for staff. Its promise counts from now."))
    return _back(case_id)


def _field(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")


def _back(case_id: int) -> ResponseReturnValue:
    return redirect(url_for("case.show", case_id=case_id), 303)
