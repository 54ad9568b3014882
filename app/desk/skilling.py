"""A case has the skill that its post was judged to ask for, so that it is shown first to the people who have it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select, update

from app.desk.models import Case
from app.kernel.db import session
from listeners.queries import MentionView


def tell(case_ids: Collection[int], mentions: Mapping[int, MentionView]) -> None:
    """Give each of these cases that asks one of these mentions the skill that was told of it, or none."""
    rows = session.execute(select(Case.id, Case.mention_id, Case.skill_id).where(Case.id.in_(case_ids)))
    for row in rows.all():
        mention = mentions.get(row.mention_id)
        if mention is None or mention.assessment is None:
            continue
        found = mention.assessment.skill_id
        if found != row.skill_id:
            session.execute(update(Case).where(Case.id == row.id).values(skill_id=found))


def told_for(case_id: int) -> int | None:
    """The skill that a case was told for."""
    return session.execute(select(Case.skill_id).where(Case.id == case_id)).scalar()
