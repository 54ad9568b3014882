"""Plant the demo world, only ever into a database that was empty a moment before."""

from __future__ import annotations

from sqlalchemy import select

from app.brands.founding import found
from app.brands.queries import by_handle
from app.channels import accounts
from app.demo import knowledge
from app.demo.people import BRANDS, PASSWORD, PEOPLE
from app.demo.traffic import Plaza
from app.desk.queries import waiting_counts
from app.kernel import schema
from app.kernel.clock import HouseFact
from app.kernel.db import brand_scope, db, session, transaction
from app.kernel.errors import UsageError
from app.kernel.upsert import insert_new
from app.people import members

ORIGIN = "origin"
DEMO = "demo"


def ensure() -> None:
    """Bring the embedded database to its newest migration; plant the world if the database is new.

    Raises:
        UsageError: the database belongs to somebody else's house.

    """
    before = schema.current(db.engine)
    if before != schema.head():
        schema.upgrade(db.engine)
    if before is None:
        _plant()
    elif not is_demo():
        raise UsageError(
            "This database was not made by the demo. Set DATABASE_URL to use it, or choose another folder."
        )


def is_demo() -> bool:
    """Whether the database was made by the demo."""
    origin = session.execute(select(HouseFact.value).where(HouseFact.name == ORIGIN)).scalar()
    session.rollback()
    return origin == DEMO


def connect_sandbox(base_url: str, plaza: Plaza) -> None:
    """Connect both brands to their accounts on the sandbox network, which are made there when there are none."""
    for handle, (name, *_) in BRANDS.items():
        brand = by_handle(handle)
        session.rollback()
        if brand is None:
            continue
        there = plaza.brand(handle, name)
        with transaction(), brand_scope(brand.id):
            accounts.connect(brand.id, "x", there["id"], handle, credentials=there["credentials"], base_url=base_url)


def waiting() -> int:
    """How many cases of the demo's brands are open."""
    total = 0
    for handle in BRANDS:
        brand = by_handle(handle)
        if brand is not None:
            with brand_scope(brand.id):
                total += sum(waiting_counts().values())
    session.rollback()
    return total


def _plant() -> None:
    with transaction():
        made = insert_new(HouseFact, [{"name": ORIGIN, "value": DEMO}], HouseFact.name)
        if not made:  # another process of the same start was faster
            return
        brand_ids = {
            handle: found(handle, name, languages=languages, regions=regions)
            for handle, (name, languages, regions) in BRANDS.items()
        }
        ids = {}
        for person in PEOPLE:
            ids[person.alias] = member_id = members.add(person.email, person.name, person.alias, PASSWORD)
            for handle, role in person.roles.items():
                members.join(brand_ids[handle], member_id, role, languages=person.languages, topics=person.topics)
        for handle, brand_id in brand_ids.items():
            knowledge.plant(handle, brand_id, by=ids["dana"])
