"""The sandbox network's Graph API: what an app that answers for a page needs to hear, say and take back."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Request, Response, g, request

from app.sandbox import facebook_problems as problems
from app.sandbox import facebook_shapes as shapes
from app.sandbox import facebook_tokens as tokens
from app.sandbox import facebook_world as world
from app.sandbox import faults
from app.sandbox.facebook_fields import Field, parse
from app.sandbox.facebook_problems import GraphRefusal
from app.sandbox.facebook_shapes import Json, View
from app.sandbox.facebook_tokens import Caller
from app.sandbox.facebook_usage import Usage
from app.sandbox.facebook_webhooks import app_settings, tell_of
from app.sandbox.facebook_world import Item, Page
from app.sandbox.faults import Fault
from app.sandbox.store import Store

VERSION = "v26.0"
LONGEST = 8000
MOST_IDS = 50
ENGAGE, METADATA, SHOW, READ = (
    "pages_manage_engagement", "pages_manage_metadata", "pages_show_list", "pages_read_engagement",
)  # fmt: skip
WEBHOOK_FIELDS = ("feed", "mention", "messages", "ratings")
_EDGES = {"feed": "anybody", "posts": "page", "published_posts": "page", "visitor_posts": "visitors"}


def create_graph(store: Store, usage: Usage) -> Blueprint:
    """The blueprint under /v26.0, with its faults, its errors and its usage headers."""
    api = Blueprint("facebook_api", __name__, url_prefix=f"/{VERSION}")
    graph = _Graph(store)

    @api.before_request
    def meet_fault() -> Response | None:
        g.fault = faults.due(store, request.method, request.path)
        return _struck(store, usage, g.fault) if g.fault else None

    @api.after_request
    def spoil(response: Response) -> Response:
        response.headers["facebook-api-version"] = VERSION
        fault = g.get("fault")
        if fault and fault.kind == "error_after":
            return _refused(problems.broken(fault.options["status"]))
        return faults.after(fault, request, response) if fault else response

    @api.errorhandler(GraphRefusal)
    def refuse(refusal: GraphRefusal) -> Response:
        return _refused(refusal, g.get("usage_headers", {}) | refusal.headers)

    def route(rule: str, methods: Mapping[str, Callable[..., Any]]) -> None:
        """Binds one view per method: who calls, how often, then the answer."""

        def answer(**parts: str) -> Response:
            caller = tokens.caller_of(store, request)
            g.usage_headers = usage.count(caller.id)
            body = methods[request.method](caller, request, **parts)
            return _json(body, 200, g.usage_headers)

        name = rule.strip("/").replace("/", "_").replace("<", "").replace(">", "") or "many"
        api.add_url_rule(  # clients end an address with a slash or without one
            rule.rstrip("/") + "/", name, answer, methods=[*methods], strict_slashes=False,
            provide_automatic_options=False,
        )  # fmt: skip

    @api.route("/<path:rest>", methods=["GET", "POST", "DELETE"])
    def unknown(rest: str) -> Response:
        raise problems.gone(request.method.lower(), rest)

    route("/", {"GET": graph.many})
    route("/me", {"GET": graph.me})
    route("/me/accounts", {"GET": graph.accounts})
    route("/me/permissions", {"GET": graph.permissions, "DELETE": graph.revoke})
    route("/<node>", {"GET": graph.one, "POST": graph.change, "DELETE": graph.remove})
    route("/<node>/comments", {"GET": graph.comments, "POST": graph.comment})
    route("/<node>/tagged", {"GET": graph.tagged})
    route(
        "/<node>/subscribed_apps",
        {"GET": graph.subscriptions, "POST": graph.subscribe, "DELETE": graph.unsubscribe},
    )
    route("/<node>/<any(feed, posts, published_posts, visitor_posts):edge>", {"GET": graph.posts, "POST": graph.post})
    return api


class _Graph:
    """What each call does. Every view gets the caller and the request, and gives the body of a good answer."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def me(self, caller: Caller, asked: Request) -> Json:
        page = world.page(self.store, caller.page_id) if caller.page_id else None
        if page:
            return shapes.page(page, _fields(asked), token=caller.token)
        return {"name": tokens.HUMAN_NAME, "id": tokens.HUMAN_ID}

    def accounts(self, caller: Caller, asked: Request) -> Json:
        if caller.page_id or SHOW not in caller.scopes:
            return {"data": []}
        fields = _fields(asked) or parse("access_token,category,name,id,tasks")
        known = world.pages(self.store)
        with self.store.transaction():
            given = [(page, tokens.of_page(self.store, page, caller.scopes)) for page in known]
        return {"data": [shapes.page(page, fields, token=token) for page, token in given]}

    def permissions(self, caller: Caller, _asked: Request) -> Json:
        return {"data": [{"permission": scope, "status": "granted"} for scope in sorted(caller.scopes) if scope]}

    def revoke(self, _caller: Caller, _asked: Request) -> Json:
        tokens.end(self.store)
        return {"success": True}

    def many(self, caller: Caller, asked: Request) -> Json:
        """Several nodes by their ids; one that is not there spoils the whole answer, as on the network."""
        ids = [part for part in asked.args.get("ids", "").split(",") if part]
        if not 1 <= len(ids) <= MOST_IDS:
            raise problems.bad(f"Param ids must have 1 to {MOST_IDS} values")
        return {node: self.one(caller, asked, node) for node in ids}

    def one(self, caller: Caller, asked: Request, node: str) -> Json:
        view, fields = _view(self.store, caller), _fields(asked)
        if page := world.page(self.store, node):
            return shapes.page(page, fields, token=caller.token if caller.page_id == node else None)
        return shapes.item(view, self._standing("get", caller, node), fields)

    def posts(self, caller: Caller, asked: Request, node: str, edge: str) -> Json:
        page = self._page(caller, node, READ)
        count = shapes.limit(asked.args)
        before, since = shapes.after(asked.args) or 1 << 62, _since_ms(asked)
        found = world.posts_of(self.store, page.id, by=_EDGES[edge], before=before, since_ms=since, count=count + 1)
        return self._listed(caller, asked, found, count, f"{node}/{edge}")

    def tagged(self, caller: Caller, asked: Request, node: str) -> Json:
        page = self._page(caller, node, READ)
        count = shapes.limit(asked.args)
        before, since = shapes.after(asked.args) or 1 << 62, _since_ms(asked)
        found = world.naming(self.store, page.id, before=before, since_ms=since, count=count + 1)
        return self._listed(caller, asked, found, count, f"{node}/tagged")

    def comments(self, caller: Caller, asked: Request, node: str) -> Json:
        under = self._standing("get", caller, node)
        return shapes.comments(_view(self.store, caller), under, asked.args, _fields(asked))

    def comment(self, caller: Caller, asked: Request, node: str) -> Json:
        _allowed(caller, ENGAGE)
        under = self._standing("post", caller, node)
        made = world.write_comment(self.store, caller.id, _message(asked), under)
        tell_of(self.store, made, "add")
        return {"id": made.id}

    def post(self, caller: Caller, asked: Request, node: str, edge: str) -> Json:
        page = self._page(caller, node, "pages_manage_posts")
        if edge != "feed":
            raise problems.gone("post", node)
        made = world.write_post(self.store, caller.id, _message(asked), page.id)
        tell_of(self.store, made, "add")
        return {"id": made.id}

    def change(self, caller: Caller, asked: Request, node: str) -> Json:
        """Another message for what is one's own; hidden or shown for what stands on one's page."""
        _allowed(caller, ENGAGE)
        found = self._standing("post", caller, node)
        if "is_hidden" in asked.values:
            hidden = asked.values["is_hidden"].lower() in ("true", "1")
            tell_of(
                self.store, world.change(self.store, found.number, hidden=int(hidden)), "hide" if hidden else "unhide"
            )
        if "message" in asked.values:
            if found.author_id != caller.id:
                raise problems.not_permitted("to change what others wrote")
            tell_of(self.store, world.change(self.store, found.number, message=_message(asked)), "edited")
        return {"success": True}

    def remove(self, caller: Caller, _asked: Request, node: str) -> Json:
        """Deletes what is one's own, or what stands on one's page."""
        _allowed(caller, ENGAGE)
        found = self._standing("delete", caller, node)
        if caller.id not in (found.author_id, found.page_id):
            raise problems.not_permitted("to delete what others wrote elsewhere")
        tell_of(self.store, world.change(self.store, found.number, deleted=1), "remove")
        return {"success": True}

    def subscribe(self, caller: Caller, asked: Request, node: str) -> Json:
        page = self._page(caller, node, METADATA)
        fields = _list(asked.values.get("subscribed_fields", ""))
        if not fields or set(fields) - set(WEBHOOK_FIELDS):
            raise problems.bad(f"Param subscribed_fields must be one of {', '.join(WEBHOOK_FIELDS)}")
        self.store.write(
            "INSERT INTO fb_subscription VALUES (?, ?) ON CONFLICT (page_id) DO UPDATE SET fields = excluded.fields",
            page.id, ",".join(fields),
        )  # fmt: skip
        return {"success": True}

    def unsubscribe(self, caller: Caller, _asked: Request, node: str) -> Json:
        self.store.write("DELETE FROM fb_subscription WHERE page_id = ?", self._page(caller, node, METADATA).id)
        return {"success": True}

    def subscriptions(self, caller: Caller, _asked: Request, node: str) -> Json:
        page = self._page(caller, node, METADATA)
        row = self.store.row("SELECT fields FROM fb_subscription WHERE page_id = ?", page.id)
        app = {"id": app_settings(self.store)["app_id"], "name": "Peerline"}
        return {"data": [app | {"subscribed_fields": row["fields"].split(",")}] if row else []}

    def _listed(self, caller: Caller, asked: Request, found: list[Item], count: int, path: str) -> Json:
        view, fields = _view(self.store, caller), _fields(asked)
        return shapes.listing(view, found, count, [shapes.item(view, one, fields) for one in found[:count]], path)

    def _standing(self, verb: str, caller: Caller, node: str) -> Item:
        """The post or comment with that id; what is deleted, or not to be read, is as if it had never been."""
        found = world.item(self.store, node)
        may_read = verb != "get" or READ in caller.scopes
        if found is None or found.deleted or caller.page_id is None or not may_read:
            raise problems.gone(verb, node)
        return found

    def _page(self, caller: Caller, node: str, scope: str) -> Page:
        """The caller's own page."""
        page = world.page(self.store, caller.id if node == "me" else node)
        if page is None or caller.page_id != page.id:
            raise problems.gone("get", node)
        _allowed(caller, scope)
        return page


def _allowed(caller: Caller, scope: str) -> None:
    if scope not in caller.scopes:
        raise problems.not_permitted(scope)


def _view(store: Store, caller: Caller) -> View:
    return View(store, caller.scopes, request.host_url.rstrip("/"), caller.token)


def _fields(asked: Request) -> tuple[Field, ...]:
    return parse(asked.values.get("fields", ""))


def _list(given: str) -> list[str]:
    """A list as the network takes it: the JSON of one, or parts with commas between them."""
    if given.startswith("["):
        try:
            return [str(part) for part in json.loads(given)]
        except ValueError:
            raise problems.bad("Param subscribed_fields must be an array.") from None
    return [part for part in given.split(",") if part]


def _message(asked: Request) -> str:
    message = asked.values.get("message", "")
    if not message.strip():
        raise problems.bad("Missing message or attachment.")
    if len(message) > LONGEST:
        raise problems.bad(f"Param message must be at most {LONGEST} characters long.")
    return message


def _since_ms(asked: Request) -> int:
    given = asked.args.get("since", "0")
    if not given.isdecimal():
        raise problems.bad("Param since must be a UNIX timestamp.")
    return int(given) * 1000


def _struck(store: Store, usage: Usage, fault: Fault) -> Response | None:
    """What a scripted fault does before the call is carried out, in the Graph API's own words."""
    if fault.kind == "rate_limited":
        g.usage_headers = usage.headers(_caller_id(store), 100, minutes=-(-fault.options["reset_in"] // 60))
        raise problems.too_many()
    if fault.kind == "usage_capped":
        raise problems.too_many(4)
    if fault.kind == "error_before":
        raise problems.broken(fault.options["status"])
    if fault.kind == "duplicate_content":
        raise GraphRefusal(506, "(#506) Duplicate status message")
    if fault.kind == "signed_out":
        raise problems.signed_out()
    if fault.kind == "blocked":
        raise problems.blocked()
    return faults.before(store, fault, request)


def _caller_id(store: Store) -> str:
    try:
        return tokens.caller_of(store, request).id
    except GraphRefusal:
        return "0"


def _refused(refusal: GraphRefusal, headers: Mapping[str, str] | None = None) -> Response:
    return _json({"error": refusal.body}, refusal.status, headers or {})


def _json(body: Json, status: int, headers: Mapping[str, str]) -> Response:
    kind = "application/json; charset=UTF-8"
    return Response(json.dumps(body, ensure_ascii=True), status, dict(headers), content_type=kind)
