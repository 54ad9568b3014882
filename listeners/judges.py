"""Who judges a brand now: the rules, its live model or our own examples, and what people said of like texts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import func, select

from app.brands import queries as brands
from app.brands.queries import BrandView, SkillView
from app.kernel.db import current_brand, session
from listeners import private
from listeners.corrected import Correction, SeedModel, TaughtModel
from listeners.models import Mention
from listeners.rules import privacy
from listeners.rules.assessment import ASSESSMENT_VERSION, assess
from listeners.rules.correcting import NONE, Said, corrected, followed, holds_too, said
from listeners.rules.finding import how_of
from listeners.rules.linear import Taught
from listeners.rules.outcome import outcome
from listeners.rules.remembering import Corrected, Memory
from listeners.rules.skill import Example, Skills

MOST_REMEMBERED: Final = 4000
"""Corrections, the newest, that are remembered word by word; older ones speak through the model."""
MOST_KEPT: Final = 16
"""Models and memories that a process holds at once."""
MOST_READ: Final = 10_000
MOST_TOLD: Final = 2_000
"""So much of a text tells its skill."""
log = structlog.get_logger()
NOBODY: Final = Memory({}, {})
NO_SKILLS: Final = Skills({}, {}, {}, {})
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one brand's texts, all of them by the same model and the same corrections."""

    brand: BrandView
    taught: Taught | None
    memory: Memory = NOBODY
    skills: Skills = NO_SKILLS

    @property
    def version(self) -> str:
        """What an assessment by this judge says of who made it."""
        return f"{ASSESSMENT_VERSION}+{self.taught.version}" if self.taught else ASSESSMENT_VERSION

    def columns(self, text: str, *, is_follow_up: bool, mention_id: int | None = None) -> dict[str, Any]:
        """The columns of one assessment. Only a follow-up has an outcome: a first post cannot thank for an answer.

        What people said of nearly the same text holds for this one too, see `holds_too`; `mention_id` is the text's
        own mention, which is never like itself.
        """
        brand = self.brand
        handles = (brand.handle, *brand.handles)
        found = assess(
            text,
            languages=brand.languages,
            regions=brand.regions,
            handles=handles,
            order_pattern=brand.order_pattern,
            taught=self.taught,
        )
        detail = found.to_json() | {"outcome": "none"}
        if is_follow_up:
            turned_out = outcome(text, brand.languages)
            detail["outcome"] = turned_out.value
            detail["how"]["outcome"] = list(how_of(turned_out))
            if turned_out.reasons:
                detail.setdefault("reasons", {})["outcome"] = list(turned_out.reasons)
        plain = privacy.mask(text[:MOST_READ], found.private)
        told = self.skills.tell(plain[:MOST_TOLD], found.sure.get("topic") or {found.topic: 1.0})
        skill = {
            "skill": told.skill_id,
            "skill_guesses": [[*guess[:3], list(guess.words)] for guess in told.guesses],
        }
        columns = {
            "language": found.language,
            "language_uncertain": found.language_uncertain,
            "sentiment": found.sentiment,
            "mood": found.mood,
            "intent": found.intent,
            "anger": found.anger,
            "urgency": found.urgency,
            "topic": found.topic,
            "expertise": found.expertise,
            "account_specific": found.account_specific,
            "must_staff": found.must_staff,
            "needs_reply": found.needs_reply,
            "version": found.version,
            "detail": detail | skill,
        }
        near = self.memory.near(plain) if self.memory.texts else []
        others = [pair for pair in near if pair[0].mention_id != mention_id]
        return self._as_of_near(columns, others, frozenset() if is_follow_up else frozenset({"outcome"}))

    def _is_gone(self, one: Said) -> bool:
        """Whether a person named a skill that the brand has not any more."""
        return one.field == "skill" and one.now != NONE and int(one.now) not in self.skills.topics

    def _as_of_near(
        self, columns: dict[str, Any], near: Sequence[tuple[Corrected, float]], apart: frozenset[str]
    ) -> dict[str, Any]:
        """With what people said of nearly the same texts; the nearest speaks first, and each field once.

        `apart` are fields that are no matter of this text.
        """
        bar, spoken = self.brand.policy.suggest_bar, dict[str, dict[str, Any]]()
        by_itself = columns
        for text, nearness in near:
            for one in text.said:
                judged = said(one.field, columns, bar)
                silent = one.field in spoken or one.field in apart or self._is_gone(one)
                now = None if silent else holds_too(one, judged, nearness)
                if now is not None:
                    columns = corrected(columns, one.field, now, self.brand.languages)
                    spoken[one.field] = {
                        "mention": one.mention_id,
                        "by": one.member_id,
                        "was": judged,
                        "near": round(nearness, 2),
                    }
        if spoken:
            columns = followed(by_itself, columns, self.brand.languages, is_told="route" in spoken)
            columns["detail"]["like"] = spoken
        return columns


def judge_of(brand: BrandView) -> Judge:
    """Who judges this brand's mentions in this moment. Asks the database two small questions; models are kept."""
    own = Correction.brand_id == brand.id
    newest = select(Correction.at).where(own).order_by(Correction.id.desc()).limit(1)
    live, corrected_until, at, seed = session.execute(
        select(
            select(TaughtModel.version)
            .where(TaughtModel.brand_id == brand.id, TaughtModel.state == "live")
            .scalar_subquery(),
            select(func.max(Correction.id)).where(own).scalar_subquery(),
            newest.scalar_subquery(),
            select(SeedModel.key).order_by(SeedModel.made_at.desc()).limit(1).scalar_subquery(),
        )
    ).one()
    memory = _memory(brand, corrected_until, at)
    return Judge(brand, _live(live) if live else _seedling(seed), memory, _skills(brands.skill_words(), _told(memory)))


def _told(memory: Memory) -> tuple[Example, ...]:
    """The texts of which people said what skill they ask for."""
    said = ((one, text.text) for text in memory.texts.values() for one in text.said if one.field == "skill")
    return tuple(Example(int(one.now), text[:MOST_TOLD]) for one, text in said if one.now != NONE)


@lru_cache(maxsize=MOST_KEPT)
def _skills(every: tuple[SkillView, ...], told: tuple[Example, ...]) -> Skills:
    written = (Example(skill.id, example) for skill in every for example in skill.examples)
    return Skills.of(((skill.id, skill.topic, skill.keywords) for skill in every), (*written, *told))


def live_model() -> Taught | None:
    """The brand's live model, or what our own examples taught; None where neither is there, or can be read."""
    live = select(TaughtModel.version).where(TaughtModel.brand_id == current_brand(), TaughtModel.state == "live")
    version = session.execute(live).scalar()
    if version is not None:
        return _live(version)
    return _seedling(session.execute(select(SeedModel.key).order_by(SeedModel.made_at.desc()).limit(1)).scalar())


_models: OrderedDict[str, Taught | None] = OrderedDict()
_memories: OrderedDict[int, tuple[tuple[int | None, datetime | None], Memory]] = OrderedDict()


def _live(version: str) -> Taught | None:
    key = f"{current_brand()} {version}"
    if key not in _models:
        statement = select(TaughtModel.model).where(TaughtModel.version == version)
        _models[key] = _read(session.execute(statement).scalar_one(), version)
    return _kept(_models, key)


def _seedling(key: str | None) -> Taught | None:
    if key is None:
        return None
    if key not in _models:
        stored = session.execute(select(SeedModel.model).where(SeedModel.key == key)).scalar_one()
        _models[key] = _read(stored, key)
    return _kept(_models, key)


def _read(stored: bytes, name: str) -> Taught | None:
    """A stored model; None for one in a form of an earlier release: the rules judge until there is a new one."""
    try:
        return Taught.from_bytes(stored)
    except ValueError as error:
        log.warning("a stored model cannot be read", model=name, error=str(error))
        return None


def _memory(brand: BrandView, newest: int | None, at: datetime | None) -> Memory:
    """What is remembered up to this correction; read again when there is a newer one."""
    if newest is None:
        return NOBODY
    known = _memories.get(brand.id)
    if known is None or known[0] != (newest, at):
        _memories[brand.id] = (newest, at), Memory.of(corrected_texts(brand, MOST_REMEMBERED))
    return _kept(_memories, brand.id)[1]


def corrected_texts(brand: BrandView, limit: int) -> list[Corrected]:
    """The texts that the newest standing corrections speak of, the newest first, their private data masked."""
    rows = session.execute(
        select(
            Correction.id,
            Correction.mention_id,
            Correction.member_id,
            Correction.field,
            Correction.was,
            Correction.now,
            Mention.text,
        )
        .join(Mention, Mention.id == Correction.mention_id)
        .where(Correction.stands, Correction.brand_id == brand.id, Mention.gone_at.is_(None))
        .order_by(Correction.id.desc())
        .limit(limit)
    )
    texts: dict[int, str] = {}
    every: dict[int, list[Said]] = {}
    for row in rows:
        if row.mention_id not in texts:
            texts[row.mention_id] = private.masked(row.text[:MOST_READ], brand)
        one = Said(row.id, row.mention_id, row.member_id or 0, row.field, row.was, row.now or "")
        every.setdefault(row.mention_id, []).append(one)
    return [Corrected(mention_id, text, tuple(every[mention_id])) for mention_id, text in texts.items()]


def _kept(cache: OrderedDict[Key, Value], key: Key) -> Value:
    """The entry, as the one that was used last; the one that was not used for longest goes."""
    cache.move_to_end(key)
    while len(cache) > MOST_KEPT:
        cache.popitem(last=False)
    return cache[key]
