"""What the desk has counted: promises and how they ended, and by day what was answered, how fast, and by whom."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id

ANSWERED_AS = ("advocates", "staff", "outside", "taken_down")
"""Who answered; `outside` is the brand's account without us, and an answer taken down is none any more."""


class Waited:
    """Answers by how long they were waited for: the spans of desk.rules.waiting."""

    up_to_5: Mapped[int]
    up_to_10: Mapped[int]
    up_to_15: Mapped[int]
    up_to_30: Mapped[int]
    up_to_60: Mapped[int]
    up_to_120: Mapped[int]
    up_to_240: Mapped[int]
    up_to_480: Mapped[int]
    up_to_1440: Mapped[int]
    longer: Mapped[int]


class Promise(BrandRow, Base):
    """One promise to a customer and the answer that ended it. Until then the case itself holds it."""

    __tablename__ = "promise"
    __table_args__ = (
        UniqueConstraint("brand_id", "reply_id"),
        ForeignKeyConstraint(["brand_id", "case_id"], ["case.brand_id", "case.id"]),
        ForeignKeyConstraint(["brand_id", "reply_id"], ["reply.brand_id", "reply.id"]),
        CheckConstraint(f"answered_as IN {ANSWERED_AS}", name="answered_as"),
        Index("ix_promise_case", "brand_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(Id)
    reply_id: Mapped[int | None] = mapped_column(Id, comment="null when it was answered outside")
    author_id: Mapped[int | None] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(8))
    topic: Mapped[str] = mapped_column(String(20))
    offered_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime]
    answered_as: Mapped[str] = mapped_column(String(10))
    thanked_at: Mapped[dt.datetime | None] = mapped_column(comment="when the customer first said that it helped")


class PromiseDay(Waited, BrandRow, Base):
    """Ended promises of one day (UTC, by when the question reached us), by who answered."""

    __tablename__ = "promise_day"

    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    answered_as: Mapped[str] = mapped_column(String(10), primary_key=True)
    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    answers: Mapped[int]
    kept: Mapped[int] = mapped_column(comment="answered before the promise was up")


class AuthorDay(Waited, BrandRow, Base):
    """What one member wrote that was judged or went public on one day (UTC)."""

    __tablename__ = "author_day"
    __table_args__ = (
        ForeignKeyConstraint(["brand_id", "member_id"], ["membership.brand_id", "membership.member_id"]),
        Index("ix_author_day_member", "brand_id", "member_id", "day"),
    )

    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    published: Mapped[int]
    taken_down: Mapped[int]
    thanked: Mapped[int] = mapped_column(comment="published answers that at least one thanks came for")
    approved: Mapped[int]
    edited: Mapped[int] = mapped_column(comment="approved with an edit of the moderator")
    returned: Mapped[int]
    rejected: Mapped[int]
