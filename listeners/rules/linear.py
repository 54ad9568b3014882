"""Models that were taught: which answer a text's words and signs speak for, how sure, and which of them decided."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from listeners.rules.finding import Finding

Numbers = NDArray[np.float32]
FORM: Final = 1
"""The stored form; another number is refused."""
SIGN: Final = "#"
LOUDNESS_OF_SIGNS: Final = 0.5
MOST_REASONS: Final = 4


class Vector(NamedTuple):
    """The known terms of one text: their places, ascending, and their weights."""

    places: NDArray[np.int32]
    weights: Numbers


@dataclass(frozen=True, slots=True)
class Terms:
    """What a brand's models know of: words, pieces of words, signs; each with its weight (rare ones weigh more)."""

    places: dict[str, int]
    weights: Numbers

    def vector(self, grams: Mapping[str, float], signs: Mapping[str, float]) -> Vector:
        """Words and pieces brought to length one together, signs beside them; unknown ones are left out."""
        places = self.places
        known = [(place, count) for gram, count in grams.items() if (place := places.get(gram)) is not None]
        at = np.array([place for place, _ in known], np.int32)
        return self.joined(at, np.array([count for _, count in known], np.float32), signs)

    def joined(self, at: NDArray[np.int32], counts: Numbers, signs: Mapping[str, float]) -> Vector:
        """The vector of words whose places are known already."""
        said = [(place, value) for sign, value in signs.items() if (place := self.places.get(SIGN + sign)) is not None]
        weights = counts * self.weights[at]
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
    """One question's model: a row of `coefficients` per term, a column per answer.

    `trust` is what the rules' own answer adds to its column, `spread` what the columns are multiplied by to become
    logits, `shift` what is added to them; all three were found on held-back rows. It speaks only for `languages`, of
    which it was taught enough. `bar`: of a yes-or-no model, from where on a yes is worth acting on.
    """

    answers: tuple[str, ...]
    coefficients: Numbers
    intercept: Numbers
    trust: float
    spread: float
    shift: float
    languages: tuple[str, ...]
    record: Record
    bar: float | None = None

    def chances(self, vector: Vector, vote: str | None) -> Numbers:
        """The probability of each answer; they sum to one."""
        columns = self.intercept + vector.weights @ self.coefficients[vector.places]
        if vote in self.answers:
            columns[self.answers.index(vote)] += self.trust
        logits = columns * self.spread
        logits[-1] += self.shift
        powers = np.exp(logits - logits.max())
        chances: Numbers = (powers / powers.sum()).astype(np.float32)
        return chances

    def why(self, vector: Vector, answer: int, names: Mapping[int, str]) -> tuple[str, ...]:
        """The whole words that spoke loudest for an answer."""
        rest = self.coefficients[vector.places]
        speaking = vector.weights * (rest[:, answer] - rest.mean(axis=1))
        loudest = np.argsort(-speaking)[: MOST_REASONS * 8]
        words = (names.get(int(vector.places[one])) for one in loudest if speaking[one] > 0)
        return tuple(dict.fromkeys(word for word in words if word))[:MOST_REASONS]


@dataclass(frozen=True, slots=True)
class Taught:
    """All that one brand taught: shared terms and a model per question."""

    version: str
    terms: Terms
    models: Mapping[str, Model]
    _names: dict[int, str] = field(default_factory=dict, repr=False)

    def names(self) -> dict[int, str]:
        """Whole words by their place, to say why; built once."""
        if not self._names:
            self._names.update({place: term[1:] for term, place in self.terms.places.items() if term[0] == "="})
        return self._names

    def judge(
        self, question: str, vector: Vector, vote: str | None, language: str | None
    ) -> Finding[Mapping[str, float]] | None:
        """The chance of each answer, the likeliest first; None where the question or the language was not taught.

        A `language` of None is one nobody can be sure of. Answers of the brand's own, which the rules do not know,
        are given in every language: nobody else can give them.
        """
        model = self.models.get(question)
        if model is None or (language is not None and language not in model.languages and model.record.rules_right):
            return None
        chances = model.chances(vector, vote)
        order = np.argsort(-chances, kind="stable")
        best = int(order[0])
        ranked = {model.answers[one]: float(chances[one]) for one in order}
        reasons = model.why(vector, best, self.names())
        return Finding(ranked, float(chances[best]), f"model {self.version}", reasons)

    def to_bytes(self) -> bytes:
        """The stored form: arrays, and one JSON text with everything else; nothing in it can be run."""
        plain = {
            "form": FORM,
            "version": self.version,
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
            "plain": np.frombuffer(json.dumps(plain, ensure_ascii=False).encode("utf-8", "surrogatepass"), np.uint8),
            "weights": self.terms.weights,
        }
        for question, model in self.models.items():
            arrays[f"coefficients {question}"] = model.coefficients
            arrays[f"intercept {question}"] = model.intercept
        stored = io.BytesIO()
        np.savez_compressed(stored, **arrays)
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Taught:
        """The models that to_bytes wrote. Raises ValueError when it is something else or of another form."""
        try:
            with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
                plain = json.loads(arrays["plain"].tobytes().decode("utf-8", "surrogatepass"))
                if plain["form"] != FORM:
                    raise ValueError(f"form {plain['form']} is not {FORM}")
                models = {
                    question: Model(
                        answers=tuple(one["answers"]),
                        coefficients=arrays[f"coefficients {question}"],
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
        except (OSError, KeyError, TypeError, EOFError) as error:
            raise ValueError("these are no stored models") from error
        return cls(plain["version"], terms, models)
