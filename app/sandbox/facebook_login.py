"""The sandbox network's Facebook login: the page that asks a page's owner, and the tokens that follow a yes."""

import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from app.sandbox import facebook_tokens as tokens
from app.sandbox import facebook_world as world
from app.sandbox.facebook_problems import GraphRefusal, bad, signed_out
from app.sandbox.facebook_tokens import SCOPES
from app.sandbox.facebook_webhooks import app_settings
from app.sandbox.store import Store

CODE_MS = 600_000
SHORT_SECONDS, LONG_SECONDS = 5400, 60 * 86_400
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WORDS = {
    "pages_show_list": "See which pages you manage",
    "pages_read_engagement": "Read what your page posts, and the comments under it",
    "pages_read_user_content": "Read what visitors post on your page, and who they are",
    "pages_manage_engagement": "Answer comments as your page, and take answers back",
    "pages_manage_metadata": "Be told at once of what happens on your page",
}


def create_login(store: Store) -> Blueprint:
    """The blueprint of the dialog and of what an app asks about tokens."""
    login = Blueprint("facebook_login", __name__, url_prefix="/v26.0", template_folder="templates")
    login.add_url_rule("/dialog/oauth", "dialog", lambda: _dialog(store), methods=["GET"])
    login.add_url_rule("/dialog/oauth", "answered", lambda: _answered(store), methods=["POST"])
    login.add_url_rule("/oauth/access_token", "token", lambda: _token(store), methods=["GET", "POST"])
    login.add_url_rule("/debug_token", "debug_token", lambda: _debug(store), methods=["GET"])

    @login.errorhandler(GraphRefusal)
    def refuse(refusal: GraphRefusal) -> Response:
        return _json({"error": refusal.body}, refusal.status)

    return login


def _dialog(store: Store) -> AnyResponse:
    """The page with what is asked for. Whatever is wrong with the question is said here, never sent onward."""
    asked, scopes = _asked(store, request.args)
    if "fb_form" not in session:
        session["fb_form"] = secrets.token_urlsafe(24)
    page = render_template(
        "facebook_consent.html",
        asked=asked,
        scopes=[(scope, _WORDS.get(scope, scope)) for scope in scopes],
        pages=world.pages(store),
        owner=tokens.HUMAN_NAME,
        form=session["fb_form"],
    )
    answer = make_response(page)
    where = urlsplit(asked["redirect_uri"])
    answer.headers["Content-Security-Policy"] = (  # a browser holds the redirect after a form to this rule as well
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {where.scheme}://{where.netloc}"
    )
    return answer


def _answered(store: Store) -> AnyResponse:
    """Yes or no: back to the app, with a code or with why not."""
    asked, wanted = _asked(store, request.form, required_scopes=False)
    expected = str(session.get("fb_form", ""))
    if not expected or not hmac.compare_digest(request.form.get("form", "").encode(), expected.encode()):
        abort(403, "This form did not come from this page, or the page was open for too long. Nothing was allowed.")
    if request.form.get("answer") != "yes":
        told = {"error": "access_denied", "error_code": "200", "error_description": "Permissions error"}
        return _back(asked, told | {"error_reason": "user_denied"})
    granted = [scope for scope in wanted if scope in request.form.getlist("scope")]
    code = "AQ" + secrets.token_urlsafe(32)
    store.write(
        "INSERT INTO fb_code VALUES (?, ?, ?, ?)", code, asked["redirect_uri"], ",".join(granted), store.now_ms()
    )
    return _back(asked, {"code": code})


def _back(asked: Mapping[str, str], told: dict[str, str]) -> AnyResponse:
    query = urlencode(told | ({"state": asked["state"]} if asked["state"] else {}), quote_via=quote)
    glue = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return redirect(f"{asked['redirect_uri']}{glue}{query}#_=_", 302)


def _asked(store: Store, given: Mapping[str, str], *, required_scopes: bool = True) -> tuple[dict[str, str], list[str]]:
    """The dialog's question, checked: the app is known, the way back stays on this machine, the scopes exist."""
    asked = {name: given.get(name, "") for name in ("client_id", "redirect_uri", "state", "response_type")}
    asked["asked_for"] = given.get("scope", "") if required_scopes else given.get("asked_for", "")
    if asked["client_id"] != app_settings(store)["app_id"]:
        abort(400, "Invalid App ID: The provided app ID does not look like a valid app ID.")
    where = urlsplit(asked["redirect_uri"])
    if where.scheme not in ("http", "https") or where.hostname not in LOOPBACK:
        abort(400, "URL blocked: this redirect failed because the redirect URI is not white-listed.")
    if asked["response_type"] not in ("", "code"):
        abort(400, "This dialog knows response_type=code only.")
    scopes = [scope for scope in asked["asked_for"].replace(" ", ",").split(",") if scope]
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        abort(400, f"Invalid Scopes: {', '.join(unknown)}.")
    return asked, scopes


def _token(store: Store) -> Response:
    """A code, or a token that is to live longer, becomes a token."""
    given, app = request.values, app_settings(store)
    if given.get("client_id") != app["app_id"]:
        raise GraphRefusal(101, "Error validating application. Cannot get application info due to a system error.")
    if not hmac.compare_digest(given.get("client_secret", "").encode(), app["app_secret"].encode()):
        raise GraphRefusal(1, "Error validating client secret.")
    grant = given.get("grant_type", "authorization_code")
    if grant == "client_credentials":
        return _json({"access_token": f"{app['app_id']}|{app['app_secret']}", "token_type": "bearer"})
    if grant == "fb_exchange_token":
        row = store.row("SELECT * FROM fb_token WHERE token = ? AND ended = 0", given.get("fb_exchange_token", ""))
        if row is None or row["kind"] != "user":
            raise signed_out(463)
        return _given(tokens.of_person(store, row["scopes"], seconds=LONG_SECONDS), LONG_SECONDS)
    with store.transaction():
        code = store.row("SELECT * FROM fb_code WHERE code = ?", given.get("code", ""))
        store.write("DELETE FROM fb_code WHERE code = ?", given.get("code", ""))
    if code is None or code["created_ms"] + CODE_MS < store.now_ms():
        raise bad("This authorization code has been used or has expired.")
    if code["redirect_uri"] != given.get("redirect_uri"):
        raise bad("Error validating verification code. Please make sure your redirect_uri is identical.")
    return _given(tokens.of_person(store, code["scopes"], seconds=SHORT_SECONDS), SHORT_SECONDS)


def _given(token: str, seconds: int) -> Response:
    return _json({"access_token": token, "token_type": "bearer", "expires_in": seconds})


def _debug(store: Store) -> Response:
    """What a token is worth; asked with the app's own token."""
    app = app_settings(store)
    own = f"{app['app_id']}|{app['app_secret']}"
    if not hmac.compare_digest(tokens.given_token(request).encode(), own.encode()):
        raise bad("You must provide an app access token, or a user access token that is an owner or developer")
    return _json({"data": tokens.told_of(store, request.values.get("input_token", ""))})


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=UTF-8")
