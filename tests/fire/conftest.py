"""The crash matrix and the table of faults, printed when their tests are done."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

CELL = "crash matrix"
FAULT = "faults"
GARBAGE = 100
"""Stands for the faults that have no number, below all others."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was tried, and what came of it."""
    _print_matrix(terminalreporter)
    _print_faults(terminalreporter)


def _print_faults(terminalreporter: Any) -> None:
    """One row per fault: which of the table of faults it is, what was done, and the figures."""
    rows = sorted(
        (name_and_row[1], report.outcome)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name_and_row in getattr(report, "user_properties", ())
        if name_and_row[0] == FAULT and report.when == "call"
    )
    if not rows:
        return
    terminalreporter.section(FAULT)
    for (number, what, figures), outcome in rows:
        name = f"R{number}" if number < GARBAGE else ""
        terminalreporter.write_line(f"{name:<4} {what:<52} {figures:<70} {outcome}")


def _print_matrix(terminalreporter: Any) -> None:
    """One row per place where a process died, one column per answer of the network, and the sums below."""
    cells: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, cell in getattr(report, "user_properties", ()):
                if name == CELL and report.when == "call":
                    cells[cell["died_at"], cell["answer"]].append(cell)
    if not cells:
        return
    answers = list(dict.fromkeys(answer for _, answer in cells))
    write = terminalreporter.write_line
    terminalreporter.section(CELL)
    write("each cell: how it died (x killed, . not reached there) and how the reply ended")
    write(f"{'killed at':<26}" + "".join(f"{answer:<16}" for answer in answers))
    for place in dict.fromkeys(place for place, _ in cells):
        shown = (" ".join(sorted({_shown(cell) for cell in cells.get((place, answer), ())})) for answer in answers)
        write(f"{place:<26}" + "".join(f"{each:<16}" for each in shown))
    every = [cell for some in cells.values() for cell in some]
    write(
        f"{len(every)} cells, {sum(cell['killed'] for cell in every)} killed, "
        f"{sum(cell['posts'] > 1 for cell in every)} said twice, {sum(cell['lost'] for cell in every)} lost, "
        f"{sum(cell['awards'] > 1 for cell in every)} awarded twice"
    )


def _shown(cell: dict[str, Any]) -> str:
    return f"{'x' if cell['killed'] else '.'} {cell['state']}"


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
