"""A member's level from their record (TRUST, F5 and F6): what it is now, and what the next one takes.

Of F6 only A1 and A2 are told here, from what the house counts: answers that staff approved as they were or nearly so,
edited much, rejected, or took down. A level opens no door: every answer is read by staff before it goes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

PRIOR_GOOD, PRIOR_BAD = 8.0, 2.0
"""What is believed of somebody who has written nothing yet: eight good answers of ten."""
SURE = 0.05
"""The lower bound is the 5 % quantile: nineteen times of twenty the true share lies above it."""
NEEDS_ANSWERS = 30
NEEDS_BOUND = 0.85
NEEDS_DAYS = 14
_BRAKE_OF, _BRAKE_REJECTED = 5, 3
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Record:
    """A member's judged answers: how many were good, how many were not, over how many days."""

    good: int
    """Approved as they were, or after a small edit, and still standing."""
    bad: int
    """Edited much, rejected, or taken down."""
    days: int
    """Since the first answer was handed in."""
    last: tuple[bool, ...] = ()
    """Whether each of the newest answers was accepted at all, the newest first."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a level takes: how much there is of it and how much it takes."""

    key: str
    has: float
    takes: float

    @property
    def is_met(self) -> bool:
        """Whether there is enough."""
        return self.has >= self.takes


@dataclass(frozen=True, slots=True)
class Level:
    """A level with what the next one takes; nothing more when it is the highest that is told here."""

    name: str
    bound: float
    needs: tuple[Need, ...]
    braked: bool


def level(record: Record) -> Level:
    """The level that a record has earned."""
    bound = lower_bound(record.good, record.bad)
    braked = _is_braked(record.last)
    needs = (
        Need("answers", record.good + record.bad, NEEDS_ANSWERS),
        Need("bound", bound, NEEDS_BOUND),
        Need("days", record.days, NEEDS_DAYS),
    )
    met = all(need.is_met for need in needs) and not braked
    return Level("A2" if met else "A1", bound, needs, braked)


@lru_cache(maxsize=4096)
def lower_bound(good: int, bad: int) -> float:
    """LB05 of F5: the share of good answers that is exceeded 95 times of 100.

    Golden values: 10 of 10 → .774, 30 of 30 → .884, 58 of 60 → .891, 97 of 100 → .918, 80 of 100 → .735.
    """
    a, b = PRIOR_GOOD + good, PRIOR_BAD + bad
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_below(middle, a, b) < SURE else (low, middle)
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """P(Beta(a, b) < x): the regularised incomplete beta function, by its continued fraction (Lentz)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 500):
        for part in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + part * d
            c = 1 + part / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            result *= d * c
        if abs(d * c - 1) < 1e-12:  # noqa: PLR2004  as near as floats go
            break
    return result


def _is_braked(last: tuple[bool, ...]) -> bool:
    """Three of the last five rejected: back to the first level, whatever was before."""
    return last[:_BRAKE_OF].count(False) >= _BRAKE_REJECTED
