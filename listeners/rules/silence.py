"""Whether nobody writing is chance, by how much was heard in the same hours of the weeks before."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, pvariance

LEAST_WEEKS = 2
"""With less history nothing is improbable."""
TOO_RARE = 0.001


def chance_of_silence(weeks: Sequence[int]) -> float:
    """The probability that a span brings nothing when the same span of each week before brought so much.

    Counts of a Poisson process whose rate is known only from these n weeks: (n / (n + 1)) ** sum of counts. Posts come
    in bursts, so their variance is larger than a Poisson process has; the sum counts for less by that very factor.
    """
    if len(weeks) < LEAST_WEEKS or not any(weeks):
        return 1.0
    mean = fmean(weeks)
    bursts = max(1.0, pvariance(weeks) / mean)
    known: float = (len(weeks) / (len(weeks) + 1)) ** (sum(weeks) / bursts)
    return known


def is_improbable(weeks: Sequence[int]) -> bool:
    """Whether silence now is a reason to look."""
    return chance_of_silence(weeks) < TOO_RARE
