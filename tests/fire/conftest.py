"""What fills the crash matrix; tests.tables prints it when the tests are done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tables import CELL


@pytest.fixture
def report_cell(record_property: Any) -> Any:
    """`report_cell(died_at=…, answer=…, killed=…, posts=…, awards=…, state=…, lost=…)` adds a cell to the table."""

    def report(**cell: Any) -> None:
        record_property(CELL, cell)

    return report
