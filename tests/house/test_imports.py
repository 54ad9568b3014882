"""Imports fall: the contracts of pyproject.toml hold, and the two doors of the house import what they may."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOMS, ROOT, imported, tree


def test_every_contract_holds(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [program, "--cache-dir", tmp_path / "imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def test_the_door_imports_the_factory_and_the_settings_and_nothing_else() -> None:
    assert imported(Path("wsgi.py")) == {"app.factory.create_app", "app.kernel.settings.Settings"}


@pytest.mark.parametrize("room", ROOMS)
def test_the_top_packages_are_a_docstring_and_nothing_else(room: str) -> None:
    assert len(tree(Path(room, "__init__.py")).body) == 1


@pytest.mark.long
@pytest.mark.parametrize("room", ROOMS)
def test_each_room_can_be_the_first_to_be_imported(room: str) -> None:
    first = {
        "app": "app.kernel.bus",
        "listeners": "listeners.hear",
        "moderation": "moderation.reviews",
        "gamification": "gamification.ledger",
    }[room]
    run = subprocess.run(
        [sys.executable, "-c", f"import {first}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
