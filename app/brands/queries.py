"""What we show of brands: their policy, their skills, and what they tell the people who answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from sqlalchemy import case, func, or_, select

from app.brands import order_forms
from app.brands.models import Brand, BrandFact, ShortAnswer, Skill, SkillHolder
from app.brands.rules import Policy
from app.kernel import clock
from app.kernel.db import session
from app.kernel.errors import NotFoundError

MOST_BESIDE = 20
"""Facts, or short answers, that stand beside one editor."""
KINDS: dict[str, type[BrandFact]] = {"fact": BrandFact, "answer": cast("type[BrandFact]", ShortAnswer)}
"""The two kinds of what the brand tells its people; their tables have the same columns."""


@dataclass(frozen=True, slots=True)
class BrandView:
    """A brand as other rooms see it."""

    id: int
    handle: str
    name: str
    languages: tuple[str, ...]
    regions: tuple[str, ...]
    policy: Policy
    handles: tuple[str, ...] = ()
    """Further handles, besides `handle`."""
    topic_names: dict[str, str] = field(default_factory=dict)
    """What the brand calls the topics that it renamed."""
    looked_over: bool = True
    """Whether a manager has saved the brand's profile since it was founded."""
    order_forms: tuple[str, ...] = ()
    """How it writes its order numbers, see `order_forms.checked`."""
    skill_names: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Topic and name of each of its skills, by its id."""

    @property
    def order_pattern(self) -> str | None:
        """The regular expression by which its order numbers are found."""
        return order_forms.pattern(self.order_forms)


@dataclass(frozen=True, slots=True)
class SkillView:
    """A part of a topic, told by its words, and the members who have it."""

    id: int
    topic: str
    name: str
    keywords: tuple[str, ...]
    member_ids: frozenset[int] = frozenset()
    examples: tuple[str, ...] = ()
    """Questions that ask for it."""


@dataclass(frozen=True, slots=True)
class KnowledgeView:
    """A brand fact or a short answer. `topic` None: of use whatever the topic."""

    kind: str
    """fact or answer."""
    id: int
    title: str
    text: str
    topic: str | None
    language: str
    link: str | None
    valid_until: date | None
    updated_by: int | None
    updated_at: datetime


def _view(row: Brand) -> BrandView:
    return BrandView(
        row.id,
        row.handle,
        row.name,
        tuple(row.languages),
        tuple(row.regions),
        Policy.of(row.policy),
        tuple(row.handles or ()),
        dict(row.topic_names or {}),
        row.handles is not None,
        tuple(row.order_forms or ()),
        {int(skill_id): (topic, name) for skill_id, (topic, name) in (row.skill_names or {}).items()},
    )


def brand(brand_id: int) -> BrandView:
    """The brand with this id.

    Raises:
        NotFoundError: there is none.

    """
    row = session.get(Brand, brand_id)
    if row is None:
        raise NotFoundError("There is no such brand.")
    return _view(row)


def by_handle(handle: str) -> BrandView | None:
    """The brand with this handle, whatever its case and with or without @."""
    row = session.execute(select(Brand).where(func.lower(Brand.handle) == handle.lstrip("@").lower())).scalar()
    return _view(row) if row else None


def these(brand_ids: Iterable[int]) -> tuple[BrandView, ...]:
    """These brands, by name, in one question."""
    rows = session.execute(select(Brand).where(Brand.id.in_(set(brand_ids))).order_by(Brand.name)).scalars()
    return tuple(_view(row) for row in rows)


def all_brands() -> tuple[BrandView, ...]:
    """Every brand of the house, by name."""
    return tuple(_view(row) for row in session.execute(select(Brand).order_by(Brand.name)).scalars())


def skills() -> tuple[SkillView, ...]:
    """The skills of the brand in scope, by topic and name, with who has each."""
    holders: dict[int, set[int]] = {}
    for skill_id, member_id in session.execute(select(SkillHolder.skill_id, SkillHolder.member_id)):
        holders.setdefault(skill_id, set()).add(member_id)
    rows = session.execute(select(Skill).order_by(Skill.topic, Skill.name, Skill.id)).scalars()
    return tuple(
        SkillView(
            row.id,
            row.topic,
            row.name,
            tuple(row.keywords),
            frozenset(holders.get(row.id, ())),
            tuple(row.examples or ()),
        )
        for row in rows
    )


def skill_words() -> tuple[SkillView, ...]:
    """The skills of the brand in scope without who has them: what judging needs, in one question."""
    rows = session.execute(select(Skill).order_by(Skill.topic, Skill.name, Skill.id)).scalars()
    return tuple(
        SkillView(row.id, row.topic, row.name, tuple(row.keywords), examples=tuple(row.examples or ())) for row in rows
    )


def skills_of(member_id: int) -> frozenset[int]:
    """Ids of the skills that a member has."""
    return frozenset(session.execute(select(SkillHolder.skill_id).where(SkillHolder.member_id == member_id)).scalars())


def facts(topic: str, language: str, usual: str) -> tuple[KnowledgeView, ...]:
    """Brand facts for an answer on this topic in this language, the most fitting first, at most MOST_BESIDE.

    Those of the topic come before those for every topic, those in the language before those in the brand's `usual` one;
    what is no longer true is left out. A language that could not be told ("und") brings the usual one.
    """
    return _beside("fact", topic, language, usual)


def short_answers(topic: str, language: str, usual: str) -> tuple[KnowledgeView, ...]:
    """Short answers to start from, chosen and ordered as `facts` are."""
    return _beside("answer", topic, language, usual)


def knowledge(
    kind: str, *, topic: str | None = None, language: str | None = None, before: int | None = None, limit: int = 200
) -> tuple[KnowledgeView, ...]:
    """Facts ("fact") or short answers ("answer") of the brand in scope, the newest first, also those that ran out.

    `before` is the id after which to go on.
    """
    table = KINDS[kind]
    statement = select(table).order_by(table.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(table.id < before)
    if topic:
        statement = statement.where(table.topic == topic)
    if language:
        statement = statement.where(table.language == language)
    return tuple(_knowledge_view(kind, row) for row in session.execute(statement).scalars())


def known(kind: str, row_id: int) -> KnowledgeView:
    """One fact or short answer of the brand in scope.

    Raises:
        NotFoundError: there is none.

    """
    table = KINDS[kind]
    row = session.execute(select(table).where(table.id == row_id)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such entry. It may have been removed.")
    return _knowledge_view(kind, row)


def has_knowledge() -> bool:
    """Whether the brand in scope has told its people anything yet."""
    return any(session.execute(select(table.id).limit(1)).scalar() is not None for table in KINDS.values())


def _beside(kind: str, topic: str, language: str, usual: str) -> tuple[KnowledgeView, ...]:
    table = KINDS[kind]
    rows = session.execute(
        select(table)
        .where(
            table.language.in_({language, usual}),
            or_(table.topic.is_(None), table.topic == topic),
            or_(table.valid_until.is_(None), table.valid_until >= clock.now().date()),
        )
        .order_by(case((table.language == language, 0), else_=1), case((table.topic == topic, 0), else_=1), table.title)
        .limit(MOST_BESIDE)
    ).scalars()
    return tuple(_knowledge_view(kind, row) for row in rows)


def _knowledge_view(kind: str, row: BrandFact) -> KnowledgeView:
    return KnowledgeView(
        kind,
        row.id,
        row.title,
        row.text,
        row.topic,
        row.language,
        row.link,
        row.valid_until,
        row.updated_by,
        row.updated_at,
    )
