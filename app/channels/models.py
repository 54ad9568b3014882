"""What we remember of the brand's accounts on networks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.db import Base, BrandRow, Id


class Account(BrandRow, Base):
    """One account of a brand on one network. `archive` accounts are heard from files and cannot speak."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("brand_id", "channel", "external_id"),
        UniqueConstraint("brand_id", "id"),
        CheckConstraint("state IN ('connected', 'signed_out', 'archive')", name="state"),
        Index(
            "ux_account_speaks",
            "channel",
            "external_id",
            unique=True,
            sqlite_where=text("state = 'connected'"),
            postgresql_where=text("state = 'connected'"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    channel: Mapped[str] = mapped_column(String(12))
    external_id: Mapped[str] = mapped_column(String(80))
    handle: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(12))
    base_url: Mapped[str | None] = mapped_column(String(200), comment="another host than the network's own")
    credentials: Mapped[str | None] = mapped_column(Sealed, comment="sealed, see kernel.crypto")
    connected_at: Mapped[datetime]
    keys_at: Mapped[datetime | None] = mapped_column(
        comment="when a manager last gave it keys; empty: never, it is an archive"
    )
    renewed_at: Mapped[datetime | None] = mapped_column(comment="when the network last renewed its keys by itself")


class Consent(BrandRow, Base):
    """A member's question to a network whether the brand may use an account there: answered once, and soon over."""

    __tablename__ = "consent"
    __table_args__ = (
        ForeignKeyConstraint(["brand_id", "member_id"], ["membership.brand_id", "membership.member_id"]),
        Index("ix_consent_ends", "ends_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    member_id: Mapped[int] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(
        String(64), unique=True, comment="of the word that comes back with the answer"
    )
    held: Mapped[str | None] = mapped_column(Sealed, comment="sealed: what the next step needs; gone once it is taken")
    ends_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Budget(BrandRow, Base):
    """What is left of one allowance of an account: calls of a kind, within a span that begins anew when it is over."""

    __tablename__ = "budget"
    __table_args__ = (
        ForeignKeyConstraint(["brand_id", "account_id"], ["account.brand_id", "account.id"]),
        Index("ix_budget_brand", "brand_id"),
    )

    account_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    seconds: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="length of the span; 0 is one that only the network knows"
    )
    remaining: Mapped[int] = mapped_column(comment="calls that may still be made until then")
    until: Mapped[datetime] = mapped_column(comment="when the span is over")
