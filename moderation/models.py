"""What the referee remembers: what was judged, in which words it stood then, and every verdict with its reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id


class Review(BrandRow, Base):
    """The judging of one version of a subject; the text is kept as it was handed in."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("brand_id", "subject", "subject_id", "version"),
        UniqueConstraint("brand_id", "id"),
        ForeignKeyConstraint(["brand_id", "author_id"], ["membership.brand_id", "membership.member_id"]),
        CheckConstraint("state IN ('open', 'decided', 'void')", name="state"),
        Index(
            "ix_review_open",
            "brand_id",
            "due_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(String(12), comment="reply")
    subject_id: Mapped[int] = mapped_column(Id)
    version: Mapped[int]
    author_id: Mapped[int] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8), default="open")
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    held_by: Mapped[int | None] = mapped_column(Id, comment="the moderator who is reading it")
    held_until: Mapped[datetime | None]


class Decision(BrandRow, Base):
    """One verdict. A review has at most one."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("brand_id", "review_id"),
        ForeignKeyConstraint(["brand_id", "review_id"], ["review.brand_id", "review.id"]),
        ForeignKeyConstraint(["brand_id", "member_id"], ["membership.brand_id", "membership.member_id"]),
        CheckConstraint("verdict IN ('approve', 'edit', 'return', 'reject')", name="verdict"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    review_id: Mapped[int] = mapped_column(Id)
    member_id: Mapped[int] = mapped_column(Id)
    verdict: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text, comment="what was approved, or what stood there when it was not")
    decided_at: Mapped[datetime]


class Appeal(BrandRow, Base):
    """An author asks for a second look at a rejection: once, and somebody else than the first reader decides."""

    __tablename__ = "appeal"
    __table_args__ = (
        UniqueConstraint("brand_id", "review_id"),
        ForeignKeyConstraint(["brand_id", "review_id"], ["review.brand_id", "review.id"]),
        ForeignKeyConstraint(["brand_id", "author_id"], ["membership.brand_id", "membership.member_id"]),
        ForeignKeyConstraint(["brand_id", "decided_by"], ["membership.brand_id", "membership.member_id"]),
        CheckConstraint("state IN ('open', 'upheld', 'overturned')", name="state"),
        CheckConstraint("(state = 'open') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("decided_by IS NULL OR decided_by NOT IN (author_id, judged_by)", name="other_eyes"),
        Index(
            "ix_appeal_open",
            "brand_id",
            "id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    review_id: Mapped[int] = mapped_column(Id)
    author_id: Mapped[int] = mapped_column(Id)
    judged_by: Mapped[int] = mapped_column(Id, comment="who rejected it")
    reason: Mapped[str] = mapped_column(String(500), comment="the author's")
    state: Mapped[str] = mapped_column(String(12), default="open")
    opened_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    words: Mapped[str | None] = mapped_column(String(500), comment="why it was upheld or overturned")
