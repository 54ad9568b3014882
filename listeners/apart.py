"""Learning in a process of its own: what it fills memory with is gone at its end, and who only judges stays small."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, BinaryIO, Final

from app.kernel.settings import PROJECT
from app.supervise import answer_of
from listeners.lessons import Lesson
from listeners.rules import language
from listeners.rules.linear import Taught

GIVES_BACK: Final = {"MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144", "MALLOC_ARENA_MAX": "1"}
"""For the C library of Linux: a big array that is let go returns to the system at once. A third less at the peak."""


def teach(
    lessons: Iterable[Lesson], *, languages: tuple[str, ...], regions: tuple[str, ...], planted: Iterable[Lesson]
) -> Taught | None:
    """As `learning.teach`, with the same models for the same lessons, elsewhere.

    The process ends with its task, and with ours. What goes wrong in it is told on standard error.

    Raises:
        SuperviseError: it ended without an answer.

    """
    task = {
        "languages": languages,
        "regions": regions,
        "planted": [asdict(lesson) for lesson in planted],
        "lessons": [asdict(lesson) for lesson in lessons],
    }
    command = [sys.executable, "-m", "listeners.apart"]
    answer = answer_of(command, json.dumps(task).encode(), env=GIVES_BACK, cwd=PROJECT)
    return Taught.from_bytes(answer) if answer else None


def _lesson(told: dict[str, Any]) -> Lesson:
    return Lesson(**told | {"handles": tuple(told["handles"])})


def main(source: BinaryIO, target: BinaryIO) -> None:
    """Read one task, learn, and write the models; nothing where the lessons teach nothing."""
    from listeners import learning  # loading what can learn takes seconds: who only asks for it goes without

    task = json.loads(source.read())
    seen = learning.prepare(
        map(_lesson, task["lessons"]),
        languages=tuple(task["languages"]),
        regions=tuple(task["regions"]),
        planted=tuple(map(_lesson, task["planted"])),
    )
    del task
    language.forget()
    taught = learning.learn(seen)
    if taught is not None:
        target.write(taught.to_bytes())


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
