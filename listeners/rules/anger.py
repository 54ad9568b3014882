"""How hot the writer is, from 0 calm to 3 furious or abusive; swearing in praise is joy, not anger."""

from typing import Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

GLAD: Final = 0.4
# Heat gathers: one annoyed word is 1, an angry one 2; a swear word, a raised voice, the third time and a sore mood
# each add to words that are there. Two points are anger; fury needs abuse, or much heat with swearing in it.
ANNOYED_AT: Final = 1.0
ANGRY_AT: Final = 2.5
FURIOUS_AT: Final = 6.0
MOST_OF_ONE: Final = 3.0
SORE: Final = -0.4
VERY_SORE: Final = -0.7
SHOUTED_WORDS: Final = 2


def judge(reading: Reading, score: float | None) -> Finding[int]:
    """0 calm, 1 annoyed, 2 angry, 3 furious or abusive."""
    mood = score if score is not None else 0.0
    if reading.weight("anger", "furious"):
        return Finding(3, 0.8, "words", reading.said("anger", "furious", "angry", "swear"))
    if mood >= GLAD:
        return Finding(0, 0.7, "glad words", ())
    heat = min(MOST_OF_ONE, reading.weight("anger", "annoyed")) + reading.weight("anger", "angry")
    swearing = reading.weight("anger", "swear")
    heat += 1.5 * swearing + reading.weight("anger", "repeated")
    heat += 1.0 if mood <= VERY_SORE else 0.5 if mood <= SORE else 0.0
    said = reading.said("anger", "angry", "swear", "annoyed", "repeated")
    if heat and (reading.exclamations or reading.capitals >= SHOUTED_WORDS):
        heat += 0.5 if reading.exclamations == 1 else 1.0
        said = (*said, "a raised voice")
    level = 0 if heat < ANNOYED_AT else 1 if heat < ANGRY_AT else 2
    if heat >= FURIOUS_AT and swearing:
        level = 3
    return Finding(level, 0.6 if level else 0.7, "words", said if level else ())
