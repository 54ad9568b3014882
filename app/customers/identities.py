"""Recognise the people behind a batch of posts; make the acquaintance of those we meet first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, tuple_

from app.customers.models import Customer, Identity
from app.kernel import clock
from app.kernel.db import current_brand, session
from app.kernel.upsert import insert_new


@dataclass(frozen=True, slots=True, order=True)
class Face:
    """Somebody as a network shows them."""

    channel: str
    external_id: str
    handle: str = ""
    name: str = ""
    followers: int = 0


def recognise(faces: Iterable[Face]) -> dict[tuple[str, str], int]:
    """The customer behind each face, by (channel, external id); each new face becomes a new customer, once.

    Two processes that meet the same person at the same time agree on one customer.
    """
    brand_id = current_brand()
    by_key = {(face.channel, face.external_id): face for face in sorted(faces)}
    known = _known(by_key)
    strangers = [face for key, face in by_key.items() if key not in known]
    if not strangers:
        return known
    at = clock.now()
    made = session.execute(
        insert(Customer.__table__).returning(Customer.__table__.c.id, sort_by_parameter_order=True),  # type: ignore[arg-type]
        [{"brand_id": brand_id, "first_heard_at": at} for _ in strangers],
    )
    new_ids = list(made.scalars())
    rows = [
        {
            "brand_id": brand_id,
            "customer_id": customer_id,
            "channel": face.channel,
            "external_id": face.external_id,
            "handle": face.handle,
            "name": face.name,
            "followers": face.followers,
        }
        for customer_id, face in zip(new_ids, strangers, strict=True)
    ]
    kept = insert_new(Identity, rows, Identity.channel, Identity.external_id, Identity.customer_id)
    known |= {(row.channel, row.external_id): row.customer_id for row in kept}
    if len(kept) < len(rows):  # another process was faster for some: use its customers, drop ours
        unused = set(new_ids) - {row.customer_id for row in kept}
        session.execute(delete(Customer).where(Customer.id.in_(unused)))
        known |= _known({key: face for key, face in by_key.items() if key not in known})
    return known


def _known(by_key: dict[tuple[str, str], Face]) -> dict[tuple[str, str], int]:
    if not by_key:
        return {}
    rows = session.execute(
        select(Identity.channel, Identity.external_id, Identity.customer_id).where(
            Identity.brand_id == current_brand(), tuple_(Identity.channel, Identity.external_id).in_(list(by_key))
        )
    )
    return {(row.channel, row.external_id): row.customer_id for row in rows}
