"""How much one must know to answer, and whether only someone with the customer's record can."""

from typing import Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

NEEDED: Final = {"how_to": 0.2, "account": 0.4, "troubleshooting": 0.5, "deep_technical": 0.9}
DEEP_AT_LEAST: Final = 2.0
OWN_TOPICS: Final = frozenset({"billing", "delivery", "account", "travel", "loyalty", "lostprop"})
PUBLIC_INTENTS: Final = frozenset({"praise", "spam", "other"})


def account_specific(reading: Reading, topic: str, intent: str) -> Finding[bool]:
    """Whether the customer's own record is needed: words of an own order, charge, booking against public words."""
    if intent in PUBLIC_INTENTS:
        return Finding(False, 0.7, "intent", (intent,))
    own = reading.weight("account", "account")
    public = reading.weight("account", "public") + reading.weight("account", "how")
    if topic in OWN_TOPICS:
        own += 1.0
    needed = own >= 2.0 and own > public  # noqa: PLR2004  (one clear word of ownership)
    return Finding(needed, min(0.9, 0.5 + abs(own - public) / 10), "words", reading.said("account", "account"))


def level(reading: Reading, *, own_record: bool) -> Finding[str]:
    """how_to, troubleshooting, deep_technical or account; deep words win, then the own record, then the fault."""
    deep = reading.weight("expertise", "deep_technical")
    fault = reading.weight("expertise", "troubleshooting")
    how_to = reading.weight("expertise", "how_to")
    if deep >= DEEP_AT_LEAST * 2 or (deep >= DEEP_AT_LEAST and (fault or how_to)):
        return Finding("deep_technical", 0.6, "words", reading.said("expertise", "deep_technical"))
    if own_record:
        return Finding("account", 0.6, "own record", reading.said("account", "account"))
    if fault > 0 and fault >= how_to / 2:
        return Finding("troubleshooting", 0.6, "words", reading.said("expertise", "troubleshooting"))
    return Finding("how_to", 0.5 if how_to else 0.3, "words", reading.said("expertise", "how_to"))


def needed(reading: Reading, step: str) -> float:
    """0..1: the step's value (how-to 0.2, fault 0.5, deep 0.9), moved up by at most 0.1 for many technical words."""
    technical = reading.weight("expertise", "deep_technical") + reading.weight("expertise", "troubleshooting")
    return min(1.0, NEEDED[step] + min(0.1, 0.02 * technical))
