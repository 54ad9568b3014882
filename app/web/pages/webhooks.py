"""Where networks knock by themselves: who they are is proved before a word is read, and what they say is kept first."""

from __future__ import annotations

import hashlib
import hmac

import structlog
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.kernel.settings import Settings
from app.web.seats import open_to_all
from app.web.security import csrf, limiter
from listeners import facebook, handed

pages = Blueprint("webhooks", __name__)
MOST_BYTES = 4 * 1024 * 1024
"""Facebook sends up to a thousand changes at once."""
MOST_CHALLENGE = 200
REFUSED_PER_MINUTE = "120 per minute"

log = structlog.get_logger()


def _is_refused(response: Response) -> bool:
    """Only what is turned away counts: a burst that Facebook signed is never held up."""
    return response.status_code in {400, 401, 403, 413}


_guarded = limiter.shared_limit(REFUSED_PER_MINUTE, scope="webhooks", deduct_when=_is_refused)


@pages.get("/webhooks/facebook")
@_guarded
@open_to_all
def prove() -> Response:
    """Facebook asks whether this address is ours: whoever knows the word gets the challenge back."""
    word, given = _settings().facebook_verify_token, request.args.get("hub.verify_token", "")
    challenge = request.args.get("hub.challenge", "")
    if not word or request.args.get("hub.mode") != "subscribe" or len(challenge) > MOST_CHALLENGE:
        return _say("", 403)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), word.encode()):
        return _say("", 403)
    return _say(challenge)


@pages.post("/webhooks/facebook")
@_guarded
@open_to_all
def hear() -> Response:
    """Hear what happened on pages. What this answers with 200 is stored; anything else makes Facebook send it again."""
    request.max_content_length = MOST_BYTES
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _say("", 413)
    if not _is_signed(raw):
        log.warning("a webhook without a good signature was turned away", channel=facebook.CHANNEL, size=len(raw))
        return _say("", 401)
    try:
        parts = facebook.parts_of(raw)
    except ValueError:
        log.warning("a webhook could not be read", channel=facebook.CHANNEL, size=len(raw))
        return _say("", 400)
    counted = handed.take(facebook.CHANNEL, parts)
    log.info("a webhook was heard", channel=facebook.CHANNEL, **counted)
    return _say("")


csrf.exempt(hear)  # it is signed instead


def _is_signed(raw: bytes) -> bool:
    """Whether the bytes, as they came, are signed with our app's secret; while it changes, with either."""
    given = request.headers.get("X-Hub-Signature-256", "").encode("utf-8", "replace")
    good = False
    for secret in _settings().facebook_app_secrets:
        expected = b"sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode()
        good |= hmac.compare_digest(given, expected)
    return good


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _say(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")
