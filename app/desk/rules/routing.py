"""Who answers: staff, advocates or nobody, from the assessment and the brand's two bars, with the reason in words.

Order after TRUST 4.2 and the study of routing: hard rules first, then the risk bar, then P(must go to staff).
Total: every assessment gets exactly one lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Lane = Literal["staff", "advocates", "no_reply"]
LANES: tuple[Lane, ...] = get_args(Lane)

ANGRY, FURIOUS = 2, 3
RISK_BAR = 0.09
"""The chance of a risk from which staff looks at once: one missed costs more than ten that turn out harmless."""
SENSITIVE = frozenset({"card", "id", "phone", "iban"})
_RISK_WORDS = {
    "legal": "it speaks of legal steps",
    "safety": "somebody's safety may be at stake",
    "self_harm": "somebody may hurt themselves",
    "fraud": "it speaks of fraud",
    "privacy": "it is about private data",
    "discrimination": "it speaks of discrimination",
    "press": "it speaks of the press",
}


@dataclass(frozen=True, slots=True)
class Signals:
    """What routing looks at, of one mention."""

    intent: str
    anger: int
    risks: tuple[str, ...]
    private_kinds: frozenset[str]
    risk_chance: float
    must_staff: float
    needs_reply: bool
    replyable: bool
    wants_human: bool = False
    wants_rest: bool = False
    far_heard: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A lane and the reason in words."""

    lane: Lane
    reason: str


def route(signals: Signals, *, staff_bar: float, suggest_bar: float) -> Route:
    """The lane for a mention. Doubt goes to staff."""
    veto = _veto(signals)
    if veto:
        return Route("staff", veto)
    may_be_risky = signals.risk_chance >= RISK_BAR
    if not signals.needs_reply and not may_be_risky:
        return Route("no_reply", "Nothing here asks for an answer.")
    if not signals.replyable:
        return Route("staff", "The network takes no reply from our account here: its author did not address us.")
    if may_be_risky:
        return Route("staff", f"It may hold a risk ({signals.risk_chance:.0%}): staff looks first.")
    return _by_need(signals, staff_bar=staff_bar, suggest_bar=suggest_bar)


def _by_need(signals: Signals, *, staff_bar: float, suggest_bar: float) -> Route:
    """The lane of what no rule and no risk keeps with staff: by the chance that staff is needed."""
    chance = f"{signals.must_staff:.0%}"
    if signals.must_staff >= staff_bar:
        return Route("staff", f"It likely needs the customer's account or a decision of staff ({chance}).")
    if signals.must_staff >= suggest_bar:
        return Route("staff", f"It may need staff ({chance}): staff decides, and may hand it to the advocates.")
    return Route("advocates", f"Public knowledge can answer it (need for staff {chance}).")


def is_kept_from_advocates(signals: Signals) -> bool:
    """Whether a hard rule, and not a mere chance, keeps a mention from advocates."""
    return _veto(signals) is not None or not signals.replyable


def _veto(signals: Signals) -> str | None:
    """The hard rules: what never goes to advocates, whatever the score."""
    if signals.risks:
        return "Staff only: " + " and ".join(_RISK_WORDS.get(risk, risk) for risk in signals.risks) + "."
    if signals.intent == "crisis":
        return "Staff only: somebody may be in danger."
    if signals.anger >= FURIOUS:
        return "Staff only: the customer is furious."
    if signals.anger >= ANGRY and signals.far_heard:
        return "Staff only: the customer is angry, and many read what they write."
    private = sorted(signals.private_kinds & SENSITIVE)
    if private:
        return f"Staff only: the post holds private data ({', '.join(private)})."
    asked = ((signals.wants_human, "for a person of the company"), (signals.wants_rest, "to be left alone"))
    return next((f"Staff only: the customer asks {what}." for is_asked, what in asked if is_asked), None)
