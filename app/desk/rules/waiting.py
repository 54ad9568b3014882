"""How long answers were waited for: the spans that they are counted in, and what is known of the middle from counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

SPANS: dict[str, int | None] = {
    "up_to_5": 5,
    "up_to_10": 10,
    "up_to_15": 15,
    "up_to_30": 30,
    "up_to_60": 60,
    "up_to_120": 120,
    "up_to_240": 240,
    "up_to_480": 480,
    "up_to_1440": 1440,
    "longer": None,
}
"""Column → its longest wait in minutes, the shortest span first; the last has no end."""
_LONGEST = 4 * 1440
"""Where the open span is taken to end, in minutes: a quantile that falls into it is a lower bound anyway."""


def span_of(waited: timedelta) -> str:
    """The span that a wait is counted in. Nobody waits less than nothing."""
    minutes = waited.total_seconds() / 60
    return next((name for name, most in SPANS.items() if most is not None and minutes <= most), "longer")


def quantile(counts: Mapping[str, int], share: float) -> float | None:
    """The wait in minutes that this share of the counted ones kept under; None where nothing was counted.

    Within a span the waits are taken to lie evenly, so the answer is as good as the span is narrow.
    """
    total = sum(counts.get(name, 0) for name in SPANS)
    if not total:
        return None
    wanted, seen, start = share * total, 0, 0
    for name, end in SPANS.items():
        within = counts.get(name, 0)
        stop = end or _LONGEST
        if within and seen + within >= wanted:
            return start + (stop - start) * (wanted - seen) / within
        seen, start = seen + within, stop
    return float(_LONGEST)
