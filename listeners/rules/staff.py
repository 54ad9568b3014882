"""Whether only staff may answer: each reason is one chance, and the chances are combined as if independent."""

from typing import Final

from listeners.rules.finding import Finding

# The chance that a mention with this one property must go to staff. First honest guesses, to be replaced by what a
# brand's moderators decide; 1 - product of (1 - chance) keeps every reason visible and never exceeds 1.
CHANCES: Final = {
    "crisis": 0.95,
    "self_harm": 0.95,
    "safety": 0.8,
    "legal": 0.8,
    "fraud": 0.75,
    "privacy": 0.75,
    "discrimination": 0.75,
    "press": 0.6,
    "anger 3": 0.85,
    "anger 2": 0.4,
    "private data": 0.85,
    "own record": 0.5,
    "money": 0.25,
    "conduct": 0.4,
    "urgent": 0.2,
    "deep technical": 0.3,
    "unread language": 0.55,
    "complaint": 0.15,
}
AS_GOOD_AS_STAFF: Final = 0.3
"""From here the rules count as having said "staff" when a brand's model weighs their vote."""
CALM: Final = {"praise": 0.15, "spam": 0.1, "other": 0.3}


def judge(properties: tuple[str, ...], intent: str) -> Finding[float]:
    """0..1 from the properties found; praise, spam and chatter scale it down unless a veto is among them."""
    spared = 1.0
    for name in properties:
        spared *= 1.0 - CHANCES[name]
    chance = 1.0 - spared
    veto = any(CHANCES[name] > 0.5 for name in properties)  # noqa: PLR2004  (more likely than not by itself)
    if not veto:
        chance *= CALM.get(intent, 1.0)
    return Finding(chance := min(1.0, chance), max(chance, 1.0 - chance), "combined chances", properties)
