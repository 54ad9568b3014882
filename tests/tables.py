"""The tables that tests leave at the end: what was measured, the crash matrix, the faults and their figures.

Whoever starts the tests prints them, also where the tests run in other processes, which alone read the folders' own
conftest.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

CELL = "crash matrix"
FAULT = "faults"
MEASURED = "measured"
GARBAGE = 100
"""Stands for the faults that have no number, below all others."""


def print_all(terminalreporter: Any) -> None:
    """What was tried, and what came of it; each table only where one of its tests ran."""
    _print_matrix(terminalreporter)
    _print_faults(terminalreporter)
    _print_measured(terminalreporter)


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
    done, found = (max(len(row[column]) for row, _ in rows) for column in (1, 2))
    for (number, what, figures), outcome in rows:
        name = f"R{number}" if number < GARBAGE else ""
        terminalreporter.write_line(f"{name:<4} {what:<{done}}  {figures:<{found}}  {outcome}")


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


def _print_measured(terminalreporter: Any) -> None:
    """The lines that measuring tests kept."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    measured = [line for report in reports for name, line in report.user_properties if name == MEASURED]
    if measured:
        terminalreporter.section(MEASURED)
    for line in sorted(set(measured)):
        terminalreporter.write_line(str(line))
