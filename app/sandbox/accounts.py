"""Who is on the sandbox network: brands with keys to the API, and customers who only write."""

import re
import sqlite3
import unicodedata
from dataclasses import dataclass

from app.sandbox.store import Store

HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
MAX_NAME = 50
CREDENTIALS = ("bearer_token", "user_token", "consumer_key", "consumer_secret", "access_token", "access_token_secret")
_USER_ID_BASE = 10**18
_USER_ID_SPAN = 8 * 10**17


@dataclass(frozen=True, slots=True)
class Account:
    """One account as it is now; a customer has no credentials."""

    id: str
    handle: str
    name: str
    bio: str
    kind: str
    followers: int
    following: int
    verified: bool
    created_ms: int
    bearer_token: str | None
    user_token: str | None
    consumer_key: str | None
    consumer_secret: str | None
    access_token: str | None
    access_token_secret: str | None

    @property
    def is_brand(self) -> bool:
        """Whether it speaks for a brand."""
        return self.kind == "brand"

    def answers_to(self, handle: str) -> bool:
        """Whether this is its handle, whatever the letter case."""
        return self.handle.lower() == handle.lower()

    def credentials(self) -> dict[str, str | None]:
        """What a client of the API needs to act as this account."""
        return {name: getattr(self, name) for name in CREDENTIALS}


def by_id(store: Store, account_id: str) -> Account | None:
    """The account with that id."""
    return _account(store.row("SELECT * FROM account WHERE id = ?", account_id))


def by_handle(store: Store, handle: str) -> Account | None:
    """The account with that handle, whatever its letter case, with or without the @."""
    return _account(store.row("SELECT * FROM account WHERE handle = ?", handle.removeprefix("@")))


def by_credential(store: Store, name: str, value: str) -> Account | None:
    """The account that owns this bearer token, user token, consumer key or access token."""
    if name not in CREDENTIALS:
        raise ValueError(f"{name} is no credential")
    return _account(store.row(f"SELECT * FROM account WHERE {name} = ?", value))  # noqa: S608 - a name of the list


def everyone(store: Store, kind: str | None = None) -> list[Account]:
    """All accounts, or all of one kind, oldest first."""
    found = store.rows("SELECT * FROM account WHERE ? IS NULL OR kind = ? ORDER BY created_ms, id", kind, kind)
    return [_from_row(row) for row in found]


def ensure(store: Store, handle: str, *, kind: str | None = None, **facts: object) -> tuple[Account, bool]:
    """The account with that handle, made or brought up to date with `facts`; and whether it is new.

    `facts` may hold name, bio, followers, following, verified and, for a brand, the credentials; what is not given
    keeps its value, and a brand's missing credentials are told by the seed. A new account without `kind` is a
    customer's. Raises ValueError for a bad handle, another kind than it has, or credentials that cannot be its own.
    """
    if not HANDLE.fullmatch(handle):
        raise ValueError(f"{handle!r} is no handle: 1 to 15 letters, digits or underscores")
    wanted = {name: value for name, value in facts.items() if value is not None}
    with store.transaction():
        known = by_handle(store, handle)
        has_kind = known.kind if known else kind or "customer"
        if kind not in (None, has_kind):
            raise ValueError(f"@{handle} is a {has_kind} already")
        if has_kind != "brand" and set(wanted) & set(CREDENTIALS):
            raise ValueError("only a brand has credentials")
        if known is None:
            _create(store, handle, has_kind)
        for name, value in wanted.items():
            if (
                name in CREDENTIALS
                and (owner := by_credential(store, name, str(value)))
                and not owner.answers_to(handle)
            ):
                raise ValueError(f"@{owner.handle} has this {name} already")
            store.write(f"UPDATE account SET {name} = ? WHERE handle = ?", value, handle)  # noqa: S608 - our names
        account = by_handle(store, handle)
    if account is None:
        raise LookupError(handle)
    return account, known is None


def for_newcomer(store: Store, name: str) -> Account:
    """A fresh customer for somebody who typed a name into the compose box; the handle is derived from the name."""
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:15].strip("_") or "guest"
    with store.transaction():
        handle, turn = stem, 1
        while by_handle(store, handle):
            turn += 1
            handle = f"{stem[: 14 - len(str(turn))]}_{turn}"
        followers = 12 + store.digest("followers", handle) % 400
        return ensure(store, handle, name=name, followers=followers)[0]


def _create(store: Store, handle: str, kind: str) -> None:
    tokens: dict[str, str | None] = dict.fromkeys(CREDENTIALS)
    if kind == "brand":
        tokens = {name: store.token(name, handle.lower()) for name in CREDENTIALS}
    account_id = str(_USER_ID_BASE + store.digest("account", handle.lower()) % _USER_ID_SPAN)
    store.write(
        "INSERT INTO account VALUES (?, ?, ?, '', ?, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?)",
        account_id, handle, handle, kind, store.now_ms(), *(tokens[name] for name in CREDENTIALS),
    )  # fmt: skip


def _account(row: sqlite3.Row | None) -> Account | None:
    return _from_row(row) if row else None


def _from_row(row: sqlite3.Row) -> Account:
    values = dict(row)
    values["verified"] = bool(values["verified"])
    return Account(**values)
