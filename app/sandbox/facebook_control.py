"""The hands behind the sandbox network's pages: people who write there, faults of webhooks, the app's own settings."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from app.sandbox import accounts, faults
from app.sandbox import facebook_tokens as tokens
from app.sandbox import facebook_world as world
from app.sandbox.control import NotUnderstoodError
from app.sandbox.facebook_usage import Usage
from app.sandbox.facebook_webhooks import Postman, app_settings, note, tell_of
from app.sandbox.facebook_world import Item, Page
from app.sandbox.store import Store, iso

Json = dict[str, Any]


def extend_control(control: Blueprint, store: Store, usage: Usage, postman: Postman) -> None:
    """Adds the calls under /control/facebook, behind the same token as the others."""
    hands = _Hands(store, usage, postman)
    routes: dict[str, dict[str, Callable[..., Json]]] = {
        "/app": {"GET": hands.app, "POST": hands.set_app},
        "/pages": {"GET": hands.pages, "POST": hands.put_page},
        "/items": {"GET": hands.items, "POST": hands.write},
        "/items/<item_id>": {"PATCH": hands.change, "DELETE": hands.delete},
        "/tokens": {"POST": hands.give_token, "DELETE": hands.end_tokens},
        "/webhooks": {"GET": hands.waiting, "POST": hands.deliver, "PUT": hands.forge},
        "/limit": {"POST": hands.set_limit},
    }
    for rule, views in routes.items():
        for method, view in views.items():
            control.add_url_rule(
                f"/facebook{rule}", f"facebook_{view.__name__}", _answering(view), methods=[method],
                provide_automatic_options=False,
            )  # fmt: skip


def _answering(view: Callable[..., Json]) -> Callable[..., Response]:
    def answer(**parts: str) -> Response:
        try:
            body = view(**parts)
        except ValueError as error:
            raise NotUnderstoodError(str(error)) from None
        return Response(json.dumps(body, ensure_ascii=False), content_type=faults.JSON_TYPE)

    return answer


class _Hands:
    """What each control call does."""

    def __init__(self, store: Store, usage: Usage, postman: Postman) -> None:
        self.store, self.usage, self.postman = store, usage, postman

    def app(self) -> Json:
        """The app of this network, with its secret."""
        return app_settings(self.store)

    def set_app(self) -> Json:
        """Other settings for the app: callback_url, verify_token, app_id, app_secret."""
        for name, value in _body("callback_url", "verify_token", "app_id", "app_secret").items():
            self.store.remember(f"facebook_{name}", str(value))
        return app_settings(self.store)

    def put_page(self) -> Json:
        """A page: username, name, followers."""
        given = _body("username", "name", "followers")
        return self._page(
            world.ensure_page(self.store, str(given.get("username")), given.get("name"), given.get("followers"))
        )

    def pages(self) -> Json:
        """Every page."""
        return {"pages": [self._page(page) for page in world.pages(self.store)]}

    def write(self) -> Json:
        """Somebody writes a message, by handle (and name) or as_page: on a page, under an item, or on an own wall."""
        given = _body("message", "handle", "name", "as_page", "on", "under", "quietly")
        under = self._item(str(given["under"])) if given.get("under") else None
        page = self._named(given.get("on"))
        author = self._named(given["as_page"]) if given.get("as_page") else None
        if author is None:
            who, _ = accounts.ensure(self.store, str(given.get("handle", "mai")), name=given.get("name"))
        author_id, message = (author.id if author else who.id), str(given.get("message", ""))
        with self.store.transaction():
            if under:
                made = world.write_comment(self.store, author_id, message, under)
            else:
                made = world.write_post(self.store, author_id, message, page.id if page else None)
            if not given.get("quietly"):
                tell_of(self.store, made, "add")
        return self._shape(made)

    def change(self, item_id: str) -> Json:
        """Another message, hidden or shown, told of unless quietly."""
        given = _body("message", "hidden", "quietly")
        found = self._item(item_id)
        facts = {name: given[name] for name in ("message", "hidden") if name in given}
        changed = world.change(self.store, found.number, **facts)
        verb = "edited" if "message" in given else "hide" if given.get("hidden") else "unhide"
        if not given.get("quietly"):
            tell_of(self.store, changed, verb)
        return self._shape(changed)

    def delete(self, item_id: str) -> Json:
        """Its author deletes it."""
        changed = world.change(self.store, self._item(item_id).number, deleted=1)
        tell_of(self.store, changed, "remove")
        return self._shape(changed)

    def items(self) -> Json:
        """What stands under ?under=, or on ?on=, oldest first."""
        if request.args.get("under"):
            under = self._item(request.args["under"])
            found = world.comments_of(self.store, under, all_levels=False, backwards=False, past=0, count=1000)
        else:
            page = self._named(request.args.get("on"))
            found = world.posts_of(
                self.store, page.id if page else "", by="anybody", before=1 << 62, since_ms=0, count=1000
            )[::-1]
        return {"items": [self._shape(one) for one in found]}

    def give_token(self) -> Json:
        """A page's token with other scopes: page, scopes."""
        given = _body("page", "scopes")
        page = self._named(given.get("page"))
        if page is None:
            raise NotUnderstoodError("page is missing")
        return {"page_token": tokens.of_page(self.store, page, given.get("scopes") or tokens.SCOPES)}

    def end_tokens(self) -> Json:
        """Every token ends, or those of ?page=."""
        page = self._named(request.args.get("page"))
        return {"ended": tokens.end(self.store, page.id if page else None)}

    def waiting(self) -> Json:
        """Changes that nobody has taken yet."""
        return {
            "changes": [json.loads(row["change"]) for row in self.store.rows("SELECT * FROM fb_change ORDER BY id")]
        }

    def deliver(self) -> Json:
        """One batch, now."""
        return self.postman.deliver()

    def forge(self) -> Json:
        """A change of one's own making: page, field, value."""
        given = _body("page", "field", "value")
        page = self._named(given.get("page"))
        note(self.store, page.id if page else "0", str(given.get("field", "feed")), given.get("value") or {})
        return self.waiting()

    def set_limit(self) -> Json:
        """Calls per page and day."""
        self.usage.change(int(_body("limit")["limit"]))
        return {"limit": self.usage.limit()}

    def _page(self, page: Page) -> Json:
        app = app_settings(self.store)
        keys = {
            "page_token": tokens.of_page(self.store, page),
            "app_id": app["app_id"],
            "app_secret": app["app_secret"],
        }
        return {"id": page.id, "username": page.username, "name": page.name, "credentials": keys}

    def _named(self, username: object) -> Page | None:
        if not username:
            return None
        page = world.page_named(self.store, str(username)) or world.page(self.store, str(username))
        if page is None:
            raise LookupError(f"there is no page {username}")
        return page

    def _item(self, item_id: str) -> Item:
        found = world.item(self.store, item_id)
        if found is None:
            raise LookupError(f"there is no item {item_id}")
        return found

    def _shape(self, found: Item) -> Json:
        page = world.page(self.store, found.author_id)
        parent = world.by_number(self.store, found.parent_number)
        post = world.by_number(self.store, found.post_number)
        return {
            "id": found.id,
            "post_id": post.id if post else None,
            "parent_id": parent.id if parent else None,
            "author_id": found.author_id,
            "as_page": page.username if page else None,
            "message": found.message,
            "created_at": iso(found.created_ms),
            "hidden": found.hidden,
            "deleted": found.deleted,
        }


def _body(*known: str) -> Json:
    """The JSON object, if it holds known keys only."""
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise NotUnderstoodError("send a JSON object")
    if unknown := sorted(set(given) - set(known)):
        raise NotUnderstoodError(f"unknown {', '.join(unknown)}; known are {', '.join(known)}")
    return given
