"""How soon an answer is due: 0 nothing waits, 1 normal, 2 blocked today or money wrong, 3 minutes matter."""

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading


def judge(reading: Reading, intent: str, *, crisis: bool) -> Finding[int]:
    """Words of danger now give 3, of today or of money gone 2; praise, spam and chatter never wait."""
    if crisis or (reading.weight("urgency", "minutes") and intent != "spam"):
        return Finding(3, 0.8, "words", reading.said("urgency", "minutes"))
    if intent in {"praise", "spam", "other"}:
        return Finding(0, 0.7, "intent", (intent,))
    if reading.weight("urgency", "today"):
        return Finding(2, 0.6, "words", reading.said("urgency", "today"))
    if reading.weight("urgency", "whenever"):
        return Finding(0, 0.5, "words", reading.said("urgency", "whenever"))
    return Finding(1, 0.5, "normal", ())
