"""What we remember of the brand's accounts on networks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
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
