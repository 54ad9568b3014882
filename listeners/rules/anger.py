"""How hot the writer is, from 0 calm to 3 furious or abusive; swearing in praise is joy, not anger."""

from typing import Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

SHOUTED_WORDS: Final = 3
SORE: Final = -0.3
VERY_SORE: Final = -0.7
GLAD: Final = 0.4


def judge(reading: Reading, score: float | None) -> Finding[int]:
    """0 calm, 1 annoyed, 2 angry, 3 furious or abusive. Words set the level; capitals and '!!' raise it by one."""
    mood = score if score is not None else 0.0
    furious = reading.weight("anger", "furious")
    angry = reading.weight("anger", "angry")
    annoyed = reading.weight("anger", "annoyed")
    swearing = reading.weight("anger", "swear")
    if mood >= GLAD and not furious:
        return Finding(0, 0.7, "glad words", ())
    said = reading.said("anger", "furious", "angry", "swear", "annoyed")
    if furious:
        return Finding(3, 0.8, "words", said)
    level = 2 if angry else 1 if annoyed or mood <= SORE else 0
    loud = reading.exclamations >= 2 or reading.capitals >= SHOUTED_WORDS  # noqa: PLR2004  ("!!" is a raised voice)
    if swearing and level:
        level = 3 if level == 2 and mood <= VERY_SORE and (loud or swearing > 1) else 2  # noqa: PLR2004
    elif loud and level == 1 and mood <= SORE:
        level = 2
        said = (*said, "capitals or !!")
    elif level == 1 and annoyed >= 3 and mood <= VERY_SORE:  # noqa: PLR2004  (three annoyed words add up)
        level = 2
    return Finding(level, 0.6 if level else 0.7, "words", said)
