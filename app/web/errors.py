"""Every no of the house as a page: what happened, what was kept, what to do next."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.desk import replies
from app.kernel import db
from app.kernel.errors import NotFoundError, PeerlineError
from app.web import seats, typed
from app.web.refs import name_of

log = structlog.get_logger()

HEADLINES = {
    400: lazy_gettext("This did not arrive as it should"),
    401: lazy_gettext("Your sign-in has ended"),
    403: lazy_gettext("Not with your role"),
    404: lazy_gettext("There is nothing here"),
    405: lazy_gettext("This page only listens to buttons"),
    409: lazy_gettext("Somebody or something was faster"),
    413: lazy_gettext("That is too much at once"),
    422: lazy_gettext("One thing is missing"),
    429: lazy_gettext("A little slower, please"),
    500: lazy_gettext("Something broke on our side"),
}
SENTENCES = {
    400: lazy_gettext("The request was not complete. Go back and try once more."),
    404: lazy_gettext("The address may be mistyped, or the page was never one of yours."),
    405: lazy_gettext("Go back and use the button there."),
    413: lazy_gettext("A form here takes 256 KB. Shorten it a little; nothing was changed."),
    429: lazy_gettext("Too many tries came from here in a short time. Wait five minutes; nothing is locked."),
    500: lazy_gettext("Nothing was changed. Try once more; if it stays, tell your manager the reference below."),
}


def _said_no(error: PeerlineError) -> Response:
    return page(error.status, gettext(str(error)))


def _drawn_for_another(error: seats.OtherBrandError) -> Response:
    """The way back leads through the question whether to look at that brand again, to the page of the form."""
    if error.drawn_for is None:
        return _said_no(error)
    stood_on = urlsplit(request.referrer or "")
    onward = f"{stood_on.path}?{stood_on.query}".rstrip("?") if stood_on.netloc == request.host else None
    back = url_for("sign_in.elsewhere", brand=name_of("brand", error.drawn_for), next=onward)
    return page(error.status, gettext(str(error)), back=back)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    response = page(status if status in HEADLINES else 400)
    response.status_code = status
    if allowed := error.get_headers(request.environ):
        response.headers.extend((name, value) for name, value in allowed if name == "Allow")
    return response


def _too_often(error: RateLimitExceeded) -> ResponseReturnValue:
    return error.get_response() if error.response else page(429)


def _form_expired(error: CSRFError) -> Response:
    """The form's token is old. The text is kept on our side too when the sign-in still tells whose it is."""
    seats.recognise()
    db.session.rollback()
    log.info("form token refused", route=_route(), reason=error.description)
    case_id = (request.view_args or {}).get("case_id")
    text = request.form.get("text", "")
    if case_id and text.strip() and g.seat and _from_our_own_page() and _is_kept(case_id, text):
        said = gettext("This page was open for a long time. Your text is kept; open the case again and send it.")
        return page(400, said, back=url_for("case.show", case_id=case_id))
    return page(400, gettext("This page was open for a long time. Nothing was changed; open it and try once more."))


def _is_kept(case_id: int, text: str) -> bool:
    """Keep a text with its case; not where the case is out of sight, as that of a brand looked at in another tab."""
    try:
        with db.transaction(), db.brand_scope(g.seat.brand_id):
            replies.keep_loose(case_id, seats.hand(), text)
    except NotFoundError:
        return False
    return True


def _route() -> str:
    """Which page, without what stands in its address: it may be a link that opens an account."""
    return str(request.url_rule or "")


def _from_our_own_page() -> bool:
    """A browser's word that the form came from us: without a token, this is all there is."""
    origin = request.headers.get("Origin", "")
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and (
        not origin or urlsplit(origin).netloc == request.host
    )


def _broke(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("a page broke", reference=reference, route=_route(), exc_info=error)
    return page(500, reference=reference)


def page(status: int, sentence: str = "", *, back: str | None = None, reference: str = "") -> Response:
    """One error as a page, or as a line when only a piece of a page was asked for."""
    seats.recognise_if_possible()
    sentence = sentence or str(SENTENCES.get(status, ""))
    if status == seats.SignedOutError.status:
        back = url_for("sign_in.show", next=seats.back_here())
    template = "errors/part.html" if seats.in_part() else "errors/page.html"
    body = render_template(
        template,
        status=status,
        headline=str(HEADLINES[status]) if status in HEADLINES else "",
        sentence=sentence,
        back=back,
        reference=reference,
        kept=typed.everything() if status not in {413, 429} else "",
    )
    return make_response(body, status)


def register(app: Flask) -> None:
    """One page for every way of saying no."""
    app.register_error_handler(PeerlineError, _said_no)
    app.register_error_handler(seats.OtherBrandError, _drawn_for_another)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(RateLimitExceeded, _too_often)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broke)
