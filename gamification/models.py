"""What the scorekeeper remembers: books, transactions and entries that are added to and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id

BOOKS = ("issuance", "pending", "vested", "forfeit")
KINDS = ("award", "thanks", "vest", "reversal")


def _of(table: str, column: str) -> ForeignKeyConstraint:
    """A link that cannot cross brands."""
    return ForeignKeyConstraint(["brand_id", column], [f"{table}.brand_id", f"{table}.id"])


class Book(BrandRow, Base):
    """One side of the double entry: the brand's issuance and forfeits, each member's pending and vested points.

    `balance` repeats the sum of the entries, kept in the same transaction; `ledger.first_wrong_book` proves it.
    """

    __tablename__ = "book"
    __table_args__ = (
        UniqueConstraint("brand_id", "kind", "member_id"),
        UniqueConstraint("brand_id", "id"),
        CheckConstraint(f"kind IN {BOOKS}", name="kind"),
        CheckConstraint("(member_id = 0) = (kind IN ('issuance', 'forfeit'))", name="owner"),
        Index("ix_book_board", "brand_id", "kind", "balance"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    kind: Mapped[str] = mapped_column(String(10))
    member_id: Mapped[int] = mapped_column(Id, comment="0 for the brand's own books")
    balance: Mapped[int] = mapped_column(Id, default=0)


class Txn(BrandRow, Base):
    """One movement of points, with its cause, its rule and the numbers that made it. Never changed, never deleted."""

    __tablename__ = "point_txn"
    __table_args__ = (
        UniqueConstraint("brand_id", "idem_key"),
        UniqueConstraint("brand_id", "reverses"),
        UniqueConstraint("brand_id", "id"),
        _of("point_txn", "reverses"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="reverses"),
        Index("ix_point_txn_member", "brand_id", "member_id", "id"),
        Index("ix_point_txn_source", "brand_id", "source_type", "source_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(10))
    idem_key: Mapped[str] = mapped_column(String(64))
    source_type: Mapped[str] = mapped_column(String(12), comment="reply")
    source_id: Mapped[int] = mapped_column(Id)
    customer_id: Mapped[int | None] = mapped_column(Id)
    rule_version: Mapped[str] = mapped_column(String(20))
    reverses: Mapped[int | None] = mapped_column(Id)
    points: Mapped[int] = mapped_column(comment="what moved, as shown to people; negative in a reversal")
    before_caps: Mapped[int] = mapped_column(comment="what the rule gave before the day's cap")
    why: Mapped[dict[str, Any]] = mapped_column(comment="the factors, frozen")
    at: Mapped[datetime]


class Entry(BrandRow, Base):
    """One line of a transaction; the lines of a transaction sum to zero. Never changed, never deleted."""

    __tablename__ = "point_entry"
    __table_args__ = (
        _of("point_txn", "txn_id"),
        _of("book", "book_id"),
        Index("ix_point_entry_txn", "brand_id", "txn_id"),
        Index("ix_point_entry_book", "brand_id", "book_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    txn_id: Mapped[int] = mapped_column(Id)
    book_id: Mapped[int] = mapped_column(Id)
    amount: Mapped[int] = mapped_column(Id)


class Vesting(BrandRow, Base):
    """A part of an award that waits to become the member's own."""

    __tablename__ = "vesting"
    __table_args__ = (
        UniqueConstraint("brand_id", "txn_id", "part"),
        _of("point_txn", "txn_id"),
        CheckConstraint("state IN ('waiting', 'vested', 'void')", name="state"),
        Index(
            "ix_vesting_due",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_vesting_txn", "brand_id", "txn_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    txn_id: Mapped[int] = mapped_column(Id)
    part: Mapped[int]
    points: Mapped[int]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="waiting")


class Week(BrandRow, Base):
    """By how much a member's points changed in one week: what boards over time are read from, never counted anew."""

    __tablename__ = "point_week"

    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False)
    week: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="see rules.seasons")
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    points: Mapped[int] = mapped_column(default=0)
