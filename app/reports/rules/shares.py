"""What a share may claim: its Wilson interval, when a sample is too small to be said in percent, and what changed."""

from __future__ import annotations

import math
from dataclasses import dataclass

LEAST = 20
"""Below so many, a share is said as "3 of 4": a percentage would claim to know what it does not."""
_Z = 1.959964
"""The normal quantile of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole."""

    part: int
    whole: int

    @property
    def is_known(self) -> bool:
        """Whether there is anything that it is a share of."""
        return self.whole > 0

    @property
    def is_small(self) -> bool:
        """Whether there is too little for "of 100"."""
        return self.whole < LEAST

    @property
    def value(self) -> float:
        """The share itself, 0 to 1; 0 of nothing is 0."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def of_100(self) -> int:
        """The share as so many of 100. Only all is 100 and only none is 0."""
        rounded = round(self.value * 100)
        if 0 < self.part < self.whole:
            return min(99, max(1, rounded))
        return rounded

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies, 95 times of 100 (Wilson 1927, score interval without continuity correction)."""
        if not self.whole:
            return 0.0, 1.0
        n, p = self.whole, self.value
        centre = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
        return max(0.0, centre - half), min(1.0, centre + half)

    @property
    def between(self) -> tuple[int, int]:
        """The interval as so many of 100, widened to whole numbers."""
        low, high = self.interval
        return math.floor(low * 100 + 1e-9), math.ceil(high * 100 - 1e-9)

    def differs_from(self, other: Share) -> bool:
        """Whether two shares are further apart than chance explains: a z test of two proportions, at 95 %."""
        if not (self.whole and other.whole):
            return False
        pooled = (self.part + other.part) / (self.whole + other.whole)
        spread = math.sqrt(pooled * (1 - pooled) * (1 / self.whole + 1 / other.whole))
        return spread > 0 and abs(self.value - other.value) / spread > _Z


@dataclass(frozen=True, slots=True)
class Change:
    """A count now, and in as many days before."""

    now: int
    before: int

    @property
    def percent(self) -> int | None:
        """By how much it grew, in percent of before; None where before says too little."""
        if self.before < LEAST:
            return None
        return round((self.now - self.before) / self.before * 100)

    @property
    def is_clear(self) -> bool:
        """Whether the two counts differ by more than chance explains: a z test of two Poisson counts, at 95 %."""
        total = self.now + self.before
        return total > 0 and abs(self.now - self.before) / math.sqrt(total) > _Z
