"""One reading of a mention, shared by every question: clean text, language, and the words of ours found in it."""

import re
from dataclasses import dataclass, field
from typing import Final

from listeners.rules import language, phrases, text
from listeners.rules.finding import Finding

_CJK = re.compile("[一-鿿]")
_HANGUL = re.compile("[가-힣ㄱ-ㅎ]")
_LATIN_WORD = re.compile("[a-z]{2,}", re.IGNORECASE)
BOOKED: Final = ("en", "vi", "zh", "ko")
MANY_WORDS: Final = 1


@dataclass(slots=True)
class Tally:
    """What one label of one question gathered: the summed weight and the words that gave it."""

    weight: float = 0.0
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """The text once read. `tallies` maps (question, label) to what was found; `hits` keep their token positions."""

    clean: text.Clean
    tongue: Finding[language.Tongue]
    tokens: list[str]
    hits: list[phrases.Hit]
    tallies: dict[tuple[str, str], Tally]
    questions: int
    exclamations: int
    capitals: int

    def weight(self, question: str, label: str) -> float:
        """The summed weight of a label, 0 when none of its words was said."""
        tally = self.tallies.get((question, label))
        return tally.weight if tally else 0.0

    def said(self, question: str, *labels: str) -> tuple[str, ...]:
        """The words that spoke for the labels, each once, in the order they were written."""
        tallies = [tally for label in labels if (tally := self.tallies.get((question, label)))]
        return tuple(dict.fromkeys([word for tally in tallies for word in tally.said]))


def read(original: str, languages: tuple[str, ...], handles: tuple[str, ...]) -> Reading:
    """Reads a text: cleans it, settles its language, cuts it into tokens once and finds our words in them."""
    clean = text.clean(original, handles)
    tongue = language.identify(clean.plain, languages)
    code = tongue.value.code
    tokens: list[str] = []
    hits: list[phrases.Hit] = []
    tallies: dict[tuple[str, str], Tally] = {}
    if code in BOOKED or code == language.UNKNOWN:
        own = code if code in BOOKED else "en"
        tokens = text.tokens_of(clean.plain, own, marked=tongue.value.marked)
        hits = phrases.book(own).find(tokens)
        _count(hits, tokens, tallies, joiner="" if own in {"zh", "ko"} else " ")
    _count_beside(code, clean.plain, tallies)
    plain = clean.plain
    return Reading(
        clean,
        tongue,
        tokens,
        hits,
        tallies,
        plain.count("?") + plain.count("？"),
        plain.count("!") + plain.count("！"),
        sum(word.isupper() and len(word) > 2 for word in plain.split()),  # noqa: PLR2004  (OK and US are no shouting)
    )


def _count_beside(code: str, plain: str, tallies: dict[tuple[str, str], Tally]) -> None:
    """What a text says in a second language: English words within Chinese or Korean count in full, and words of
    danger count in all four languages, whatever the text was taken for.
    """
    for other in BOOKED:
        if other == code:
            continue
        if other == "zh" and not _CJK.search(plain):
            continue
        if other == "ko" and not _HANGUL.search(plain):
            continue
        if other == "vi" and not language.writes_vietnamese(plain):
            continue
        if other == "en" and len(_LATIN_WORD.findall(plain)) < MANY_WORDS:
            continue
        tokens = text.tokens_of(plain, other)
        hits = phrases.book(other).find(tokens)
        if not (other == "en" and code in {"zh", "ko"}):
            hits = [hit for hit in hits if hit.phrase.field == "risk"]
        _count(hits, tokens, tallies, joiner="" if other in {"zh", "ko"} else " ")


def _count(hits: list[phrases.Hit], tokens: list[str], tallies: dict[tuple[str, str], Tally], joiner: str) -> None:
    for hit in hits:
        if not hit.phrase.weight:  # a harmless phrase stands in the way of the words it holds
            continue
        key = (hit.phrase.field, hit.phrase.label)
        tally = tallies.get(key)
        if tally is None:
            tally = tallies[key] = Tally()
        said = joiner.join(tokens[hit.start : hit.end])
        if said not in tally.said:
            tally.weight += hit.phrase.weight
            tally.said.append(said)
