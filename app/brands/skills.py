"""Topics have parts that some people know better than others: skills, told by their words, and who has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert, select

from app.brands import editing
from app.brands.models import Brand, Skill, SkillHolder
from app.brands.queries import SkillView, skills
from app.kernel import audit
from app.kernel.db import current_brand, session
from app.kernel.errors import ConflictError, NotFoundError, RefusedError

MOST_SKILLS = 200
MOST_NAME = 60
MOST_WORDS = 50
MOST_EXAMPLES = 30
LONGEST_EXAMPLE = 300


def save(
    topic: str,
    name: str,
    keywords: Sequence[str],
    members: Collection[int],
    *,
    topics: Collection[str],
    by: int | None,
    skill_id: int | None = None,
    seen: str = "",
    examples: Sequence[str] = (),
) -> int:
    """Keep a new skill, or other words and people for one; its id. `topics`: those that it may be a part of;
    `examples`: questions that ask for it.

    Raises:
        RefusedError: no such topic, no name, too many words, examples or skills.
        ConflictError: the topic has a skill of this name, or somebody changed it since `seen`.
        NotFoundError: no such skill.

    """
    name = " ".join(name.split())
    words = list(dict.fromkeys(plain for word in keywords if (plain := " ".join(word.split()))))
    if topic not in topics:
        raise RefusedError("Choose one of the topics.")
    if not name or len(name) > MOST_NAME:
        raise RefusedError("A skill has a name of 1 to 60 characters.")
    if len(words) > MOST_WORDS or any(len(word) > MOST_NAME for word in words):
        raise RefusedError("A skill has at most 50 words, each of at most 60 characters.")
    asked = list(dict.fromkeys(plain for one in examples if (plain := " ".join(one.split()))))
    if len(asked) > MOST_EXAMPLES or any(len(one) > LONGEST_EXAMPLE for one in asked):
        raise RefusedError("A skill has at most 30 examples, each of at most 300 characters.")
    brand = editing.locked()
    there = skills()
    if any(one.topic == topic and one.name.casefold() == name.casefold() and one.id != skill_id for one in there):
        raise ConflictError(f"There is a skill “{name}” in this topic already.")
    row = _row(there, skill_id, seen)
    row.topic, row.name, row.keywords, row.examples = topic, name, words, asked
    session.flush()
    _name_all(brand)
    session.execute(delete(SkillHolder).where(SkillHolder.skill_id == row.id))
    if members:
        rows = [{"brand_id": row.brand_id, "skill_id": row.id, "member_id": one} for one in sorted(set(members))]
        session.execute(insert(SkillHolder), rows)
    act = "brand.skill_add" if skill_id is None else "brand.skill_change"
    audit.record(row.brand_id, by, act, f"skill:{row.id}", topic=topic, members=sorted(set(members)))
    return row.id


def remove(skill_id: int, *, by: int | None) -> None:
    """Take a skill away; cases that it was told for keep their topic.

    Raises:
        NotFoundError: there is none (any more).

    """
    brand = editing.locked()
    session.execute(delete(SkillHolder).where(SkillHolder.skill_id == skill_id))
    if not session.execute(delete(Skill).where(Skill.id == skill_id).returning(Skill.id)).scalar():
        raise NotFoundError("There is no such skill. It may have been removed.")
    _name_all(brand)
    audit.record(current_brand(), by, "brand.skill_remove", f"skill:{skill_id}")


def _name_all(brand: Brand) -> None:
    """Keep the names of all skills with their brand, which every page reads anyway."""
    rows = session.execute(select(Skill.id, Skill.topic, Skill.name).order_by(Skill.topic, Skill.name, Skill.id))
    brand.skill_names = {str(row.id): [row.topic, row.name] for row in rows}


def marked(view: SkillView) -> list[object]:
    """What a form over this skill has seen."""
    return [view.topic, view.name, list(view.keywords), sorted(view.member_ids), list(view.examples)]


def _row(there: Sequence[SkillView], skill_id: int | None, seen: str) -> Skill:
    if skill_id is None:
        if len(there) >= MOST_SKILLS:
            raise RefusedError(f"At most {MOST_SKILLS} skills fit. Remove one first.")
        row = Skill(brand_id=current_brand())
        session.add(row)
        return row
    known = next((one for one in there if one.id == skill_id), None)
    if known is None:
        raise NotFoundError("There is no such skill. It may have been removed.")
    editing.refuse_if_changed(seen, marked(known))
    return session.execute(select(Skill).where(Skill.id == skill_id)).scalar_one()
