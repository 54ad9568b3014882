"""There is one clock: nothing but `kernel.clock` asks what time it is, in Python or in SQL."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.source import ROOMS, called, modules, tree

MAY = ("app/kernel/clock.py", "app/sandbox/", "app/supervise/", "app/bootstrap.py")
"""The clock itself; another world with a clock of its own; and what runs before there is a database."""
ASKING = re.compile(
    r"(^|\.)(datetime|date)\.(now|utcnow|today|utcfromtimestamp)$|(^|\.)time\.(time|time_ns|gmtime|localtime|ctime)$"
    r"|^func\.(now|current_timestamp|current_time|current_date|localtimestamp|clock_timestamp|datetime|julianday)$"
)
ASKING_SQL = re.compile(
    r"\b(CURRENT_(TIMESTAMP|TIME|DATE)|clock_timestamp|statement_timestamp|now\(\)|datetime\('now)", re.IGNORECASE
)


def others() -> list[Path]:
    return [path for path in modules(*ROOMS, "migrations") if not path.as_posix().startswith(MAY)]


def test_nothing_else_asks_what_time_it_is() -> None:
    found = [f"{path}:{line} {name}" for path in others() for name, line in called(path) if ASKING.search(name)]
    assert found == []


def test_no_other_now_hides_behind_an_import() -> None:
    found = []
    for path in others():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                found += [f"{path}: {alias.name}" for alias in node.names if alias.name not in {"monotonic", "sleep"}]
    assert found == []


def test_no_sql_asks_either() -> None:
    found = [
        f"{path}:{node.lineno} {node.value!r}"
        for path in others()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ASKING_SQL.search(node.value)
    ]
    assert found == []


def test_the_pattern_knows_a_now_when_it_sees_one() -> None:
    for name in ("datetime.now", "datetime.datetime.utcnow", "dt.date.today", "time.time", "func.now"):
        assert ASKING.search(name), name
    for name in ("clock.now", "now", "time.monotonic", "datetime.fromisoformat", "known"):
        assert not ASKING.search(name), name
