"""Which part of a topic one must know: the best of a brand's words, a vote of its examples' words, and likeness."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from listeners.rules import likeness
from listeners.rules.examples import texts
from listeners.rules.matching import Rule, match, read_all

BAR: Final = 0.35
"""Below it no skill is told: a moderator is asked."""
LEAD: Final = 0.1
"""So far the best must be ahead of the next."""
WORTH_ASKING: Final = 0.12
"""From here a skill is named as a guess."""
NAMED: Final = 3
WORDS: Final = 4
OWN_TOPIC: Final = 0.1
_SHOWN_OF: Final = " "


class Example(NamedTuple):
    """A text that asks for a skill: written by the brand, or told by a moderator."""

    skill_id: int
    text: str


class Guess(NamedTuple):
    """How much speaks for a skill, 0 to 1: what said it (words, examples or likeness), and its words."""

    skill_id: int
    score: float
    how: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The skill that is told, None where a moderator is asked or nothing is known; the best guesses, the best first."""

    skill_id: int | None
    guesses: tuple[Guess, ...]


@dataclass(frozen=True, slots=True)
class Skills:
    """A brand's skills, ready to be told: their topics, their words, and what their examples hold."""

    topics: Mapping[int, str]
    rules: Mapping[int, Sequence[Rule]]
    runs: Mapping[int, Sequence[frozenset[str]]] = field(repr=False)
    votes: Mapping[str, Mapping[int, float]] = field(repr=False)

    @classmethod
    def of(cls, skills: Iterable[tuple[int, str, Sequence[str]]], examples: Collection[Example]) -> Skills:
        """The skills, each with its id, topic and words, and the examples of all of them."""
        named = [(skill_id, topic, read_all(f'"{word}"' for word in words)) for skill_id, topic, words in skills]
        topics = {skill_id: topic for skill_id, topic, _rules in named}
        own = [one for one in examples if one.skill_id in topics]
        runs: dict[int, list[frozenset[str]]] = {}
        held: dict[str, Counter[int]] = {}
        for skill_id, text in own:
            runs.setdefault(skill_id, []).append(likeness.runs(text))
            for piece in likeness.pieces(text):
                held.setdefault(piece, Counter())[skill_id] += 1
        count = Counter(one.skill_id for one in own)
        votes = {piece: _vote(piece, by_skill, count) for piece, by_skill in held.items()}
        return cls(topics, {skill_id: rules for skill_id, _topic, rules in named}, runs, votes)

    def tell(self, text: str, topics: Mapping[str, float]) -> Told:
        """What a text, its private data masked, asks for; `topics` are the chances of its topics."""
        if not self.topics:
            return Told(None, ())
        by_words, by_votes, by_likeness = self._by_words(text, topics), self._by_votes(text, topics), self._alike(text)
        guesses = sorted(
            (
                max((found[skill_id] for found in (by_words, by_votes, by_likeness) if skill_id in found), key=_score)
                for skill_id in {**by_words, **by_votes, **by_likeness}
            ),
            key=lambda guess: (-guess.score, guess.skill_id),
        )
        guesses = [guess for guess in guesses if guess.score >= WORTH_ASKING][:NAMED]
        ahead = guesses[0].score - (guesses[1].score if len(guesses) > 1 else 0.0) if guesses else 0.0
        is_told = bool(guesses) and guesses[0].score >= BAR and round(ahead, 3) >= LEAD
        return Told(guesses[0].skill_id if is_told else None, tuple(guesses))

    def _by_words(self, text: str, topics: Mapping[str, float]) -> dict[int, Guess]:
        """By the words that the brand gave: each further one halves the doubt, and its own topic takes some away."""
        found = {}
        for skill_id, rules in self.rules.items():
            if match(rules, text):
                said = tuple(dict.fromkeys(rule.line.strip('"') for rule in rules if match((rule,), text)))
                score = 1 - 0.5 ** (1 + len(said)) + OWN_TOPIC * topics.get(self.topics[skill_id], 0.0)
                found[skill_id] = Guess(skill_id, round(min(1.0, score), 3), "words", said[:WORDS])
        return found

    def _by_votes(self, text: str, topics: Mapping[str, float]) -> dict[int, Guess]:
        """By the words of the examples: the share of what the text says that speaks for each skill, rare words loudest.

        Half of it is believed when the text is surely about another topic.
        """
        heard, total = dict[int, list[tuple[float, str]]](), 0.0
        for piece in sorted(likeness.pieces(text)):
            loud = _rarity(piece)
            total += loud
            for skill_id, share in self.votes.get(piece, {}).items():
                heard.setdefault(skill_id, []).append((loud * share, piece))
        found = {}
        for skill_id, parts in heard.items():
            score = sum(loud for loud, _piece in parts) / total * (0.5 + 0.5 * topics.get(self.topics[skill_id], 0.0))
            said = tuple(piece for _loud, piece in sorted(parts, reverse=True) if _SHOWN_OF not in piece)[:WORDS]
            found[skill_id] = Guess(skill_id, round(score, 3), "examples", said)
        return found

    def _alike(self, text: str) -> dict[int, Guess]:
        """By the example that is most like the text, letter by letter; squared, since any two questions share some."""
        own = likeness.runs(text)
        near = {skill_id: max(likeness.nearness(own, one) for one in every) for skill_id, every in self.runs.items()}
        return {skill_id: Guess(skill_id, round(much * much, 3), "likeness", ()) for skill_id, much in near.items()}


def _score(guess: Guess) -> float:
    return guess.score


def _vote(piece: str, by_skill: Mapping[int, int], count: Mapping[int, int]) -> dict[int, float]:
    """The share of each skill in a word: how often its examples say it, beside the others' and ordinary questions."""
    spoken = {skill_id: number / (count[skill_id] + 1) for skill_id, number in by_skill.items()}
    ordinary, known = _ordinary()
    total = sum(spoken.values()) + (ordinary[piece] + 0.1) / known
    return {skill_id: one / total for skill_id, one in spoken.items()}


def _rarity(piece: str) -> float:
    ordinary, known = _ordinary()
    return math.log((known + 1) / (ordinary[piece] + 1))


@cache
def _ordinary() -> tuple[Counter[str], int]:
    """How many of our own examples in four languages say each piece: what people say whatever they ask."""
    counted: Counter[str] = Counter()
    every = tuple(texts())
    for text in every:
        counted.update(likeness.pieces(text))
    return counted, max(1, len(every))
