"""Which judgement is worth a person's look most: where the answers are close, or the lane hangs on a hair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from listeners.rules.correcting import ANSWERED_AS

WORTH: Final[Mapping[str, float]] = {"route": 1.0, "intent": 0.9, "mood": 0.6, "topic": 0.6, "account_specific": 0.5}
"""What a doubt is worth by its field: a wrong lane costs most, a wrong topic least."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The field of one mention that is most in doubt, and how much: 0 (none) to 1 (a coin would do)."""

    field: str
    amount: float


def doubt(
    sure: Mapping[str, Mapping[str, float]], must_staff: float, *, suggest_bar: float, is_settled: bool, unsure: bool
) -> Doubt:
    """The greatest doubt in one judgement: one less the lead of the likeliest answer over the next.

    For the lane: how near the chance lies to the bar; a lane that a hard rule settled, or that nobody needs, is in no
    doubt. `unsure`: nobody can tell the language, which casts doubt on the intent.
    """
    found = {"intent": 0.5 if unsure else 0.0}
    if not is_settled:
        room = suggest_bar if must_staff < suggest_bar else 1.0 - suggest_bar
        found["route"] = 1.0 - abs(must_staff - suggest_bar) / room if room else 0.0
    for field, name in ANSWERED_AS.items():
        chances = sorted(sure.get(name, {}).values(), reverse=True)
        if chances and field != "route":
            found[field] = max(found.get(field, 0.0), 1.0 - (chances[0] - (chances[1] if len(chances) > 1 else 0.0)))
    field = max(found, key=lambda name: (found[name] * WORTH[name], name))
    return Doubt(field, round(found[field] * WORTH[field], 4))
