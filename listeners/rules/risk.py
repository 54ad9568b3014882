"""What only staff may touch, whatever its tone: words of law, safety, self-harm, fraud, privacy and the press."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

RISKS: Final = ("legal", "safety", "self_harm", "fraud", "privacy", "discrimination", "press")
FOUND: Final = 0.9
"""The chance of a risk whose words were said: far above every bar, for a danger is not weighed but looked at."""
UNHEARD: Final = 0.02
"""The chance where no word of risk was said: below every bar, so that silence alone sends nothing to staff."""
LIKELY: Final = 0.5
"""From here on a risk is likelier than none."""


def judge(reading: Reading) -> Finding[tuple[str, ...]]:
    """Every risk whose words were said. Recall first: one word is enough, people read what it caught."""
    harm = reading.said("risk", "harm")
    found = tuple(risk for risk in RISKS if reading.weight("risk", risk) > 0 or (harm and risk == "safety"))
    confidence = 0.9 if len(found) > 1 or "self_harm" in found else 0.7 if found else 0.5
    return Finding(found, confidence, "veto words", tuple(dict.fromkeys((*harm, *reading.said("risk", *found)))))


def chance(risks: Collection[str]) -> float:
    """The chance of a risk, 0..1, by the rules alone."""
    return FOUND if risks else UNHEARD


def chance_in(detail: Mapping[str, Any]) -> float:
    """The chance of a risk in a stored assessment, which keeps it only where it is not what the rules alone say."""
    return float(detail.get("risk_chance", chance(detail.get("risks", ()))))


def crisis(reading: Reading, risks: tuple[str, ...]) -> Finding[bool]:
    """Whether a person is in danger, or an account is being robbed now: the answer cannot wait for a queue.

    Words of harm (somebody is hurt; fire, smoke, a shock; it runs away, breaks under its rider, stops no more) say so
    by themselves; other words of risk only beside words of now.
    """
    harm = reading.said("risk", "harm")
    if harm:
        return Finding(True, 0.8, "harm", harm)
    danger_now = reading.weight("urgency", "minutes") > 0
    if "self_harm" in risks:
        return Finding(True, 0.9, "veto words", reading.said("risk", "self_harm"))
    if danger_now and ("safety" in risks or "fraud" in risks or "privacy" in risks):
        words = (*reading.said("urgency", "minutes"), *reading.said("risk", "safety", "fraud", "privacy"))
        return Finding(True, 0.7, "danger and now", tuple(dict.fromkeys(words)))
    return Finding(False, 0.7, "veto words", ())
