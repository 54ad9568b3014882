"""What people said of judgements, and the models that learned from it: nothing here can be run, only read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id

STATES = ("shadow", "live", "retired")
_LIVE = sql("state = 'live'")


class Correction(BrandRow, Base):
    """One click on one field of one mention. Rows are only added; `stands` says which of a field counts now."""

    __tablename__ = "correction"
    __table_args__ = (
        UniqueConstraint("brand_id", "id"),
        ForeignKeyConstraint(["brand_id", "mention_id"], ["mention.brand_id", "mention.id"]),
        ForeignKeyConstraint(["brand_id", "member_id"], ["membership.brand_id", "membership.member_id"]),
        Index("ix_correction_standing", "brand_id", "id", sqlite_where=sql("stands"), postgresql_where=sql("stands")),
        Index(
            "uq_correction_standing",
            "brand_id",
            "mention_id",
            "field",
            unique=True,
            sqlite_where=sql("stands"),
            postgresql_where=sql("stands"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mention_id: Mapped[int] = mapped_column(Id)
    member_id: Mapped[int | None] = mapped_column(Id, comment="null: the house, because the text is another now")
    field: Mapped[str] = mapped_column(String(20))
    was: Mapped[str] = mapped_column(String(80), comment="what the house had judged, whoever corrected it before")
    now: Mapped[str | None] = mapped_column(String(80), comment="what it is; null takes back what was said before")
    stands: Mapped[bool]
    language: Mapped[str] = mapped_column(String(8), comment="of the mention, as it is judged then")
    version: Mapped[str] = mapped_column(String(60), comment="of the judgement that was corrected")
    at: Mapped[datetime]


class TaughtModel(BrandRow, Base):
    """What a brand's corrections taught: arrays and JSON, how it was tried, and when it judged."""

    __tablename__ = "taught_model"
    __table_args__ = (
        UniqueConstraint("brand_id", "version"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("uq_taught_model_live", "brand_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_taught_model_newest", "brand_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    version: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(8))
    model: Mapped[bytes] = mapped_column(LargeBinary, comment="as Taught.to_bytes writes it")
    mentions: Mapped[int] = mapped_column(comment="corrected mentions that it learned from")
    learned_until: Mapped[int] = mapped_column(Id, comment="the newest correction that it learned from")
    seen_until: Mapped[int] = mapped_column(Id, comment="the newest correction on which it was tried")
    record: Mapped[dict[str, Any]] = mapped_column(comment="per question: rows, share right, calibration error")
    trial: Mapped[dict[str, Any]] = mapped_column(comment="how it did beside the live one on what neither had learned")
    made_at: Mapped[datetime]
    live_since: Mapped[datetime | None]
    live_until: Mapped[datetime | None]
    replaced: Mapped[str | None] = mapped_column(String(40), comment="the version before it; null: our own examples")
    taken_back_by: Mapped[int | None] = mapped_column(Id)


class SeedModel(Base):
    """What our own examples taught, once for each version of them: it judges where a brand has no model yet."""

    __tablename__ = "seed_model"

    key: Mapped[str] = mapped_column(String(64), primary_key=True, comment="a digest of the examples and the rules")
    version: Mapped[str] = mapped_column(String(40))
    model: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
