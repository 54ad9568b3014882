"""Pages on the sandbox network, and what people and pages say there: posts, comments under them, names in both."""

import re
import sqlite3
from dataclasses import dataclass

from app.sandbox import accounts
from app.sandbox.accounts import Account
from app.sandbox.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS fb_page (
    id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, followers INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fb_item (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL CHECK (kind IN ('post', 'comment')),
    page_id TEXT, post_number INTEGER NOT NULL, parent_number INTEGER, author_id TEXT NOT NULL, message TEXT NOT NULL,
    created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, hidden INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS fb_item_by_page ON fb_item (page_id, kind, number);
CREATE INDEX IF NOT EXISTS fb_item_by_post ON fb_item (post_number, number);
CREATE TABLE IF NOT EXISTS fb_tag (
    page_id TEXT NOT NULL, item_number INTEGER NOT NULL, at INTEGER NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (page_id, item_number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fb_code (
    code TEXT PRIMARY KEY, redirect_uri TEXT NOT NULL, scopes TEXT NOT NULL, created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fb_token (
    token TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('user', 'page')), page_id TEXT, scopes TEXT NOT NULL,
    expires_ms INTEGER, ended INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fb_subscription (page_id TEXT PRIMARY KEY, fields TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fb_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT, page_id TEXT NOT NULL, change TEXT NOT NULL, at_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0
);
"""
_ID_BASE, _ID_SPAN = 10**14, 8 * 10**14
_NAMED = re.compile(r"@([A-Za-z0-9_]{1,15})")


@dataclass(frozen=True, slots=True)
class Page:
    """A brand's page; it speaks under its own id."""

    id: str
    username: str
    name: str
    followers: int


@dataclass(frozen=True, slots=True)
class Item:
    """A post or a comment. A post without a page stands on its author's own wall; comments nest one level deep."""

    number: int
    id: str
    kind: str
    page_id: str | None
    post_number: int
    parent_number: int | None
    author_id: str
    message: str
    created_ms: int
    updated_ms: int
    hidden: bool
    deleted: bool


def ensure_page(store: Store, username: str, name: str | None = None, followers: int | None = None) -> Page:
    """The page with that username, made where it is missing and brought up to date. Raises ValueError for a bad one."""
    if not accounts.HANDLE.fullmatch(username):
        raise ValueError(f"{username!r} is no username: 1 to 15 letters, digits or underscores")
    page_id = str(_ID_BASE + store.digest("facebook_page", username.lower()) % _ID_SPAN)
    with store.transaction():
        store.write(
            "INSERT INTO fb_page VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", page_id, username, name or username, 0
        )
        for column, value in (("name", name), ("followers", followers)):
            if value is not None:
                store.write(f"UPDATE fb_page SET {column} = ? WHERE id = ?", value, page_id)  # noqa: S608 - our names
    found = page(store, page_id)
    if found is None:
        raise LookupError(username)
    return found


def page(store: Store, page_id: str) -> Page | None:
    """The page with that id."""
    row = store.row("SELECT * FROM fb_page WHERE id = ?", page_id)
    return Page(**dict(row)) if row else None


def page_named(store: Store, username: str) -> Page | None:
    """The page with that username, whatever its letter case."""
    row = store.row("SELECT * FROM fb_page WHERE username = ?", username)
    return Page(**dict(row)) if row else None


def pages(store: Store) -> list[Page]:
    """Every page; each brand's account of the square has one of its own."""
    for brand in accounts.everyone(store, "brand"):
        if page_named(store, brand.handle) is None:
            ensure_page(store, brand.handle, brand.name, brand.followers)
    return [Page(**dict(row)) for row in store.rows("SELECT * FROM fb_page ORDER BY username")]


def author_name(store: Store, author_id: str) -> str:
    """What a page or a person is called."""
    found: Page | Account | None = page(store, author_id) or accounts.by_id(store, author_id)
    return found.name if found else ""


def item(store: Store, item_id: str) -> Item | None:
    """The post or comment with that id, deleted or not."""
    row = store.row("SELECT * FROM fb_item WHERE id = ?", item_id)
    return _from_row(row) if row else None


def by_number(store: Store, number: int | None) -> Item | None:
    """The post or comment with that number."""
    row = store.row("SELECT * FROM fb_item WHERE number = ?", number)
    return _from_row(row) if row else None


def write_post(store: Store, author_id: str, message: str, page_id: str | None, created_ms: int | None = None) -> Item:
    """A new post: on a page, by itself or a visitor, or on its author's own wall."""
    with store.transaction():
        moment = store.now_ms() if created_ms is None else created_ms
        number = _next_number(store, moment)
        _insert(store, number, f"{page_id or author_id}_{number}", "post", page_id, number, None, author_id, message)
        store.write("UPDATE fb_item SET created_ms = ?, updated_ms = ? WHERE number = ?", moment, moment, number)
        return _tagged(store, number)


def write_comment(store: Store, author_id: str, message: str, under: Item, created_ms: int | None = None) -> Item:
    """A new comment under a post or a comment; below a reply it joins that reply's own parent, as on the network."""
    with store.transaction():
        moment = store.now_ms() if created_ms is None else created_ms
        number = _next_number(store, moment)
        parent = (under.parent_number or under.number) if under.kind == "comment" else None
        item_id = f"{under.post_number}_{number}"
        _insert(store, number, item_id, "comment", under.page_id, under.post_number, parent, author_id, message)
        store.write("UPDATE fb_item SET created_ms = ?, updated_ms = ? WHERE number = ?", moment, moment, number)
        store.write("UPDATE fb_item SET updated_ms = ? WHERE number = ?", moment, under.post_number)
        return _tagged(store, number)


def change(store: Store, number: int, **facts: object) -> Item:
    """The item with another message, hidden, shown or deleted; what stands below a deleted one goes with it."""
    with store.transaction():
        for column in ("message", "hidden", "deleted"):
            if column in facts:
                store.write(f"UPDATE fb_item SET {column} = ? WHERE number = ?", facts[column], number)  # noqa: S608 - ours
        store.write("UPDATE fb_item SET updated_ms = ? WHERE number = ?", store.now_ms(), number)
        if facts.get("deleted"):
            store.write("UPDATE fb_item SET deleted = 1 WHERE parent_number = ? OR post_number = ?", number, number)
    changed = by_number(store, number)
    if changed is None:
        raise LookupError(number)
    return changed


def posts_of(store: Store, page_id: str, *, by: str, before: int, since_ms: int, count: int) -> list[Item]:
    """Posts on a page, newest first: `by` is "anybody", "page" or "visitors"; `before` is a number not reached."""
    whose = {"anybody": "", "page": "AND author_id = page_id", "visitors": "AND author_id <> page_id"}[by]
    sql = (
        f"SELECT * FROM fb_item WHERE page_id = ? AND kind = 'post' AND deleted = 0 {whose} "  # noqa: S608 - our own words
        "AND number < ? AND created_ms >= ? ORDER BY number DESC LIMIT ?"
    )
    return [_from_row(row) for row in store.rows(sql, page_id, before, since_ms, count)]


def naming(store: Store, page_id: str, *, before: int, since_ms: int, count: int) -> list[Item]:
    """Posts of others that name the page, newest first."""
    sql = (
        "SELECT fb_item.* FROM fb_item JOIN fb_tag ON item_number = number "
        "WHERE fb_tag.page_id = ? AND kind = 'post' AND author_id <> fb_tag.page_id AND deleted = 0 "
        "AND number < ? AND created_ms >= ? ORDER BY number DESC LIMIT ?"
    )
    return [_from_row(row) for row in store.rows(sql, page_id, before, since_ms, count)]


def comments_of(store: Store, under: Item, *, all_levels: bool, backwards: bool, past: int, count: int) -> list[Item]:
    """Comments under a post or a comment; `past` is the number of the last one seen, 0 for none."""
    if under.kind == "comment":
        where = "parent_number = ?"
    else:
        where = "post_number = ? AND kind = 'comment'" + ("" if all_levels else " AND parent_number IS NULL")
    direction, beyond = ("DESC", "<") if backwards else ("ASC", ">")
    bound = past or (1 << 62 if backwards else 0)
    sql = (
        f"SELECT * FROM fb_item WHERE {where} AND deleted = 0 AND number {beyond} ? ORDER BY number {direction} LIMIT ?"  # noqa: S608 - ours
    )
    return [_from_row(row) for row in store.rows(sql, under.number, bound, count)]


def tags(store: Store, number: int) -> list[tuple[Page, int, int]]:
    """The pages an item names, each with where its name stands and how long it is."""
    found = store.rows("SELECT * FROM fb_tag WHERE item_number = ? ORDER BY at", number)
    known = [(page(store, row["page_id"]), int(row["at"]), int(row["length"])) for row in found]
    return [(named, at, length) for named, at, length in known if named]


def _next_number(store: Store, moment: int) -> int:
    return max(store.next_id(moment, late=True), store.number("SELECT max(number) FROM fb_item") + 1)


def _insert(store: Store, number: int, *values: object) -> None:
    store.write("INSERT INTO fb_item VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0)", number, *values)


def _tagged(store: Store, number: int) -> Item:
    """The new item, with the pages it names written down."""
    made = by_number(store, number)
    if made is None:
        raise LookupError(number)
    for found in _NAMED.finditer(made.message):
        if named := page_named(store, found[1]):
            store.write(
                "INSERT INTO fb_tag VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                named.id, number, found.start(), len(found[0]),
            )  # fmt: skip
    return made


def _from_row(row: sqlite3.Row) -> Item:
    values = dict(row)
    return Item(**(values | {"hidden": bool(values["hidden"]), "deleted": bool(values["deleted"])}))
