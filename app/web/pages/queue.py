"""The advocate's first page: thanks, the case in hand, and questions that fit."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.desk import queries as desk
from app.web import seats
from app.web.refs import number_of
from app.web.seats import open_to

pages = Blueprint("queue", __name__)


@pages.get("/queue")
@open_to("advocate")
def show() -> ResponseReturnValue:
    """Thanks first, then what I hold, then what I could help with."""
    hand = seats.hand()
    held, offers = desk.first_page(hand)
    return render_template("queue/page.html", thanks=desk.thanks_to(hand.member_id, limit=2), held=held, offers=offers)


@pages.get("/queue/news")
@open_to("advocate")
def news() -> ResponseReturnValue:
    """What came in since the page was drawn. An empty list fills itself; a full one is not moved under a thumb."""
    known = {number_of("case", name) for name in request.args.get("known", "").split(".")[:50]}
    offers = desk.queue(seats.hand())
    fresh = [offer for offer in offers if offer.case.id not in known]
    if not fresh:
        return "", 204
    if known != {None}:
        return render_template("queue/news.html", count=len(fresh))
    response = make_response(render_template("queue/offers.html", offers=offers))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#offers", "outerHTML"
    return response
