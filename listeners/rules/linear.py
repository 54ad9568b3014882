"""Models that were taught: which answer a text's words and signs speak for, how sure, and which of them decided."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from listeners.rules import features
from listeners.rules.finding import Finding

Numbers = NDArray[np.float32]
HEAD: Final = "form 3"
"""Where everything that is no array stands; it names the stored form, so that another one is refused."""
SIGN: Final = "#"
LOUDNESS_OF_SIGNS: Final = 0.5
MOST_REASONS: Final = 4
MOST_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a brand's models know of: words, pieces, pairs, signs; each with its weight (rare ones weigh more)."""

    places: dict[str, int]
    weights: Numbers


@dataclass(frozen=True, slots=True)
class Record:
    """How a model did on corrections that it had not seen, and how the rules did on the same ones."""

    rows: int
    right: float
    rules_right: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Model:
    """One question's model: a column per answer in the table of all models.

    `trust` is what the rules' own answer adds to its column, `spread` what the columns are multiplied by to become
    logits; both were found on held-back rows. It speaks only for `languages`, of
    which it was taught enough. `bar`: of a yes-or-no model, from where on a yes is worth acting on.
    """

    answers: tuple[str, ...]
    intercept: Numbers
    trust: float
    spread: float
    languages: tuple[str, ...]
    record: Record
    bar: float | None = None

    def chances(self, columns: Sequence[float], vote: str | None) -> list[float]:
        """The probability of each answer, from what the terms of a text add up to; they sum to one."""
        sums = list(columns)
        if vote in self.answers:
            sums[self.answers.index(vote)] += self.trust
        most = max(sums)
        powers = [math.exp((one - most) * self.spread) for one in sums]
        total = sum(powers)
        return [power / total for power in powers]


class Seen(NamedTuple):
    """One text before all models at once: the sum of every column, and a row a word with what it adds to each."""

    columns: list[float]
    words: list[str]
    added: Numbers


class Spoken(NamedTuple):
    """What one word adds to every column: as a whole and by its pieces, and the squares of both weights.

    `rows` are the bytes of two rows of the table's numbers: a text's words are put together much faster from bytes
    than from arrays. `before` and `near` hold the places of the terms of two that it is part of, by the word that
    comes next and by the other stem: most words have few or none, so most pairs of a text are never looked for.
    """

    rows: bytes
    whole: float
    pieces: float
    stem: str
    before: Mapping[str, int]
    near: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Taught:
    """All that one brand taught: shared terms, a model per question, and the table of what each term speaks for.

    The table has a row a term, and the columns of all models side by side in their order; a term's columns of one
    model add up to nothing. `by_people`: not by our
    own examples alone.
    """

    version: str
    terms: Terms
    models: Mapping[str, Model]
    table: Numbers
    by_people: bool = True
    _kept: dict[str, Spoken] = field(default_factory=dict, init=False, repr=False)
    _before: dict[str, dict[str, int]] = field(default_factory=dict, init=False, repr=False)
    _near: dict[str, dict[str, int]] = field(default_factory=dict, init=False, repr=False)
    _signs: dict[str, int] = field(default_factory=dict, init=False, repr=False)
    _columns: dict[str, tuple[int, int]] = field(default_factory=dict, init=False, repr=False)
    _intercepts: list[float] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        """Finds the signs and the pairs among the terms, and each model's columns side by side."""
        for term, place in self.terms.places.items():
            if term[0] == SIGN:
                self._signs[term[1:]] = place
            elif features.TOGETHER in term:
                one, _, other = term.partition(features.TOGETHER)
                self._near.setdefault(one, {})[other] = place
                self._near.setdefault(other, {})[one] = place
            elif features.WHOLE in term[1:]:
                before, _, after = term.partition(features.WHOLE)
                self._before.setdefault(before, {})[after] = place
        start = 0
        for question, model in self.models.items():
            self._columns[question] = (start, start + len(model.answers))
            self._intercepts.extend(model.intercept.tolist())
            start += len(model.answers)

    def see(self, said: Sequence[str], signs: Mapping[str, float]) -> Seen:
        """All models' sums in one go, from the words of features.words_of; what is not known adds nothing.

        Words with their pairs, pieces, and what stands close together are three vectors, each brought to length one.
        A word's share is the same in every text but for that length, so it is kept: people use the same words.
        """
        spoken = {word: self._of_word(word) for word in said}
        rows = np.frombuffer(b"".join([one.rows for one in spoken.values()]), np.float32)
        rows = rows.reshape(len(spoken), 2, self.table.shape[1])
        in_order = [spoken[word] for word in said]
        pairs, near = _pairs(said, in_order), _near(in_order)
        beside = [(place, value) for sign, value in signs.items() if (place := self._signs.get(sign)) is not None]
        places = np.array([*pairs, *near, *[place for place, _ in beside]], np.intp)
        weights = self.terms.weights.take(places)
        of_pairs, of_near = weights[: len(pairs)], weights[len(pairs) : len(pairs) + len(near)]
        whole = math.sqrt(sum([one.whole for one in spoken.values()]) + float(of_pairs @ of_pairs)) or 1.0
        pieces = math.sqrt(sum([one.pieces for one in spoken.values()])) or 1.0
        of_pairs /= whole
        of_near /= math.sqrt(float(of_near @ of_near)) or 1.0
        weights[len(pairs) + len(near) :] = [value * LOUDNESS_OF_SIGNS for _, value in beside]
        added = np.array([1 / whole, 1 / pieces], np.float32) @ rows
        columns = added.sum(axis=0) + weights @ self.table.take(places, axis=0)
        sums = [one + base for one, base in zip(columns.tolist(), self._intercepts, strict=True)]
        return Seen(sums, list(spoken), added)

    def _of_word(self, word: str) -> Spoken:
        known = self._kept.get(word)
        if known is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            whole, of_whole = self._of_terms([features.WHOLE + word])
            pieces, of_pieces = self._of_terms(features.pieces(word))
            stem = features.stem(word)
            known = self._kept[word] = Spoken(
                rows=whole.tobytes() + pieces.tobytes(),
                whole=of_whole,
                pieces=of_pieces,
                stem=stem,
                before=self._before.get(word, {}),
                near=self._near.get(stem, {}),
            )
        return known

    def _of_terms(self, terms: Iterable[str]) -> tuple[Numbers, float]:
        """What these terms add to every column, and the square of the length of their vector."""
        places = self.terms.places
        at = [place for term in terms if (place := places.get(term)) is not None]
        if not at:
            return np.zeros(self.table.shape[1], np.float32), 0.0
        weights = self.terms.weights.take(at)
        return weights @ self.table.take(at, axis=0), float(weights @ weights)

    def judge(
        self, question: str, seen: Seen, vote: str | None, language: str | None
    ) -> Finding[Mapping[str, float]] | None:
        """The chance of each answer, the likeliest first; None where the question or the language was not taught.

        A `language` of None is one nobody can be sure of. Answers of the brand's own, which the rules do not know,
        are given in every language: nobody else can give them.
        """
        model = self.models.get(question)
        if model is None or (language is not None and language not in model.languages and model.record.rules_right):
            return None
        start, end = self._columns[question]
        chances = model.chances(seen.columns[start:end], vote)
        ranked = dict(sorted(zip(model.answers, chances, strict=True), key=itemgetter(1), reverse=True))
        best = chances.index(most := max(chances))
        return Finding(ranked, most, "model", _why(seen, start + best))

    def to_bytes(self) -> bytes:
        """The stored form: arrays, and one JSON text with everything else; nothing in it can be run."""
        plain = {
            "version": self.version,
            "by_people": self.by_people,
            "terms": sorted(self.terms.places, key=self.terms.places.__getitem__),
            "models": {
                question: {
                    "answers": model.answers,
                    "trust": model.trust,
                    "spread": model.spread,
                    "languages": model.languages,
                    "record": asdict(model.record),
                    "bar": model.bar,
                }
                for question, model in self.models.items()
            },
        }
        arrays: dict[str, Any] = {
            HEAD: np.frombuffer(json.dumps(plain, ensure_ascii=False).encode("utf-8", "surrogatepass"), np.uint8),
            "weights": self.terms.weights,
            "table": self.table,
        }
        for question, model in self.models.items():
            arrays[f"intercept {question}"] = model.intercept
        stored = io.BytesIO()
        np.savez_compressed(stored, **arrays)
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Taught:
        """The models that to_bytes wrote. Raises ValueError when it is something else or of another form."""
        try:
            with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
                plain = json.loads(arrays[HEAD].tobytes().decode("utf-8", "surrogatepass"))
                models = {
                    question: Model(
                        answers=tuple(one["answers"]),
                        intercept=arrays[f"intercept {question}"],
                        trust=one["trust"],
                        spread=one["spread"],
                        languages=tuple(one["languages"]),
                        record=Record(**one["record"]),
                        bar=one["bar"],
                    )
                    for question, one in plain["models"].items()
                }
                terms = Terms({term: place for place, term in enumerate(plain["terms"])}, arrays["weights"])
                table = arrays["table"]
        except (OSError, KeyError, TypeError, EOFError, ValueError) as error:
            raise ValueError(f"these are no stored models of {HEAD}") from error
        return cls(plain["version"], terms, models, table, plain["by_people"])


def _pairs(said: Sequence[str], spoken: Sequence[Spoken]) -> Collection[int]:
    """The terms of every two neighbours, in their order; each once."""
    neighbours = zip(spoken, said[1:], strict=False)
    return dict.fromkeys([place for one, after in neighbours if (place := one.before.get(after)) is not None])


def _near(spoken: Sequence[Spoken]) -> Collection[int]:
    """The terms of every two stems at most REACH words apart; each once."""
    stems = [one.stem for one in spoken]
    found = [
        place
        for at, one in enumerate(spoken, 1)
        if one.near
        for other in stems[at : at + features.REACH]
        if (place := one.near.get(other)) is not None
    ]
    return dict.fromkeys(found)


def _why(seen: Seen, column: int) -> tuple[str, ...]:
    """The words that spoke loudest for an answer; seams and bare numbers tell a reader nothing."""
    added = zip(seen.added[:, column].tolist(), seen.words, strict=True)
    speaking = sorted([(loud, word) for loud, word in added if loud > 0], reverse=True)
    return tuple([word for _, word in speaking[:MOST_REASONS] if " " not in word and not word.isdigit()])
