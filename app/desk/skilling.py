"""A case's skill is told by the words of its post, so that it is shown first to the people who have it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select, update

from app.brands import queries as brands
from app.brands.queries import SkillView
from app.desk.models import Case
from app.kernel.db import session
from listeners.queries import MentionView
from listeners.rules.matching import Rule, match, read_all


def tell(case_ids: Collection[int], mentions: Mapping[int, MentionView]) -> None:
    """Give each of these cases that asks one of these mentions the skill whose words are in it, or none."""
    skills = brands.skill_words()
    if not skills or not case_ids:
        return
    rules = {skill.id: read_all(f'"{word}"' for word in skill.keywords) for skill in skills}
    rows = session.execute(select(Case.id, Case.mention_id, Case.topic, Case.skill_id).where(Case.id.in_(case_ids)))
    for row in rows.all():
        mention = mentions.get(row.mention_id)
        if mention is None:
            continue
        found = skill_of(mention.text, row.topic, skills, rules)
        if found != row.skill_id:
            session.execute(update(Case).where(Case.id == row.id).values(skill_id=found))


def told_for(case_id: int) -> int | None:
    """The skill that a case was told for."""
    return session.execute(select(Case.skill_id).where(Case.id == case_id)).scalar()


def skill_of(text: str, topic: str, skills: Sequence[SkillView], rules: Mapping[int, Sequence[Rule]]) -> int | None:
    """The skill whose words a text holds, one of its own topic before any other."""
    for skill in sorted(skills, key=lambda one: one.topic != topic):
        if match(rules[skill.id], text):
            return skill.id
    return None
