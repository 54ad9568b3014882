"""What we remember of members, their roles in brands, and their sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id


class Member(Base):
    """A person with an account; what they may do is said per brand, by a Membership."""

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True, comment="lower case")
    name: Mapped[str] = mapped_column(String(80))
    alias: Mapped[str] = mapped_column(String(20), comment="signs replies in public, as in ^maya")
    password_hash: Mapped[str] = mapped_column(String(200), comment="Argon2id")
    created_at: Mapped[datetime]


class Membership(BrandRow, Base):
    """A role in a brand, with the languages and topics that the member can help with."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("brand_id", "member_id"),
        CheckConstraint("role IN ('advocate', 'moderator', 'manager')", name="role"),
        Index("ix_membership_member", "member_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    member_id: Mapped[int] = mapped_column(Id, ForeignKey("member.id"))
    role: Mapped[str] = mapped_column(String(10))
    languages: Mapped[list[Any]]
    topics: Mapped[list[Any]]
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SignIn(Base):
    """One signed-in browser, kept on our side so that it can be ended from our side at once."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_member", "member_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of the cookie's token")
    member_id: Mapped[int] = mapped_column(Id, ForeignKey("member.id"))
    brand_id: Mapped[int | None] = mapped_column(Id, ForeignKey("brand.id"), comment="the brand being looked at")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
