"""How kind or sore a mention sounds: VADER with our support words for English, small lexicons for vi, zh and ko."""

import math
import re
import string
from collections.abc import Mapping
from functools import cache
from typing import Final

from vaderSentiment.vaderSentiment import NEGATE, SentimentIntensityAnalyzer, SentiText

from listeners.rules import intent, phrases
from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

LONGEST_FOR_VADER: Final = 1_000
ALPHA: Final = 15.0  # VADER's own normalisation: compound = sum / sqrt(sum^2 + 15)
NEGATIVE_AT_MOST: Final = -0.05
POSITIVE_AT_LEAST: Final = 0.35
# Words that weigh little when said to a brand ("care", "hope", "free") keep a third of the mood they have among
# friends, the others a fifth; those that ask for something keep none.
POLITE: Final = 0.3
LEFT_OF_POLITE: Final = 0.35
LEFT_OF_OTHERS: Final = 0.2
ASKING: Final = frozenset({"please", "plz", "pls", "help", "helping", "support", "like", "want"})
LEXICON_ALPHA: Final = 6.0
NEGATOR_REACH: Final = {"vi": 3, "zh": 3, "ko": 2}
MOST_REASONS: Final = 8
MOCKED: Final = -0.4
TEARS: Final = "😭"  # begs, laughs and cries alike: no mood of its own
TURNING: Final = frozenset({*NEGATE, "never", "so", "this"})
"""The words by which VADER turns or strengthens the mood of a word that follows."""
DRAWN_OUT: Final = re.compile(r"([A-Za-z])\1{2,}")
WORDS: Final = re.compile(r"[a-z]{3,}")
WORD: Final = re.compile(r"[A-Za-z]*([A-Za-z])\1{2,}[A-Za-z]*")


class Vader(SentimentIntensityAnalyzer):  # type: ignore[misc]  # the library tells no types
    """VADER that passes quickly over what changes nothing: most words have no mood, and most say no "not"."""

    def sentiment_valence(
        self, valence: float, sentitext: SentiText, item: str, i: int, sentiments: list[float]
    ) -> list[float]:
        """The list with the word's own valence at its end: nothing for a word of no mood."""
        if item.lower() in self.lexicon:
            found: list[float] = super().sentiment_valence(valence, sentitext, item, i, sentiments)
            return found
        sentiments.append(valence)
        return sentiments

    def _negation_check(self, valence: float, words: list[str], start_i: int, i: int) -> float:
        """The valence, turned or strengthened where one of the three words before says so; few do."""
        before = " ".join(words[max(0, i - 3) : i]).lower()
        if "n't" in before or not TURNING.isdisjoint(before.split(" ")):
            found: float = super()._negation_check(valence, words, start_i, i)
            return found
        return valence


@cache
def analyser() -> SentimentIntensityAnalyzer:
    """VADER with our weights put in place of its own; built once a process."""
    vader = Vader()
    for word, written in phrases.pairs("en", "vader").items():
        valence = float(written)
        if word in vader.lexicon and word not in ASKING:
            valence += (LEFT_OF_POLITE if abs(valence) <= POLITE else LEFT_OF_OTHERS) * (vader.lexicon[word] - valence)
        # A zero must leave the lexicon: VADER shouts even a zero when it stands in capitals.
        if valence == 0.0:
            vader.lexicon.pop(word, None)
        else:
            vader.lexicon[word] = valence
    return vader


def judge(reading: Reading) -> Finding[float | None]:
    """A score in -1..1, or None where nothing we own can tell (other languages, no words at all).

    English: VADER's sum plus the weights of our phrases, normalised as VADER does. Vietnamese, Chinese, Korean: the
    summed weights of our words, turned by a negator right before (Korean: after) them; low confidence on purpose.
    """
    code = reading.tongue.value.code
    if code == "en" or _may_be_english(reading):
        found = _english(reading)
    elif code in {"vi", "zh", "ko"}:
        found = _by_lexicon(reading, code)
    else:
        return Finding(None, 0.0, "no lexicon for the language", ())
    if found.value is not None and found.value > MOCKED and intent.ironic(reading):
        return Finding(MOCKED, 0.5, "praise beside bad news", reading.said("intent", "irony", "loss"))
    return found


def _may_be_english(reading: Reading) -> bool:
    """Whether nobody can be sure of the language, but an English word with a mood was said: "Ha! Too true."."""
    plain = reading.clean.plain
    return (
        reading.tongue.value.uncertain
        and plain.isascii()
        and any(word in analyser().lexicon for word in WORDS.findall(plain.lower()))
    )


def _known_spelling(match: re.Match[str]) -> str:
    """A drawn-out word in the spelling VADER knows: soooo becomes so, coool becomes cool."""
    word = match[0]
    lexicon = analyser().lexicon
    for short in (DRAWN_OUT.sub(r"\1\1", word), DRAWN_OUT.sub(r"\1", word)):
        if short.lower() in lexicon:
            return short
    return word


def has_mood(plain: str, lexicon: Mapping[str, float]) -> bool:
    """Whether VADER can find anything: without a word or face of its list it says 0, only more slowly."""
    if not plain.isascii():  # it puts words in the place of pictures
        return True
    words = plain.lower().split()
    return not lexicon.keys().isdisjoint(words) or not lexicon.keys().isdisjoint(
        [word.strip(string.punctuation) for word in words]
    )


def _english(reading: Reading) -> Finding[float | None]:
    plain = reading.clean.plain[:LONGEST_FOR_VADER]
    if not plain:
        return Finding(None, 0.0, "no text", ())
    vader = analyser()
    if DRAWN_OUT.search(plain):
        plain = WORD.sub(_known_spelling, plain)
    if TEARS in plain:
        plain = plain.replace(TEARS, " ")
    compound = float(vader.polarity_scores(plain)["compound"]) if has_mood(plain, vader.lexicon) else 0.0
    raw = compound * math.sqrt(ALPHA / max(1e-9, 1.0 - min(0.999999, compound * compound)))
    raw += sum(hit.phrase.weight for hit in reading.hits if hit.phrase.field == "mood")
    score = raw / math.sqrt(raw * raw + ALPHA)
    deciding = [token for token in reading.tokens if abs(vader.lexicon.get(token, 0.0)) >= 1.0]
    said = (*reading.said("mood", "sore", "nag", "warm"), *deciding)
    confidence = min(0.9, 0.4 + abs(score) / 2)
    return Finding(score, confidence, "VADER with support lexicon", tuple(dict.fromkeys(said))[:MOST_REASONS])


def _by_lexicon(reading: Reading, code: str) -> Finding[float | None]:
    moods = [hit for hit in reading.hits if hit.phrase.field == "mood" and hit.phrase.label != "not"]
    negators = {at for hit in reading.hits if _is_negator(hit) for at in range(hit.start, hit.end)}
    total = 0.0
    said: list[str] = []
    covered = 0
    for hit in sorted(moods, key=lambda hit: (hit.start, -hit.end)):
        if hit.end <= covered:
            continue
        covered = hit.end
        weight = hit.phrase.weight
        before = range(max(0, hit.start - NEGATOR_REACH[code]), hit.start)
        after = range(hit.end, hit.end + NEGATOR_REACH[code]) if code == "ko" else range(0)
        inner = negators.difference(range(hit.start, hit.end))
        turned = any(at in inner for at in (*before, *after))
        if turned and weight > 0:
            weight *= -0.7
        elif turned:
            weight *= -0.2
        total += weight
        said.append(
            ("not " if turned else "") + ("" if code != "vi" else " ").join(reading.tokens[hit.start : hit.end])
        )
    score = total / math.sqrt(total * total + LEXICON_ALPHA)
    if not reading.tokens:
        return Finding(None, 0.0, "no text", ())
    confidence = min(0.6, 0.2 + abs(score) / 2)
    return Finding(score, confidence, f"own {code} lexicon", tuple(dict.fromkeys(said))[:MOST_REASONS])


def _is_negator(hit: phrases.Hit) -> bool:
    return hit.phrase.field == "mood" and hit.phrase.label == "not"


def mood_of(score: float | None) -> str:
    """The label of a score: negative, neutral or positive; unknown without a score.

    The positive line lies higher than VADER's: people who write to a brand are polite before they complain.
    """
    if score is None:
        return "unknown"
    if score <= NEGATIVE_AT_MOST:
        return "negative"
    return "positive" if score >= POSITIVE_AT_LEAST else "neutral"
