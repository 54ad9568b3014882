"""A new model is tried beside the one that judges now, on texts that neither learned from: which of them is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

SILENCE: Final = 0.25
"""What an answer weighs that a person saw and left as it was, beside one that they clicked."""
LEAST: Final = 8
"""Corrected mentions of which the newer ones try what the older ones taught; as many of each at least."""
MOST_TRIED: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to one field of one text: by a person or left standing, by the new model, by the live one."""

    field: str
    right: str
    is_said: bool
    by_new: str
    by_live: str


@dataclass(frozen=True, slots=True)
class Trial:
    """How two models did on the same texts; answers that people clicked count whole, others a quarter."""

    mentions: int
    answers: float
    right: float
    live_right: float
    by_field: Mapping[str, tuple[int, int, int]]
    """Of the answers that people clicked, by field: how many, right by the new model, right by the live one."""

    @property
    def wins(self) -> bool:
        """Whether the new model is right more often. As often is not enough: what is known stays."""
        return self.mentions >= LEAST and self.right > self.live_right

    def to_json(self) -> dict[str, Any]:
        """As it is stored beside the model."""
        return {
            "mentions": self.mentions,
            "answers": self.answers,
            "right": self.right,
            "live_right": self.live_right,
            "by_field": {field: list(counts) for field, counts in self.by_field.items()},
        }


def tried(mentions: int, answers: Iterable[Answer]) -> Trial:
    """The sum of all answers."""
    total = right = live_right = 0.0
    said: dict[str, Counter[str]] = {}
    for one in answers:
        weight = 1.0 if one.is_said else SILENCE
        total += weight
        right += weight * (one.by_new == one.right)
        live_right += weight * (one.by_live == one.right)
        if one.is_said:
            counts = said.setdefault(one.field, Counter())
            counts.update({"all": 1, "new": one.by_new == one.right, "live": one.by_live == one.right})
    by_field = {field: (counts["all"], counts["new"], counts["live"]) for field, counts in sorted(said.items())}
    return Trial(mentions, total, right, live_right, by_field)
