"""Learning in a process of its own: the same models, nothing left behind, and a failure that is one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.kernel.settings import PROJECT
from app.supervise import SuperviseError
from listeners import apart, learning
from listeners.lessons import Lesson

HALF_A_SIGN = "\ud83d"
LESSONS = [
    Lesson(
        f"@joy my {thing} leaks{HALF_A_SIGN} again, number {n}", {"topic": topic}, handles=("joy",), hand=f"hand {n}"
    )
    for n in range(20)
    for thing, topic in (("flurb", "gadget"), ("snorp", "animal"))
]


def test_the_same_lessons_give_the_same_models_as_at_home() -> None:
    planted = LESSONS[:4]
    there = apart.teach(LESSONS[4:], planted=planted, languages=("en", "ko"), regions=("US",))
    here = learning.teach(LESSONS[4:], planted=tuple(planted), languages=("en", "ko"), regions=("US",))
    assert there is not None
    assert here is not None
    assert there.to_bytes() == here.to_bytes()


def test_lessons_that_teach_nothing_give_no_models() -> None:
    assert apart.teach(LESSONS[:3], planted=(), languages=("en",), regions=("US",)) is None


def test_a_process_that_ends_without_an_answer_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(apart, "PROJECT", tmp_path)  # where nothing of ours is
    with pytest.raises(SuperviseError, match="ended with code 1"):
        apart.teach(LESSONS, planted=(), languages=("en",), regions=("US",))


def test_who_judges_never_loads_what_learns() -> None:
    """It takes seconds and a hundred megabytes, in every worker."""
    judging = (
        "import sys, app.pipeline\n"
        "from listeners import judges, teaching\n"
        "from listeners.rules.assessment import assess\n"
        "assess('@joy my flurb leaks, ai giup minh voi')\n"
        "print(sorted({'sklearn', 'scipy', 'listeners.learning'} & set(sys.modules)))\n"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", judging], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    assert loaded.strip() == "[]"
