"""No row of one brand is seen, changed or linked by another: the session refuses, and so does the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Select, delete, exists, func, select, text, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.brands.models import Brand
from app.desk.models import Case, CaseMention, Claim
from app.kernel import clock
from app.kernel.db import across_brands, brand_scope, changed, current_brand, db, session, transaction
from app.kernel.errors import NoBrandInScopeError
from listeners.models import Mention, SetAside
from tests.world import HOW_TO, House, World

OURS, THEIRS = HOW_TO, "@rival how do I turn on dark mode in the app?"


@pytest.fixture
def both(world: World) -> World:
    """Each brand has a question and its case."""
    world.lumo.hear(world.lumo.post(OURS, external_id="1"))
    world.rival.hear(world.rival.post(THEIRS, external_id="2"))
    session.remove()  # nothing remembered from before
    return world


def ids(model: Any) -> dict[int, int]:
    """The one row of each brand, by brand."""
    with across_brands():
        found = {row.brand_id: row.id for row in session.execute(select(model.brand_id, model.id))}
        session.remove()
    return found


twin = aliased(Mention)
READS: dict[str, Callable[[], Select[*tuple[Any, ...]]]] = {
    "entity": lambda: select(Mention.text, Mention),
    "column": lambda: select(Mention.text),
    "alias": lambda: select(twin.text),
    "join from a table of no brand": lambda: (
        select(Mention.text).select_from(Brand).join(Mention, Mention.brand_id == Brand.id)
    ),
    "join by anything": lambda: select(Mention.text).join(Case, Case.mention_id != 0),
    "subquery": lambda: select(select(Mention.text).subquery().c.text),
    "expression with": lambda: select(select(Mention.text).cte("heard").c.text),
    "union": lambda: select(
        union_all(select(Mention.text), select(Mention.text).where(Mention.id < 0)).subquery().c.text
    ),
    "scalar subquery": lambda: select(Brand.name.op("||")(select(func.max(Mention.text)).scalar_subquery())).where(
        exists().where(Mention.brand_id == Brand.id)
    ),
}


@pytest.mark.parametrize("how", READS)
def test_a_read_shows_our_rows_and_no_others(both: World, how: str) -> None:
    for house, said in ((both.lumo, OURS), (both.rival, THEIRS)):
        with house.scope():
            shown = [row[0] for row in session.execute(READS[how]())]
            session.rollback()
        assert len(shown) == 1
        assert shown[0].removeprefix(house.handle.title()) == said


@pytest.mark.parametrize("how", READS)
def test_without_a_brand_a_read_is_refused_or_shows_nothing(both: World, how: str) -> None:  # noqa: ARG001
    try:
        shown = session.execute(READS[how]()).all()
    except NoBrandInScopeError:
        shown = []
    assert shown == []


def test_a_plain_query_without_a_brand_is_an_error(both: World) -> None:  # noqa: ARG001
    for statement in (select(Mention), select(Mention.id), select(Mention, Case).join(Case, Case.id > 0)):
        with pytest.raises(NoBrandInScopeError):
            session.execute(statement)
    assert session.execute(select(func.count()).select_from(Mention)).scalar_one() == 0
    for change in (update(Mention).values(text="nothing"), delete(Mention)):
        with pytest.raises(NoBrandInScopeError), transaction():
            session.execute(change)
    with pytest.raises(NoBrandInScopeError):
        session.get(Mention, 1)
    with pytest.raises(NoBrandInScopeError):
        current_brand()


def test_a_table_of_no_brand_needs_none(both: World) -> None:  # noqa: ARG001
    assert len(session.execute(select(Brand)).scalars().all()) == 2


def test_another_brands_id_finds_nothing(both: World) -> None:
    theirs = ids(Mention)[both.rival.brand_id]
    with both.lumo.scope():
        assert session.get(Mention, theirs) is None
        assert session.execute(select(Mention).where(Mention.id == theirs)).first() is None
        counted = session.execute(select(func.count()).select_from(Mention)).scalar_one()
    assert counted == 1


@pytest.mark.parametrize("by", [Mention.id > 0, Mention.text != ""], ids=["id", "text"])
def test_changes_stay_within_the_brand(both: World, by: ColumnElement[bool]) -> None:
    with transaction(), both.lumo.scope():
        assert changed(update(Mention).where(by).values(author_name="changed")) == 1
    with both.rival.scope():
        assert session.execute(select(Mention.author_name)).scalar_one() == "Ada"
        session.rollback()
    with transaction(), both.lumo.scope():
        session.execute(delete(CaseMention))
        assert changed(delete(SetAside)) == 0
    with both.rival.scope():
        assert session.execute(select(CaseMention.mention_id)).scalar_one()


def test_a_row_of_another_brand_cannot_be_stored(both: World) -> None:
    house, rival = both.lumo, both.rival
    case_id = ids(Case)[rival.brand_id]
    with pytest.raises(NoBrandInScopeError), transaction(), house.scope():
        session.add(_claim(rival, case_id))
    with pytest.raises(NoBrandInScopeError), transaction():
        session.add(_claim(rival, case_id))  # nor without any brand
    with transaction(), rival.scope():
        session.add(_claim(rival, case_id))


def test_a_row_that_is_carried_into_another_scope_cannot_be_changed_there(both: World) -> None:
    def carry() -> None:
        with transaction():
            with both.rival.scope():
                theirs = session.execute(select(Case)).scalar_one()
            with both.lumo.scope():
                theirs.lane = "staff"

    with pytest.raises(NoBrandInScopeError):
        carry()
    with both.rival.scope():
        assert session.execute(select(Case.lane)).scalar_one() == "advocates"


def test_a_row_cannot_be_given_to_another_brand(both: World) -> None:
    with pytest.raises(NoBrandInScopeError), transaction(), both.lumo.scope():
        session.execute(select(Case)).scalar_one().brand_id = both.rival.brand_id


def _claim(house: House, case_id: int) -> Claim:
    at = clock.now()
    member = house.maya.member_id
    return Claim(brand_id=house.brand_id, case_id=case_id, member_id=member, claimed_at=at, expires_at=at, latest_at=at)


LINKS = {
    "a case": "INSERT INTO case_event (brand_id, case_id, at, act, words) VALUES (:ours, :case_id, :at, 'x', 'x')",
    "a case, from a mention": "UPDATE case_mention SET case_id = :case_id WHERE brand_id = :ours",
    "a member": (
        "INSERT INTO claim (brand_id, case_id, member_id, claimed_at, expires_at, latest_at)"
        " VALUES (:ours, :our_case, :member_id, :at, :at, :at)"
    ),
    "an account": (
        "INSERT INTO envelope (brand_id, account_id, origin, raw, heard_at)"
        " VALUES (:ours, :account_id, 'poll', '{}', :at)"
    ),
    "a customer": 'UPDATE "case" SET customer_id = :customer_id WHERE brand_id = :ours',
    "a movement of points": (
        "INSERT INTO vesting (brand_id, txn_id, part, points, due_at, state) VALUES (:ours, 1, 1, 1, :at, 'void')"
    ),
}


@pytest.mark.parametrize("to", LINKS)
def test_the_database_refuses_a_link_to_another_brands_row(both: World, to: str) -> None:
    """Past the session and its guard, in plain SQL: the keys carry the brand."""
    cases = ids(Case)
    rival = both.rival
    with rival.scope():
        customer_id = session.execute(select(Case.customer_id)).scalar_one()
        session.remove()
    values = {
        "ours": both.lumo.brand_id,
        "our_case": cases[both.lumo.brand_id],
        "case_id": cases[rival.brand_id],
        "member_id": rival.maya.member_id,
        "account_id": rival.account_id,
        "customer_id": customer_id,
        "at": "2026-03-01 12:00:00",
    }
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), db.engine.begin() as connection:
        connection.execute(text(LINKS[to]), values)


def test_a_scope_ends_where_it_ends_even_by_an_error(both: World) -> None:
    with pytest.raises(LookupError), both.lumo.scope():
        raise LookupError
    with pytest.raises(NoBrandInScopeError):
        current_brand()
    with brand_scope(both.lumo.brand_id):
        with both.rival.scope():
            assert current_brand() == both.rival.brand_id
        assert current_brand() == both.lumo.brand_id
        with across_brands(), pytest.raises(NoBrandInScopeError):
            current_brand()
