"""What the desk shows, as frozen rows: cases, claims, replies, and the posts of a thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.customers.queries import IdentityView
from app.desk.rules.matching import Why
from listeners.queries import MentionView


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case as a card shows it."""

    id: int
    channel: str
    thread: str
    state: str
    lane: str
    lane_reason: str
    closed_reason: str | None
    language: str
    topic: str
    intent: str
    anger: int
    urgency: int
    expertise: float
    must_staff: float
    thread_revision: int
    opened_at: datetime
    offered_at: datetime
    due_at: datetime
    customer: IdentityView
    mention: MentionView
    """The customer's newest post that needs a reply."""


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Who holds a case, and for how long."""

    member_id: int
    expires_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class ReplyView:
    """One reply with all that its author and its judges see of it."""

    id: int
    case_id: int
    author_id: int
    by_advocate: bool
    state: str
    version: int
    text: str
    signature: str
    submitted_text: str | None
    submitted_at: datetime | None
    approved_by: int | None
    approved_at: datetime | None
    external_id: str | None
    published_at: datetime | None
    checks: int
    check_at: datetime | None
    problem: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of a case's history."""

    at: datetime
    member_id: int | None
    act: str
    words: str


@dataclass(frozen=True, slots=True)
class ThreadPost:
    """One post of a thread: whose it is, and where it hangs."""

    who: str
    """customer, brand or stranger."""
    handle: str
    name: str
    text: str
    posted_at: datetime
    external_id: str
    mention: MentionView | None
    reply: ReplyView | None


@dataclass(frozen=True, slots=True)
class SnoozeView:
    """Until when a case sleeps, who put it to sleep, and why."""

    member_id: int
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything a case's page shows."""

    case: CaseView
    thread: tuple[ThreadPost, ...]
    claim: ClaimView | None
    snooze: SnoozeView | None
    kept: str
    """What the reader last wrote here and did not hand in."""
    live_reply: ReplyView | None
    history: tuple[EventView, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A case in an advocate's queue, and why it is offered."""

    case: CaseView
    why: Why


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A case in staff's inbox, with who holds it or until when it sleeps."""

    case: CaseView
    claim: ClaimView | None
    snooze: SnoozeView | None


@dataclass(frozen=True, slots=True)
class NoteView:
    """What staff says to staff about a case."""

    id: int
    case_id: int
    author_id: int
    text: str
    written_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case of a customer, and how the answers to it ended, in the order written."""

    case: CaseView
    endings: tuple[str, ...]
    """published, thanked, rejected, taken_down: each as often as it happened."""
