"""Notes are staff's: they call colleagues by name, and their words reach no reply, no advocate and no network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.channels.base import Post
from app.desk import context, leaving, notes
from app.desk import queries as desk
from app.desk.rules.hand import Hand
from app.kernel import bus
from app.kernel.db import Base, session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from tests.world import HOW_TO, House, World

SECRET = "he is the brother of the shop's landlord"


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def case(house: House) -> int:
    post: Post = house.post(HOW_TO)
    house.hear(post)
    return house.case_of(post)


def write(house: House, case: int, text: str, hand: Hand | None = None) -> int:
    with transaction(), house.scope():
        note_id = notes.write(case, hand or house.sam, text)
    bus.drain()
    return note_id


def named(house: House, hand: Hand) -> list[str]:
    with house.scope():
        found = [note.text for note, _case in context.naming(hand.member_id)]
        session.rollback()
    return found


def test_a_note_calls_colleagues_of_staff_by_alias_whatever_the_capitals(house: House, case: int) -> None:
    text = "@Tess please look, and @dana. Not @maya, not x@tess.example, not @nobody, not me @sam"
    write(house, case, text)
    assert named(house, house.tess) == named(house, house.dana) == [text]
    assert named(house, house.sam) == named(house, house.maya) == []


def test_nobody_of_another_brand_is_called(world: World, case: int) -> None:
    write(world.lumo, case, "@tess look")
    assert named(world.rival, world.rival.tess) == []
    with pytest.raises(NotFoundError), transaction(), world.rival.scope():
        notes.write(case, world.rival.sam, "hello")


def test_who_is_suspended_is_not_called(house: House, case: int) -> None:
    with transaction(), house.scope():
        leaving.suspend(house.tess.member_id, by=house.dana.member_id)
    write(house, case, "@tess look, and @dana")
    assert named(house, house.tess) == []
    assert named(house, house.dana) == ["@tess look, and @dana"]


@pytest.mark.parametrize("who", ["maya", "noor"])
def test_advocates_write_no_notes(house: House, case: int, who: str) -> None:
    with pytest.raises(NotAllowedError), transaction(), house.scope():
        notes.write(case, getattr(house, who), "hello")


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_note_has_words_and_not_too_many(house: House, case: int, text: str) -> None:
    with pytest.raises(RefusedError):
        write(house, case, text)
    write(house, case, "x" * 2000)


def test_its_author_mends_it_while_it_is_new(house: House, case: int, later: Callable[..., None]) -> None:
    note_id = write(house, case, "@tess look")
    with pytest.raises(NotFoundError), transaction(), house.scope():
        notes.rewrite(note_id, house.tess, "mine now")
    with transaction(), house.scope():
        notes.rewrite(note_id, house.sam, "@dana look")
    bus.drain()
    assert (named(house, house.tess), named(house, house.dana)) == ([], ["@dana look"])
    later(minutes=11)
    for verb in (lambda: notes.rewrite(note_id, house.sam, "never"), lambda: notes.drop(note_id, house.sam)):
        with pytest.raises(ConflictError), transaction(), house.scope():
            verb()
    assert named(house, house.dana) == ["@dana look"]


def test_what_is_taken_back_at_once_is_gone_everywhere(house: House, case: int) -> None:
    with transaction(), house.scope():
        note_id = notes.write(case, house.sam, f"@tess {SECRET}")
    with transaction(), house.scope():
        notes.drop(note_id, house.sam)
    bus.drain()  # the call was under way when the note was taken back
    assert named(house, house.tess) == []
    with house.scope():
        assert context.notes_of_customer(desk.customer_of(case) or 0) == ()
    assert SECRET not in everything_but()


def test_a_notes_words_stand_in_one_table_and_nowhere_else(house: House, case: int) -> None:
    """Not in a fact, a delivery, the audit, the history, a reply or a review: so nothing can carry them out."""
    write(house, case, f"@tess {SECRET}")
    house.judge(house.submit(case, house.maya), house.sam)
    assert SECRET not in everything_but("note")
    assert SECRET in everything_but()


def everything_but(*names: str) -> str:
    rows = [
        str(session.execute(table.select()).all()) for table in Base.metadata.sorted_tables if table.name not in names
    ]
    session.rollback()
    return "\n".join(rows)
