"""What is said on the sandbox network: posts, replies, quotes, reposts, edits and deletions."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from app.sandbox import entities
from app.sandbox.store import EPOCH_MS, Store

SETTINGS = ("everyone", "mentionedUsers", "following")
MENTIONS_WINDOW = 800
_LIVE = "post.deleted = 0 AND post.replaced_by IS NULL"


@dataclass(frozen=True, slots=True)
class Post:
    """One version of a post. `text[display_from:]` is what the author typed; before it stand the handles a reply is
    addressed to. Versions of one post share `first_id`; all but the newest carry `replaced_by`.
    """

    id: int
    conversation_id: int
    author_id: str
    text: str
    display_from: int
    created_ms: int
    reply_to: int | None
    quote_of: int | None
    repost_of: int | None
    first_id: int
    replaced_by: int | None
    deleted: bool
    lang: str
    reply_settings: str

    @property
    def typed(self) -> str:
        """The text without the handles put before it."""
        return self.text[self.display_from :]


@dataclass(frozen=True, slots=True)
class Span:
    """Which posts of a list are wanted: ids exclusive on both sides, times in milliseconds, newest first."""

    since_id: int | None = None
    until_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None

    def where(self) -> tuple[str, list[object]]:
        """A condition on `post` and its values."""
        limits = (
            ("post.id > ?", self.since_id),
            ("post.id < ?", self.until_id),
            ("post.created_ms >= ?", self.start_ms),
            ("post.created_ms < ?", self.end_ms),
        )
        asked = [(condition, value) for condition, value in limits if value is not None]
        return "".join(f" AND {condition}" for condition, _ in asked), [value for _, value in asked]


def get(store: Store, post_id: int) -> Post | None:
    """That version of a post, deleted or not."""
    return _post(store.row("SELECT * FROM post WHERE id = ?", post_id))


def publish(
    store: Store,
    author_id: str,
    text: str,
    *,
    addressed_to: Sequence[str] = (),
    reply_to: Post | None = None,
    quote_of: Post | None = None,
    repost_of: Post | None = None,
    created_ms: int | None = None,
    lang: str | None = None,
    reply_settings: str = "everyone",
    by_visitor: bool = False,
) -> Post:
    """Stores a post and returns it. `addressed_to` are handles to put before the text if it does not name them.

    A visitor's post carries the machine's time while the clock is set back: to the network it lies ahead, and is not
    served before its moment comes.

    With `created_ms` the post is a late one: it carries the time and the id of that moment, although newer posts may
    have been served already. Raises ValueError for a moment that is not in this network's past.
    """
    with store.transaction():
        now = store.visitors_ms() if by_visitor else store.now_ms()
        moment = now if created_ms is None else created_ms
        if not EPOCH_MS < moment <= now:
            raise ValueError("a post's time must lie in the past")
        named = {handle.lower() for handle in entities.handles(text)}
        prefix = "".join(f"@{handle} " for handle in addressed_to if handle.lower() not in named)
        post_id = store.next_id(moment, late=created_ms is not None)
        row = Post(
            id=post_id,
            conversation_id=reply_to.conversation_id if reply_to else post_id,
            author_id=author_id,
            text=prefix + text,
            display_from=len(prefix),
            created_ms=moment,
            reply_to=reply_to.id if reply_to else None,
            quote_of=quote_of.id if quote_of else None,
            repost_of=repost_of.id if repost_of else None,
            first_id=post_id,
            replaced_by=None,
            deleted=False,
            lang=lang or entities.language(text),
            reply_settings=reply_settings,
        )
        _insert(store, row)
    store.on_post(row.id)
    return row


def edit(store: Store, post: Post, text: str) -> Post:
    """A new version under a new id, as the network does it: lists and searches then show only the new one."""
    with store.transaction():
        moment = store.now_ms()
        new_id = store.next_id(moment)
        prefix = post.text[: post.display_from]
        row = Post(
            id=new_id,
            conversation_id=post.conversation_id,
            author_id=post.author_id,
            text=prefix + text.removeprefix(prefix),
            display_from=post.display_from,
            created_ms=moment,
            reply_to=post.reply_to,
            quote_of=post.quote_of,
            repost_of=post.repost_of,
            first_id=post.first_id,
            replaced_by=None,
            deleted=False,
            lang=entities.language(text),
            reply_settings=post.reply_settings,
        )
        _insert(store, row)
        store.write("UPDATE post SET replaced_by = ? WHERE first_id = ? AND id <> ?", new_id, post.first_id, new_id)
    store.on_post(row.id)
    return row


def delete(store: Store, post: Post) -> None:
    """Deletes every version; replies to it stay."""
    store.write("UPDATE post SET deleted = 1 WHERE first_id = ?", post.first_id)


def versions(store: Store, post: Post) -> list[int]:
    """The ids of all versions, oldest first."""
    return [int(row["id"]) for row in store.rows("SELECT id FROM post WHERE first_id = ? ORDER BY id", post.first_id)]


def newest_version(store: Store, post: Post) -> Post:
    """What the post says now."""
    found = _post(store.row("SELECT * FROM post WHERE first_id = ? AND replaced_by IS NULL", post.first_id))
    return found or post


def naming(store: Store, handle: str, account_id: str, span: Span, count: int) -> list[Post]:
    """At most `count` posts by others that name the handle, newest first; only the newest 800 are ever reachable."""
    where, values = _up_to_now(store, span)
    source = (
        f"FROM named JOIN post ON post.id = named.post_id WHERE named.handle = ? AND {_LIVE} "
        "AND post.author_id <> ? AND post.repost_of IS NULL"
    )
    floor = store.number(
        f"SELECT post.id {source} ORDER BY post.id DESC LIMIT 1 OFFSET ?",
        handle, account_id, MENTIONS_WINDOW - 1,
    )  # fmt: skip
    sql = f"SELECT post.* {source}{where} AND post.id >= ? ORDER BY post.id DESC LIMIT ?"
    return [_from_row(row) for row in store.rows(sql, handle, account_id, *values, floor, count)]


def by_author(store: Store, account_id: str, span: Span, count: int, exclude: Sequence[str] = ()) -> list[Post]:
    """At most `count` posts of one account, newest first; `exclude` may hold replies and retweets."""
    where, values = span.where()
    if "replies" in exclude:
        where += " AND post.reply_to IS NULL"
    if "retweets" in exclude:
        where += " AND post.repost_of IS NULL"
    sql = f"SELECT * FROM post WHERE author_id = ? AND {_LIVE}{where} ORDER BY id DESC LIMIT ?"  # noqa: S608 - ours
    return [_from_row(row) for row in store.rows(sql, account_id, *values, count)]


def everything(store: Store, span: Span, count: int) -> list[Post]:
    """At most `count` posts of anybody, newest first."""
    where, values = _up_to_now(store, span)
    sql = f"SELECT * FROM post WHERE {_LIVE}{where} ORDER BY id DESC LIMIT ?"  # noqa: S608 - our own words
    return [_from_row(row) for row in store.rows(sql, *values, count)]


def _up_to_now(store: Store, span: Span) -> tuple[str, list[object]]:
    """The span, without what visitors wrote ahead of a clock that is set back."""
    where, values = span.where()
    return f"{where} AND post.created_ms <= ?", [*values, store.now_ms()]


def conversation(store: Store, conversation_id: int) -> list[Post]:
    """Every post of a thread in its newest version, deleted ones too, oldest first."""
    sql = "SELECT * FROM post WHERE conversation_id = ? AND replaced_by IS NULL ORDER BY first_id"
    return [_from_row(row) for row in store.rows(sql, conversation_id)]


def chains(store: Store, conversation_id: int) -> dict[int, int]:
    """For every version of every post of a thread: the id of its post's first version."""
    found = store.rows("SELECT id, first_id FROM post WHERE conversation_id = ?", conversation_id)
    return {int(row["id"]): int(row["first_id"]) for row in found}


def threads(store: Store, before: int | None, count: int) -> list[Post]:
    """The first posts of the newest threads, newest first, without reposts."""
    sql = (
        f"SELECT * FROM post WHERE {_LIVE} AND reply_to IS NULL AND repost_of IS NULL "  # noqa: S608 - our own words
        "AND first_id < ? ORDER BY first_id DESC LIMIT ?"
    )
    return [_from_row(row) for row in store.rows(sql, before or 1 << 62, count)]


def same_text(store: Store, author_id: str, text: str) -> Post | None:
    """A standing post of this account whose typed text is the same."""
    sql = f"SELECT * FROM post WHERE author_id = ? AND {_LIVE} AND trim(substr(text, display_from + 1)) = ?"  # noqa: S608 - ours
    return _post(store.row(sql, author_id, text.strip()))


def counts(store: Store, post: Post) -> dict[str, int]:
    """How often a post was answered, reposted and quoted, over all its versions."""
    chain = "(SELECT id FROM post WHERE first_id = ?)"
    return {
        column: store.number(
            f"SELECT count(*) FROM post WHERE {column} IN {chain} AND {_LIVE}",  # noqa: S608 - our own words
            post.first_id,
        )
        for column in ("reply_to", "repost_of", "quote_of")
    }


def revision(store: Store, conversation_id: int) -> str:
    """A word that changes whenever anything in the thread is written, edited or deleted."""
    row = store.row(
        "SELECT count(*) AS posts, max(id) AS newest, sum(deleted) AS deleted FROM post WHERE conversation_id = ?",
        conversation_id,
    )
    return f"{row['posts']}-{row['newest']}-{row['deleted']}" if row else "0"


def short_address(store: Store, link: str) -> str:
    """The address the network's shortener wraps a link in."""
    return "https://t.co/" + store.token("link", link)[:10]


def _insert(store: Store, post: Post) -> None:
    store.write(
        "INSERT INTO post VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        post.id, post.conversation_id, post.author_id, post.text, post.display_from, post.created_ms, post.reply_to,
        post.quote_of, post.repost_of, post.first_id, post.replaced_by, int(post.deleted), post.lang,
        post.reply_settings,
    )  # fmt: skip
    for handle in entities.handles(post.text):
        store.write("INSERT INTO named VALUES (?, ?)", handle, post.id)
    for link in entities.links(post.text):
        store.remember(short_address(store, link.value), link.value)


def _post(row: sqlite3.Row | None) -> Post | None:
    return _from_row(row) if row else None


def _from_row(row: sqlite3.Row) -> Post:
    values = dict(row)
    values["deleted"] = bool(values["deleted"])
    return Post(**values)
