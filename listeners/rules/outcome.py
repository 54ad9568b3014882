"""What a customer's follow-up says about the answer: thanks, solved, still broken, a human wanted, or stop."""

from typing import Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading, read

# A wish to be left alone outranks everything; bad news outranks good news in the same breath.
ORDER: Final = ("stop", "wants_human", "still_broken", "solved", "thanks")


def judge(reading: Reading) -> Finding[str]:
    """One of stop, wants_human, still_broken, solved, thanks, none; the most serious that was said."""
    for outcome in ORDER:
        said = reading.said("outcome", outcome)
        if said:
            return Finding(outcome, 0.7, "words", said)
    return Finding("none", 0.5, "words", ())


def outcome(text: str, languages: tuple[str, ...] = ("en", "vi", "zh", "ko")) -> Finding[str]:
    """The outcome said in a follow-up text; never raises."""
    return judge(read(text, languages, ()))
