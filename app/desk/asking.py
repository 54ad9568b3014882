"""Who else asks nearly the same right now: open cases whose words agree, gathered so that one answer serves all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import select

from app.brands.queries import BrandView
from app.desk.answered import Asked
from app.desk.models import Case
from app.desk.rules.hand import Hand
from app.kernel.db import current_brand, session
from listeners import queries as heard
from listeners.queries import MentionView
from listeners.rules import likeness, privacy

LOOKED_AT = 200
"""Open cases that are compared, the newest of the language: a flood of the same question is a new one."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """An open case that asks nearly the same."""

    case_id: int
    lane: str
    question: MentionView


def others(ask: Asked, hand: Hand, brand: BrandView) -> tuple[Alike, ...]:
    """Open cases of this brand in this language that ask nearly the same, the nearest first, at most SHOWN.

    Only those that this person may see. Private data is not compared.
    """
    statement = select(Case.id, Case.lane, Case.mention_id).where(
        Case.brand_id == current_brand(), Case.state == "open", Case.language == ask.language, Case.id != ask.case_id
    )
    if not hand.is_staff:
        statement = statement.where(Case.lane == "advocates")
    cases = session.execute(statement.order_by(Case.id.desc()).limit(LOOKED_AT)).all()
    questions = heard.mentions([case.mention_id for case in cases]) if cases else {}
    known = (brand.regions, brand.order_pattern)
    own = _runs(ask.question.text, *known)
    near = [
        (likeness.nearness(own, _runs(questions[case.mention_id].text, *known)), case)
        for case in cases
        if case.mention_id in questions
    ]
    near = sorted((pair for pair in near if pair[0] >= likeness.NEAR), key=lambda pair: (-pair[0], -pair[1].id))
    return tuple(Alike(case.id, case.lane, questions[case.mention_id]) for _much, case in near[:SHOWN])


@lru_cache(maxsize=2048)
def _runs(text: str, regions: tuple[str, ...], order_pattern: str | None) -> frozenset[str]:
    short = text[:2_000]
    return likeness.runs(privacy.mask(short, privacy.find(short, regions, order_pattern)))
