"""What the writer wants of the brand: an answer, redress, nothing but to say thanks, or to sell something."""

from typing import Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

INTENTS: Final = ("question", "complaint", "praise", "spam", "crisis", "other")
SPAM_AT_LEAST: Final = 3.0
SORE_WEIGHT: Final = 2.5
GLAD_WEIGHT: Final = 2.0
LEANS_SORE: Final = -0.1
FAINT: Final = 1.5
ASKS_CLEARLY: Final = 2.0
TECHNICAL: Final = 3.0


def judge(reading: Reading, score: float | None, risks: tuple[str, ...] = (), *, crisis: bool) -> Finding[str]:
    """One primary intent. Spam and crisis are settled first, then the loudest of asking, complaining and praising.

    The mood weighs in: a sore text leans to complaint, a glad one to praise. A text with no sign of anything is
    "other". The confidence is the lead of the winner over the runner-up.
    """
    if crisis:
        return Finding(
            "crisis", 0.8, "veto words", reading.said("risk", "self_harm", "harm", "safety", "fraud", "privacy")
        )
    mood = score if score is not None else 0.0
    asks = reading.weight("intent", "question")
    if reading.questions:
        asks += 1.5
    complains = reading.weight("intent", "complaint") + max(0.0, -mood) * SORE_WEIGHT
    praises = reading.weight("intent", "praise") + max(0.0, mood) * GLAD_WEIGHT
    if _is_spam(reading, asks + complains):
        return Finding("spam", 0.7, "words", reading.said("intent", "spam"))
    if mood <= LEANS_SORE:
        praises *= 0.4
    elif mood > 0.5:  # noqa: PLR2004  (clearly glad)
        complains *= 0.75
    if ironic(reading):
        return Finding("complaint", 0.6, "praise beside bad news", reading.said("intent", "irony", "loss", "complaint"))
    if asks >= ASKS_CLEARLY:
        praises *= 0.6  # "could you …, thanks" is a request, its thanks are manners
    votes = {"question": asks, "complaint": complains, "praise": praises}
    ranking = sorted(votes.items(), key=lambda vote: -vote[1])
    (best, most), (_, second) = ranking[0], ranking[1]
    # One faint word such as "still" is a complaint from who opens with the brand's name or has an own matter.
    said_to_us = reading.clean.original.lstrip().startswith("@") or reading.said("account", "account", "mine")
    if most < 1.0 or (best == "complaint" and most < FAINT and mood > LEANS_SORE and not said_to_us):
        return _unsaid(reading, mood, risks)
    lead = (most - second) / most
    return Finding(best, 0.4 + 0.5 * lead, "words", reading.said("intent", best))


def ironic(reading: Reading) -> bool:
    """Whether kind words are meant the other way: set phrases of mockery, or a mocking turn beside lost time or money.

    Kind words beside bad news alone are not enough: "great support, the delay was no fault of yours" is meant.
    """
    mocking = reading.weight("intent", "irony")
    return mocking >= 2.0 or (mocking > 0 and reading.weight("intent", "loss") > 0)  # noqa: PLR2004  (one set phrase, or two turns)


def _unsaid(reading: Reading, mood: float, risks: tuple[str, ...]) -> Finding[str]:
    """The intent of a text that neither asks nor complains nor praises: words of an own matter still want something.

    A bare "new address, case 1234" is a request though nothing in it says so; a burn or abuse is a complaint.
    """
    deep = reading.weight("expertise", "deep_technical") >= TECHNICAL
    own = reading.said("account", "account", "mine")
    hot = reading.said("anger", "furious", "angry")
    if mood <= LEANS_SORE or risks or hot:
        return Finding("complaint", 0.4, "sore mood, risk or abuse", hot)
    if own or deep:
        return Finding("question", 0.4, "own matter", own)
    return Finding("other", 0.5, "no sign", reading.said("intent", "chatter"))


def _is_spam(reading: Reading, other: float) -> bool:
    weight = reading.weight("intent", "spam")
    if reading.clean.links:
        weight += 1.0
    if reading.clean.hashtags >= 4:  # noqa: PLR2004  (a row of hashtags is a shop window)
        weight += 1.0
    return weight >= SPAM_AT_LEAST + 1 and weight > other * 0.8
