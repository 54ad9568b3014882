"""What each network lets an account ask: the lowest figures that its own documents name, until its answers say more.

Documents of one network disagree, and change; what a network says with an answer replaces our count at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

QUARTER, HOUR, DAY = 15 * 60, 60 * 60, 24 * 60 * 60
"""Seconds."""
WAIT_WHEN_UNTOLD = timedelta(seconds=QUARTER)
"""So long no call of a kind is made after the network refused one and named no time."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls of a kind in so many seconds."""

    kind: str
    most: int
    seconds: int


X = (
    Limit("write", 100, QUARTER),
    Limit("write", 10_000, DAY),
    Limit("mentions", 300, QUARTER),
    Limit("timeline", 900, QUARTER),
    Limit("search", 300, QUARTER),
    Limit("lookup", 300, QUARTER),
    Limit("delete", 50, QUARTER),
    Limit("rules", 100, QUARTER),
    Limit("stream", 50, QUARTER),
    Limit("token", 60, QUARTER),
)
BLUESKY = (
    Limit("write", 5_000 // 3, HOUR),  # a post costs 3 of 5,000 points
    Limit("write", 35_000 // 3, DAY),
    Limit("read", 2_900, 5 * 60),  # of 3,000 for a whole address: what is kept back is for people and for writing
    Limit("session", 30, 5 * 60),
    Limit("session", 300, DAY),
)
FACEBOOK = (Limit("calls", 200, HOUR),)  # 4,800 a day for each engaged user, taken for one alone
