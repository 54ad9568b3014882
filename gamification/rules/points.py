"""What a published reply is worth: P = round(10 · D · Q · T · G), with every constant versioned (TRUST, F1 and F2).

D difficulty, from the expertise that the case asked for; Q quality, from how much a moderator had to change;
T timeliness, from how much of the promise had passed; G guard, against farming the same customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

RULE_VERSION = "points-1"
BASE = 10


@dataclass(frozen=True, slots=True)
class Constants:
    """The numbers of one version of the rule. A new version never changes what was paid before."""

    difficulty_floor: float = 0.8
    difficulty_span: float = 1.2
    major_edit: float = 0.30
    quality_major: float = 0.6
    quality_minor: float = 1.0
    quality_verbatim: float = 1.1
    quality_most: float = 1.35
    thanks: float = 0.25
    time_start: float = 1.2
    time_slope: float = 0.7
    time_least: float = 0.5
    full_per_day: int = 150
    half_per_day: int = 300


VERSIONS: dict[str, Constants] = {RULE_VERSION: Constants()}


@dataclass(frozen=True, slots=True)
class Worth:
    """Points with every factor that made them, so that they can be explained."""

    points: int
    difficulty: float
    quality: float
    timeliness: float
    guard: float


def difficulty(expertise: float, constants: Constants = VERSIONS[RULE_VERSION]) -> float:
    """D = 0.8 + 1.2·e, with e the expertise asked for, 0 to 1."""
    return constants.difficulty_floor + constants.difficulty_span * min(1.0, max(0.0, expertise))


def quality(edit_distance: float, constants: Constants = VERSIONS[RULE_VERSION]) -> float:
    """Q: 1.1 verbatim, 1.0 after a minor edit, 0.6 after a major one (more than 0.30 of the text)."""
    if edit_distance <= 0:
        return constants.quality_verbatim
    return constants.quality_major if edit_distance > constants.major_edit else constants.quality_minor


def timeliness(promise_share: float, constants: Constants = VERSIONS[RULE_VERSION]) -> float:
    """T = 1.2 - 0.7·t/T_promise, between 0.5 and 1.2; t runs from the offer to the submission."""
    falling = constants.time_start - constants.time_slope * promise_share
    return min(constants.time_start, max(constants.time_least, falling))


def guard(nth: int) -> float:
    """G = 2^-(k-1) for the k-th rewarded reply to the same customer within 7 days, k from 1."""
    return 2.0 ** -(nth - 1)


def worth(
    *, expertise: float, edit_distance: float, promise_share: float, nth: int, version: str = RULE_VERSION
) -> Worth:
    """F1 for one published reply."""
    constants = VERSIONS[version]
    d, q = difficulty(expertise, constants), quality(edit_distance, constants)
    t, g = timeliness(promise_share, constants), guard(nth)
    return Worth(_rounded(BASE * d * q * t * g), d, q, t, g)


def thanks_bonus(made: Worth, *, version: str = RULE_VERSION) -> int:
    """What the customer's thanks add: the same reply with Q raised by 0.25, at most to 1.35, less what was paid."""
    constants = VERSIONS[version]
    raised = min(constants.quality_most, made.quality + constants.thanks)
    return _rounded(BASE * made.difficulty * raised * made.timeliness * made.guard) - made.points


def quoted(*, expertise: float, promise_share: float, version: str = RULE_VERSION) -> tuple[int, int]:
    """The least and the most a case can bring now: after a major edit, and verbatim with the customer's thanks."""
    best = worth(expertise=expertise, edit_distance=0, promise_share=promise_share, nth=1, version=version)
    least = worth(expertise=expertise, edit_distance=1, promise_share=promise_share, nth=1, version=version)
    return least.points, best.points + thanks_bonus(best, version=version)


def after_caps(points: int, *, earned_today: int, version: str = RULE_VERSION) -> int:
    """F2: the first 150 points of a day count in full, up to 300 half, above nothing. `earned_today` is before caps.

    What is halved is rounded over the day, not over each award: the day's sum is the same in whatever order.
    """
    constants = VERSIONS[version]
    return _counted(earned_today + points, constants) - _counted(earned_today, constants)


def _counted(earned: int, constants: Constants) -> int:
    """What counts of a day's points before caps."""
    full = min(earned, constants.full_per_day)
    half = min(max(earned, constants.full_per_day), constants.half_per_day) - constants.full_per_day
    return full + half // 2


def _rounded(value: float) -> int:
    """Half up, and free of binary noise: 10.5 is 11, and so is 10.499999999999998."""
    return int(Fraction(round(value, 6)) + Fraction(1, 2))
