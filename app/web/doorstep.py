"""Who stands at the door: browsers that were let in before, half-finished sign-ins, and limits on guessing.

A stranger's failures never keep an owner out: they count against the stranger's network, and against the account only
for browsers in which its owner has never signed in. A link by mail makes any browser a known one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, g, make_response, render_template, request
from flask_babel import gettext

from app.people import known, tickets
from app.web import seats
from app.web.security import address, failed, limiter

FROM_ONE_NETWORK = "40 per 5 minutes; 200 per hour"
FROM_ONE_NETWORK_AT_ONE_ACCOUNT = "10 per 5 minutes; 60 per hour"
AT_ONE_ACCOUNT = "30 per 5 minutes; 90 per hour; 300 per day"
"""Failures of all unknown browsers together: a crowd of networks gets no further with one account."""
IN_ONE_KNOWN_BROWSER = "10 per 5 minutes; 60 per hour"
CODES_AT_ONE_ACCOUNT = "10 per 5 minutes; 20 per hour; 50 per day"
LINKS_FROM_ONE_NETWORK = "6 per 5 minutes; 20 per hour"
PASSWORDS_OF_ONE_SIGN_IN = "10 per 5 minutes; 30 per hour"
_HALF_SECONDS = int(tickets.LASTS["second_factor"].total_seconds())
_KNOWN_SECONDS = int(known.KEPT_FOR.total_seconds())


def _account() -> str:
    """Whom a try is for; the e-mail address itself is not written down."""
    return hashlib.sha256(request.form.get("email", "").strip().lower().encode()).hexdigest()[:16]


def _network_and_account() -> str:
    return f"{address()} {_account()}"


def _browser_and_account() -> str:
    return f"{_short(known_browser())} {_account()}"


def _half_signed_in() -> str:
    """Whose second factor is tried."""
    return f"member {half_signed_in()}" if half_signed_in() else address()


def _known_half_signed_in() -> str:
    return f"{_short(known_browser())} {_half_signed_in()}"


def _this_sign_in() -> str:
    return _short(request.cookies.get(seats.cookie_name())) or address()


def _short(token: str | None) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16] if token else ""


def _is_known() -> bool:
    return request.form.get("email", "").strip().lower() in _owners()


def _is_unknown() -> bool:
    return not _is_known()


def _is_known_half() -> bool:
    return half_signed_in() in _owners().values()


def _is_unknown_half() -> bool:
    return not _is_known_half()


def _owners() -> dict[str, int]:
    if "browser_owners" not in g:
        g.browser_owners = known.owners(known_browser())
    found: dict[str, int] = g.browser_owners
    return found


def _limits(*rows: tuple[str, Callable[[], str], Callable[[], bool]]) -> Callable[[Any], Any]:
    """Several limits on failures as one decorator; each row is a limit, whom it counts, and who is exempt from it."""

    def decorate(view: Any) -> Any:
        for limit, key, exempt in rows:
            view = limiter.limit(limit, key_func=key, exempt_when=exempt, deduct_when=failed, on_breach=_too_often)(
                view
            )
        return view

    return decorate


def guards_passwords(view: Any) -> Any:
    """Limit wrong passwords at the door."""
    return _limits(
        (FROM_ONE_NETWORK, address, _is_known),
        (FROM_ONE_NETWORK_AT_ONE_ACCOUNT, _network_and_account, _is_known),
        (AT_ONE_ACCOUNT, _account, _is_known),
        (IN_ONE_KNOWN_BROWSER, _browser_and_account, _is_unknown),
    )(view)


def guards_codes(view: Any) -> Any:
    """Limit wrong codes; five of them end the half-finished sign-in anyhow."""
    return _limits(
        (CODES_AT_ONE_ACCOUNT, _half_signed_in, _is_known_half),
        (CODES_AT_ONE_ACCOUNT, _known_half_signed_in, _is_unknown_half),
    )(view)


def guards_own_password(view: Any) -> Any:
    """Limit wrong passwords inside of the house, where somebody may have found an open browser."""
    return limiter.limit(PASSWORDS_OF_ONE_SIGN_IN, key_func=_this_sign_in, deduct_when=failed)(view)


def guards_mailboxes(view: Any) -> Any:
    """Limit asking for links, whoever they are for."""
    return limiter.limit(LINKS_FROM_ONE_NETWORK)(view)


def _too_often(_limit: object) -> Response:
    """The door again: what was typed stays, and there is another way in."""
    said = gettext("Too many tries came from here in a short time. Wait five minutes; nothing is locked.")
    page = render_template("sign_in/page.html", next=request.form.get("next", ""), problem=said, help_first=True)
    return make_response(page, 429)


def known_browser() -> str | None:
    """The token by which this browser is known, if it has one."""
    return request.cookies.get(_name("known"))


def give_known(response: Response, token: str) -> None:
    """Let the browser be known again for half a year."""
    _give(response, "known", token, _KNOWN_SECONDS)


def half_signed_in() -> int | None:
    """The member who has given the right password in this browser and still owes the second factor."""
    if "half_signed_in" not in g:
        g.half_signed_in = tickets.holder(half_ticket(), "second_factor")
    found: int | None = g.half_signed_in
    return found


def half_ticket() -> str | None:
    """The ticket between password and second factor."""
    return request.cookies.get(_name("half"))


def give_half(response: Response, ticket: str) -> None:
    """Hand out the ticket for the second step; it ends after ten minutes."""
    _give(response, "half", ticket, _HALF_SECONDS)


def take_half(response: Response) -> None:
    """The second step is done."""
    secure = current_app.config["SETTINGS"].secure_cookies
    response.delete_cookie(_name("half"), httponly=True, samesite="Lax", secure=secure, path="/")


def _give(response: Response, which: str, token: str, seconds: int) -> None:
    secure = current_app.config["SETTINGS"].secure_cookies
    response.set_cookie(_name(which), token, max_age=seconds, httponly=True, samesite="Lax", secure=secure, path="/")


def _name(which: str) -> str:
    return f"{seats.cookie_name()}-{which}"
