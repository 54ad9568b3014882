"""What we remember of members, their roles in brands, and their sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
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
    browser: Mapped[str | None] = mapped_column(String(60), comment="its family and system, as in Firefox on Android")


class KnownBrowser(Base):
    """A browser in which a member has signed in before: strangers' failures elsewhere never stop it."""

    __tablename__ = "known_browser"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, ForeignKey("member.id"), primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime]


class Ticket(Base):
    """A single-use link or cookie that opens one thing for a short time."""

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint("purpose IN ('way_in', 'second_factor')", name="purpose"),
        Index("ix_ticket_member", "member_id", "purpose"),
        Index("ix_ticket_expires", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, ForeignKey("member.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WayInAsk(Base):
    """Somebody asked for a link by mail; whether the address is a member's is looked up later, out of their sight."""

    __tablename__ = "way_in_ask"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime]


class SecondFactor(Base):
    """A member's authenticator app; it counts once a first code has confirmed it."""

    __tablename__ = "second_factor"

    member_id: Mapped[int] = mapped_column(Id, ForeignKey("member.id"), primary_key=True, autoincrement=False)
    sealed: Mapped[str] = mapped_column(Sealed, comment="the shared secret, encrypted")
    started_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(
        Id, comment="the newest half minute whose code was taken: none is taken twice"
    )


class RecoveryCode(Base):
    """A word that stands in for the authenticator app, once."""

    __tablename__ = "recovery_code"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, ForeignKey("member.id"), index=True)
    used_at: Mapped[datetime | None]


class Invitation(BrandRow, Base):
    """A link by which one person may take a role in a brand, once, within a week."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("brand_id", "id"),
        UniqueConstraint("token_hash"),
        CheckConstraint("role IN ('advocate', 'moderator', 'manager')", name="role"),
        CheckConstraint("(accepted_at IS NULL) = (member_id IS NULL)", name="accepted"),
        CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", name="one_end"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    email: Mapped[str] = mapped_column(String(254), comment="lower case; the link is good for this address alone")
    role: Mapped[str] = mapped_column(String(10))
    languages: Mapped[list[Any]]
    topics: Mapped[list[Any]]
    token_hash: Mapped[str] = mapped_column(String(64))
    invited_by: Mapped[int | None] = mapped_column(Id, ForeignKey("member.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    member_id: Mapped[int | None] = mapped_column(Id, ForeignKey("member.id"), comment="who accepted it")
    revoked_at: Mapped[datetime | None]


class Preference(BrandRow, Base):
    """What a member asks not to be offered in a brand for now; it narrows what a manager gave, and never widens it."""

    __tablename__ = "preference"
    __table_args__ = (ForeignKeyConstraint(["brand_id", "member_id"], ["membership.brand_id", "membership.member_id"]),)

    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    languages_off: Mapped[list[Any]]
    topics_off: Mapped[list[Any]]
    paused_until: Mapped[datetime | None] = mapped_column(comment="nothing is offered before this moment")
    updated_at: Mapped[datetime]
