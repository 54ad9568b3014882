"""What we remember of a brand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id


class Brand(Base):
    """The tenant; every row that is not global carries its id as `brand_id`."""

    __tablename__ = "brand"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    handle: Mapped[str] = mapped_column(String(40), unique=True, comment="as written on the networks, without @")
    name: Mapped[str] = mapped_column(String(80))
    languages: Mapped[list[Any]] = mapped_column(comment="ISO codes, the usual one first")
    regions: Mapped[list[Any]] = mapped_column(comment="ISO countries whose phone numbers and ids are recognised")
    policy: Mapped[dict[str, Any]] = mapped_column(comment="what differs from brands.rules.Policy's defaults")
    created_at: Mapped[datetime]
    handles: Mapped[list[Any] | None] = mapped_column(comment="further ones; null: nobody looked the profile over")
    topic_names: Mapped[dict[str, Any] | None] = mapped_column(comment="what the brand calls the topics it renamed")
    skill_names: Mapped[dict[str, Any] | None] = mapped_column(
        comment="topic and name of each skill by its id, for pages"
    )
    order_forms: Mapped[list[Any] | None] = mapped_column(comment="masks of its order numbers: # digit, ? letter")


class Skill(BrandRow, Base):
    """A part of a topic that some people know better than others, told by its words."""

    __tablename__ = "skill"
    __table_args__ = (UniqueConstraint("brand_id", "id"), UniqueConstraint("brand_id", "topic", "name"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    topic: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    keywords: Mapped[list[Any]] = mapped_column(comment="words and phrases, any of which tells the skill")
    examples: Mapped[list[Any] | None] = mapped_column(comment="questions that ask for it")


class SkillHolder(BrandRow, Base):
    """A member who has a skill."""

    __tablename__ = "skill_holder"
    __table_args__ = (
        ForeignKeyConstraint(["brand_id", "skill_id"], ["skill.brand_id", "skill.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["brand_id", "member_id"], ["membership.brand_id", "membership.member_id"]),
        Index("ix_skill_holder_member", "brand_id", "member_id"),
    )

    skill_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)


class _Knowledge:
    """What the brand tells the people who answer: on one topic or on all, in one language, for a while or for good."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(String(20), comment="null: of use whatever the topic")
    language: Mapped[str] = mapped_column(String(8))
    link: Mapped[str | None] = mapped_column(String(300))
    valid_until: Mapped[date | None] = mapped_column(comment="the last day on which it is true")
    updated_by: Mapped[int | None] = mapped_column(Id, comment="null: the house itself")
    updated_at: Mapped[datetime]


class BrandFact(_Knowledge, BrandRow, Base):
    """Something that is true of the brand and that an answer may lean on."""

    __tablename__ = "brand_fact"
    __table_args__ = (Index("ix_brand_fact_place", "brand_id", "language", "topic"),)


class ShortAnswer(_Knowledge, BrandRow, Base):
    """Words to start an answer from; whoever answers makes them their own."""

    __tablename__ = "short_answer"
    __table_args__ = (Index("ix_short_answer_place", "brand_id", "language", "topic"),)
