"""What is made anew when the power fails need not wait for the disk; all other work on SQLite does."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.kernel.clock import HouseFact
from app.kernel.db import ahead_of_the_disk, db, session, transaction
from app.kernel.upsert import insert_new
from tests.world import World

NORMAL, FULL = "1", "2"


def waits() -> str:
    """What a commit waits for here, in the database's own words."""
    asked = "PRAGMA synchronous" if db.engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    found = str(session.execute(text(asked)).scalar_one())
    session.rollback()
    return found


def lives_through_something(otherwise: str) -> None:
    """Work that says of itself that it would be made anew, and then finds that it cannot go on."""
    with ahead_of_the_disk():
        assert waits() == (NORMAL if db.engine.dialect.name == "sqlite" else otherwise)
        with transaction():
            insert_new(HouseFact, [{"name": "ahead", "value": "yes"}], HouseFact.name)
        raise InterruptedError


def test_only_what_asked_for_it_runs_ahead_and_what_it_wrote_stays(world: World) -> None:  # noqa: ARG001
    before = waits()
    with pytest.raises(InterruptedError):
        lives_through_something(before)
    assert waits() == before
    assert before == FULL or db.engine.dialect.name != "sqlite"
    assert session.execute(select(HouseFact.value).where(HouseFact.name == "ahead")).scalar_one() == "yes"
