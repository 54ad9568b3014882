"""Who is behind a request, what they may open, and the one transaction in which it happens.

Deny by default: a view without `open_to` or `open_to_all` is refused before it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import unwrap
from typing import Any, Protocol, cast

from flask import Flask, Response, current_app, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app.brands import queries as brands
from app.desk.rules.hand import Hand
from app.kernel import db
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, PeerlineError
from app.kernel.settings import Settings
from app.people import sign_in
from app.people.sign_in import Person, Seat
from app.web.refs import number_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
STAFF = ("moderator", "manager")
EVERYBODY = ("advocate", *STAFF)
ONLY_THE_DOOR = frozenset({"account", "me", "places", "sign_in"})
"""Areas that stay open to who still owes a second factor: the way to setting it up, and leaving."""
OF_THE_PERSON = frozenset({"account", "sign_in"})
"""Areas that belong to the person in whatever brand: their forms do the same from every tab."""

_ENDED = "Your sign-in has ended. What you typed still stands here: copy it, then sign in and go on."

View = Callable[..., ResponseReturnValue]
Again = Callable[..., ResponseReturnValue]


class SignedOutError(PeerlineError):
    """Nobody is signed in (any more); what was typed is shown, to copy."""

    status = 401


class OtherBrandError(ConflictError):
    """The form was drawn for another brand than the one looked at now, as another tab may have chosen meanwhile."""

    def __init__(self, drawn_for: int | None) -> None:
        super().__init__(
            "You look at another brand now; nothing was saved. Go back to the brand that the form belongs to, and send "
            "it from there."
        )
        self.drawn_for = drawn_for
        """The brand of the form, where the person has a seat in it."""


class UndeclaredError(RuntimeError):
    """A view that says nothing about who may open it. A programming error."""


class _Declared(Protocol):
    """A view that says who may open it; an empty tuple means the whole world."""

    open_to: tuple[str, ...]


def open_to(*roles: str, again: Again | None = None, talks: bool = False) -> Callable[[View], View]:
    """Declare who may open a view, and run it in one transaction, in the brand of the person's seat.

    A view that `talks` to a network runs outside of any transaction and opens its own short ones around the talk.
    A PeerlineError rolls everything back; then `again`, the page the form stands on, is shown with the sentence, the
    error's status, and what the person typed: in its fields, or to copy where it has none for it. Without `again`, the
    error page shows the sentence and what was typed.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(**values: Any) -> Response:
            try:
                if talks:
                    return _between_transactions(view, roles, values)
                with _one_transaction():
                    return _admitted(roles) or _seated(view, values)
            except NotFoundError:
                raise
            except PeerlineError as error:
                if again is None or in_part() or not g.get("inside"):
                    raise
                with _one_transaction(only_reading=True), db.brand_scope(seat().brand_id):
                    return with_problem(lambda: unwrap(again)(**values), error)

        cast("Any", guarded).open_to = roles
        return guarded

    return declare


def open_to_all(view: View) -> View:
    """Declare a view public. The house test keeps the list of these."""

    @wraps(view)
    def guarded(**values: Any) -> Response:
        if request.method in SAFE:
            return make_response(view(**values))
        with db.transaction():
            return make_response(view(**values))

    cast("Any", guarded).open_to = ()
    return guarded


def with_problem(page: Callable[[], ResponseReturnValue], error: PeerlineError) -> Response:
    """A page drawn again with the sentence that stood in the way, under its status."""
    g.problem = str(error)
    response = make_response(page())
    response.status_code = error.status
    return response


def person() -> Person:
    """Who is behind this request.

    Raises:
        SignedOutError: nobody.

    """
    known: Person | None = g.get("person")
    if known is None:
        raise SignedOutError(_ENDED)
    return known


def seat() -> Seat:
    """The seat in which the person looks at the house now."""
    return sign_in.seated(person())


def hand() -> Hand:
    """The person as the desk knows them."""
    here = seat()
    return Hand(person().member_id, person().alias, here.role, here.languages, here.topics)


def in_part() -> bool:
    """Whether a piece of a page is asked for, not a page."""
    return request.headers.get("HX-Request") == "true"


def cookie_name() -> str:
    """The cookie that holds the sign-in; the prefix makes browsers refuse it without TLS or from a subdomain."""
    settings: Settings = current_app.config["SETTINGS"]
    return "__Host-peerline" if settings.secure_cookies else "peerline"


def give_cookie(response: Response, token: str) -> None:
    """Hand the browser its token; it ends with the browser or from our side."""
    secure = current_app.config["SETTINGS"].secure_cookies
    response.set_cookie(cookie_name(), token, httponly=True, samesite="Lax", secure=secure, path="/")


def take_cookie(response: Response) -> None:
    """Take the token away again."""
    secure = current_app.config["SETTINGS"].secure_cookies
    response.delete_cookie(cookie_name(), httponly=True, samesite="Lax", secure=secure, path="/")


def recognise() -> None:
    """Find out who is behind the request and where they have a seat; the rest of it may ask, also an error page."""
    g.token = request.cookies.get(cookie_name())
    g.person = sign_in.person_behind(g.token)
    g.seat = g.person.seat if g.person else None
    g.brands = brands.these(seat.brand_id for seat in g.person.seats) if g.seat else ()
    g.brand = next((brand for brand in g.brands if brand.id == g.seat.brand_id), None)


def recognise_if_possible() -> None:
    """For pages that say no before anybody looked who is there; a database that is away leaves them bare."""
    if "person" in g:
        return
    try:
        recognise()
    except SQLAlchemyError:
        db.session.rollback()
        g.person = g.seat = g.brand = None


def back_here() -> str:
    """Where a person who must sign in first wanted to go: the page itself, or the one the form stood on."""
    if request.method in SAFE:
        return request.full_path.rstrip("?")
    case_id = (request.view_args or {}).get("case_id")
    return url_for("case.show", case_id=case_id) if case_id else url_for("sign_in.home")


def owes_second_factor() -> bool:
    """Whether the brand asks its staff for a second factor and this person has none yet."""
    return seat().is_staff and g.brand.policy.require_second_factor_for_staff and not person().has_second_factor


def _admitted(roles: tuple[str, ...]) -> Response | None:
    """Find out who asks and whether they may; where else they must go first, if anywhere."""
    recognise()
    if g.person is None:
        if request.method in SAFE and not in_part():
            return cast("Response", redirect(url_for("sign_in.show", next=back_here())))
        raise SignedOutError(_ENDED)
    here = seat()
    if _meant_elsewhere(here):
        return cast("Response", redirect(url_for("sign_in.elsewhere", brand=request.args["brand"], next=request.path)))
    _refuse_other_brands(here)
    if here.role not in roles:
        raise NotAllowedError("This page is not one for your role.")
    if owes_second_factor() and request.blueprint not in ONLY_THE_DOOR:
        if request.method in SAFE and not in_part():
            return cast("Response", redirect(url_for("account.show")))
        raise NotAllowedError("This brand asks its staff for a second factor. Set it up under Me, Security.")
    g.inside = True  # from here on, the person may see the page that a form stands on
    if request.method not in SAFE:
        sign_in.seen(g.token)
    return None


def _meant_elsewhere(here: Seat) -> bool:
    """Whether the link that led here, as mails hold them, names another brand in which the person has a seat."""
    if request.method not in SAFE or in_part() or request.endpoint == "sign_in.elsewhere":
        return False
    named = number_of("brand", request.args.get("brand", ""))
    return named not in {None, here.brand_id} and any(seat.brand_id == named for seat in person().seats)


def _refuse_other_brands(here: Seat) -> None:
    """Refuse what was drawn for another brand: it would be written into the one that another tab switched to.

    Pieces of a page come anew while its head stays as it was, so a request may name two brands: both must be this one.
    """
    if request.method in SAFE or request.blueprint in OF_THE_PERSON:
        return
    names = {*request.form.getlist("drawn_for"), *request.headers.getlist("X-Drawn-For")}
    for drawn_for in {number_of("brand", name) for name in names} - {here.brand_id}:
        raise OtherBrandError(drawn_for if any(seat.brand_id == drawn_for for seat in person().seats) else None)


def _seated(view: View, values: dict[str, Any]) -> Response:
    with db.brand_scope(seat().brand_id):
        return make_response(view(**values))


def _between_transactions(view: View, roles: tuple[str, ...], values: dict[str, Any]) -> Response:
    with _one_transaction():
        elsewhere = _admitted(roles)
    return elsewhere or _seated(view, values)


@contextmanager
def _one_transaction(*, only_reading: bool = False) -> Iterator[None]:
    """Unsafe methods write in one transaction, committed when the view has answered; the others never write."""
    if request.method in SAFE or only_reading:
        for begin in db.on_begin:
            begin(db.session.connection())
        try:
            yield
        finally:
            db.session.rollback()
    else:
        with db.transaction():
            yield


def _refuse_undeclared() -> None:
    if request.endpoint is None:
        return
    view = cast("_Declared | None", current_app.view_functions.get(request.endpoint))
    if not hasattr(view, "open_to"):
        raise UndeclaredError(f"{request.endpoint} does not say who may open it")


def register(app: Flask) -> None:
    """Refuse what nobody declared."""
    app.before_request(_refuse_undeclared)
