"""What we remember of a brand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Id


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
