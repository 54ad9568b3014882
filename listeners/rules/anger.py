"""How hot the writer is, from 0 calm to 3 furious or abusive; swearing in praise is joy, not anger."""

import re
from typing import Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

GLAD: Final = 0.4
# Heat gathers: one annoyed word is 1, an angry one 2; a swear word, a raised voice, the third time and a sore mood
# each add to words that are there. Two points are anger; fury needs abuse, or much heat with swearing in it, or two of
# angry words, a threat and a loud voice at once.
ANNOYED_AT: Final = 1.0
ANGRY_AT: Final = 2.5
FURIOUS_AT: Final = 6.0
MOST_OF_ONE: Final = 3.0
SORE: Final = -0.4
VERY_SORE: Final = -0.7
SHOUTED_WORDS: Final = 2
LOUD_MARKS: Final = 3
LOUD_WORDS: Final = 4
_MASKED_SWEARING: Final = re.compile(r"(?<![\w*])[a-zđ]{1,2}\*{1,4}[a-z]{0,3}(?![\w*])", re.IGNORECASE)


def judge(reading: Reading, score: float | None) -> Finding[int]:
    """0 calm, 1 annoyed, 2 angry, 3 furious or abusive."""
    mood = score if score is not None else 0.0
    if reading.weight("anger", "furious"):
        return Finding(3, 0.8, "words", reading.said("anger", "furious", "angry", "swear"))
    if mood >= GLAD:
        return Finding(0, 0.7, "glad words", ())
    heat = min(MOST_OF_ONE, reading.weight("anger", "annoyed")) + reading.weight("anger", "angry")
    swearing = reading.weight("anger", "swear") + _masked(reading)
    threat = reading.weight("anger", "threat")
    heat += 1.5 * swearing
    loud = reading.exclamations >= LOUD_MARKS or reading.capitals >= LOUD_WORDS
    if heat or loud or mood <= SORE:  # "could it be here by Friday" is no threat
        heat += threat
    heat += 1.0 if mood <= VERY_SORE else 0.5 if mood <= SORE else 0.0
    if heat:
        heat += reading.weight("anger", "repeated")
    said = reading.said("anger", "threat", "angry", "swear", "annoyed", "repeated")
    if heat and (reading.exclamations or reading.capitals >= SHOUTED_WORDS):
        heat += 0.5 if reading.exclamations == 1 else 1.0
        said = (*said, "a raised voice")
    level = 0 if heat < ANNOYED_AT else 1 if heat < ANGRY_AT else 2
    angry = bool(reading.weight("anger", "angry") or swearing)
    if (heat >= FURIOUS_AT and swearing) or (angry, threat > 0, loud).count(True) > 1:
        level = 3
    return Finding(level, 0.6 if level else 0.7, "words", said if level else ())


def _masked(reading: Reading) -> int:
    """1 where swearing was written with stars, such as f**k."""
    plain = reading.clean.plain
    return int("*" in plain and _MASKED_SWEARING.search(plain) is not None)
