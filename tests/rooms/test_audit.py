"""Who did what stands in one unbroken chain per brand; whatever is changed in it later is named."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Row, select, text
from sqlalchemy.exc import DBAPIError

from app.kernel import audit
from app.kernel.audit import AuditRow
from app.kernel.db import db, session, transaction
from app.kernel.errors import RefusedError
from app.people import members
from tests.rooms.conftest import Together
from tests.world import House, World

MANY = 8


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def record(house: House, number: int) -> None:
    with transaction():
        audit.record(house.brand_id, house.sam.member_id, "case.claim", f"case:{number}", number=number, word="tiếng")


def first_broken(house: House) -> int | None:
    with house.scope():
        found = audit.first_broken(house.brand_id)
        session.rollback()
    return found


def lines(house: House) -> Sequence[Row[int, str, int | None, str]]:
    """Number, act, member and hash of every line."""
    columns = (AuditRow.seq, AuditRow.act, AuditRow.member_id, AuditRow.hash)
    with house.scope():
        found = session.execute(select(*columns).order_by(AuditRow.seq)).all()
        session.rollback()
    return found


def tamper(statement: str, **values: object) -> None:
    """Change the table as somebody could who owns the database: past the triggers, in plain SQL."""
    session.rollback()
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_row DISABLE TRIGGER USER"))
            connection.execute(text(statement), values)
            connection.execute(text("ALTER TABLE audit_row ENABLE TRIGGER USER"))
        else:
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_row_no_{act}"))
            connection.execute(text(statement), values)
    session.expire_all()


@pytest.fixture
def chain(house: House) -> list[int]:
    """Five more lines of ours; their places."""
    before = len(lines(house))
    for number in range(5):
        record(house, number)
    return [line.seq for line in lines(house)[before:]]


def test_what_people_do_is_written_down(house: House) -> None:
    post = house.post("@lumo how do I turn on dark mode in the app?")
    house.hear(post)
    house.judge(house.submit(house.case_of(post), house.maya), house.sam)
    written = [(line.act, line.member_id) for line in lines(house)][-3:]
    maya, sam = house.maya.member_id, house.sam.member_id
    assert written == [("case.claim", maya), ("reply.submit", maya), ("review.approve", sam)]
    assert first_broken(house) is None


def test_the_chain_counts_without_gaps_and_is_whole(house: House, chain: list[int]) -> None:
    assert [line.seq for line in lines(house)] == list(range(1, chain[-1] + 1))
    assert first_broken(house) is None


@pytest.mark.parametrize(
    "change",
    [
        "act = 'case.clair'",
        "subject = 'case:9'",
        "member_id = NULL",
        "detail = '{\"number\": 9}'",
        "hash = '" + "0" * 64 + "'",
        "at = '2020-01-01 00:00:00'",
    ],
)
def test_a_changed_line_is_named(house: House, chain: list[int], change: str) -> None:
    tamper(f"UPDATE audit_row SET {change} WHERE brand_id = :b AND seq = :s", b=house.brand_id, s=chain[2])  # noqa: S608
    assert first_broken(house) == chain[2]


def test_a_line_taken_out_is_named(house: House, chain: list[int]) -> None:
    tamper("DELETE FROM audit_row WHERE brand_id = :b AND seq = :s", b=house.brand_id, s=chain[1])
    assert first_broken(house) == chain[1]


def test_closing_the_gap_does_not_hide_it(house: House, chain: list[int]) -> None:
    tamper("DELETE FROM audit_row WHERE brand_id = :b AND seq = :s", b=house.brand_id, s=chain[1])
    for seq in chain[2:]:
        tamper("UPDATE audit_row SET seq = :s - 1 WHERE brand_id = :b AND seq = :s", b=house.brand_id, s=seq)
    assert first_broken(house) == chain[1]


def test_a_line_of_another_brand_does_not_fit_in(world: World, chain: list[int]) -> None:
    record(world.rival, 1)
    foreign = lines(world.rival)[-1].hash
    tamper(
        "UPDATE audit_row SET hash = :h WHERE brand_id = :b AND seq = :s", h=foreign, b=world.lumo.brand_id, s=chain[3]
    )
    assert first_broken(world.lumo) == chain[3]
    assert first_broken(world.rival) is None


@pytest.mark.parametrize("statement", ["UPDATE audit_row SET act = 'nothing'", "DELETE FROM audit_row"])
def test_the_database_itself_refuses_to_change_it(house: House, chain: list[int], statement: str) -> None:
    with pytest.raises(DBAPIError, match="never changed"), db.engine.begin() as connection:
        connection.execute(text(statement))
    assert lines(house)[-1].seq == chain[-1]


def test_writers_at_the_same_moment_make_one_chain_per_brand(world: World, together: Together) -> None:
    before = {house.handle: len(lines(house)) for house in (world.lumo, world.rival)}
    writers = [lambda house=house, n=n: record(house, n) for n in range(MANY) for house in (world.lumo, world.rival)]
    together(writers)
    for house in (world.lumo, world.rival):
        assert len(lines(house)) == before[house.handle] + MANY
        assert first_broken(house) is None


def test_what_is_rolled_back_leaves_no_line(house: House) -> None:
    before = len(lines(house))

    def fail_after_a_line() -> None:
        with transaction():
            audit.record(house.brand_id, None, "brand.found", "brand:1")
            members.join(house.brand_id, house.maya.member_id, "owner")

    with pytest.raises(RefusedError):
        fail_after_a_line()
    record(house, 1)
    assert len(lines(house)) == before + 1
    assert first_broken(house) is None
