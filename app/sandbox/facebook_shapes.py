"""How the sandbox network writes pages, posts and comments down: the JSON of the Graph API, only what was asked for."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.sandbox import facebook_world as world
from app.sandbox.facebook_fields import Field
from app.sandbox.facebook_problems import GraphRefusal, bad, no_field
from app.sandbox.facebook_world import Item, Page
from app.sandbox.store import Store, from_ms

Json = dict[str, Any]
READ_PEOPLE = "pages_read_user_content"
MOST = 100
_DEFAULT = 25
_TASKS = ["ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE"]
_ALWAYS = {
    "Page": (Field("name"), Field("id")),
    "Post": (Field("created_time"), Field("message"), Field("id")),
    "Comment": (Field("created_time"), Field("from"), Field("message"), Field("id")),
}


@dataclass(frozen=True, slots=True)
class View:
    """Through whose eyes a shape is drawn: the world, its token, and where next pages begin."""

    store: Store
    scopes: frozenset[str]
    address: str
    token: str


def moment(milliseconds: int) -> str:
    """A time as the Graph API writes it, such as 2026-01-06T18:40:40+0000."""
    return f"{from_ms(milliseconds):%Y-%m-%dT%H:%M:%S+0000}"


def page(found: Page, fields: Sequence[Field], *, token: str | None = None) -> Json:
    """A page; `token` is shown only to those who manage it."""
    known: Mapping[str, Callable[[Field], Any]] = {
        "id": lambda _: found.id,
        "name": lambda _: found.name,
        "username": lambda _: found.username,
        "category": lambda _: "Brand",
        "followers_count": lambda _: found.followers,
        "fan_count": lambda _: found.followers,
        "tasks": lambda _: _TASKS if token else None,
        "access_token": lambda _: token,
    }
    return _drawn("Page", known, fields)


def item(view: View, found: Item, fields: Sequence[Field]) -> Json:
    """A post or a comment, with the comments below it where they are asked for."""
    common: dict[str, Callable[[Field], Any]] = {
        "id": lambda _: found.id,
        "message": lambda _: found.message,
        "created_time": lambda _: moment(found.created_ms),
        "from": lambda _: author(view, found),
        "is_hidden": lambda _: found.hidden,
        "message_tags": lambda _: _message_tags(view, found) or None,
        "permalink_url": lambda _: f"{view.address}/facebook/posts/{found.id}",
        "comments": lambda asked: comments(view, found, asked.modifiers, asked.inside),
    }
    if found.kind == "post":
        updated: dict[str, Callable[[Field], Any]] = {
            "updated_time": lambda _: moment(found.updated_ms),
            "is_published": lambda _: True,
            "status_type": lambda _: "mobile_status_update" if found.author_id == found.page_id else "wall_post",
            "to": lambda _: _to(view, found),
        }
        return _drawn("Post", common | updated, fields)
    counted = len(world.comments_of(view.store, found, all_levels=True, backwards=False, past=0, count=MOST))
    of_comments: dict[str, Callable[[Field], Any]] = {
        "parent": lambda _: _parent(view, found),
        "comment_count": lambda _: counted,
        "can_comment": lambda _: True,
        "can_hide": lambda _: True,
        "can_remove": lambda _: True,
    }
    return _drawn("Comment", common | of_comments, fields)


def author(view: View, found: Item) -> Json | None:
    """Who wrote it; about people only for those who may read what people write."""
    if found.author_id != found.page_id and READ_PEOPLE not in view.scopes:
        return None
    return {"name": world.author_name(view.store, found.author_id), "id": found.author_id}


def comments(view: View, under: Item, asked: Mapping[str, str], fields: Sequence[Field]) -> Json:
    """One page of the comments below a post or a comment, as the modifiers or parameters ask."""
    count, past = limit(asked), after(asked)
    order = asked.get("order", "chronological")
    if order not in ("chronological", "reverse_chronological"):
        raise bad(f"Param order must be one of {{chronological, reverse_chronological}} - got {order}")
    found = world.comments_of(
        view.store,
        under,
        all_levels=asked.get("filter", "toplevel") == "stream",
        backwards=order == "reverse_chronological",
        past=past,
        count=count + 1,
    )
    return listing(view, found, count, [item(view, one, fields) for one in found[:count]], f"{under.id}/comments")


def listing(view: View, found: Sequence[Item], count: int, shapes: Sequence[Json], path: str) -> Json:
    """A page of a list: `found` holds one more than fits when there is a next page.

    The address of the next page carries the token, as the network's own does.
    """
    body: Json = {"data": list(shapes)}
    if not shapes:
        return body
    cursors = {"before": cursor(found[0].number), "after": cursor(found[len(shapes) - 1].number)}
    body["paging"] = {"cursors": cursors}
    if len(found) > count:
        query = f"access_token={view.token}&limit={count}&after={cursors['after']}"
        body["paging"]["next"] = f"{view.address}/v26.0/{path}?{query}"
    return body


def cursor(number: int) -> str:
    """An opaque word for "after this one"."""
    return base64.urlsafe_b64encode(f"QVFI{number}".encode()).decode().rstrip("=")


def after(asked: Mapping[str, str]) -> int:
    """The number that `after` means; 0 without one."""
    given = asked.get("after", "")
    if not given:
        return 0
    try:
        return int(base64.urlsafe_b64decode(given + "==").removeprefix(b"QVFI"))
    except (ValueError, binascii.Error):
        raise bad("Invalid cursors values") from None


def limit(asked: Mapping[str, str]) -> int:
    """How many are wanted at once."""
    given = asked.get("limit", str(_DEFAULT))
    if not given.isdecimal() or not int(given):
        raise bad("Param limit must be a positive number")
    if int(given) > MOST:
        raise GraphRefusal(1, "Please reduce the amount of data you're asking for, then retry your request", status=500)
    return int(given)


def _drawn(kind: str, known: Mapping[str, Callable[[Field], Any]], fields: Sequence[Field]) -> Json:
    """What was asked for, without what is empty; the id is always there."""
    shape: Json = {}
    for asked in fields or _ALWAYS[kind]:
        if asked.name not in known:
            raise no_field(asked.name, kind)
        value = known[asked.name](asked)
        if value is not None:
            shape[asked.name] = value
    return shape | {"id": known["id"](Field("id"))}


def _message_tags(view: View, found: Item) -> list[Json]:
    return [
        {"id": named.id, "name": named.name, "type": "page", "offset": at, "length": length}
        for named, at, length in world.tags(view.store, found.number)
    ]


def _to(view: View, found: Item) -> Json | None:
    if not found.page_id or found.author_id == found.page_id:
        return None
    return {"data": [{"id": found.page_id, "name": world.author_name(view.store, found.page_id)}]}


def _parent(view: View, found: Item) -> Json | None:
    parent = world.by_number(view.store, found.parent_number)
    if parent is None:
        return None
    shape: Json = {"id": parent.id, "created_time": moment(parent.created_ms), "message": parent.message}
    wrote = author(view, parent)
    return shape | ({"from": wrote} if wrote else {})
