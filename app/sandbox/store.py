"""Where the sandbox network keeps its world: one SQLite file, one clock, one sequence of ids, all told by a seed."""

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

# Ids count milliseconds since this moment in their upper bits, as the real network's ids do.
EPOCH_MS = 1_288_834_974_657
SEQUENCE_BITS = 22

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (
    id TEXT PRIMARY KEY, handle TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, bio TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('brand', 'customer')), followers INTEGER NOT NULL, following INTEGER NOT NULL,
    verified INTEGER NOT NULL, created_ms INTEGER NOT NULL,
    bearer_token TEXT UNIQUE, user_token TEXT UNIQUE, consumer_key TEXT UNIQUE, consumer_secret TEXT UNIQUE,
    access_token TEXT UNIQUE, access_token_secret TEXT UNIQUE
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS post (
    id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL, author_id TEXT NOT NULL REFERENCES account (id),
    text TEXT NOT NULL, display_from INTEGER NOT NULL, created_ms INTEGER NOT NULL, reply_to INTEGER, quote_of INTEGER,
    repost_of INTEGER, first_id INTEGER NOT NULL, replaced_by INTEGER, deleted INTEGER NOT NULL DEFAULT 0,
    lang TEXT NOT NULL, reply_settings TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS post_by_conversation ON post (conversation_id, id);
CREATE INDEX IF NOT EXISTS post_by_author ON post (author_id, id);
CREATE INDEX IF NOT EXISTS post_by_reply ON post (reply_to);
CREATE INDEX IF NOT EXISTS post_by_quote ON post (quote_of) WHERE quote_of IS NOT NULL;
CREATE INDEX IF NOT EXISTS post_by_repost ON post (repost_of) WHERE repost_of IS NOT NULL;
CREATE INDEX IF NOT EXISTS post_by_chain ON post (first_id, id);
CREATE TABLE IF NOT EXISTS named (
    handle TEXT NOT NULL COLLATE NOCASE, post_id INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
    PRIMARY KEY (handle, post_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, kind TEXT NOT NULL, times INTEGER, skip INTEGER NOT NULL,
    probability REAL NOT NULL, options TEXT NOT NULL, seen INTEGER NOT NULL DEFAULT 0, hits INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL,
    text TEXT NOT NULL, received_ms INTEGER NOT NULL
);
"""


class Store:
    """The world in one SQLite file (or in memory); every method may be called from any thread.

    A file remembers the seed it was made with, and that seed wins over the one given here: ids already told stay true.
    """

    def __init__(self, data_file: str, seed: int, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._depth = 0
        self.on_post: Callable[[int], None] = _nobody
        self.on_reset: Callable[[], None] = _nothing
        """Told the id of every new post or version, once it can be read."""
        self._connection = sqlite3.connect(data_file, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")  # a killed process loses nothing, a power cut seconds
        self._connection.execute("PRAGMA busy_timeout = 5000")
        self._connection.executescript(_SCHEMA)
        with self.transaction():
            if self.remembered("seed") is None:
                self.remember("seed", str(seed))
            if self.remembered("browser_secret") is None:
                # What browsers hold is signed with chance, never with the seed: the seed is no secret.
                self.remember("browser_secret", secrets.token_urlsafe(32))
        self.seed = int(self.remembered("seed") or seed)

    def extend(self, schema: str) -> None:
        """Makes further tables, where they are missing; they are emptied with the others."""
        with self._lock:
            self._connection.executescript(schema)

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing for what happens inside; nested calls join the outer one."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Every row the statement gives."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row the statement gives, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def number(self, sql: str, *values: object) -> int:
        """The one number the statement gives; nothing counts as 0."""
        found = self.row(sql, *values)
        return int(found[0] or 0) if found else 0

    def write(self, sql: str, *values: object) -> int:
        """Runs a changing statement; returns how many rows it changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def remembered(self, key: str) -> str | None:
        """A setting of this world."""
        found = self.row("SELECT value FROM meta WHERE key = ?", key)
        return str(found["value"]) if found else None

    def remember(self, key: str, value: str) -> None:
        """Keeps a setting of this world."""
        self.write("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)

    def now(self) -> datetime:
        """The network's time: UTC, aware, moved by the offset set through the control API."""
        return self._now().astimezone(UTC) + timedelta(seconds=self.offset())

    def now_ms(self) -> int:
        """The network's time in milliseconds since 1970."""
        return to_ms(self.now())

    def visitors_ms(self) -> int:
        """When somebody in a browser writes: now, also while the clock is set back to live through the past."""
        return to_ms(self._now().astimezone(UTC) + timedelta(seconds=max(0.0, self.offset())))

    def offset(self) -> float:
        """By how many seconds the network's clock runs ahead of the machine's."""
        return float(self.remembered("clock_offset") or 0)

    def digest(self, *parts: object) -> int:
        """A 63-bit number that depends on the seed and the parts alone."""
        message = "\x1f".join(str(part) for part in (self.seed, *parts)).encode()
        return int.from_bytes(hashlib.blake2b(message, digest_size=8).digest(), "big") >> 1

    def token(self, *parts: object) -> str:
        """A token-like word of 40 characters that depends on the seed and the parts alone."""
        message = "\x1f".join(str(part) for part in (self.seed, *parts)).encode()
        return hashlib.blake2b(message, digest_size=20).hexdigest()

    def next_id(self, created_ms: int, *, late: bool = False) -> int:
        """A fresh post id for that moment, larger than every earlier one; a late item gets the id of its moment."""
        turn = int(self.remembered("sequence") or 0) + 1
        self.remember("sequence", str(turn))
        low = self.digest("post", turn) % (1 << SEQUENCE_BITS)
        candidate = id_at(created_ms) | low
        if not late:
            candidate = max(candidate, self.number("SELECT max(id) FROM post") + 1)
        while self.row("SELECT 1 FROM post WHERE id = ?", candidate):
            candidate += 1
        return candidate

    def reset(self) -> None:
        """An empty world with the same seed: the same ids and tokens will be told again."""
        with self.transaction():
            self.write("PRAGMA defer_foreign_keys = ON")  # tables may be emptied in any order
            for table in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
                if table["name"] != "meta":
                    self.write(f"DELETE FROM {table['name']}")  # noqa: S608 - names of our own schema
            self.write("DELETE FROM meta WHERE key NOT IN ('seed', 'browser_secret')")
        self.on_reset()


def _nobody(post_id: int) -> None:
    """Hears of no post."""


def _nothing() -> None:
    """Nothing else hangs on the world."""


def id_at(milliseconds: int) -> int:
    """The smallest id a post of that moment can have."""
    return (milliseconds - EPOCH_MS) << SEQUENCE_BITS


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time."""
    return int(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC time of milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def iso(milliseconds: int) -> str:
    """The time as the network writes it, such as 2026-01-06T18:40:40.000Z."""
    moment = from_ms(milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
