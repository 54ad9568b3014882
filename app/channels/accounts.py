"""Connect a brand's accounts, and open one to listen or speak through it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from app.channels import networks
from app.channels.base import Door, Network, SignedOutError
from app.channels.models import Account
from app.kernel import audit, clock, crypto
from app.kernel.db import across_brands, session
from app.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as other rooms see it: never its credentials."""

    id: int
    brand_id: int
    channel: str
    external_id: str
    handle: str
    state: str
    """connected, signed_out, or archive: kept for what was heard, and silent."""
    connected_at: datetime | None = None
    base_url: str | None = None


def connect(
    brand_id: int,
    channel: str,
    external_id: str,
    handle: str,
    *,
    credentials: dict[str, str] | None = None,
    base_url: str | None = None,
    by: int | None = None,
) -> int:
    """Store an account of the brand, or new credentials for it; its id. Without credentials it is an archive."""
    sealed = crypto.vault().seal(brand_id, json.dumps(credentials)) if credentials else None
    row = session.execute(
        select(Account).where(Account.channel == channel, Account.external_id == external_id)
    ).scalar_one_or_none()
    if row is None:
        row = Account(brand_id=brand_id, channel=channel, external_id=external_id, connected_at=clock.now())
        session.add(row)
    row.handle, row.base_url, row.credentials = handle, base_url, sealed
    row.state = "connected" if sealed else "archive"
    session.flush()
    audit.record(brand_id, by, "account.connect", f"account:{row.id}", channel=channel)
    return row.id


def disconnect(account_id: int, *, by: int | None) -> AccountView:
    """Forget an account's credentials: nothing is heard or said through it; what was heard is kept.

    Raises:
        NotFoundError: the brand has no such account.

    """
    row = session.execute(select(Account).where(Account.id == account_id).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such account.")
    row.state, row.credentials = "archive", None
    session.flush()
    audit.record(row.brand_id, by, "account.disconnect", f"account:{row.id}", channel=row.channel)
    return _view(row)


def of_brand() -> tuple[AccountView, ...]:
    """Every account of the brand in scope, in the order in which they were connected first."""
    return tuple(_view(row) for row in session.execute(select(Account).order_by(Account.id)).scalars())


def account(account_id: int) -> AccountView:
    """The account with this id, of the brand in scope."""
    row = session.execute(select(Account).where(Account.id == account_id)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such account.")
    return _view(row)


def by_handle(channel: str, handle: str) -> AccountView | None:
    """The brand's account with this handle."""
    row = session.execute(
        select(Account).where(Account.channel == channel, func.lower(Account.handle) == handle.lower())
    ).scalar()
    return _view(row) if row else None


def to_listen_to() -> tuple[AccountView, ...]:
    """Every connected account of every brand."""
    with across_brands():
        rows = session.execute(select(Account).where(Account.state == "connected").order_by(Account.id)).scalars()
        return tuple(_view(row) for row in rows)


def mark_signed_out(account_id: int) -> None:
    """The network ended our permission: stop trying until a manager connects the account again."""
    session.execute(update(Account).where(Account.id == account_id).values(state="signed_out"))


def open_network(account_id: int) -> Network:
    """The adapter that speaks for this account. Reads the database, so open it before the transaction ends.

    Raises:
        SignedOutError: the account is an archive or was signed out.

    """
    row = session.execute(select(Account).where(Account.id == account_id)).scalar_one()
    if row.state != "connected" or row.credentials is None:
        raise SignedOutError("This account is not connected, so nothing can be published through it.")
    keys = json.loads(crypto.vault().open(row.brand_id, row.credentials))
    return networks.opened(row.channel, Door(row.external_id, row.handle, keys, base_url=row.base_url))


def _view(row: Account) -> AccountView:
    return AccountView(
        row.id, row.brand_id, row.channel, row.external_id, row.handle, row.state, row.connected_at, row.base_url
    )
