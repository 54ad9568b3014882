"""ruff and mypy have nothing to say; what they do say is the message of the failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

BIN = Path(sys.executable).parent


def output_of(*command: str | Path) -> str:
    """What a tool says, empty when it is content."""
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else run.stdout + run.stderr


def test_ruff_finds_nothing() -> None:
    said = output_of(BIN / "ruff", "check", "--quiet", ".")
    assert not said, said


def test_ruff_would_format_nothing_differently() -> None:
    said = output_of(BIN / "ruff", "format", "--check", "--quiet", ".")
    assert not said, said


@pytest.mark.timeout(600)
def test_mypy_is_content_with_the_strictest_rules() -> None:
    # the project's own cache makes all but the first run quick
    said = output_of(sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache"))
    assert not said, said
