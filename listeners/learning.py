"""What people said teaches: labelled texts become models, in seconds, and the same ones for the same rows."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from listeners.lessons import QUESTIONS, Lesson, seeds, seeds_alone
from listeners.rules import counting, phrases
from listeners.rules.assessment import Sight, look
from listeners.rules.language import writes_vietnamese
from listeners.rules.linear import Model, Numbers, Record, Taught

FEWEST_ROWS: Final = 30
"""Below this the rules alone answer a question in a language."""
FEWEST_OF_AN_ANSWER: Final = 2
EVER: Final = 300
MANY_ANSWERS: Final = 20
TOLERANCE: Final = 3e-2
"""Where learning stops: stricter by a third takes up to half as long again and is right no more often."""
FOLDS: Final = 5
MANY_ROWS: Final = 2_500
"""From here it is worth trying several ways to learn."""
ENOUGH_HELD_BACK: Final = 1_000
"""As many fifths are held back as it takes to have so many rows."""
TRUSTS: Final = (0.0, 0.15, 0.3, 0.5)
AMONG_SEEDS: Final = TRUSTS[2:]
"""While nobody but us has written, the rules always count: seeds tell less of customers than of who wrote them."""
SENT_TO_STAFF: Final = 0.1
"""The share of what advocates alone should answer that may go to staff, when the bar is laid on held-back rows."""
CHANCE: Final = 20131
"""The seed of everything that is drawn or shuffled here."""
FLATTEST: Final = 1e-4
"""The least spread: where words tell nothing the best one is none at all, and shifts are divided by it."""
STIFF: Final = 20.0
"""What it costs to shift an answer's chance against what its words say, beside the surprise of a row."""


class Style(NamedTuple):
    """A way to learn: how strictly every row counts, how loudly the rules' signs and words said close together speak,
    and whether terms that tell the answers apart speak louder from the start.
    """

    strictness: float
    signs: float
    near: float
    telling: bool


OF_FEW: Final = Style(0.05, 1.0, 0.3, telling=False)
OF_MANY: Final = (
    Style(0.05, 1.0, 0.5, telling=True),
    Style(0.15, 0.4, 0.5, telling=True),
    Style(0.25, 0.0, 0.5, telling=True),
)
"""With many rows the one that is most often right on the held-back ones: reviews need no signs and complaints do."""
OF_MANY_ANSWERS: Final = (Style(0.4, 0.6, 1.5, telling=False),)


@dataclass(slots=True)
class Prepared:
    """The lessons as the rules see them. A text's words are kept as numbers: a list a text would fill memory."""

    numbers: dict[str, int] = field(default_factory=dict)
    words: list[counting.Places] = field(default_factory=list)
    signs: list[Mapping[str, float]] = field(default_factory=list)
    votes: list[Mapping[str, str]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    said: list[Mapping[str, str]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    own: list[bool] = field(default_factory=list)
    lesson: list[int] = field(default_factory=list)
    hands: list[str] = field(default_factory=list)

    def add(self, sight: Sight, lesson: Lesson, number: int) -> None:
        """One more text; `own` are those that a person wrote and judged, not a seed and not a respelling."""
        numbers = self.numbers
        self.words.append(np.array([numbers.setdefault(word, len(numbers)) for word in sight.words], np.int64))
        self.signs.append(sight.signs)
        self.votes.append(sight.votes)
        self.languages.append(sight.found.language)
        self.said.append(lesson.said)
        self.weights.append(lesson.weight)
        self.own.append(lesson.weight >= 1.0 and lesson.text.startswith(sight.text))
        self.lesson.append(number)
        self.hands.append(lesson.hand)


@cache
def sprouted() -> Taught:
    """The models before anybody corrected anything: the seeds alone, taken for people's words. Made once a process."""
    taught = teach([], planted=seeds_alone())
    if taught is None:  # pragma: no cover - the files are part of the house
        raise ValueError("listeners/seeds holds too few examples")
    return replace(taught, version=taught.version.replace("taught", "seeds"), by_people=False)


def teach(
    lessons: Iterable[Lesson],
    *,
    languages: tuple[str, ...] = ("en", "vi", "zh", "ko"),
    regions: tuple[str, ...] = ("US", "VN"),
    planted: tuple[Lesson, ...] | None = None,
) -> Taught | None:
    """Models for every question that the lessons answer often enough; None when they answer none.

    The seeds help as long as the lessons are few; a brand that extends them gives all of them as `planted`.
    """
    return learn(prepare(lessons, languages=languages, regions=regions, planted=planted))


def prepare(
    lessons: Iterable[Lesson],
    *,
    languages: tuple[str, ...] = ("en", "vi", "zh", "ko"),
    regions: tuple[str, ...] = ("US", "VN"),
    planted: tuple[Lesson, ...] | None = None,
) -> Prepared:
    """The first half of `teach`: every text read by the rules, which are not needed any more after it."""
    seen = Prepared()
    for number, lesson in enumerate([*(seeds() if planted is None else planted), *lessons]):
        if lesson.said:
            for text in _spellings(lesson.text):
                sight = look(text, languages=languages, regions=regions, handles=lesson.handles)
                seen.add(sight, lesson, number)
    return seen


def learn(seen: Prepared) -> Taught | None:
    """The second half of `teach`: models for every question that is answered often enough; None without any."""
    asked = [question for question in QUESTIONS if _enough(seen, question)]
    if not asked:
        return None
    of_texts = counting.counted(counting.Texts(seen.words, list(seen.numbers), seen.signs))
    learned = {question: _model(question, seen, of_texts) for question in asked}
    table = np.ascontiguousarray(np.concatenate([columns for _, columns in learned.values()], axis=1))
    return Taught(_version(seen), of_texts.terms, {question: model for question, (model, _) in learned.items()}, table)


def _spellings(text: str) -> tuple[str, ...]:
    """The text, and where it is Vietnamese also as people type it in a hurry, without marks."""
    folded = phrases.fold(text)
    return (text, folded) if folded != text and writes_vietnamese(text) else (text,)


def _enough(seen: Prepared, question: str) -> bool:
    """Whether people gave enough answers to a question, and at least two meanings often enough to hold one back."""
    answers = Counter(
        _meant(said[question]) for said, own in zip(seen.said, seen.own, strict=True) if own and question in said
    )
    often = [answer for answer, count in answers.items() if count >= FEWEST_OF_AN_ANSWER]
    return answers.total() >= FEWEST_ROWS and len(often) > 1


def _meant(said: str) -> str:
    """What an answer means to a model: who may be either need not be staff."""
    return "no" if said == "either" else said


def _version(seen: Prepared) -> str:
    """A name for what was taught: how many texts, and a digest of them and of what was said of each."""
    digest = hashlib.sha256("\n".join(seen.numbers).encode("utf-8", "surrogatepass"))
    for words, said, weight in zip(seen.words, seen.said, seen.weights, strict=True):
        digest.update(words.tobytes() + json.dumps([sorted(said.items()), weight]).encode("utf-8", "surrogatepass"))
    return f"taught-{len(seen.words)}-{digest.hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class _Exercise:
    """The rows of one question: what each one's answer is, what the rules said, and whether it may be held back."""

    of_texts: counting.Counted
    rows: NDArray[np.int64]
    answers: tuple[str, ...]
    right: NDArray[np.int64]
    votes: NDArray[np.int64]
    weights: NDArray[np.float64]
    own: NDArray[np.bool_]
    lesson: NDArray[np.int64]
    hands: NDArray[np.str_]
    either: NDArray[np.bool_]


def _model(question: str, seen: Prepared, of_texts: counting.Counted) -> tuple[Model, Numbers]:
    """The model of one question, and its columns of the table."""
    rows = _rows_of(question, seen)
    exercise = _exercise(question, seen, rows, of_texts)
    tried = [(*_held_back(exercise, style), style) for style in _styles(exercise)]
    columns, held, style = max(tried, key=lambda one: float((one[0].argmax(axis=1) == exercise.right[one[1]]).mean()))
    # Whether staff is needed is a matter of degree, and the rules' degree is among the signs: their yes or no is not.
    trust = 0.0 if question == "must_staff" else _trust(exercise, columns, held)
    trusted = columns + trust * _votes(exercise)[held]
    right = exercise.right[held]
    spread, shifts = _calibration(trusted, right)
    chances = _chances(trusted, spread, shifts)
    record = Record(
        rows=int(exercise.own.sum()),
        right=round(float((chances.argmax(axis=1) == right).mean()), 4),
        rules_right=round(float((exercise.votes[held] == right).mean()), 4),
        calibration_error=round(_calibration_error(chances, right), 4),
    )
    coefficients, intercept = _fit(exercise, np.arange(len(rows)), style)
    spoken = Counter(seen.languages[place] for place in rows if seen.own[place])
    model = Model(
        answers=exercise.answers,
        intercept=intercept + (shifts / spread).astype(np.float32),
        trust=trust,
        spread=spread,
        languages=tuple(sorted(code for code, count in spoken.items() if count >= FEWEST_ROWS)),
        record=record,
        bar=_bar(chances[:, -1], right, exercise.either[held]) if question == "must_staff" else None,
    )
    return model, coefficients


def _rows_of(question: str, seen: Prepared) -> list[int]:
    """The texts that teach a question: people's, and seeds as long as they speak of the same answers.

    An answer that people never gave in EVER texts is not given by the seeds either: reviews know no neutral.
    """
    own = Counter(said[question] for said, own in zip(seen.said, seen.own, strict=True) if own and question in said)
    planted = {said[question] for said, own in zip(seen.said, seen.own, strict=True) if not own and question in said}
    known = set(own) if own.total() >= EVER or not planted & set(own) else set(own) | planted
    return [place for place, said in enumerate(seen.said) if said.get(question) in known]


def _styles(exercise: _Exercise) -> tuple[Style, ...]:
    if len(exercise.answers) > MANY_ANSWERS:
        return OF_MANY_ANSWERS
    return OF_MANY if exercise.own.sum() >= MANY_ROWS else (OF_FEW,)


def _exercise(question: str, seen: Prepared, rows: Sequence[int], of_texts: counting.Counted) -> _Exercise:
    said = [seen.said[row][question] for row in rows]
    meant = [_meant(one) for one in said]
    answers = tuple(sorted(set(meant)))
    index = {answer: place for place, answer in enumerate(answers)}
    return _Exercise(
        of_texts=of_texts,
        rows=np.array(rows),
        answers=answers,
        right=np.array([index[one] for one in meant]),
        votes=np.array([index.get(seen.votes[row].get(question, ""), -1) for row in rows]),
        weights=np.array([seen.weights[row] for row in rows]),
        own=np.array([seen.own[row] for row in rows]),
        lesson=np.array([seen.lesson[row] for row in rows]),
        hands=np.array([seen.hands[row] for row in rows]),
        either=np.array([one == "either" for one in said]),
    )


def _fit(exercise: _Exercise, kept: NDArray[np.int64], style: Style) -> tuple[Numbers, Numbers]:
    """One-against-the-rest support vectors; a column per answer, also for two."""
    from sklearn.svm import LinearSVC  # loading it takes seconds and 100 MB: who only reads models goes without

    matrix, right = exercise.of_texts.matrix[exercise.rows[kept]].astype(np.float64), exercise.right[kept]
    loud = np.ones(matrix.shape[1])
    if style.telling:
        loud = _telling(matrix, right)
    loud[exercise.of_texts.signs] = style.signs
    loud[exercise.of_texts.near] *= style.near
    matrix.data *= loud[matrix.indices]
    model = LinearSVC(C=style.strictness, tol=TOLERANCE, random_state=CHANCE)
    model.fit(matrix, right, sample_weight=exercise.weights[kept])
    count, known = len(exercise.answers), model.classes_
    coefficients = np.zeros((matrix.shape[1], count), np.float32)
    intercept = np.full(count, -2.0, np.float32)
    if len(known) == 2:  # noqa: PLR2004 - the library keeps one column for two answers
        coefficients[:, known] = np.stack([-model.coef_[0], model.coef_[0]], axis=1) / 2
        intercept[known] = np.array([-model.intercept_[0], model.intercept_[0]]) / 2
    else:
        coefficients[:, known] = model.coef_.T
        intercept[known] = model.intercept_
    coefficients -= coefficients.mean(axis=1, keepdims=True)
    return coefficients * loud.astype(np.float32)[:, None], intercept


def _telling(matrix: csr_matrix, right: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much louder each term speaks: one, and how far apart the answers are in how often they hold it.

    The mean over the answers of |ln(share among the answer's terms / share among the others')|, brought to a mean
    square of one over all that is said.
    """
    held = csr_matrix((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
    answers = np.unique(right)
    ours = np.stack([held[right == answer].sum(axis=0).A1 for answer in answers])
    theirs = ours.sum(axis=0) - ours + 1.0
    ours += 1.0
    apart = np.log((ours / ours.sum(axis=1, keepdims=True)) / (theirs / theirs.sum(axis=1, keepdims=True)))
    loud: NDArray[np.float64] = 1.0 + np.abs(apart).mean(axis=0)
    loud /= np.sqrt(np.mean(loud[matrix.indices] ** 2))
    return loud


def _held_back(exercise: _Exercise, style: Style) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The columns of people's rows from models that had not seen them, and which rows these are."""
    own = np.flatnonzero(exercise.own)
    fold = _folds(exercise.hands[own])
    columns: list[NDArray[np.float64]] = []
    held: list[NDArray[np.int64]] = []
    wanted = min(FOLDS, math.ceil(ENOUGH_HELD_BACK * FOLDS / len(own)))
    for number in range(FOLDS):
        if number >= wanted and held:
            break
        back = own[fold == number]
        kept = np.flatnonzero(~np.isin(exercise.lesson, exercise.lesson[back]))
        if len(back) and len(np.unique(exercise.right[kept])) > 1:
            coefficients, intercept = _fit(exercise, kept, style)
            columns.append(exercise.of_texts.matrix[exercise.rows[back]] @ coefficients + intercept)
            held.append(back)
    return np.concatenate(columns), np.concatenate(held)


def _folds(hands: NDArray[np.str_]) -> NDArray[np.int64]:
    """To which fifth each row belongs: drawn, but rows of one hand to the same."""
    drawn: NDArray[np.int64] = np.random.default_rng(CHANCE).permutation(len(hands)) % FOLDS
    names, number = np.unique(hands, return_inverse=True)
    return np.where(hands == "", drawn, (number - (names[0] == "")) % FOLDS)


def _votes(exercise: _Exercise) -> NDArray[np.float64]:
    votes = np.zeros((len(exercise.right), len(exercise.answers)))
    voted = np.flatnonzero(exercise.votes >= 0)
    votes[voted, exercise.votes[voted]] = 1.0
    return votes


def _trust(exercise: _Exercise, columns: NDArray[np.float64], held: NDArray[np.int64]) -> float:
    """How much the rules' answer counts: as much as is best on held-back rows, all answers weighed alike by half."""
    votes, right = _votes(exercise)[held], exercise.right[held]

    def worth(trust: float) -> float:
        hits = (columns + trust * votes).argmax(axis=1) == right
        alike = np.mean([hits[right == answer].mean() for answer in np.unique(right)])
        return float(hits.mean() + 0.3 * alike)

    tried = TRUSTS if (exercise.hands[held] == "").any() else AMONG_SEEDS
    return max(tried, key=lambda trust: (worth(trust), trust))


def _chances(columns: NDArray[np.float64], spread: float, shifts: NDArray[np.float64]) -> NDArray[np.float64]:
    logits = columns * spread + shifts
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return chances


def _calibration(columns: NDArray[np.float64], right: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """The spread, and the shift of every answer, under which held-back answers are least surprising.

    A shift costs STIFF times its square, so that few rows move it little; of many answers each has too few for one.
    """
    from scipy.optimize import minimize  # who only reads models goes without

    rows, count = np.arange(len(right)), columns.shape[1]
    shifted = count <= MANY_ANSWERS

    def surprise(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        spread, shifts = math.exp(point[0]), point[1:]
        over = _chances(columns, spread, shifts)
        told = -np.log(np.maximum(over[rows, right], 1e-12)).sum() + STIFF * (shifts @ shifts)
        over[rows, right] -= 1.0
        slopes = (over.sum(axis=0) + 2 * STIFF * shifts) * shifted
        return float(told), np.concatenate([[(over * columns).sum() * spread], slopes])

    found = minimize(surprise, np.zeros(1 + count), jac=True, method="L-BFGS-B").x
    return max(round(math.exp(found[0]), 4), FLATTEST), np.round(found[1:], 4)


def _calibration_error(chances: NDArray[np.float64], right: NDArray[np.int64]) -> float:
    """The expected calibration error: by tenths of confidence, how far it lies from the share that was right."""
    sure, hits = chances.max(axis=1), chances.argmax(axis=1) == right
    tenths = np.minimum((sure * 10).astype(int), 9)
    gaps = [
        abs(hits[tenths == one].mean() - sure[tenths == one].mean()) * (tenths == one).mean()
        for one in np.unique(tenths)
    ]
    return float(sum(gaps))


def _bar(chances: NDArray[np.float64], right: NDArray[np.int64], either: NDArray[np.bool_]) -> float | None:
    """The lowest bar at which at most SENT_TO_STAFF of what advocates alone should answer goes to staff."""
    spared = chances[(right == 0) & ~either]
    if not len(spared):
        return None
    return round(min(0.5, max(0.05, float(np.quantile(spared, 1 - SENT_TO_STAFF)))), 4)
