"""What teaches: texts and what people said of them; our own examples are the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from listeners.rules import examples

IN_HEADINGS: Final = ("sentiment", "intent", "topic", "record", "must_staff")
QUESTIONS: Final = (*IN_HEADINGS, "risk")
"""What is asked of a text; a heading of our examples says all but the risk, which follows from it."""
SEED_WEIGHT: Final = 0.2
MEANT: Final = {"staff": "yes", "advocates": "no", "either": "either"}


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text and what people said of it, by question. `weight` is what one row counts: a seed less than a person.

    Texts of one `hand` were written by one person and are held back together: who knows a hand guesses it well.
    """

    text: str
    said: Mapping[str, str]
    handles: tuple[str, ...] = ()
    weight: float = 1.0
    hand: str = ""


@cache
def seeds() -> tuple[Lesson, ...]:
    """Our own examples in four languages. Raises ValueError for a line before the first heading or a torn heading."""
    return tuple(lesson for name, written in examples.files() for lesson in read_seeds(written, name))


def seeds_alone() -> tuple[Lesson, ...]:
    """Our own examples while nobody else has taught anything: they count as people's words."""
    return tuple(replace(seed, weight=1.0) for seed in seeds())


def read_seeds(written: str, name: str) -> list[Lesson]:
    """The lessons of one file of seeds: a heading [intent mood topic who needs-the-record], then a text a line."""
    found: list[Lesson] = []
    said: dict[str, str] | None = None
    for number, line in enumerate(written.splitlines(), start=1):
        if line.startswith("["):
            words = line.strip("[] ").split()
            if len(words) != len(IN_HEADINGS) or words[3] not in MEANT:
                raise ValueError(f"{name}, line {number}: a heading names intent, mood, topic, who and the record")
            meant = (words[1], words[0], words[2], words[4], MEANT[words[3]])
            said = dict(zip(IN_HEADINGS, meant, strict=True))
            said |= _risk(said)
        elif line.strip() and not line.startswith("#"):
            if said is None:
                raise ValueError(f"{name}, line {number}: stands before the first heading")
            found.append(Lesson(line, said, weight=SEED_WEIGHT, hand=name))
    return found


def _risk(said: Mapping[str, str]) -> dict[str, str]:
    """Whether such a text holds a risk; of what only staff may answer for another reason, nothing is said."""
    if said["intent"] == "crisis" or said["topic"] == "safety":
        return {"risk": "yes"}
    return {} if said["must_staff"] == "yes" else {"risk": "no"}
