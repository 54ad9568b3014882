"""What we remember of customers: as little as answering them takes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id


class Customer(BrandRow, Base):
    """The person outside, as one brand knows them."""

    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("brand_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    first_heard_at: Mapped[datetime]


class Identity(BrandRow, Base):
    """That person on one network."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("brand_id", "channel", "external_id"),
        ForeignKeyConstraint(["brand_id", "customer_id"], ["customer.brand_id", "customer.id"]),
        Index("ix_identity_customer", "brand_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    external_id: Mapped[str] = mapped_column(String(80))
    handle: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    followers: Mapped[int] = mapped_column(default=0)
