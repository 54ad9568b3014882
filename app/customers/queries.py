"""What we show of customers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.customers.models import Customer, Identity
from app.kernel.db import session


@dataclass(frozen=True, slots=True)
class IdentityView:
    """A customer on one network, as staff sees them."""

    customer_id: int
    channel: str
    handle: str
    name: str
    followers: int


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer with every network we met them on."""

    id: int
    first_heard_at: datetime
    identities: tuple[IdentityView, ...]


def customer(customer_id: int) -> CustomerView | None:
    """One customer of the brand in scope."""
    rows = session.execute(
        select(Customer.first_heard_at, Identity)
        .join(Identity, Identity.customer_id == Customer.id)
        .where(Customer.id == customer_id)
        .order_by(Identity.channel, Identity.id)
    ).all()
    if not rows:
        return None
    return CustomerView(customer_id, rows[0].first_heard_at, tuple(_identity(row.Identity) for row in rows))


def faces(customer_ids: Iterable[int]) -> dict[int, IdentityView]:
    """One identity per customer."""
    rows = session.execute(select(Identity).where(Identity.customer_id.in_(set(customer_ids)))).scalars()
    return {row.customer_id: _identity(row) for row in rows}


def _identity(row: Identity) -> IdentityView:
    return IdentityView(row.customer_id, row.channel, row.handle, row.name, row.followers)
