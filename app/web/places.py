"""Where each role can go from any page: the bar at the bottom of a phone, the rail at the left of a wide screen."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from app.web import seats
from app.web.seats import STAFF, open_to

pages = Blueprint("places", __name__)


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the rail. `icon` names a picture of the sprite; see `lit` for where it is lit."""

    icon: str
    endpoint: str
    word: LazyString

    @property
    def area(self) -> str:
        """The blueprint whose pages belong to this place."""
        return self.endpoint.split(".")[0]


_INBOX = Place("inbox", "inbox.show", lazy_gettext("Inbox"))
_REVIEW = Place("review", "review.waiting", lazy_gettext("Review"))
_MENTIONS = Place("mentions", "mentions.show", lazy_gettext("Mentions"))
_SENDING = Place("sending", "sending.show", lazy_gettext("Sending"))
_OVERVIEW = Place("overview", "overview.show", lazy_gettext("Overview"))
_REPORTS = Place("reports", "reports.show", lazy_gettext("Reports"))
_ASSESSMENT = Place("eye", "assessment.show", lazy_gettext("Assessment"))
_PEOPLE = Place("people", "advocates.show", lazy_gettext("People"))
_AUDIT = Place("audit", "audit.show", lazy_gettext("Audit"))
_BOARD = Place("board", "board.show", lazy_gettext("Board"))
_BRAND = Place("settings", "brand.show", lazy_gettext("Brand"))
_ME = Place("me", "me.show", lazy_gettext("Me"))

_LED_TO_BY: dict[str, tuple[str, ...]] = {
    "account": ("me",),
    "alerts.my_wishes": ("me",),
    "answers": ("answers", "me"),
    "appeals": ("review", "answers"),
    "case": ("inbox", "queue"),
    "customers": ("inbox",),
    "points": ("points", "board"),
}
"""Pages that are no place of everybody: the areas of the places that lead to them, the nearest first."""

PLACES: dict[str, tuple[Place, ...]] = {
    "advocate": (
        Place("queue", "queue.show", lazy_gettext("Queue")),
        Place("answers", "answers.show", lazy_gettext("Answers")),
        Place("points", "points.mine", lazy_gettext("Points")),
        _BOARD,
        _ME,
    ),
    "moderator": (_INBOX, _REVIEW, _MENTIONS, _SENDING, _BOARD, _ME, _OVERVIEW, _ASSESSMENT),
    "manager": (
        *(_OVERVIEW, _INBOX, _REVIEW, _MENTIONS, _SENDING, _REPORTS, _ASSESSMENT, _PEOPLE, _AUDIT, _BOARD, _BRAND, _ME),
    ),
}
"""The places of each role, the most used first: where there are more than five, a phone shows four and "More"."""
ON_A_PHONE = 5


def lit(role: str, endpoint: str) -> str:
    """The area of the place to which a page belongs for this role; empty where it belongs to none."""
    area = endpoint.split(".", maxsplit=1)[0]
    there = {place.area for place in PLACES[role]}
    return next((each for each in _LED_TO_BY.get(endpoint, _LED_TO_BY.get(area, (area,))) if each in there), "")


def places_of(role: str) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """What a phone's bar shows of a role's places, and what it keeps behind "More" (nothing, where all fit)."""
    there = PLACES[role]
    if len(there) <= ON_A_PHONE:
        return there, ()
    return there[: ON_A_PHONE - 1], there[ON_A_PHONE - 1 :]


@pages.get("/places")
@open_to(*STAFF)
def more() -> ResponseReturnValue:
    """On a phone: the places that the bar has no room for."""
    return render_template("places/page.html", places=places_of(seats.seat().role)[1])
