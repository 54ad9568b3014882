"""The hands behind the sandbox network: people, posts, faults, the clock; for demo and tests, behind a token."""

import hmac
import ipaddress
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Request, Response, request

from app.sandbox import accounts, faults, posts, x_tokens
from app.sandbox.accounts import Account
from app.sandbox.faults import Fault
from app.sandbox.posts import Post, Span
from app.sandbox.rate_limits import RateLimits
from app.sandbox.store import Store, iso, to_ms

TOKEN_HEADER = "X-Sandbox-Control"  # noqa: S105 - a header's name
Json = dict[str, Any]
_ACCOUNT_KEYS = ("handle", "name", "bio", "kind", "followers", "following", "verified", *accounts.CREDENTIALS)
_POST_KEYS = (
    "handle", "name", "text", "followers", "reply_to", "quote_of", "repost_of", "created_at", "late_by", "lang",
    "reply_settings",
)  # fmt: skip
_FAULT_KEYS = ("endpoint", "kind", "times", "skip", "probability", "options")


class NotUnderstoodError(ValueError):
    """A control request that makes no sense; the message says why."""


def create_control(store: Store, limits: RateLimits, token: str) -> Blueprint:
    """The blueprint under /control. Every call comes from this machine and carries the token in its header."""
    control = Blueprint("control", __name__, url_prefix="/control")
    hands = _Hands(store, limits)

    @control.before_request
    def refuse_strangers() -> Response | None:
        here = ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 - "nobody known"
        if not here or not hmac.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), token.encode()):
            return _json({"error": f"send the control token in {TOKEN_HEADER}, from this machine"}, 401)
        return None

    @control.errorhandler(NotUnderstoodError)
    def explain(error: NotUnderstoodError) -> Response:
        return _json({"error": str(error)}, 400)

    @control.errorhandler(LookupError)
    def say_missing(error: LookupError) -> Response:
        return _json({"error": str(error.args[0])}, 404)

    routes: dict[str, dict[str, Callable[..., Response]]] = {
        "/accounts": {"POST": hands.put_account, "GET": hands.list_accounts},
        "/posts": {"POST": hands.put_posts, "GET": hands.list_posts},
        "/posts/<int:post_id>": {"PATCH": hands.edit_post, "DELETE": hands.delete_post},
        "/faults": {"POST": hands.put_fault, "GET": hands.list_faults, "DELETE": hands.delete_faults},
        "/faults/<int:fault_id>": {"DELETE": hands.delete_fault},
        "/limits": {"POST": hands.put_limit, "GET": hands.list_limits},
        "/clock": {"POST": hands.set_clock, "GET": hands.show_clock},
        "/apps": {"POST": hands.put_app},
        "/reset": {"POST": hands.reset},
    }
    for rule, views in routes.items():
        for method, view in views.items():
            control.add_url_rule(rule, view.__name__, view, methods=[method], provide_automatic_options=False)
    return control


class _Hands:
    """What each control call does."""

    def __init__(self, store: Store, limits: RateLimits) -> None:
        self.store = store
        self.limits = limits

    def put_account(self) -> Response:
        account, new = _ensure(self.store, _body(_ACCOUNT_KEYS))
        return _json(_account(account), 201 if new else 200)

    def list_accounts(self) -> Response:
        return _json({"accounts": [_account(account) for account in accounts.everyone(self.store)]})

    def put_posts(self) -> Response:
        given = request.get_json(silent=True)
        with self.store.transaction():
            if isinstance(given, list):
                made = [_publish(self.store, _checked(each, _POST_KEYS)) for each in given]
                return _json({"posts": [_post(self.store, post) for post in made]}, 201)
            return _json(_post(self.store, _publish(self.store, _checked(given, _POST_KEYS))), 201)

    def list_posts(self) -> Response:
        return _json({"posts": [_post(self.store, post) for post in _listed(self.store, request)]})

    def edit_post(self, post_id: int) -> Response:
        text = _text(_body(("text",)), "text")
        post = posts.newest_version(self.store, _existing(self.store, post_id))
        return _json(_post(self.store, posts.edit(self.store, post, text)))

    def delete_post(self, post_id: int) -> Response:
        posts.delete(self.store, _existing(self.store, post_id))
        return _json({"deleted": True})

    def put_fault(self) -> Response:
        return _json(_fault(_script(self.store, _body(_FAULT_KEYS))), 201)

    def list_faults(self) -> Response:
        return _json({"faults": [_fault(fault) for fault in faults.scripted(self.store)], "kinds": faults.KINDS})

    def delete_faults(self) -> Response:
        return _json({"deleted": faults.forget(self.store)})

    def delete_fault(self, fault_id: int) -> Response:
        return _json({"deleted": faults.forget(self.store, fault_id)})

    def list_limits(self) -> Response:
        known = self.limits.limits().items()
        return _json({"limits": {endpoint: {"user": user, "app": app} for endpoint, (user, app) in known}})

    def put_limit(self) -> Response:
        body = _body(("endpoint", "limit"))
        try:
            self.limits.change(_text(body, "endpoint"), _whole(body, "limit") or 0)
        except KeyError as error:
            raise NotUnderstoodError(f"no endpoint {error.args[0]!r}; GET /control/limits lists them") from None
        return self.list_limits()

    def show_clock(self) -> Response:
        return _json({"now": iso(self.store.now_ms()), "offset_seconds": self.store.offset()})

    def set_clock(self) -> Response:
        _set_clock(self.store, _body(("offset_seconds", "advance_seconds", "now")))
        return self.show_clock()

    def put_app(self) -> Response:
        body = _body(("name", "redirect_uris", "confidential"))
        addresses = body.get("redirect_uris") or []
        if not isinstance(addresses, list) or not all(isinstance(each, str) for each in addresses):
            raise NotUnderstoodError("redirect_uris is a list of addresses")
        app = x_tokens.register(
            self.store, _text(body, "name"), tuple(addresses), confidential=body.get("confidential") is True
        )
        return _json({"client_id": app.client_id, "client_secret": app.secret}, 201)

    def reset(self) -> Response:
        self.store.reset()
        self.limits.forget()
        return _json({"seed": self.store.seed})


def _ensure(store: Store, body: Json) -> tuple[Account, bool]:
    handle = _text(body, "handle").removeprefix("@")
    kind = body.get("kind")
    if kind not in (None, "brand", "customer"):
        raise NotUnderstoodError("kind is brand or customer")
    facts: Json = {name: _optional_text(body, name) for name in ("name", "bio", *accounts.CREDENTIALS)}
    facts |= {name: _whole(body, name) for name in ("followers", "following")}
    facts["verified"] = int(body["verified"]) if isinstance(body.get("verified"), bool) else None
    try:
        return accounts.ensure(store, handle, kind=kind, **facts)
    except ValueError as error:
        raise NotUnderstoodError(str(error)) from None


def _publish(store: Store, body: Json) -> Post:
    facts: Json = {key: value for key, value in body.items() if key in ("handle", "name", "followers")}
    author, _ = _ensure(store, facts)
    reply_to, quote_of, repost_of = (_referred(store, body, name) for name in ("reply_to", "quote_of", "repost_of"))
    text = _optional_text(body, "text") or ""
    if repost_of:
        whose = accounts.by_id(store, repost_of.author_id)
        text = f"RT @{whose.handle if whose else ''}: {repost_of.text}"
    if not text.strip():
        raise NotUnderstoodError("text is missing")
    settings = body.get("reply_settings", "everyone")
    if settings not in posts.SETTINGS:
        raise NotUnderstoodError(f"reply_settings is one of {', '.join(posts.SETTINGS)}")
    try:
        return posts.publish(
            store,
            author.id,
            text,
            created_ms=_created_ms(store, body),
            lang=_optional_text(body, "lang"),
            reply_settings=settings,
            reply_to=reply_to,
            quote_of=quote_of,
            repost_of=repost_of,
        )
    except ValueError as error:
        raise NotUnderstoodError(str(error)) from None


def _created_ms(store: Store, body: Json) -> int | None:
    """The moment of a late post, given as a time or as seconds before now; None is now."""
    if body.get("created_at") is not None:
        return to_ms(_moment(body, "created_at"))
    late = body.get("late_by")
    if late is None:
        return None
    if not isinstance(late, int | float) or isinstance(late, bool) or late < 0:
        raise NotUnderstoodError("late_by is a number of seconds")
    return store.now_ms() - int(late * 1000)


def _listed(store: Store, asked: Request) -> Sequence[Post]:
    """Posts by ?handle=, ?conversation_id= or ?replies_to=, else all; newest first, at most ?limit= (100)."""
    limit = asked.args.get("limit", 100, type=int)
    if handle := asked.args.get("handle"):
        account = accounts.by_handle(store, handle)
        return posts.by_author(store, account.id, Span(), limit) if account else []
    if conversation := asked.args.get("conversation_id", type=int):
        return [post for post in reversed(posts.conversation(store, conversation)) if not post.deleted][:limit]
    if target := asked.args.get("replies_to", type=int):
        thread = posts.conversation(store, _existing(store, target).conversation_id)
        return [post for post in reversed(thread) if post.reply_to == target and not post.deleted][:limit]
    return posts.everything(store, Span(), limit)


def _script(store: Store, body: Json) -> Fault:
    probability = body.get("probability", 1.0)
    if not isinstance(probability, int | float) or not 0 <= probability <= 1:
        raise NotUnderstoodError("probability is a number from 0 to 1")
    options = body.get("options") or {}
    if not isinstance(options, dict) or not all(isinstance(value, int) for value in options.values()):
        raise NotUnderstoodError("options are whole numbers by name")
    try:
        return faults.script(
            store,
            _optional_text(body, "endpoint") or "*",
            _text(body, "kind"),
            times=_whole(body, "times"),
            skip=_whole(body, "skip") or 0,
            probability=float(probability),
            options=options,
        )
    except ValueError as error:
        raise NotUnderstoodError(str(error)) from None


def _set_clock(store: Store, body: Json) -> None:
    """Moves the clock to an offset from the machine's, on by some seconds, or to a moment."""
    if len(body) != 1:
        raise NotUnderstoodError("send one of offset_seconds, advance_seconds, now")
    [(name, value)] = body.items()
    if name == "now":
        offset = store.offset() + (_moment(body, "now") - store.now()).total_seconds()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        offset = value + (store.offset() if name == "advance_seconds" else 0)
    else:
        raise NotUnderstoodError(f"{name} is a number of seconds")
    store.remember("clock_offset", repr(float(offset)))


def _existing(store: Store, post_id: int) -> Post:
    post = posts.get(store, post_id)
    if post is None:
        raise LookupError(f"there is no post {post_id}")
    return post


def _account(account: Account) -> Json:
    shape: Json = {
        "id": account.id,
        "handle": account.handle,
        "name": account.name,
        "kind": account.kind,
        "followers": account.followers,
    }
    return shape | ({"credentials": account.credentials()} if account.is_brand else {})


def _post(store: Store, post: Post) -> Json:
    author = accounts.by_id(store, post.author_id)
    numbers = ("id", "conversation_id", "reply_to", "quote_of", "repost_of", "replaced_by")
    shape: Json = {name: str(value) if (value := getattr(post, name)) else None for name in numbers}
    return shape | {
        "handle": author.handle if author else None,
        "text": post.text,
        "typed": post.typed,
        "created_at": iso(post.created_ms),
        "deleted": post.deleted,
        "versions": [str(version) for version in posts.versions(store, post)],
    }


def _fault(fault: Fault) -> Json:
    return {name: getattr(fault, name) for name in ("id", *_FAULT_KEYS, "seen", "hits")}


def _body(known: Sequence[str]) -> Json:
    return _checked(request.get_json(silent=True), known)


def _checked(given: object, known: Sequence[str]) -> Json:
    """The JSON object, if it holds known keys only: a mistyped key of a script must not pass silently."""
    if not isinstance(given, dict):
        raise NotUnderstoodError("send a JSON object")
    if unknown := sorted(set(given) - set(known)):
        raise NotUnderstoodError(f"unknown {', '.join(unknown)}; known are {', '.join(known)}")
    return given


def _text(body: Json, name: str) -> str:
    value = _optional_text(body, name)
    if not value:
        raise NotUnderstoodError(f"{name} is missing")
    return value


def _optional_text(body: Json, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise NotUnderstoodError(f"{name} is a text")
    return value


def _whole(body: Json, name: str) -> int | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise NotUnderstoodError(f"{name} is a whole number, 0 or more")
    return value


def _referred(store: Store, body: Json, name: str) -> Post | None:
    """The post that `body[name]` names, in its newest version."""
    value = body.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}|[1-8][0-9]{18}", str(value)):
        raise NotUnderstoodError(f"{name} is a post's id")
    return posts.newest_version(store, _existing(store, int(value)))


def _moment(body: Json, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(body, name))
    except ValueError:
        raise NotUnderstoodError(f"{name} is an ISO 8601 time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _json(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=faults.JSON_TYPE)
