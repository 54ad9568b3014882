"""A table that fills fast is analysed before its foreign keys' checks become walks."""

from __future__ import annotations

from sqlalchemy import text

from app.kernel import statistics
from app.kernel.db import db, session
from tests.world import World

MANY = 600


def _analysed() -> set[str]:
    """The tables that somebody has analysed by hand, with everything written so far taken into account."""
    if db.engine.dialect.name != "postgresql":
        return set()
    session.execute(text("SELECT pg_stat_force_next_flush()"))
    session.commit()
    found = session.execute(
        text("SELECT relname FROM pg_stat_user_tables WHERE last_analyze IS NOT NULL AND n_mod_since_analyze = 0")
    ).scalars()
    return set(found)


def test_only_a_table_that_has_outgrown_its_statistics_is_analysed(world: World) -> None:
    house = world.lumo
    before = _analysed()
    house.hear(*(house.post(f"@lumo question number {place}") for place in range(MANY)))
    _analysed()
    statistics.refresh()
    if db.engine.dialect.name == "postgresql":
        assert {"mention", "assessment", "case", "case_mention"} <= _analysed() - before
        assert "reply" not in _analysed()
    else:
        assert not before
