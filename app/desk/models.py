"""What the desk remembers: cases and their posts, claims, replies, and every attempt to speak."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.desk.rules.states import CASE, LIVE_CASE, LIVE_REPLY, REPLY, SPOKEN_REPLY, may_follow
from app.kernel.db import Base, BrandRow, Id


def _of(table: str, column: str) -> ForeignKeyConstraint:
    """A link that cannot cross brands."""
    return ForeignKeyConstraint(["brand_id", column], [f"{table}.brand_id", f"{table}.id"])


def _member(column: str) -> ForeignKeyConstraint:
    """A link to somebody who has (or had) a role in this very brand."""
    return ForeignKeyConstraint(["brand_id", column], ["membership.brand_id", "membership.member_id"])


def _one_of(column: str, values: object) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in sorted(values))})"  # type: ignore[call-overload]


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _following(story: dict[str, frozenset[str]], now: str | None, then: str) -> str:
    """The next state, if the story knows such a step; a new row may begin anywhere."""
    if now is not None and now != then and not may_follow(story, now, then):
        raise ValueError(f"{now} is never followed by {then}")
    return then


class Case(BrandRow, Base):
    """One customer's matter on one thread. What it asks for is frozen from the assessment that routed it."""

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("brand_id", "channel", "thread", "customer_id"),
        UniqueConstraint("brand_id", "id"),
        _of("account", "account_id"),
        _of("customer", "customer_id"),
        CheckConstraint(_one_of("state", CASE), name="state"),
        CheckConstraint("lane IN ('staff', 'advocates', 'no_reply')", name="lane"),
        CheckConstraint("(state = 'closed') = (closed_reason IS NOT NULL)", name="closed_reason"),
        Index("ix_case_open", "brand_id", "lane", "due_at", "id", **_where("state = 'open'")),
        Index("ix_case_customer", "brand_id", "customer_id", "id"),
        Index("ix_case_live", "brand_id", "due_at", **_where(_one_of("state", LIVE_CASE - {"open"}))),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    customer_id: Mapped[int] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(12))
    thread: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10))
    lane: Mapped[str] = mapped_column(String(10))
    lane_reason: Mapped[str] = mapped_column(String(300), comment="in words, for people")
    closed_reason: Mapped[str | None] = mapped_column(String(24))
    mention_id: Mapped[int] = mapped_column(Id, comment="the customer's newest post that needs a reply")
    language: Mapped[str] = mapped_column(String(8))
    topic: Mapped[str] = mapped_column(String(20))
    skill_id: Mapped[int | None] = mapped_column(Id, comment="told by its words; no foreign key: skills come and go")
    intent: Mapped[str] = mapped_column(String(10))
    anger: Mapped[int]
    urgency: Mapped[int]
    expertise: Mapped[float]
    must_staff: Mapped[float]
    thread_revision: Mapped[int] = mapped_column(default=1, comment="counts the customer's and the brand's posts")
    opened_at: Mapped[datetime]
    offered_at: Mapped[datetime] = mapped_column(comment="since when it waits for whom its lane names")
    due_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @validates("state")
    def _keep_to_the_story(self, _column: str, then: str) -> str:
        return _following(CASE, self.state, then)


class CaseMention(BrandRow, Base):
    """A mention's place in its case; each mention has exactly one."""

    __tablename__ = "case_mention"
    __table_args__ = (
        _of("case", "case_id"),
        _of("mention", "mention_id"),
        Index("ix_case_mention_case", "brand_id", "case_id"),
    )

    mention_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(Id)
    version: Mapped[int] = mapped_column(server_default="1", comment="the mention's version that the case has counted")


class CaseEvent(BrandRow, Base):
    """What happened to a case after it was opened, for people to read back."""

    __tablename__ = "case_event"
    __table_args__ = (_of("case", "case_id"), Index("ix_case_event_case", "brand_id", "case_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime]
    member_id: Mapped[int | None] = mapped_column(Id)
    act: Mapped[str] = mapped_column(String(24))
    words: Mapped[str] = mapped_column(String(500))


class Note(BrandRow, Base):
    """What staff says to staff about a case. Never public, and never an advocate's to read."""

    __tablename__ = "note"
    __table_args__ = (
        UniqueConstraint("brand_id", "id"),
        _of("case", "case_id"),
        _member("author_id"),
        Index("ix_note_case", "brand_id", "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(Id)
    author_id: Mapped[int] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]


class NoteNaming(BrandRow, Base):
    """A note calls a colleague by name."""

    __tablename__ = "note_naming"
    __table_args__ = (
        _of("note", "note_id"),
        _member("member_id"),
        Index("ix_note_naming_member", "brand_id", "member_id", "note_id"),
    )

    note_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)


class Snooze(BrandRow, Base):
    """An open case of staff's that sleeps until a moment, or until its customer writes; its promise runs on."""

    __tablename__ = "snooze"
    __table_args__ = (
        _of("case", "case_id"),
        _member("member_id"),
        CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name="ended"),
        Index("uq_snooze_live", "brand_id", "case_id", unique=True, **_where("ended_at IS NULL")),
        Index("ix_snooze_until", "until", **_where("ended_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(Id)
    member_id: Mapped[int] = mapped_column(Id)
    started_at: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
    ended_as: Mapped[str | None] = mapped_column(String(16))


class Claim(BrandRow, Base):
    """The exclusive, expiring right to answer a case."""

    __tablename__ = "claim"
    __table_args__ = (
        _of("case", "case_id"),
        _member("member_id"),
        CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name="ended"),
        Index("uq_claim_live", "brand_id", "case_id", unique=True, **_where("ended_at IS NULL")),
        Index("ix_claim_member", "brand_id", "member_id", **_where("ended_at IS NULL")),
        Index("ix_claim_expires", "expires_at", **_where("ended_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(Id)
    member_id: Mapped[int] = mapped_column(Id)
    claimed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    latest_at: Mapped[datetime] = mapped_column(comment="typing extends the claim up to here")
    ended_at: Mapped[datetime | None]
    ended_as: Mapped[str | None] = mapped_column(String(16))


class Skip(BrandRow, Base):
    """A member does not want to be offered this case again."""

    __tablename__ = "skip"
    __table_args__ = (_of("case", "case_id"), _member("member_id"))

    case_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class Reply(BrandRow, Base):
    """One answer by one author to one post of the customer."""

    __tablename__ = "reply"
    __table_args__ = (
        UniqueConstraint("brand_id", "id"),
        UniqueConstraint("brand_id", "account_id", "external_id"),
        _of("case", "case_id"),
        _of("mention", "mention_id"),
        _of("account", "account_id"),
        _member("author_id"),
        _member("approved_by"),
        CheckConstraint(_one_of("state", REPLY), name="state"),
        CheckConstraint("approved_by IS NULL OR approved_by <> author_id", name="four_eyes"),
        CheckConstraint(
            f"NOT ({_one_of('state', SPOKEN_REPLY)}) OR (approved_by IS NOT NULL AND approved_hash IS NOT NULL)",
            name="approved",
        ),
        CheckConstraint("state <> 'published' OR external_id IS NOT NULL", name="published"),
        Index("uq_reply_case_live", "brand_id", "case_id", unique=True, **_where(_one_of("state", LIVE_REPLY))),
        Index(
            "uq_reply_mention_spoken", "brand_id", "mention_id", unique=True, **_where(_one_of("state", SPOKEN_REPLY))
        ),
        Index("ix_reply_author", "brand_id", "author_id", "id"),
        Index("ix_reply_author_state", "brand_id", "author_id", "state", "id"),
        Index("ix_reply_sending", "state", "check_at", **_where("state IN ('approved', 'sending', 'unknown')")),
        Index("ix_reply_case", "brand_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"))
    case_id: Mapped[int] = mapped_column(Id)
    mention_id: Mapped[int] = mapped_column(Id, comment="the post that is answered")
    account_id: Mapped[int] = mapped_column(Id)
    author_id: Mapped[int] = mapped_column(Id)
    by_advocate: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=1)
    text: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(24), comment="as in ^maya; empty when replies are not signed")
    submitted_text: Mapped[str | None] = mapped_column(Text, comment="as its author handed it in")
    submitted_at: Mapped[datetime | None]
    promise_share: Mapped[float | None] = mapped_column(comment="offer to submission, as a share of the promise")
    approved_by: Mapped[int | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None]
    approved_hash: Mapped[str | None] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(80))
    published_at: Mapped[datetime | None]
    checks: Mapped[int] = mapped_column(default=0, comment="how often the thread was read back")
    check_at: Mapped[datetime | None] = mapped_column(comment="when to try, or to read back, next")
    problem: Mapped[str | None] = mapped_column(String(300), comment="what stands in its way, in words")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @validates("state")
    def _keep_to_the_story(self, _column: str, then: str) -> str:
        return _following(REPLY, self.state, then)


class Attempt(BrandRow, Base):
    """One try to speak: stored before the network is asked, finished with what came of it."""

    __tablename__ = "attempt"
    __table_args__ = (
        _of("reply", "reply_id"),
        CheckConstraint("outcome IN ('open', 'sent', 'not_sent', 'unknown')", name="outcome"),
        Index("ix_attempt_reply", "brand_id", "reply_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reply_id: Mapped[int] = mapped_column(Id)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(String(300))


class Thanks(BrandRow, Base):
    """A customer's words of thanks for a published reply, kept for its author until they have seen it, and after."""

    __tablename__ = "thanks"
    __table_args__ = (
        UniqueConstraint("brand_id", "reply_id", "mention_id"),
        _of("reply", "reply_id"),
        _of("mention", "mention_id"),
        _member("author_id"),
        Index("ix_thanks_author", "brand_id", "author_id", "id"),
        Index("ix_thanks_unseen", "brand_id", "author_id", "id", **_where("seen_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reply_id: Mapped[int] = mapped_column(Id)
    mention_id: Mapped[int] = mapped_column(Id, comment="the post with the words")
    author_id: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]


class Trace(BrandRow, Base):
    """One trace that an answered question left: like questions leave some of the same (listeners.rules.likeness)."""

    __tablename__ = "trace"
    __table_args__ = (_of("reply", "reply_id"),)

    brand_id: Mapped[int] = mapped_column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    mark: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    reply_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
