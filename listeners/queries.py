"""What we show of what was heard: mentions with their assessments, threads, and the sums of a hearing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from app.kernel.db import current_brand, session
from listeners.models import Assessment, Cursor, Mention, PostChange, SetAside, Watch, Window
from listeners.rules import risk
from listeners.rules.finding import How
from listeners.rules.influence import FAR, influence

EVERY_NETWORK = "all"
"""Where watch words stand that count on each network."""
RECENT = 500
"""Posts on which new watch words are tried out."""


@dataclass(frozen=True, slots=True)
class CorrectedView:
    """A field that a person corrected, on this mention or (with `near`, 0 to 1) on one that says nearly the same."""

    member_id: int
    was: str
    mention_id: int | None = None
    near: float = 1.0


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """What was judged of one mention, with the reasons per field."""

    language: str
    language_uncertain: bool
    sentiment: float | None
    mood: str
    intent: str
    anger: int
    urgency: int
    topic: str
    expertise: float
    account_specific: bool
    must_staff: float
    needs_reply: bool
    risks: tuple[str, ...]
    risk_chance: float
    """The chance of a risk, 0..1: what the rules say, or more where a model raised it."""
    private: tuple[tuple[int, int, str], ...]
    outcome: str
    reasons: dict[str, tuple[str, ...]]
    version: str
    how: dict[str, How] = field(default_factory=dict)
    """By field, the method that answered it and how sure that is."""
    sure: dict[str, dict[str, float]] = field(default_factory=dict)
    """Of the questions that a model answered, the chances of its likeliest answers."""
    corrected: dict[str, CorrectedView] = field(default_factory=dict)
    """The fields that people said themselves."""
    like: dict[str, CorrectedView] = field(default_factory=dict)
    """The fields in which it follows what people said of a mention like it."""
    level: str = "how_to"
    """How much one must know: how_to, troubleshooting, deep_technical or account."""
    skill_id: int | None = None
    """The part of the topic that one must know, where it could be told."""
    skill_guesses: tuple[tuple[int, float, str, tuple[str, ...]], ...] = ()
    """Likely skills: id, how much speaks for it (0 to 1), what says so (words, examples, likeness), its words."""


@dataclass(frozen=True, slots=True)
class MentionView:
    """One mention, with its assessment once there is one."""

    id: int
    account_id: int
    channel: str
    external_id: str
    thread: str
    in_reply_to: str | None
    author_id: str
    author_handle: str
    author_name: str
    author_followers: int
    text: str
    posted_at: datetime
    heard_at: datetime
    replyable: bool
    version: int
    """1, and one more for each time that its author edited or deleted it."""
    newest_id: str | None
    gone_at: datetime | None
    assessment: AssessmentView | None

    @property
    def influence(self) -> float:
        """How far its author's voice carries, 0..1."""
        return influence(self.author_followers)

    @property
    def is_far_heard(self) -> bool:
        """Whether many read what its author writes."""
        return self.influence >= FAR

    @property
    def answered_under(self) -> str:
        """The post under which an answer is said: the newest version of it."""
        return self.newest_id or self.external_id


@dataclass(frozen=True, slots=True)
class OwnPostView:
    """A post by the brand's own account, as it stands in a thread."""

    id: int
    account_id: int
    channel: str
    external_id: str
    thread: str
    in_reply_to: str | None
    author_handle: str
    author_name: str
    text: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class HeardView:
    """A post that was heard: as a mention, or set aside because no word of the brand's was in it."""

    channel: str
    author_handle: str
    text: str
    posted_at: datetime
    heard_at: datetime
    is_mention: bool
    replyable: bool


@dataclass(frozen=True, slots=True)
class HearingView:
    """How listening to one account goes."""

    account_id: int
    heard_until: datetime
    looked_at: datetime | None
    not_before: datetime | None
    problem: str | None
    last_new: datetime | None
    """When something new was heard last."""


def mentions(mention_ids: Iterable[int]) -> dict[int, MentionView]:
    """Mentions of the brand in scope by id, in the order heard."""
    return {view.id: view for view in _mentions(_with_assessment().where(Mention.id.in_(tuple(mention_ids))))}


def versions_of(mention_id: int) -> tuple[str, frozenset[str]]:
    """The id of a mention's newest version, and the ids of all versions that we know of."""
    row = session.execute(select(Mention).where(Mention.id == mention_id)).scalar_one()
    edits = select(PostChange.newest_id).where(
        PostChange.channel == row.channel, PostChange.external_id == row.external_id, PostChange.newest_id.is_not(None)
    )
    ids = {row.external_id, *session.execute(edits).scalars()} | ({row.newest_id} if row.newest_id else set())
    return row.newest_id or row.external_id, frozenset(ids)


def risky(mention_ids: Iterable[int]) -> frozenset[int]:
    """Those of these mentions whose assessment found a risk."""
    risks = select(Assessment.mention_id, Assessment.detail["risks"].label("risks"))
    rows = session.execute(risks.where(Assessment.mention_id.in_(set(mention_ids))))
    return frozenset(row.mention_id for row in rows if row.risks)


def thread(channel: str, thread_id: str) -> tuple[MentionView, ...]:
    """Every mention in a thread, oldest first."""
    return _mentions(_with_assessment().where(Mention.channel == channel, Mention.thread == thread_id))


def own_posts(channel: str, thread_ids: Iterable[str]) -> tuple[OwnPostView, ...]:
    """Posts of the brand's own account in these threads, oldest first."""
    return _own(
        select(SetAside).where(
            SetAside.channel == channel, SetAside.thread.in_(tuple(thread_ids)), SetAside.reason == "own_post"
        )
    )


def own_posts_by_id(ids: Iterable[int]) -> tuple[OwnPostView, ...]:
    """Own posts with these ids."""
    return _own(select(SetAside).where(SetAside.id.in_(tuple(ids)), SetAside.reason == "own_post"))


def around(channel: str, thread_id: str) -> tuple[tuple[str, OwnPostView], ...]:
    """What else stands in a thread, oldest first, each with why it is no mention: the brand's own posts ("own_post"),
    and what others said ("context").
    """
    statement = select(SetAside).where(
        SetAside.channel == channel,
        SetAside.thread == thread_id,
        SetAside.reason.in_(("own_post", "context")),
        SetAside.gone_at.is_(None),
    )
    rows = session.execute(statement.order_by(SetAside.posted_at, SetAside.id)).scalars()
    return tuple((row.reason, _own_view(row)) for row in rows)


def first_mention() -> MentionView | None:
    """The first mention that the brand in scope ever heard, or None while there is none."""
    first = select(Mention.id).where(Mention.brand_id == current_brand()).order_by(Mention.id).limit(1)
    found = session.execute(first).scalar()
    return mentions([found])[found] if found is not None else None


def watch_lines() -> dict[str, list[str]]:
    """The watch words of the brand in scope by network; those for each network stand under EVERY_NETWORK."""
    rows = session.execute(select(Watch.channel, Watch.lines).order_by(Watch.channel))
    return {row.channel: list(row.lines) for row in rows}


def recently_heard(limit: int = RECENT) -> tuple[HeardView, ...]:
    """What was heard last, mentions and posts that no watch word matched, newest first."""
    columns = ("channel", "author_handle", "text", "posted_at", "heard_at")
    as_mentions = (
        select(*(getattr(Mention, name) for name in columns), Mention.replyable)
        .where(Mention.brand_id == current_brand())
        .order_by(Mention.id.desc())
        .limit(limit)
    )
    aside = (
        select(*(getattr(SetAside, name) for name in columns))
        .where(SetAside.brand_id == current_brand(), SetAside.reason == "not_ours")
        .order_by(SetAside.id.desc())
        .limit(limit)
    )
    rows = [(*row[:5], True, row[5]) for row in session.execute(as_mentions)]
    rows += [(*row, False, False) for row in session.execute(aside)]
    found = [HeardView(*row) for row in rows]
    return tuple(sorted(found, key=lambda post: post.heard_at, reverse=True)[:limit])


def hearings() -> dict[int, HearingView]:
    """How listening goes, by account of the brand in scope."""
    newest = select(func.max(Window.until)).where(
        Window.brand_id == Cursor.brand_id, Window.account_id == Cursor.account_id, Window.new > 0
    )
    rows = session.execute(
        select(
            Cursor.account_id,
            Cursor.heard_until,
            Cursor.looked_at,
            Cursor.not_before,
            Cursor.problem,
            newest.scalar_subquery().label("last_new"),
        )
    )
    return {row.account_id: HearingView(*row) for row in rows}


def _own(statement: Select[SetAside]) -> tuple[OwnPostView, ...]:
    rows: Sequence[SetAside] = session.execute(statement.order_by(SetAside.posted_at, SetAside.id)).scalars().all()
    return tuple(map(_own_view, rows))


def _own_view(row: SetAside) -> OwnPostView:
    return OwnPostView(
        row.id,
        row.account_id,
        row.channel,
        row.external_id,
        row.thread,
        row.in_reply_to,
        row.author_handle,
        row.author_name,
        row.text,
        row.posted_at,
    )


_MENTION = (
    Mention.id,
    Mention.account_id,
    Mention.channel,
    Mention.external_id,
    Mention.thread,
    Mention.in_reply_to,
    Mention.author_id,
    Mention.author_handle,
    Mention.author_name,
    Mention.author_followers,
    Mention.text,
    Mention.posted_at,
    Mention.heard_at,
    Mention.replyable,
    Mention.version,
    Mention.newest_id,
    Mention.gone_at,
)
_ASSESSMENT = (
    Assessment.language,
    Assessment.language_uncertain,
    Assessment.sentiment,
    Assessment.mood,
    Assessment.intent,
    Assessment.anger,
    Assessment.urgency,
    Assessment.topic,
    Assessment.expertise,
    Assessment.account_specific,
    Assessment.must_staff,
    Assessment.needs_reply,
    Assessment.detail,
    Assessment.version,
)
_MENTION_NAMES = tuple(column.key for column in _MENTION)
_ASSESSMENT_NAMES = tuple(column.key for column in _ASSESSMENT[:-2])
"""The columns that a view takes as they are; the last two, detail and version, it takes apart."""


def _with_assessment() -> Select[*tuple[Any, ...]]:
    """Plain columns, not objects: this runs for every batch on the hot path."""
    return (
        select(*_MENTION, *_ASSESSMENT)
        .outerjoin(Assessment, Assessment.mention_id == Mention.id)
        .where(Mention.brand_id == current_brand())
        .order_by(Mention.posted_at, Mention.id)
    )


def _mentions(statement: Select[*tuple[Any, ...]]) -> tuple[MentionView, ...]:
    views = []
    for row in session.execute(statement):
        values = tuple(row)
        split = len(_MENTION)
        assessed = _assessment(values[split:]) if values[-1] is not None else None
        views.append(MentionView(**dict(zip(_MENTION_NAMES, values, strict=False)), assessment=assessed))
    return tuple(views)


def _assessment(values: tuple[Any, ...]) -> AssessmentView:
    *_plain, detail, version = values
    return AssessmentView(
        **dict(zip(_ASSESSMENT_NAMES, values, strict=False)),
        risks=tuple(detail.get("risks", ())),
        risk_chance=risk.chance_in(detail),
        private=tuple((span[0], span[1], span[2]) for span in map(_span, detail.get("private", ()))),
        outcome=detail.get("outcome", "none"),
        level=detail.get("expertise_level", "how_to"),
        skill_id=detail.get("skill"),
        skill_guesses=tuple((one[0], one[1], one[2], tuple(one[3])) for one in detail.get("skill_guesses", ())),
        reasons={name: tuple(words) for name, words in detail.get("reasons", {}).items()},
        version=version,
        how={name: How(*one) for name, one in detail.get("how", {}).items()},
        sure=detail.get("sure", {}),
        corrected={name: CorrectedView(one["by"], one["was"]) for name, one in detail.get("corrected", {}).items()},
        like={
            name: CorrectedView(one["by"], one["was"], one["mention"], one["near"])
            for name, one in detail.get("like", {}).items()
        },
    )


def _span(stored: Any) -> tuple[int, int, str]:
    return (stored["start"], stored["end"], stored["kind"]) if isinstance(stored, dict) else tuple(stored)
