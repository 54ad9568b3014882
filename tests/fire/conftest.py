"""What fills the crash matrix and the table of faults; tests.tables prints them when the tests are done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tables import CELL, FAULT


@pytest.fixture
def report_cell(record_property: Any) -> Any:
    """`report_cell(died_at=…, answer=…, killed=…, posts=…, awards=…, state=…, lost=…)` adds a cell to the table."""

    def report(**cell: Any) -> None:
        record_property(CELL, cell)

    return report


@pytest.fixture
def report_fault(record_property: Any, database_url: str) -> Any:
    """`report_fault(5, "everything twice", "difference 0")` adds a row to the table of faults."""
    kind = "SQLite" if database_url.startswith("sqlite") else "PostgreSQL"

    def report(number: int, what: str, figures: str) -> None:
        record_property(FAULT, (number, f"{what} ({kind})", figures))

    return report
