"""How often the ears are right, by what people said; which models judge and judged; what is worth a look most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, func, select

from app.kernel.db import current_brand, session
from app.kernel.errors import NotFoundError
from listeners import queries as heard
from listeners.corrected import Correction, SeedModel, TaughtModel
from listeners.models import Mention
from listeners.queries import MentionView
from listeners.rules.doubt import Doubt, doubt

COUNTED: Final = 2_000
"""Answers of people, the newest, of which a record is made: an old record says little of today's model."""
LOOKED_AT: Final = 400
USEFUL: Final = 0.05
"""The share of the newest mentions that is offered for a look: the most doubtful ones."""


@dataclass(frozen=True, slots=True)
class Value:
    """How one answer to one field did: said rightly, said wrongly, missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float | None:
        """Of the times that it was said, the share in which it was so; None when it never was."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Of the times that it was so, the share in which it was said; None when it never was so."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None


@dataclass(frozen=True, slots=True)
class Record:
    """How one field did in one language, on the answers that people looked at."""

    looked_at: int
    right: int
    values: Mapping[str, Value]


Records = Mapping[tuple[str, str], Record]
"""By field and language."""


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model of the brand: what it learned from, how it did on what it had not learned, and when it judged."""

    id: int
    version: str
    state: str
    mentions: int
    record: Mapping[str, Mapping[str, float]]
    trial: Mapping[str, Any]
    made_at: datetime
    live_since: datetime | None
    live_until: datetime | None
    replaced: str | None
    taken_back_by: int | None


@dataclass(frozen=True, slots=True)
class Useful:
    """A mention that is worth a look, and the field that is in doubt."""

    mention: MentionView
    doubt: Doubt


def records() -> Records:
    """The record of the newest COUNTED answers of the brand in scope, in one question to the database."""
    newest = (
        select(Correction.field, Correction.language, Correction.was, Correction.now)
        .where(Correction.stands, Correction.brand_id == current_brand())
        .order_by(Correction.id.desc())
        .limit(COUNTED)
        .subquery()
    )
    columns = (newest.c.field, newest.c.language, newest.c.was, newest.c.now)
    rows = session.execute(select(*columns, func.count().label("number")).group_by(*columns)).all()
    counted: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
    for row in rows:
        counted.setdefault((row.field, row.language), {})[row.was, row.now] = row.number
    return {key: _record(pairs) for key, pairs in sorted(counted.items())}


def _record(pairs: Mapping[tuple[str, str], int]) -> Record:
    right = {was: number for (was, now), number in pairs.items() if was == now}
    values = {
        value: Value(
            right.get(value, 0),
            wrong=sum(number for (was, now), number in pairs.items() if was == value != now),
            missed=sum(number for (was, now), number in pairs.items() if now == value != was),
        )
        for value in sorted({value for pair in pairs for value in pair})
    }
    return Record(sum(pairs.values()), sum(right.values()), values)


def models() -> tuple[ModelView, ...]:
    """The models of the brand in scope, the newest first: at most as many as are kept."""
    columns = [getattr(TaughtModel, name) for name in ModelView.__dataclass_fields__]
    return tuple(ModelView(*row) for row in session.execute(select(*columns).order_by(TaughtModel.id.desc())))


def model(model_id: int) -> ModelView:
    """One model of the brand in scope.

    Raises:
        NotFoundError: there is none.

    """
    found = next((view for view in models() if view.id == model_id), None)
    if found is None:
        raise NotFoundError("There is no such model.")
    return found


def seeds_version() -> str | None:
    """What our own examples taught; None while they are not learned."""
    return session.execute(select(SeedModel.version).order_by(SeedModel.made_at.desc()).limit(1)).scalar()


def useful(suggest_bar: float, risk_bar: float, settled: Iterable[str]) -> tuple[Useful, ...]:
    """The most doubtful of the newest mentions that nobody looked at yet, the most useful first.

    Whatever the chance for staff, the lane is in no doubt from `risk_bar` on, nor with an intent of `settled`.
    """
    own = current_brand()
    a_look = exists().where(Correction.brand_id == own, Correction.mention_id == Mention.id, Correction.stands)
    newest = (
        select(Mention.id).where(Mention.brand_id == own, ~a_look).order_by(Mention.heard_at.desc()).limit(LOOKED_AT)
    )
    mentions = heard.mentions(session.execute(newest).scalars().all())
    sure = frozenset(settled)
    found = []
    for mention in mentions.values():
        seen = mention.assessment
        if seen is None or mention.gone_at is not None:
            continue
        hard = seen.risk_chance >= risk_bar or seen.anger == 3 or seen.intent in sure  # noqa: PLR2004  the top of the scale
        amount = doubt(
            seen.sure, seen.must_staff, suggest_bar=suggest_bar, is_settled=hard, unsure=seen.language_uncertain
        )
        found.append(Useful(mention, amount))
    found.sort(key=lambda one: (-one.doubt.amount, -one.mention.id))
    return tuple(one for one in found[: max(3, round(len(found) * USEFUL))] if one.doubt.amount > 0)
