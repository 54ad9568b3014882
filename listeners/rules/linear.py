"""Models that were taught: which answer a text's words and signs speak for, how sure, and which of them decided."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from listeners.rules import features
from listeners.rules.finding import Finding

Numbers = NDArray[np.float32]
HEAD: Final = "form 1"
"""Where everything that is no array stands; it names the stored form, so that another one is refused."""
SIGN: Final = "#"
LOUDNESS_OF_SIGNS: Final = 0.5
MOST_REASONS: Final = 4
MOST_KEPT: Final = 20_000


class Vector(NamedTuple):
    """The known terms of one text: their places, ascending, and their weights."""

    places: NDArray[np.int32]
    weights: Numbers


@dataclass(frozen=True, slots=True)
class Terms:
    """What a brand's models know of: words, pieces of words, signs; each with its weight (rare ones weigh more)."""

    places: dict[str, int]
    weights: Numbers
    _kept: dict[str, NDArray[np.int32]] = field(default_factory=dict, repr=False)

    def vector(self, of: features.Parts, signs: Mapping[str, float]) -> Vector:
        """Words and pieces brought to length one together, signs beside them; unknown ones are left out."""
        pairs = [place for pair in of.pairs if (place := self.places.get(pair)) is not None]
        known = [self._of_word(word) for word in of.words]
        at, counts = np.unique(np.concatenate([*known, np.array(pairs, np.int32)]), return_counts=True)
        return self.joined(at, counts.astype(np.float32), signs)

    def _of_word(self, word: str) -> NDArray[np.int32]:
        """The places of a word and its pieces; kept, since people use the same words."""
        known = self._kept.get(word)
        if known is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = [place for gram in features.of_word(word) if (place := self.places.get(gram)) is not None]
            known = self._kept[word] = np.array(found, np.int32)
        return known

    def joined(self, at: NDArray[np.int32], counts: Numbers, signs: Mapping[str, float]) -> Vector:
        """The vector of words whose places are known already; a word weighs 1 + ln(count) times its rareness."""
        said = [(place, value) for sign, value in signs.items() if (place := self.places.get(SIGN + sign)) is not None]
        weights = (np.log(counts) + np.float32(1.0)) * self.weights[at]
        length = float(np.sqrt(weights @ weights))
        beside = np.array([value for _, value in said], np.float32) * np.float32(LOUDNESS_OF_SIGNS)
        return Vector(
            np.concatenate([at, np.array([place for place, _ in said], np.int32)]),
            np.concatenate([weights / np.float32(length) if length else weights, beside]),
        )


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
    logits, `shift` what is added to them; all three were found on held-back rows. It speaks only for `languages`, of
    which it was taught enough. `bar`: of a yes-or-no model, from where on a yes is worth acting on.
    """

    answers: tuple[str, ...]
    intercept: Numbers
    trust: float
    spread: float
    shift: float
    languages: tuple[str, ...]
    record: Record
    bar: float | None = None

    def chances(self, columns: Numbers, vote: str | None) -> list[float]:
        """The probability of each answer, from what the terms of a text add up to; they sum to one."""
        sums = (columns + self.intercept).tolist()
        if vote in self.answers:
            sums[self.answers.index(vote)] += self.trust
        logits = [one * self.spread for one in sums]
        logits[-1] += self.shift
        most = max(logits)
        powers = [math.exp(one - most) for one in logits]
        total = sum(powers)
        return [power / total for power in powers]


class Seen(NamedTuple):
    """One text before all models at once: the sum of every column, and each whole word with what it adds to each."""

    columns: Numbers
    words: tuple[str, ...]
    added: Numbers


@dataclass(frozen=True, slots=True)
class Taught:
    """All that one brand taught: shared terms, a model per question, and the table of what each term speaks for.

    The table has a row a term, and the columns of all models side by side in their order. `by_people`: not by our
    own examples alone.
    """

    version: str
    terms: Terms
    models: Mapping[str, Model]
    table: Numbers
    by_people: bool = True
    _names: dict[int, str] = field(default_factory=dict, repr=False)
    _columns: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)
    _whole: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_), repr=False)

    def __post_init__(self) -> None:
        """Names the whole words, to say why, and finds each model's columns side by side."""
        whole = {place: term[1:] for term, place in self.terms.places.items() if term[0] == "="}
        self._names.update(whole)
        object.__setattr__(self, "_whole", np.isin(np.arange(len(self.terms.places)), list(whole)))
        start = 0
        for question, model in self.models.items():
            self._columns[question] = (start, start + len(model.answers))
            start += len(model.answers)

    def see(self, vector: Vector) -> Seen:
        """All models' sums in one go."""
        rows = self.table[vector.places]
        at = np.flatnonzero(self._whole[vector.places])
        names = self._names
        words = tuple(names[place] for place in vector.places[at].tolist())
        return Seen(vector.weights @ rows, words, rows[at] * vector.weights[at][:, None])

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
        ranked = sorted(zip(model.answers, chances, strict=True), key=lambda pair: -pair[1])
        best = model.answers.index(ranked[0][0])
        return Finding(dict(ranked), ranked[0][1], "model", _why(seen, start, end, best))

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
                    "shift": model.shift,
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
                        shift=one["shift"],
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


def _why(seen: Seen, start: int, end: int, best: int) -> tuple[str, ...]:
    """The whole words that spoke loudest for an answer and not for the others."""
    if not seen.words:
        return ()
    added = seen.added[:, start:end]
    speaking = (added[:, best] - added.sum(axis=1) / (end - start)).tolist()
    loudest = sorted(zip(speaking, seen.words, strict=True), reverse=True)[:MOST_REASONS]
    return tuple(word for loud, word in loudest if loud > 0)
