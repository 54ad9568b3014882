"""Connect a brand's accounts, and open one to listen or speak through it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.channels import apps, networks
from app.channels.base import Door, Network, SignedOutError
from app.channels.budgets import purse
from app.channels.models import Account
from app.kernel import audit, clock, crypto
from app.kernel.db import across_brands, brand_scope, session, transaction
from app.kernel.errors import ConflictError, NotFoundError

JUST_RENEWED = timedelta(minutes=1)
"""So long after a renewal a "signed out" may come from somebody who still held the keys before it."""


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
    keys_at: datetime | None = None
    """When a manager last gave it keys."""


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
    """Store an account of the brand, or new credentials for it; its id. Without credentials it is an archive.

    Raises:
        ConflictError: the account is connected to another brand.

    """
    sealed = crypto.vault().seal(brand_id, json.dumps(credentials)) if credentials else None
    if sealed and _speaks_elsewhere(brand_id, channel, external_id):
        raise ConflictError(_TAKEN.format(handle=handle))
    row = session.execute(
        select(Account).where(Account.channel == channel, Account.external_id == external_id)
    ).scalar_one_or_none()
    if row is None:
        row = Account(brand_id=brand_id, channel=channel, external_id=external_id, connected_at=clock.now())
        session.add(row)
    if sealed:
        row.connected_at = row.connected_at if row.keys_at else clock.now()
        row.keys_at, row.renewed_at = clock.now(), None
    row.handle, row.base_url, row.credentials = handle, base_url, sealed
    row.state = "connected" if sealed else "archive"
    try:
        session.flush()
    except IntegrityError:  # another brand was a moment faster
        raise ConflictError(_TAKEN.format(handle=handle)) from None
    audit.record(brand_id, by, "account.connect", f"account:{row.id}", channel=channel)
    return row.id


_TAKEN = (
    "@{handle} is connected to another brand of this house, and an account speaks for one brand only. Nothing was "
    "changed. Disconnect it there first."
)


def _speaks_elsewhere(brand_id: int, channel: str, external_id: str) -> bool:
    with across_brands():
        found = session.execute(
            select(Account.id).where(
                Account.channel == channel,
                Account.external_id == external_id,
                Account.state == "connected",
                Account.brand_id != brand_id,
            )
        )
        return found.scalar() is not None


def acknowledge(brand_id: int, channel: str, *, by: int) -> None:
    """Put on record that a manager has read what the network forbids about rewards."""
    audit.record(brand_id, by, "account.acknowledge", f"brand:{brand_id}", channel=channel)


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


def hearing_as(channel: str, external_id: str) -> AccountView | None:
    """The account, of whichever brand, that has this id on its network and hears what is handed over for it.

    At most one brand speaks for it. Where none does, the one that did last hears on: it was not disconnected, and to
    keep what comes takes no permission.
    """
    with across_brands():
        row = session.execute(
            select(Account)
            .where(Account.channel == channel, Account.external_id == external_id, Account.state != "archive")
            .order_by(case((Account.state == "connected", 0), else_=1), Account.keys_at.desc())
            .limit(1)
        ).scalar()
        return _view(row) if row else None


def to_listen_to() -> tuple[AccountView, ...]:
    """Every connected account of every brand."""
    with across_brands():
        rows = session.execute(select(Account).where(Account.state == "connected").order_by(Account.id)).scalars()
        return tuple(_view(row) for row in rows)


def mark_signed_out(account_id: int) -> None:
    """The network ended our permission: stop trying until a manager connects the account again.

    Keys that another process renewed a moment ago are left alone: whoever still held the old ones was turned away,
    and the next look tells.
    """
    stale = or_(Account.renewed_at.is_(None), Account.renewed_at < clock.now() - JUST_RENEWED)
    session.execute(update(Account).where(Account.id == account_id, stale).values(state="signed_out"))


def renew(account_id: int, changed: Mapping[str, str], *, since: datetime | None) -> None:
    """Store keys that the network renewed for an account that was given its keys at `since`, in a transaction.

    Keys of a newer consent, or that live longer (`expires_at`, in seconds since 1970), stay as they are.
    """
    row = session.execute(select(Account).where(Account.id == account_id).with_for_update()).scalar_one_or_none()
    if row is None or row.credentials is None or row.keys_at != since:
        return
    stored: dict[str, str] = json.loads(crypto.vault().open(row.brand_id, row.credentials))
    if "expires_at" in stored and float(changed.get("expires_at", "inf")) < float(stored["expires_at"]):
        return
    row.credentials = crypto.vault().seal(row.brand_id, json.dumps(stored | dict(changed)))
    row.renewed_at = clock.now()
    session.flush()


def open_network(account_id: int) -> Network:
    """The adapter that speaks for this account. Reads the database, so open it before the transaction ends.

    Raises:
        SignedOutError: the account is an archive or was signed out.

    """
    channel, door = door_of(account_id)
    return networks.opened(channel, door)


def door_of(account_id: int) -> tuple[str, Door]:
    """The channel of an account, and what its adapter needs; as `open_network`."""
    row = session.execute(select(Account).where(Account.id == account_id)).scalar_one()
    if row.state != "connected" or row.credentials is None:
        raise SignedOutError("This account is not connected, so nothing can be published through it.")
    keys = json.loads(crypto.vault().open(row.brand_id, row.credentials))
    keys |= apps.secrets_for(row.channel, keys)
    meter = purse(row.brand_id, row.id, row.channel)
    keep, stored = _keeper(row.brand_id, row.id, row.keys_at), _reader(row.brand_id, row.id)
    door = Door(row.external_id, row.handle, keys, base_url=row.base_url, meter=meter, keep=keep, stored=stored)
    return row.channel, door


def _keeper(brand_id: int, account_id: int, since: datetime | None) -> Callable[[Mapping[str, str]], None]:
    """How an adapter stores renewed keys: at once, in a transaction of its own."""

    def keep(changed: Mapping[str, str]) -> None:
        with transaction(), brand_scope(brand_id):
            renew(account_id, changed, since=since)

    return keep


def _reader(brand_id: int, account_id: int) -> Callable[[], Mapping[str, str]]:
    """How an adapter looks whether another process renewed the keys meanwhile; nothing, where they are gone."""

    def stored() -> Mapping[str, str]:
        with brand_scope(brand_id):
            sealed = session.execute(select(Account.credentials).where(Account.id == account_id)).scalar()
            session.rollback()
        keys: dict[str, str] = json.loads(crypto.vault().open(brand_id, sealed)) if sealed else {}
        return keys

    return stored


def _view(row: Account) -> AccountView:
    return AccountView(
        row.id,
        row.brand_id,
        row.channel,
        row.external_id,
        row.handle,
        row.state,
        row.connected_at,
        row.base_url,
        row.keys_at,
    )
