"""What a mention is about: one of the thirteen topics, the one whose words weigh most."""

from typing import Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

TOPICS: Final = (
    "tech", "product", "billing", "account", "delivery", "outage", "travel", "service", "store", "loyalty",
    "lostprop", "safety", "general",
)  # fmt: skip
ENOUGH: Final = 2.0


def judge(reading: Reading, risks: tuple[str, ...], intent: str) -> Finding[str]:
    """The heaviest topic; "general" when nothing points anywhere. Ties fall to the topic named first in TOPICS.

    Spam is about nothing of ours, and who praises a device or an app praises the product.
    """
    if intent == "spam":
        return Finding("general", 0.6, "intent", (intent,))
    weights = {topic: reading.weight("topic", topic) for topic in TOPICS[:-1]}
    if "self_harm" in risks or "safety" in risks:
        weights["safety"] += 3.0
    best = max(TOPICS[:-1], key=lambda topic: weights[topic])
    total = sum(weights.values())
    if weights[best] < ENOUGH:
        return Finding("general", 0.3, "no topic words", ())
    if best == "tech" and intent == "praise":
        return Finding("product", 0.5, "praise of a thing", reading.said("topic", best))
    return Finding(best, weights[best] / total, "words", reading.said("topic", best))
