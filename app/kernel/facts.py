"""Every fact of the house, in the past tense: what happened, frozen, with what its subscribers need and no text.

A fact carries numbers, ids and enums only, never a customer's words or a person's data: it is stored, queued and kept.
What follows from each is listed in app/pipeline.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

BATCH = 500
"""The most ids that one fact, and so one delivery and one transaction, may carry."""


@dataclass(frozen=True)
class Fact:
    """What all facts share: the brand in whose scope they are delivered."""

    brand_id: int


@dataclass(frozen=True)
class MentionsHeard(Fact):
    """New mentions are stored. At most BATCH ids of one account's hearing, oldest first."""

    mention_ids: tuple[int, ...]


@dataclass(frozen=True)
class OwnPostsHeard(Fact):
    """The brand's own account spoke on the network: by our hand (an echo) or outside of the house."""

    set_aside_ids: tuple[int, ...]


@dataclass(frozen=True)
class SummonsHeard(Fact):
    """An account that may answer these mentions heard them, after another account that may not. At most BATCH ids."""

    account_id: int
    mention_ids: tuple[int, ...]


@dataclass(frozen=True)
class PostsSetAside(Fact):
    """Heard posts that became no mention, own posts included, and items that could not be read. At most BATCH each."""

    set_aside_ids: tuple[int, ...]
    quarantined_ids: tuple[int, ...]


@dataclass(frozen=True)
class PostsChanged(Fact):
    """Posts were edited or deleted by their authors after they were written; we may not have heard them at all."""

    change_ids: tuple[int, ...]


@dataclass(frozen=True)
class PostsNamed(Fact):
    """A network named posts without saying what stands in them, or who wrote them: they are to be looked up."""

    handed_over_id: int


@dataclass(frozen=True)
class MentionsChanged(Fact):
    """The texts of these mentions are others now, and judged anew, or they are gone. At most BATCH ids."""

    mention_ids: tuple[int, ...]


@dataclass(frozen=True)
class MentionsAssessed(Fact):
    """These mentions have their assessment and can become, or join, cases."""

    mention_ids: tuple[int, ...]


@dataclass(frozen=True)
class MentionCorrected(Fact):
    """A person said of one field of a mention's assessment what it is, or took that back."""

    mention_id: int
    correction_id: int


@dataclass(frozen=True)
class ReplyApproved(Fact):
    """A reply may go out, once, exactly as it was approved."""

    reply_id: int


@dataclass(frozen=True)
class ReplyPublished(Fact):
    """A reply stands in the customer's thread. Carries all that scoring needs, frozen at this moment."""

    reply_id: int
    case_id: int
    customer_id: int
    author_id: int
    by_advocate: bool
    expertise: float
    """Expertise that the case asked for, 0 to 1, frozen when it was routed."""
    edit_distance: float
    """Normalised edit distance between what the author submitted and what went out, 0 to 1."""
    promise_share: float
    """Time from offer to submission as a share of the promise; over 1 is late."""
    published_at: datetime


@dataclass(frozen=True)
class CustomerThanked(Fact):
    """The customer confirmed in the thread that a published reply helped."""

    reply_id: int
    mention_id: int
    author_id: int
    by_advocate: bool
    thanked_at: datetime


@dataclass(frozen=True)
class TakeDownAsked(Fact):
    """Staff wants a published reply removed from the network."""

    reply_id: int


@dataclass(frozen=True)
class ReplyTakenDown(Fact):
    """A published reply was removed from the network by the house."""

    reply_id: int
    author_id: int
    by_advocate: bool


@dataclass(frozen=True)
class MailDue(Fact):
    """A letter to a person is stored and may leave. Belongs to no brand (0): people have one address in all of them."""

    mail_id: int


@dataclass(frozen=True)
class WayInAsked(Fact):
    """Somebody asked for a link into an account; belongs to no brand (0), and says not whether there is one."""

    ask_id: int


@dataclass(frozen=True)
class ColleaguesNamed(Fact):
    """Staff left a note with a case, and it names these colleagues, all of them staff. None of them wrote it."""

    note_id: int
    case_id: int
    author_id: int
    member_ids: tuple[int, ...]


@dataclass(frozen=True)
class CaseGiven(Fact):
    """Staff handed a case to a member, who holds it now by this claim. Who gives may be who takes."""

    case_id: int
    member_id: int
    by_id: int
    claim_id: int


@dataclass(frozen=True)
class ReplyJudged(Fact):
    """One version of a reply has its verdict."""

    reply_id: int
    case_id: int
    author_id: int
    version: int


@dataclass(frozen=True)
class AppealAsked(Fact):
    """The author of a rejected reply asks for a second look, by somebody else than who rejected it."""

    appeal_id: int
    reply_id: int
    case_id: int
    author_id: int
    judged_by: int


@dataclass(frozen=True)
class AppealDecided(Fact):
    """The second look was taken: the rejection stands, or it does not."""

    appeal_id: int
    reply_id: int
    case_id: int
    author_id: int


FACTS: dict[str, type[Fact]] = {
    fact.__name__: fact
    for fact in (
        MentionsHeard,
        OwnPostsHeard,
        SummonsHeard,
        PostsSetAside,
        PostsChanged,
        PostsNamed,
        MentionsChanged,
        MentionsAssessed,
        MentionCorrected,
        ReplyApproved,
        ReplyPublished,
        CustomerThanked,
        TakeDownAsked,
        ReplyTakenDown,
        ColleaguesNamed,
        CaseGiven,
        ReplyJudged,
        AppealAsked,
        AppealDecided,
        MailDue,
        WayInAsked,
    )
}
_adapters = {name: TypeAdapter(fact) for name, fact in FACTS.items()}


def to_payload(fact: Fact) -> dict[str, Any]:
    """The fact as JSON-able values."""
    payload: dict[str, Any] = _adapters[type(fact).__name__].dump_python(fact, mode="json")
    return payload


def from_payload(name: str, payload: dict[str, Any]) -> Fact:
    """The fact again, checked."""
    fact: Fact = _adapters[name].validate_python(payload)
    return fact
