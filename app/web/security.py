"""What keeps a browser honest: headers on every answer, tokens on every form, limits on guessing and on size."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Request, Response, g, request
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.kernel.settings import Settings

CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
MOST_BYTES = 256 * 1024
MOST_FIELDS = 40
_IPV6_HOUSEHOLD = 64

csrf = CSRFProtect()
log = structlog.get_logger()


def address() -> str:
    """Where a request comes from; an IPv6 household counts as one, since it has more addresses than we can count."""
    remote = request.remote_addr or "unknown"
    try:
        parsed = ip_address(remote)
    except ValueError:
        return remote
    return str(ip_network(f"{parsed}/{_IPV6_HOUSEHOLD}", strict=False)) if parsed.version == 6 else remote  # noqa: PLR2004


limiter = Limiter(key_func=address)


def failed(response: Response) -> bool:
    """Whether a sign-in was refused; the good ones cost nothing."""
    return response.status_code >= 400  # noqa: PLR2004


class CleanRequest(Request):
    """A request whose form holds no letter that no database keeps and nobody types."""

    def _load_form_data(self) -> None:
        super()._load_form_data()
        given = self.__dict__["form"]
        cleaned = [(name, value.replace("\x00", "")) for name, value in given.items(multi=True)]
        self.__dict__["form"] = self.parameter_storage_class(cleaned)


def let_forms_lead_to(address: str) -> None:
    """Let a form of this page end on another site: browsers hold the answer to a form to the page's own policy."""
    parts = urlsplit(address)
    g.leads_to = f"{parts.scheme}://{parts.netloc}"


def register(app: Flask, settings: Settings) -> None:
    """Set everything up, before the first route."""
    secure = settings.secure_cookies
    app.request_class = CleanRequest
    app.config.update(
        SESSION_COOKIE_NAME="__Host-peerline-form" if secure else "peerline-form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the browser's session: a slow writer loses nothing
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        MAX_FORM_PARTS=MOST_FIELDS,
        **_limiting(settings.redis_url),
    )
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_headers(secure=secure))
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    else:
        app.before_request(_warning_of_a_proxy())


def _warning_of_a_proxy() -> Callable[[], None]:
    """Say once that there is a proxy in front that the settings do not know of.

    All people behind it count as one address then, so that one of them who guesses keeps every new browser out.
    """
    first = Lock()

    def warn() -> None:
        if "X-Forwarded-For" in request.headers and first.acquire(blocking=False):  # taken for good
            log.warning("a request came by way of a proxy, but PEERLINE_PROXIES is 0: all people count as one address")

    return warn


def _limiting(redis_url: str | None) -> dict[str, Any]:
    """Count in Redis where there is one, so that all web processes count together; in memory when it is away."""
    storage = f"redis+{redis_url}" if redis_url and redis_url.startswith("unix://") else redis_url
    return {
        "RATELIMIT_STORAGE_URI": storage or "memory://",
        "RATELIMIT_STRATEGY": "moving-window",
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": storage is not None,
        "RATELIMIT_KEY_PREFIX": "peerline",
    }


def _headers(*, secure: bool) -> Any:
    always = {
        "Content-Security-Policy": CONTENT,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if secure:
        always["Strict-Transport-Security"] = "max-age=31536000"

    def add(response: Response) -> Response:
        response.headers.update(always)
        if leads_to := g.get("leads_to"):
            response.headers["Content-Security-Policy"] = CONTENT.replace(
                "form-action 'self'", f"form-action 'self' {leads_to}"
            )
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return add
