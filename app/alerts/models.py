"""What we remember of alerts: each one, what people want to be told, and what the watch has seen and said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.alerts.rules.kinds import KINDS
from app.alerts.rules.timing import DIGESTS
from app.kernel.db import Base, BrandRow, Id


def _member() -> ForeignKeyConstraint:
    """A link to somebody who has (or had) a role in this very brand."""
    return ForeignKeyConstraint(["brand_id", "member_id"], ["membership.brand_id", "membership.member_id"])


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Alert(BrandRow, Base):
    """One thing that one member should know. It says what kind of thing and where, never in whose words."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("brand_id", "member_id", "kind", "subject_id", "version"),
        _member(),
        ForeignKeyConstraint(["brand_id", "case_id"], ["case.brand_id", "case.id"]),
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in sorted(KINDS))})", name="kind"),
        CheckConstraint("read_at IS NULL OR mail_after IS NULL", name="read"),
        Index("ix_alert_member", "brand_id", "member_id", "id"),
        Index("ix_alert_unread", "brand_id", "member_id", "id", **_where("read_at IS NULL")),
        Index("ix_alert_mail", "mail_after", **_where("mail_after IS NOT NULL")),
        Index("ix_alert_kept", "kept_until"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[int] = mapped_column(Id, comment="what it is about, of the sort that its kind speaks of")
    version: Mapped[int] = mapped_column(comment="tells two occasions with the same subject apart")
    case_id: Mapped[int | None] = mapped_column(Id, comment="where it leads, when it is one case")
    count: Mapped[int] = mapped_column(comment="how many things a gathered alert speaks of")
    detail: Mapped[str] = mapped_column(String(12), comment="the verdict, or another word of a fixed list")
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mail_after: Mapped[datetime | None] = mapped_column(comment="a mail about it may leave then; none is to when empty")
    mailed_at: Mapped[datetime | None]
    kept_until: Mapped[datetime]


class AlertWish(BrandRow, Base):
    """What a member of a brand wants to be told, how and when; its id is the name in links that stop mails."""

    __tablename__ = "alert_wish"
    __table_args__ = (
        UniqueConstraint("brand_id", "member_id"),
        _member(),
        CheckConstraint(f"digest IN ({', '.join(map(repr, DIGESTS))})", name="digest"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(Id)
    ways: Mapped[dict[str, Any]] = mapped_column(comment="kind to way, where it is not the kind's own")
    digest: Mapped[str] = mapped_column(String(8))
    quiet_from: Mapped[int] = mapped_column(comment="minutes of the day")
    quiet_to: Mapped[int]
    zone: Mapped[str] = mapped_column(String(40))
    paused_until: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class Noticed(BrandRow, Base):
    """The watch saw something that waits, for the first time: what came since somebody was told is told apart by it."""

    __tablename__ = "alert_noticed"

    brand_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    subject_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)


class Told(BrandRow, Base):
    """When a member was last told of a gathered kind."""

    __tablename__ = "alert_told"
    __table_args__ = (_member(),)

    brand_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    at: Mapped[datetime]
