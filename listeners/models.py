"""What the ears remember: what was handed over, what was heard, what was set aside, and when we listened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BrandRow, Id

SET_ASIDE = ("own_post", "repost", "not_ours", "context")
"""context: somebody else's post that stands in a thread of ours, kept so that the thread reads whole."""

GAPS = ("lost", "silent", "deaf")
"""lost: the network no longer shows what was said then; silent: less was heard than can be chance; deaf: nobody
listened.
"""
_OPEN: dict[str, Any] = {"sqlite_where": text("until IS NULL"), "postgresql_where": text("until IS NULL")}


def _of(table: str, column: str) -> ForeignKeyConstraint:
    """A link that cannot cross brands."""
    return ForeignKeyConstraint(["brand_id", column], [f"{table}.brand_id", f"{table}.id"])


class Envelope(BrandRow, Base):
    """What a network handed over in one go, raw, stored before it is acknowledged, kept 30 days."""

    __tablename__ = "envelope"
    __table_args__ = (
        UniqueConstraint("brand_id", "id"),
        _of("account", "account_id"),
        Index("ix_envelope_heard_at", "heard_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    origin: Mapped[str] = mapped_column(String(12), comment="poll, stream, webhook or replay")
    raw: Mapped[str] = mapped_column(Text)
    heard_at: Mapped[datetime]


class Mention(BrandRow, Base):
    """A post about the brand, stored once."""

    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("brand_id", "channel", "external_id"),
        UniqueConstraint("brand_id", "id"),
        _of("account", "account_id"),
        Index("ix_mention_thread", "brand_id", "channel", "thread"),
        Index("ix_mention_heard", "brand_id", "heard_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    envelope_id: Mapped[int] = mapped_column(Id, comment="no foreign key: envelopes are forgotten after 30 days")
    channel: Mapped[str] = mapped_column(String(12))
    external_id: Mapped[str] = mapped_column(String(80))
    thread: Mapped[str] = mapped_column(String(80))
    in_reply_to: Mapped[str | None] = mapped_column(String(80))
    author_id: Mapped[str] = mapped_column(String(80))
    author_handle: Mapped[str] = mapped_column(String(80))
    author_name: Mapped[str] = mapped_column(String(120))
    author_followers: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    posted_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    replyable: Mapped[bool] = mapped_column(comment="whether the network lets our account answer this post")
    version: Mapped[int] = mapped_column(server_default="1", comment="1, and one more for each change by its author")
    newest_id: Mapped[str | None] = mapped_column(String(80), comment="where an edit made a new post: its id")
    gone_at: Mapped[datetime | None] = mapped_column(comment="its author deleted it; then the text is empty")


class PostChange(BrandRow, Base):
    """A post was edited or deleted by its author: kept also when it is heard before the post itself."""

    __tablename__ = "post_change"
    __table_args__ = (
        UniqueConstraint("brand_id", "channel", "external_id", "digest"),
        _of("account", "account_id"),
        CheckConstraint("state IN ('edited', 'gone')", name="state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    external_id: Mapped[str] = mapped_column(String(80), comment="of the first version, as the mention has it")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of what changed and when: the same change once")
    state: Mapped[str] = mapped_column(String(6))
    text: Mapped[str | None] = mapped_column(Text)
    newest_id: Mapped[str | None] = mapped_column(String(80))
    changed_at: Mapped[datetime] = mapped_column(comment="as the network tells it, or when we noticed")
    heard_at: Mapped[datetime]


class SetAside(BrandRow, Base):
    """A heard post that became no mention of ours, with its reason. Own posts stand in their threads from here."""

    __tablename__ = "set_aside"
    __table_args__ = (
        UniqueConstraint("brand_id", "channel", "external_id"),
        UniqueConstraint("brand_id", "id"),
        _of("account", "account_id"),
        CheckConstraint(f"reason IN {SET_ASIDE}", name="reason"),
        Index("ix_set_aside_thread", "brand_id", "channel", "thread"),
        Index("ix_set_aside_heard", "brand_id", "heard_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    external_id: Mapped[str] = mapped_column(String(80))
    thread: Mapped[str] = mapped_column(String(80))
    in_reply_to: Mapped[str | None] = mapped_column(String(80))
    author_id: Mapped[str] = mapped_column(String(80))
    author_handle: Mapped[str] = mapped_column(String(80))
    author_name: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    posted_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(12))
    gone_at: Mapped[datetime | None] = mapped_column(comment="its author deleted it; then the text is empty")


class Quarantined(BrandRow, Base):
    """An item that could not be read: kept with its reason, so that nothing is lost without a word."""

    __tablename__ = "quarantined"
    __table_args__ = (
        UniqueConstraint("brand_id", "digest"),
        UniqueConstraint("brand_id", "id"),
        _of("account", "account_id"),
        Index("ix_quarantined_heard", "brand_id", "heard_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of place and raw text: the same item once")
    place: Mapped[str] = mapped_column(String(120), comment="where it stood, as in line 17")
    reason: Mapped[str] = mapped_column(String(300))
    raw: Mapped[str] = mapped_column(Text)
    heard_at: Mapped[datetime]


class Rescue(BrandRow, Base):
    """A set-aside post that staff made a mention after all. The set-aside row stays, lest it be heard a second time."""

    __tablename__ = "rescue"
    __table_args__ = (
        _of("set_aside", "set_aside_id"),
        _of("mention", "mention_id"),
        ForeignKeyConstraint(["brand_id", "member_id"], ["membership.brand_id", "membership.member_id"]),
    )

    set_aside_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    mention_id: Mapped[int] = mapped_column(Id)
    member_id: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime]


class HeardWords(BrandRow, Base):
    """The words by which one heard post is found; on SQLite a full-text table follows it by trigger."""

    __tablename__ = "heard_words"
    __table_args__ = (
        Index(
            "ix_heard_words_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": "256"},
        ).ddl_if(dialect="postgresql"),
    )

    place: Mapped[int] = mapped_column(
        Id, primary_key=True, autoincrement=False, comment="the row's id times 3 plus its kind, see place_of"
    )
    words: Mapped[str] = mapped_column(
        Text().with_variant(TSVECTOR(), "postgresql"), comment="as listeners.rules.words cuts them, apart by spaces"
    )


KINDS: tuple[type[Mention | SetAside | Quarantined], ...] = (Mention, SetAside, Quarantined)
"""What a heard item can have become, by its number in a place."""


def place_of(kind: type[Mention | SetAside | Quarantined], row_id: int) -> int:
    """Where the words of a row stand: places of one kind ascend with its ids."""
    return row_id * len(KINDS) + KINDS.index(kind)


class Assessment(BrandRow, Base):
    """What was asked, how it feels and who could answer: one per mention, each value with its reasons."""

    __tablename__ = "assessment"
    __table_args__ = (_of("mention", "mention_id"),)

    mention_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(String(8))
    language_uncertain: Mapped[bool]
    sentiment: Mapped[float | None] = mapped_column(comment="-1 to 1; null is unknown")
    mood: Mapped[str] = mapped_column(String(8))
    intent: Mapped[str] = mapped_column(String(10))
    anger: Mapped[int]
    urgency: Mapped[int]
    topic: Mapped[str] = mapped_column(String(20))
    expertise: Mapped[float]
    account_specific: Mapped[bool]
    must_staff: Mapped[float] = mapped_column(comment="probability that staff must answer")
    needs_reply: Mapped[bool]
    detail: Mapped[dict[str, Any]] = mapped_column(comment="risks, spans of private data, outcome, level, reasons")
    version: Mapped[str] = mapped_column(String(60), comment="of the rules, and of the model beside them")
    assessed_at: Mapped[datetime]


class Cursor(BrandRow, Base):
    """Up to when an account has been listened to."""

    __tablename__ = "cursor"
    __table_args__ = (_of("account", "account_id"),)

    account_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    heard_until: Mapped[datetime]
    not_before: Mapped[datetime | None] = mapped_column(comment="the network asked us to wait until then")
    looked_at: Mapped[datetime | None] = mapped_column(comment="when the network was last asked, whatever it said")
    problem: Mapped[str | None] = mapped_column(String(300), comment="what stood in the way then, in words")
    reread_id: Mapped[int] = mapped_column(
        Id, server_default="0", comment="the last mention that was looked up again; the next batch follows it"
    )


class Window(BrandRow, Base):
    """One span of time that was listened to, and what it brought. Looks that brought nothing share one, by the hour."""

    __tablename__ = "window"
    __table_args__ = (_of("account", "account_id"), Index("ix_window_account", "brand_id", "account_id", "until"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    since: Mapped[datetime]
    until: Mapped[datetime]
    seen: Mapped[int]
    new: Mapped[int]
    closed: Mapped[bool] = mapped_column(comment="every page of the span was read to its end")
    looks: Mapped[int] = mapped_column(server_default="1", comment="how often the network was asked")


class Gap(BrandRow, Base):
    """A span in which something may have escaped us: said to managers, and told by the page for ever."""

    __tablename__ = "gap"
    __table_args__ = (
        _of("account", "account_id"),
        CheckConstraint(f"kind IN {GAPS}", name="kind"),
        Index("ix_gap_account", "brand_id", "account_id", "since"),
        Index("uq_gap_open", "brand_id", "account_id", "kind", unique=True, **_OPEN),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime]
    until: Mapped[datetime | None] = mapped_column(comment="empty while it lasts")
    why: Mapped[str] = mapped_column(String(300), comment="in words, for people")
    found_at: Mapped[datetime]


class ThreadLook(BrandRow, Base):
    """When a thread was last read again, on networks that do not tell of later replies."""

    __tablename__ = "thread_look"
    __table_args__ = (_of("account", "account_id"), Index("ix_thread_look_due", "brand_id", "account_id", "due_at"))

    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    thread: Mapped[str] = mapped_column(String(80), primary_key=True)
    active_at: Mapped[datetime] = mapped_column(comment="when something new was heard in it last")
    due_at: Mapped[datetime | None] = mapped_column(comment="when it is read next; empty when it has gone quiet")


class Watch(BrandRow, Base):
    """What the brand listens for on one network, or on all of them, besides what is addressed to it."""

    __tablename__ = "watch"
    __table_args__ = (UniqueConstraint("brand_id", "channel"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    channel: Mapped[str] = mapped_column(String(12), comment="a network, or all")
    lines: Mapped[list[Any]] = mapped_column(comment="one rule each, as typed; see rules.matching")
    updated_by: Mapped[int | None] = mapped_column(Id)
    updated_at: Mapped[datetime]
