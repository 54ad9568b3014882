"""The sandbox network's API: the parts of X's API v2 that an account of a brand needs to hear and to answer."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Request, Response, g, request

from app.sandbox import (
    accounts,
    auth,
    entities,
    faults,
    posts,
    search_query,
    x_parameters,
    x_problems,
    x_search,
    x_shapes,
    x_spelling,
)
from app.sandbox.accounts import Account
from app.sandbox.posts import Post, Span
from app.sandbox.rate_limits import RateLimits
from app.sandbox.store import Store, from_ms, id_at
from app.sandbox.weighted_length import LIMIT, weighted_length
from app.sandbox.x_consent import add_token_calls
from app.sandbox.x_parameters import LIST, TWEET_SHAPE, USER_SHAPE, Page
from app.sandbox.x_problems import Refusal
from app.sandbox.x_shapes import Json
from app.sandbox.x_stream import Stream

SEARCH_DAYS = 7
_DAY_MS = 86_400_000
_END_MARGIN_MS = 10_000
_CREATE_KEYS = frozenset(("text", "reply", "reply_settings", "quote_tweet_id", "made_with_ai", "paid_partnership"))
_REPLY_KEYS = frozenset(("in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata"))


def create_x_api(store: Store, limits: RateLimits) -> Blueprint:
    """The blueprint under /2, with its faults, its errors and its rate limits."""
    api = Blueprint("x_api", __name__, url_prefix="/2")

    @api.before_request
    def meet_fault() -> Response | None:
        g.fault = faults.due(store, request.method, request.path)
        return faults.before(store, g.fault, request) if g.fault else None

    @api.after_request
    def spoil(response: Response) -> Response:
        return faults.after(g.fault, request, response) if g.get("fault") else response

    @api.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        headers = g.get("limit_headers", {}) | refusal.headers
        return _json(refusal.body, refusal.status, headers, faults.PROBLEM_TYPE)

    def route(endpoint: str, view: Callable[..., tuple[Json, int]], *, needs: str = "") -> None:
        """Binds a view to "METHOD /path/:part": who calls, how often, then the answer.

        It `needs` an "app", or a user's token with this scope; anybody known may call what needs nothing.
        """
        method, _, path = endpoint.partition(" ")
        rule = "/".join(f"<{part[1:]}>" if part.startswith(":") else part for part in path.split("/"))

        def answer(**parts: str) -> Response:
            caller = auth.caller_of(store, request)
            if needs == "app" and caller.is_user:
                raise x_problems.user_only()
            if needs not in ("", "app") and not caller.is_user:
                raise x_problems.app_only()
            if needs not in ("", "app") and needs not in caller.scopes:
                raise x_problems.forbidden(f"The token lacks the scope {needs}.")
            g.limit_headers = limits.count(endpoint, caller.account.id, is_user=caller.is_user)
            older = x_spelling.in_older_words(request)
            body, status = view(store, request, caller.account, **parts)
            return _json(body if older else x_spelling.in_newer_words(body), status, g.limit_headers)

        name = endpoint.replace(".", "_")
        api.add_url_rule(rule.removeprefix("/2"), name, answer, methods=[method], provide_automatic_options=False)

    route("GET /2/users/me", me, needs="users.read")
    route("GET /2/users/:id", user_by_id)
    route("GET /2/users/by/username/:username", user_by_username)
    route("GET /2/users/:id/mentions", mentions)
    route("GET /2/users/:id/tweets", timeline)
    route("GET /2/tweets", lookup)
    route("GET /2/tweets/:id", lookup_one)
    route("GET /2/tweets/search/recent", search)
    route("POST /2/tweets", create, needs="tweet.write")
    route("DELETE /2/tweets/:id", remove, needs="tweet.write")
    stream = Stream(store, limits)
    route("GET /2/tweets/search/stream/rules", stream.rules, needs="app")
    route("POST /2/tweets/search/stream/rules", stream.change, needs="app")
    stream.add_to(api)
    add_token_calls(api, store)
    return api


def me(store: Store, asked: Request, caller: Account) -> tuple[Json, int]:
    """Who am I."""
    return _user(store, asked, caller, "id", caller.id)


def user_by_id(store: Store, asked: Request, _caller: Account, id: str) -> tuple[Json, int]:  # noqa: A002 - X's name
    """Who is this."""
    x_parameters.checked_id("id", id)
    return _user(store, asked, accounts.by_id(store, id), "id", id)


def user_by_username(store: Store, asked: Request, _caller: Account, username: str) -> tuple[Json, int]:
    """Who is @this."""
    if not accounts.HANDLE.fullmatch(username):
        message = f"The `username` query parameter value [{username}] does not match ^[A-Za-z0-9_]{{1,15}}$"
        raise x_problems.invalid("username", username, message)
    return _user(store, asked, accounts.by_handle(store, username), "username", username)


def mentions(store: Store, asked: Request, _caller: Account, id: str) -> tuple[Json, int]:  # noqa: A002 - X's name
    """Who named this account, newest first."""
    x_parameters.known_only(asked.args, LIST)
    page = x_parameters.page(asked.args, lowest=5, default=10)
    account = accounts.by_id(store, str(x_parameters.checked_id("id", id)))
    if account is None:
        return {"errors": [x_problems.not_found("user", "id", id)]}, 200
    found = posts.naming(store, account.handle, account.id, page.span, page.max_results + 1)
    return _list(store, asked, found, page), 200


def timeline(store: Store, asked: Request, _caller: Account, id: str) -> tuple[Json, int]:  # noqa: A002 - X's name
    """What this account said, newest first."""
    x_parameters.known_only(asked.args, LIST | {"exclude"})
    page = x_parameters.page(asked.args, lowest=5, default=10)
    account = accounts.by_id(store, str(x_parameters.checked_id("id", id)))
    if account is None:
        return {"errors": [x_problems.not_found("user", "id", id)]}, 200
    exclude = asked.args.get("exclude", "").split(",")
    found = posts.by_author(store, account.id, page.span, page.max_results + 1, exclude)
    return _list(store, asked, found, page), 200


def lookup(store: Store, asked: Request, _caller: Account) -> tuple[Json, int]:
    """Up to 100 posts by id; the missing ones are named under errors."""
    x_parameters.known_only(asked.args, TWEET_SHAPE | {"ids"})
    found, missing = [], []
    for post_id in x_parameters.ids(asked.args):
        post = posts.get(store, post_id)
        if post is None or post.deleted:
            missing.append(x_problems.not_found("tweet", "ids", str(post_id)))
        else:
            found.append(post)
    return x_shapes.listing(store, found, x_parameters.fields(asked.args), missing), 200


def lookup_one(store: Store, asked: Request, _caller: Account, id: str) -> tuple[Json, int]:  # noqa: A002 - X's name
    """One post by id; a deleted one is an answer 200 with an error inside, as on X."""
    x_parameters.known_only(asked.args, TWEET_SHAPE)
    post = posts.get(store, x_parameters.checked_id("id", id))
    fields = x_parameters.fields(asked.args)
    if post is None or post.deleted:
        return {"errors": [x_problems.not_found("tweet", "id", id)]}, 200
    body = x_shapes.listing(store, [post], fields)
    return body | {"data": body["data"][0]}, 200


def search(store: Store, asked: Request, _caller: Account) -> tuple[Json, int]:
    """Posts of the last seven days that a query matches, newest first."""
    x_parameters.known_only(asked.args, LIST | {"query", "next_token", "sort_order"})
    query = asked.args.get("query", "")
    if not 1 <= len(query) <= search_query.MAX_QUERY:
        message = f"The `query` query parameter value [{query}] must be 1 to {search_query.MAX_QUERY} characters long"
        raise x_problems.invalid("query", query, message)
    try:
        matches = search_query.parse(query)
    except search_query.BadQueryError as error:
        message = f"There were errors processing your request: {error}"
        raise x_problems.invalid("query", query, message) from None
    page = x_parameters.page(asked.args, lowest=10, default=10)
    span = _recent(store, page.span)
    found = x_search.found(store, matches, span, page.max_results + 1)
    return _list(store, asked, found, page), 200


def create(store: Store, asked: Request, caller: Account) -> tuple[Json, int]:
    """Publishes a post or a reply in the caller's name."""
    text, reply = _create_request(asked)
    with store.transaction():
        target = _reply_target(store, caller, reply)
        if weighted_length(text) > LIMIT:
            raise x_problems.plain(400, "Invalid Request", x_problems.TOO_LONG)
        if posts.same_text(store, caller.id, text):
            raise x_problems.forbidden(x_problems.DUPLICATE)
        addressed = _addressed(store, caller, target, reply.get("exclude_reply_user_ids") or []) if target else []
        post = posts.publish(store, caller.id, text, addressed_to=addressed, reply_to=target)
    shape = x_shapes.tweet(store, post, x_parameters.fields({}))
    return {"data": shape}, 201


def remove(store: Store, _asked: Request, caller: Account, id: str) -> tuple[Json, int]:  # noqa: A002 - X's name
    """Deletes a post of the caller."""
    post = posts.get(store, x_parameters.checked_id("id", id))
    if post is None or post.deleted:
        raise x_problems.plain(404, "Not Found Error", f"Could not find tweet with id: [{id}].")
    if post.author_id != caller.id:
        raise x_problems.forbidden("You are not authorized to delete this Tweet.")
    posts.delete(store, post)
    return {"data": {"deleted": True}}, 200


def _create_request(asked: Request) -> tuple[str, Json]:
    """The text and the reply part of a request to publish, checked."""
    body = asked.get_json(silent=True)
    if not isinstance(body, dict):
        raise x_problems.invalid("$", "", "The request body is no JSON object")
    reply = body.get("reply") or {}
    for prefix, given, known in (("$", body, _CREATE_KEYS), ("$.reply", reply, _REPLY_KEYS)):
        for key in sorted(set(given) - known):
            message = f"[{prefix}.{key}: is not defined in the schema and the schema does not allow it]"
            raise x_problems.invalid(f"{prefix}.{key}", given[key], message)
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise x_problems.invalid("text", text, "The `text` of a Tweet must not be empty")
    if "quote_tweet_id" in body:  # quoting through the API is for larger plans than this network plays
        raise x_problems.forbidden("You are not permitted to perform this action.")
    return text, reply


def _reply_target(store: Store, caller: Account, reply: Json) -> Post | None:
    """The post to be answered, if answering it is allowed: it stands, and its author summoned the caller."""
    if not reply:
        return None
    given = str(reply.get("in_reply_to_tweet_id", ""))
    target = posts.get(store, x_parameters.checked_id("in_reply_to_tweet_id", given))
    if target is None or target.deleted:
        raise x_problems.forbidden(x_problems.GONE)
    if target.author_id == caller.id:
        return target
    quoted = posts.get(store, target.quote_of) if target.quote_of else None
    named = caller.handle.lower() in (handle.lower() for handle in entities.handles(target.text))
    summoned = named or (quoted is not None and quoted.author_id == caller.id)
    if not summoned or (target.reply_settings == "following") or (target.reply_settings != "everyone" and not named):
        raise x_problems.forbidden(x_problems.NOT_SUMMONED)
    return target


def _addressed(store: Store, caller: Account, target: Post, excluded: Sequence[str]) -> list[str]:
    """Whom a reply is addressed to: the author answered, then those the answered post was addressed to."""
    author = accounts.by_id(store, target.author_id)
    handles = [author.handle] if author else []
    handles += entities.leading_handles(target.text)
    known = (accounts.by_handle(store, handle) for handle in dict.fromkeys(handles))
    skipped = {caller.id, *excluded}
    return list(dict.fromkeys(account.handle for account in known if account and account.id not in skipped))


def _user(store: Store, asked: Request, account: Account | None, parameter: str, value: str) -> tuple[Json, int]:
    x_parameters.known_only(asked.args, USER_SHAPE)
    fields = x_parameters.fields(asked.args, of_users=True)
    if account is None:
        return {"errors": [x_problems.not_found("user", parameter, value)]}, 200
    return {"data": x_shapes.user(store, account, fields.user)}, 200


def _recent(store: Store, span: Span) -> Span:
    """The span within the last seven days. Raises the network's 400 when it asks beyond them."""
    now = store.now_ms()
    oldest = now - SEARCH_DAYS * _DAY_MS
    if span.start_ms is not None and span.start_ms < oldest:
        message = f"Invalid 'start_time': must be on or after {from_ms(oldest):%Y-%m-%dT%H:%MZ}"
        raise x_problems.invalid("start_time", span.start_ms, message)
    if span.end_ms is not None and span.end_ms > now - _END_MARGIN_MS:
        message = "Invalid 'end_time': must be a minimum of 10 seconds prior to the request time"
        raise x_problems.invalid("end_time", span.end_ms, message)
    if span.since_id is not None and span.since_id < id_at(oldest):
        message = f"'since_id' must be a tweet id created after {from_ms(oldest):%Y-%m-%dT%H:%MZ}"
        raise x_problems.invalid("since_id", span.since_id, message)
    return Span(span.since_id, span.until_id, span.start_ms or oldest, span.end_ms)


def _list(store: Store, asked: Request, found: list[Post], page: Page) -> Json:
    """A page: `found` holds one post more than fits when there is a next page."""
    shown = found[: page.max_results]
    body = x_shapes.listing(store, shown, x_parameters.fields(asked.args))
    meta: dict[str, Any] = {"result_count": len(shown)}
    if shown:
        meta |= {"newest_id": str(shown[0].id), "oldest_id": str(shown[-1].id)}
    if len(found) > len(shown):
        meta["next_token"] = x_parameters.next_token(shown[-1].id)
    return body | {"meta": meta}


def _json(body: Json, status: int, headers: dict[str, str], content_type: str = faults.JSON_TYPE) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, headers, content_type=content_type)
