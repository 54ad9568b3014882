"""What the ears have counted: mentions by day and by hour, so that no page ever counts them again."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id


class HeardDay(BrandRow, Base):
    """What was heard on one day (UTC, by when it reached us) in one language, on one topic and network."""

    __tablename__ = "heard_day"

    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    mentions: Mapped[int]
    asking: Mapped[int] = mapped_column(comment="mentions that need a reply")
    positive: Mapped[int]
    neutral: Mapped[int]
    negative: Mapped[int]


class HeardHour(BrandRow, Base):
    """The same mentions by the hour of their day."""

    __tablename__ = "heard_hour"
    __table_args__ = (CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),)

    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    mentions: Mapped[int]
