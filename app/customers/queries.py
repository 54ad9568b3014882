"""What we show of customers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.customers.models import Identity
from app.kernel.db import session


@dataclass(frozen=True, slots=True)
class IdentityView:
    """A customer on one network, as staff sees them."""

    customer_id: int
    channel: str
    handle: str
    name: str
    followers: int


def faces(customer_ids: Iterable[int]) -> dict[int, IdentityView]:
    """One identity per customer."""
    rows = session.execute(select(Identity).where(Identity.customer_id.in_(set(customer_ids)))).scalars()
    return {
        row.customer_id: IdentityView(row.customer_id, row.channel, row.handle, row.name, row.followers) for row in rows
    }
