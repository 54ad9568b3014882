"""How far a voice carries: an author's followers on a scale of magnitudes."""

from __future__ import annotations

import math
from typing import Final

WIDEST: Final = 1_000_000
"""From so many followers on a voice carries as far as any."""
FAR: Final = 2 / 3
"""From here (some ten thousand followers) one angry post is read by many before anybody answers."""


def influence(followers: int) -> float:
    """0 for nobody, 1/6 for each further zero of the number of followers, 1 for a million and more."""
    return min(1.0, math.log(1 + max(0, followers)) / math.log(1 + WIDEST))
