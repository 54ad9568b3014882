"""The advocate's first page: thanks, the case in hand, and questions that fit."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.desk import queries as desk
from app.desk import thanks
from app.desk.rules.hand import Hand
from app.people import wishes
from app.people.wishes import Wishes
from app.web import seats
from app.web.refs import number_of
from app.web.seats import EVERYBODY, open_to

pages = Blueprint("queue", __name__)


@pages.get("/queue")
@open_to("advocate")
def show() -> ResponseReturnValue:
    """Thanks first, then what I hold, then what I could help with."""
    hand, wished = _offered_to()
    held, offers = desk.first_page(hand)
    return render_template(
        "queue/page.html",
        thanks=thanks.unseen(hand.member_id),
        held=held,
        offers=() if wished.paused_until else offers,
        wished=wished,
        left=number_of("case", request.args.get("left", "")),
        skipped=number_of("case", request.args.get("skipped", "")),
    )


@pages.get("/queue/news")
@open_to("advocate")
def news() -> ResponseReturnValue:
    """What came in since the page was drawn. An empty list fills itself; a full one is not moved under a thumb."""
    known = {number_of("case", name) for name in request.args.get("known", "").split(".")[:50]}
    hand, wished = _offered_to()
    offers = () if wished.paused_until else desk.queue(hand)
    fresh = [offer for offer in offers if offer.case.id not in known]
    if not fresh:
        return "", 204
    if known != {None}:
        return render_template("queue/news.html", count=len(fresh))
    response = make_response(render_template("queue/offers.html", offers=offers, wished=wished))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#offers", "outerHTML"
    return response


@pages.post("/thanks/<thanks:thanks_id>/seen")
@open_to(*EVERYBODY)
def seen(thanks_id: int) -> ResponseReturnValue:
    """The words were read; they stay with the answer."""
    thanks.see(thanks_id, seats.hand())
    flash(gettext("Kept with your answers, under Thanked."))
    return redirect(url_for("sign_in.home"), 303)


def _offered_to() -> tuple[Hand, Wishes]:
    """The person as the queue knows them: in the languages and topics that they left on."""
    hand = seats.hand()
    wished = wishes.of(hand.member_id)
    return replace(hand, languages=wished.languages_on, topics_off=wished.topics_off), wished
