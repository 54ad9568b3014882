"""What we show of the desk: queues, one case with its thread, replies and what became of them, what is stuck."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from app.brands import queries as brands
from app.customers import queries as customers
from app.desk.models import Case, CaseEvent, CaseMention, Claim, Reply, Skip, Snooze
from app.desk.rules.approval import public_text
from app.desk.rules.hand import Hand
from app.desk.rules.matching import Waiting, Why, order, why_you
from app.desk.rules.states import LIVE_REPLY
from app.desk.views import CasePage, CaseView, ClaimView, EventView, Offer, ReplyView, SnoozeView, ThreadPost
from app.kernel import clock
from app.kernel.db import session
from app.kernel.errors import NotFoundError
from listeners import queries as heard
from listeners.queries import MentionView, OwnPostView

LOOKED_AT = 200
"""Open cases that are put in order for a queue: the most pressing ones, whatever the backlog behind them. Also how
many of a member's answers are looked back at."""


def queue(hand: Hand, *, limit: int = 20) -> tuple[Offer, ...]:
    """Open cases of the advocates' lane that fit this member, in the order in which they help most."""
    found = _offered(hand, limit)
    return tuple(
        Offer(view, why) for view, (_row, why) in zip(_views([row for row, _why in found]), found, strict=True)
    )


def first_page(hand: Hand, *, limit: int = 20) -> tuple[tuple[tuple[CaseView, ClaimView], ...], tuple[Offer, ...]]:
    """What this member holds and what is offered to them, in as few questions to the database as one of the two."""
    held, offered = _held(hand.member_id), _offered(hand, limit)
    views = _views([*(row for row, _claim in held), *(row for row, _why in offered)])
    return (
        tuple((view, claim) for view, (_row, claim) in zip(views, held, strict=False)),
        tuple(Offer(view, why) for view, (_row, why) in zip(views[len(held) :], offered, strict=True)),
    )


def waiting_counts() -> dict[str, int]:
    """How many open cases wait in each lane, counted over the partial index of open cases, at most 1,000 each."""
    counts = {}
    for lane in ("staff", "advocates"):
        limited = select(Case.id).where(Case.lane == lane, Case.state == "open").limit(1000).subquery()
        counts[lane] = session.execute(select(func.count()).select_from(limited)).scalar_one()
    return counts


def lanes_of(account_ids: Collection[int]) -> dict[tuple[str, str | None], int]:
    """Cases of these accounts counted by (lane, why closed). Reads every case: for commands, not for pages."""
    rows = session.execute(
        select(Case.lane, Case.closed_reason, func.count())
        .where(Case.account_id.in_(account_ids))
        .group_by(Case.lane, Case.closed_reason)
    )
    return {(lane, reason): count for lane, reason, count in rows}


def cases(case_ids: Iterable[int]) -> dict[int, CaseView]:
    """Cases by id."""
    rows = session.execute(select(Case).where(Case.id.in_(tuple(case_ids)))).scalars().all()
    return {view.id: view for view in _views(rows)}


def shown(statement: Select[Case]) -> tuple[CaseView, ...]:
    """The cases that a statement of the desk's finds, in its order."""
    return _views(session.execute(statement).scalars().all())


def customer_of(case_id: int) -> int | None:
    """The customer whose case this is."""
    return session.execute(select(Case.customer_id).where(Case.id == case_id)).scalar()


def all_of_thread(channel: str, thread: str) -> tuple[CaseView, ...]:
    """Every case on a thread, one per customer."""
    rows = session.execute(select(Case).where(Case.channel == channel, Case.thread == thread).order_by(Case.id))
    return _views(rows.scalars().all())


def page(case_id: int, hand: Hand) -> CasePage:
    """A case with its thread, for somebody who may see it.

    Raises:
        NotFoundError: no such case, or not one for this person.

    """
    return _page(select(Case).where(Case.id == case_id), hand)[0]


def page_around(mention_id: int, hand: Hand) -> CasePage:
    """The page of the case that a mention is in, for somebody who may see it.

    Raises:
        NotFoundError: no such mention, none with a case yet, or not one for this person.

    """
    placed = select(CaseMention.case_id).where(CaseMention.mention_id == mention_id)
    return _page(select(Case).where(Case.id.in_(placed)), hand)[0]


def page_of(reply_id: int, hand: Hand) -> tuple[CasePage, ReplyView]:
    """The page of the case that a reply belongs to, with the reply, for somebody who may see it.

    Raises:
        NotFoundError: no such reply, or not one for this person.

    """
    found, written = _page(select(Case).join(Reply, Reply.case_id == Case.id).where(Reply.id == reply_id), hand)
    return found, next(view for view in written if view.id == reply_id)


def _page(statement: Select[Case], hand: Hand) -> tuple[CasePage, list[ReplyView]]:
    found = session.execute(
        statement.outerjoin(Claim, and_(Claim.case_id == Case.id, Claim.ended_at.is_(None)))
        .outerjoin(Snooze, and_(Snooze.case_id == Case.id, Snooze.ended_at.is_(None)))
        .add_columns(Claim, Snooze)
    ).one_or_none()
    if found is None or not may_see(found[0], hand):
        raise NotFoundError("There is no such case.")
    row, claim, sleep = found
    case_id, said = row.id, heard.thread(row.channel, row.thread)
    case = _views([row], {mention.id: mention for mention in said})[0]
    written = [
        _reply(reply)
        for reply in session.execute(select(Reply).where(Reply.case_id == case_id).order_by(Reply.id)).scalars()
    ]
    events = session.execute(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)).scalars()
    shown = CasePage(
        case=case,
        thread=_thread(case, said, written),
        claim=ClaimView(claim.member_id, claim.expires_at, claim.latest_at) if claim else None,
        snooze=SnoozeView(sleep.member_id, sleep.until, sleep.reason) if sleep else None,
        kept=_kept(written, hand),
        live_reply=next((reply for reply in written if reply.state in LIVE_REPLY), None),
        history=tuple(EventView(event.at, event.member_id, event.act, event.words) for event in events),
    )
    return shown, written


def _kept(written: Collection[ReplyView], hand: Hand) -> str:
    """What this member last wrote on the case without handing it in; empty when nothing."""
    mine = [view for view in written if view.author_id == hand.member_id and view.state in {"draft", "withdrawn"}]
    return max(mine, key=lambda view: (view.updated_at, view.id)).text if mine else ""


def reply(reply_id: int) -> ReplyView:
    """One reply of the brand in scope."""
    row = session.execute(select(Reply).where(Reply.id == reply_id)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such reply.")
    return _reply(row)


def replies_of(
    member_id: int, *conditions: ColumnElement[bool], before: int | None = None, limit: int = 30
) -> tuple[tuple[ReplyView, CaseView], ...]:
    """What a member handed in or had judged, newest first; drafts that were never handed in are left out."""
    statement = select(Reply, Case).join(Case, Case.id == Reply.case_id)
    statement = statement.where(Reply.author_id == member_id, Reply.submitted_at.is_not(None), *conditions)
    if before is not None:
        statement = statement.where(Reply.id < before)
    rows = session.execute(statement.order_by(Reply.id.desc()).limit(limit)).all()
    return tuple(zip((_reply(reply) for reply, _case in rows), _views([case for _written, case in rows]), strict=True))


def replies_by_id(reply_ids: Iterable[int]) -> dict[int, ReplyView]:
    """Replies by id."""
    rows = session.execute(select(Reply).where(Reply.id.in_(tuple(reply_ids)))).scalars()
    return {row.id: _reply(row) for row in rows}


def on_their_way(limit: int = 50) -> tuple[tuple[ReplyView, CaseView], ...]:
    """Replies that are approved but not public yet, or of unknown outcome: what can be stuck."""
    rows = (
        session.execute(
            select(Reply).where(Reply.state.in_(("approved", "sending", "unknown"))).order_by(Reply.id).limit(limit)
        )
        .scalars()
        .all()
    )
    shown = cases({row.case_id for row in rows})
    return tuple((_reply(row), shown[row.case_id]) for row in rows)


def may_see(row: Case, hand: Hand) -> bool:
    """Staff see every case; advocates only what their lane offers them, and what they wrote on."""
    if hand.is_staff or (row.lane == "advocates" and row.state in {"open", "claimed"}):
        return True
    wrote = select(Reply.id).where(Reply.case_id == row.id, Reply.author_id == hand.member_id).limit(1)
    return session.execute(wrote).scalar() is not None


def _held(member_id: int) -> list[tuple[Case, ClaimView]]:
    rows = session.execute(
        select(Case, Claim)
        .join(Claim, Claim.case_id == Case.id)
        .where(Claim.member_id == member_id, Claim.ended_at.is_(None))
        .order_by(Claim.expires_at)
    ).all()
    return [(case, ClaimView(claim.member_id, claim.expires_at, claim.latest_at)) for case, claim in rows]


def _offered(hand: Hand, limit: int) -> list[tuple[Case, Why]]:
    """Rows in the order in which they help most, each with why it is offered."""
    statement = (
        _open("advocates")
        .where(
            or_(Case.language.in_(hand.languages), Case.language == "und"),
            Case.topic.not_in(hand.topics_off),
            ~exists().where(and_(Skip.case_id == Case.id, Skip.member_id == hand.member_id)),
        )
        .limit(LOOKED_AT)
    )
    rows = {row.id: row for row in session.execute(statement).scalars()}
    waiting = [Waiting(row.id, row.language, row.topic, row.intent, row.due_at, row.skill_id) for row in rows.values()]
    skills = brands.skills_of(hand.member_id) if any(case.skill_id for case in waiting) else frozenset()
    ordered = order(waiting, now=clock.now(), topics=hand.topics, skills=skills)[:limit]
    answered = _answered_by_topic(hand.member_id) if ordered else {}
    return [(rows[case.case_id], why_you(case, topics=hand.topics, answered=answered)) for case in ordered]


def _open(lane: str) -> Select[Case]:
    return select(Case).where(Case.lane == lane, Case.state == "open").order_by(Case.due_at, Case.id)


def _answered_by_topic(member_id: int) -> dict[str, int]:
    """How many of the member's newest LOOKED_AT published replies were on each topic."""
    newest = (
        select(Reply.case_id)
        .where(Reply.author_id == member_id, Reply.state == "published")
        .order_by(Reply.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    rows = session.execute(
        select(Case.topic, func.count().label("answered"))
        .join(newest, newest.c.case_id == Case.id)
        .group_by(Case.topic)
    )
    return {row.topic: row.answered for row in rows}


def _views(rows: Collection[Case], known: dict[int, MentionView] | None = None) -> tuple[CaseView, ...]:
    """Cases as others see them; `known` are mentions that were read before, all that are needed."""
    mentions = known or heard.mentions({row.mention_id for row in rows})
    faces = customers.faces({row.customer_id for row in rows})
    return tuple(
        CaseView(
            row.id,
            row.channel,
            row.thread,
            row.state,
            row.lane,
            row.lane_reason,
            row.closed_reason,
            row.language,
            row.topic,
            row.intent,
            row.anger,
            row.urgency,
            row.expertise,
            row.must_staff,
            row.thread_revision,
            row.opened_at,
            row.offered_at,
            row.due_at,
            faces[row.customer_id],
            mentions[row.mention_id],
        )
        for row in rows
    )


def _thread(case: CaseView, said: Collection[MentionView], written: Collection[ReplyView]) -> tuple[ThreadPost, ...]:
    """Customer, brand and strangers in the order in which they spoke; our own replies are shown once."""
    ours = {reply.external_id: reply for reply in written if reply.external_id}
    posts = [_customer_post(case, mention) for mention in said]
    known = {mention.external_id for mention in said}
    for reason, post in heard.around(case.channel, case.thread):
        if reason == "own_post":
            posts.append(_own_post(post, ours.pop(post.external_id, None)))
        elif post.external_id not in known:
            posts.append(_strangers_post(post))
    posts += [  # published by us and not heard back yet
        ThreadPost(
            "brand", "", "", public_text(reply.text, reply.signature), reply.published_at, external_id, None, reply
        )
        for external_id, reply in ours.items()
        if reply.state == "published" and reply.published_at and external_id
    ]
    return tuple(sorted(posts, key=lambda post: post.posted_at))


def _customer_post(case: CaseView, mention: MentionView) -> ThreadPost:
    who = "customer" if mention.author_id == case.mention.author_id else "stranger"
    return ThreadPost(
        who,
        mention.author_handle,
        mention.author_name,
        mention.text,
        mention.posted_at,
        mention.external_id,
        mention,
        None,
    )


def _own_post(post: OwnPostView, reply: ReplyView | None) -> ThreadPost:
    return ThreadPost(
        "brand", post.author_handle, post.author_name, post.text, post.posted_at, post.external_id, None, reply
    )


def _strangers_post(post: OwnPostView) -> ThreadPost:
    return ThreadPost(
        "stranger", post.author_handle, post.author_name, post.text, post.posted_at, post.external_id, None, None
    )


def _reply(row: Reply) -> ReplyView:
    return ReplyView(
        row.id,
        row.case_id,
        row.author_id,
        row.by_advocate,
        row.state,
        row.version,
        row.text,
        row.signature,
        row.submitted_text,
        row.submitted_at,
        row.approved_by,
        row.approved_at,
        row.external_id,
        row.published_at,
        row.checks,
        row.check_at,
        row.problem,
        row.updated_at,
    )
