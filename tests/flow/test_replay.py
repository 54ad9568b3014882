"""An archive of threads goes the same way as live posts: its sums add up, nothing is fatal, nothing comes twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.kernel.settings import PROJECT

Row = dict[str, Any]
Replay = Callable[..., dict[str, Any]]


def row(number: int, text: str, *, author: str = "ada", brand: str = "Acme", reply_to: int | None = None) -> Row:
    """One line of an archive."""
    by_brand = author in {"Acme", "Other"}
    return {
        "id": str(number),
        "thread": str(reply_to or number),
        "author": author,
        "author_is_brand": by_brand,
        "brand": brand,
        "inbound": not by_brand,
        "created_at": f"2017-10-31T12:{number:02d}:00+00:00",
        "text": text,
        "in_reply_to": str(reply_to) if reply_to else None,
    }


LINES: list[Row | str] = [
    row(1, "@Acme how do I reset my router?"),
    row(2, "@ada Hold the button for ten seconds.", author="Acme", reply_to=1),
    row(3, "@Acme where can I find the manual?", author="bob"),
    row(4, "@Acme still broken, it blinks red", reply_to=1),
    "{broken",
    row(5, "@ada have a look at ours", author="Other", reply_to=1),
    row(6, "@Globex is the app down?", author="cyd", brand="Globex"),
    row(3, "@Acme where can I find the manual?", author="bob"),
    '{"id": "9", "text": 7}',
]


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    """`replay(brand)` hears the archive through the command line, into a database of this test."""
    file = tmp_path / "archive.jsonl"
    lines = [line if isinstance(line, str) else json.dumps(line) for line in LINES]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(brand: str) -> dict[str, Any]:
        env = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
        words = ["replay", str(file), "--brand", brand, "--json"]
        code = "import sys; from app.cli import main; sys.exit(main(sys.argv[1:]))"
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=PROJECT,
            env=env | {"PEERLINE_DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run


def sums_add_up(found: dict[str, Any]) -> bool:
    """Whether every heard post ended in one of the four ways, and every case has one lane."""
    parts = found["new"] + found["duplicates"] + found["set_aside"] + found["quarantined"]
    lanes = sum(found["cases"][lane] for lane in ("staff", "advocates", "no_reply"))
    return bool(found["heard"] == parts and found["cases"]["total"] == lanes)


def test_every_brand_hears_its_own(replay: Replay) -> None:
    found = replay("ALL")
    assert sums_add_up(found)
    counted = {name: found[name] for name in ("heard", "new", "duplicates", "set_aside", "quarantined")}
    assert counted == {"heard": 9, "new": 4, "duplicates": 1, "set_aside": 2, "quarantined": 2}
    assert found["cases"]["total"] == 3
    again = replay("ALL")
    assert sums_add_up(again)
    assert (again["new"], again["set_aside"], again["duplicates"], again["quarantined"]) == (0, 0, 9, 0)
    assert again["cases"] == found["cases"]


def test_one_brand_sets_the_others_aside(replay: Replay) -> None:
    found = replay("Acme")
    assert sums_add_up(found)
    assert (found["heard"], found["new"], found["set_aside"]) == (9, 3, 3)
    assert found["cases"]["total"] == 2
