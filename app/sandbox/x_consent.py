"""The sandbox network's OAuth 2.0: the page where an account lets an app act for it, and the tokens that follow."""

import json
import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.sandbox import accounts, cards, faults, x_tokens
from app.sandbox.pages import refuse_forged
from app.sandbox.store import Store
from app.sandbox.x_tokens import App, BadGrantError

_ASKED = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def create_consent(store: Store) -> Blueprint:
    """The blueprint of the consent page."""
    consent = Blueprint("consent", __name__)
    consent.add_url_rule("/i/oauth2/authorize", "ask", lambda: _ask(store), methods=["GET"])
    consent.add_url_rule("/i/oauth2/authorize", "answer", lambda: _answer(store), methods=["POST"])
    return consent


def add_token_calls(api: Blueprint, store: Store) -> None:
    """Adds the calls by which an app fetches, renews and gives back tokens; faults strike them like any other call."""
    api.add_url_rule("/oauth2/token", "token", lambda: _token(store), methods=["POST"])
    api.add_url_rule("/oauth2/revoke", "revoke", lambda: _revoke(store), methods=["POST"])


def _ask(store: Store) -> AnyResponse:
    app, asked = _checked(store, request.args)
    brands = [(account.id, cards.face(account)) for account in accounts.everyone(store, "brand")]
    scopes = [x_tokens.SCOPES[scope] for scope in asked["scope"].split()]
    page = render_template("x_consent.html", app=app, asked=asked, brands=brands, scopes=scopes)
    answer = make_response(page)
    where = urlsplit(asked["redirect_uri"])
    answer.headers["Content-Security-Policy"] = (  # a browser holds the redirect after a form to this rule as well
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {where.scheme}://{where.netloc}"
    )
    return answer


def _answer(store: Store) -> AnyResponse:
    refuse_forged()
    app, asked = _checked(store, request.form)
    if request.form.get("answer") != "allow":
        return _back(asked, {"error": "access_denied"})
    account = accounts.by_id(store, request.form.get("account", ""))
    if account is None or not account.is_brand:
        abort(400, "Choose the account that you want to connect. Nothing was allowed.")
    code = x_tokens.consent(
        store, app, account.id, asked["redirect_uri"], scope=asked["scope"], challenge=asked["code_challenge"]
    )
    return _back(asked, {"code": code})


def _back(asked: Mapping[str, str], told: dict[str, str]) -> AnyResponse:
    glue = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return redirect(f"{asked['redirect_uri']}{glue}{urlencode({'state': asked['state']} | told)}", 303)


def _checked(store: Store, given: Mapping[str, str]) -> tuple[App, dict[str, str]]:
    """The app and what it asks for. Whatever is wrong is said here and never sent onward, as nobody can be trusted."""
    asked = {name: given.get(name, "") for name in _ASKED}
    app = x_tokens.app_of(store, asked["client_id"])
    if app is None:
        abort(400, "No app has this client_id. Nothing was allowed.")
    if not app.may_return_to(asked["redirect_uri"]):
        abort(400, "The app does not take its users back to this redirect_uri. Nothing was allowed.")
    if asked["response_type"] != "code":
        abort(400, "The response_type must be code. Nothing was allowed.")
    if asked["code_challenge_method"] != "S256" or not _CHALLENGE.fullmatch(asked["code_challenge"]):
        abort(400, "The app must send a code_challenge by the method S256. Nothing was allowed.")
    if not asked["state"]:
        abort(400, "The app must send a state. Nothing was allowed.")
    scopes = asked["scope"].split()
    if not scopes or set(scopes) - set(x_tokens.SCOPES):
        abort(400, "The app asks for a scope that does not exist here. Nothing was allowed.")
    return app, asked


def _token(store: Store) -> Response:
    app = _client(store)
    if app is None:
        return _told({"error": "unauthorized_client", "error_description": "Missing valid authorization header"}, 401)
    form = request.form
    try:
        if form.get("grant_type") == "authorization_code":
            code, where, verifier = (form.get(name, "") for name in ("code", "redirect_uri", "code_verifier"))
            return _told(x_tokens.exchange(store, app, code, where, verifier))
        if form.get("grant_type") == "refresh_token":
            return _told(x_tokens.renew(store, app, form.get("refresh_token", "")))
    except BadGrantError as error:
        return _told({"error": "invalid_request", "error_description": str(error)}, 400)
    return _told({"error": "unsupported_grant_type", "error_description": "Unknown grant_type."}, 400)


def _revoke(store: Store) -> Response:
    app = _client(store)
    if app is None:
        return _told({"error": "unauthorized_client", "error_description": "Missing valid authorization header"}, 401)
    x_tokens.revoke(store, app, request.form.get("token", ""))
    return _told({"revoked": True})


def _client(store: Store) -> App | None:
    """The app that calls: by its secret if it has one, else by its name alone."""
    shown = request.authorization
    name = (shown.username if shown and shown.type == "basic" else request.form.get("client_id")) or ""
    app = x_tokens.app_of(store, name)
    if app is None or app.secret is None:
        return app
    secret = (shown.password if shown and shown.type == "basic" else None) or ""
    return app if secrets.compare_digest(secret.encode(), app.secret.encode()) else None


def _told(body: Mapping[str, object], status: int = 200) -> Response:
    return Response(json.dumps(body), status, {"Cache-Control": "no-store"}, content_type=faults.JSON_TYPE)
