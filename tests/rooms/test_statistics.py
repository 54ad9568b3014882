"""A table that fills fast is analysed before its foreign keys' checks become walks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from app.kernel import statistics
from app.kernel.db import db, session
from tests.world import World

MANY = 600


@dataclass(frozen=True)
class Known:
    """What PostgreSQL knows of its tables: how many rows changed unseen, and when it was told to look."""

    unseen: dict[str, int]
    looked_at: dict[str, datetime | None]


def _known() -> Known:
    """With everything that was written before taken into account; nothing on SQLite."""
    if db.engine.dialect.name != "postgresql":
        return Known({}, {})
    session.execute(text("SELECT pg_stat_force_next_flush()"))
    session.commit()
    rows = session.execute(text("SELECT relname, n_mod_since_analyze, last_analyze FROM pg_stat_user_tables")).all()
    session.rollback()
    return Known({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows})


def test_only_a_table_that_has_outgrown_its_statistics_is_analysed(world: World) -> None:
    house = world.lumo
    _known()
    statistics.refresh()  # what earlier tests wrote into this database is none of this one's
    house.hear(*(house.post(f"@lumo question number {place}") for place in range(MANY)))
    before = _known()
    statistics.refresh()
    after = _known()
    if db.engine.dialect.name == "postgresql":
        assert all(after.unseen[table] == 0 for table in ("mention", "assessment", "case", "case_mention"))
        assert after.looked_at["reply"] == before.looked_at["reply"]
    else:
        assert before == after == Known({}, {})
