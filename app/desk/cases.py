"""Mentions become cases: open one, join one, open one again; and notice when the brand answered outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.customers.identities import Face, recognise
from app.desk import claims, outcomes, skilling, waking
from app.desk.history import note
from app.desk.models import Case, CaseMention
from app.desk.rules.hand import Hand
from app.desk.rules.promise import due, promised_minutes
from app.desk.rules.routing import RISK_BAR, Route, Signals, is_kept_from_advocates, route
from app.kernel import audit
from app.kernel.bus import NotYetError
from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError
from app.kernel.facts import MentionsAssessed, OwnPostsHeard
from app.kernel.upsert import insert_new
from listeners import queries as heard
from listeners.queries import MentionView, OwnPostView

Key = tuple[str, str, int]
"""What makes a case: channel, thread, customer."""

GONE = "source_gone"
"""Why a case is closed whose question its customer deleted."""
_CAREFUL = {"no_reply": 0, "advocates": 1, "staff": 2}


def open_or_join(fact: MentionsAssessed) -> None:
    """Give every mention of the batch its case. Doing it again changes nothing.

    Raises:
        NotYetError: the same batch is being placed by another process.

    """
    brand = brands.brand(fact.brand_id)
    placed = set(
        session.execute(select(CaseMention.mention_id).where(CaseMention.mention_id.in_(fact.mention_ids))).scalars()
    )
    mentions = [view for view in heard.mentions(fact.mention_ids).values() if view.id not in placed]
    groups = _by_case(mentions)
    known = _known_cases(groups)
    opened = _open(brand, {key: group for key, group in groups.items() if key not in known})
    missed = [key for key in groups if key not in known and key not in opened]
    if missed:  # another process opened these at the same moment
        known |= _known_cases(missed)
    asking = heard.mentions({case.mention_id for case in known.values()})
    sleeping = waking.asleep([case.id for case in known.values()])
    for key in sorted(known):
        if known[key].id in sleeping:
            waking.wake(known[key], "customer")
        _join(brand, known[key], asking[known[key].mention_id], groups[key])
    ids = {**opened, **{key: case.id for key, case in known.items()}}
    rows = [
        {"brand_id": brand.id, "mention_id": mention.id, "case_id": ids[key], "version": mention.version}
        for key, group in groups.items()
        for mention in group
    ]
    rows.sort(key=lambda row: row["mention_id"])
    if len(insert_new(CaseMention, rows, CaseMention.mention_id)) < len(rows):
        raise NotYetError("another process gives some of these mentions their place at this very moment")
    skilling.tell(set(ids.values()), {mention.id: mention for mention in mentions})
    _look_for_outside_answers(groups)


def own_posts_heard(fact: OwnPostsHeard) -> None:
    """The brand's account spoke: our own reply coming back changes nothing, an answer given outside closes its case.

    Raises:
        NotYetError: a mention of the thread is still on its way to its case.

    """
    posts = heard.own_posts_by_id(fact.set_aside_ids)
    for channel, threads in _threads(posts).items():
        mentions, places = _mentions_with_places(channel, threads)
        if mentions.keys() - places.keys():
            raise NotYetError("a mention of this thread has no case yet")
        _apply_own_posts([post for post in posts if post.channel == channel], mentions.values(), places)


def hand_to_advocates(case_id: int, hand: Hand) -> None:
    """Staff decides that advocates may answer an open case of theirs; what the hard rules keep from them stays.

    Raises:
        NotAllowedError: not staff, or a hard rule (risk, fury, private data, not answerable) keeps it with staff.
        NotFoundError: no such case.
        ConflictError: somebody holds it, or it is not in the staff lane.

    """
    if not hand.is_staff:
        raise NotAllowedError("Only staff hands a case to the advocates.")
    case = session.execute(select(Case).where(Case.id == case_id).with_for_update()).scalar_one_or_none()
    if case is None:
        raise NotFoundError("There is no such case.")
    if case.state != "open" or case.lane != "staff":
        raise ConflictError("This case is not waiting for staff any more.")
    refuse_if_kept_from_advocates(case)
    case.lane, case.updated_at = "advocates", now()
    case.lane_reason = f"{hand.alias} handed it to the advocates."
    waking.wake(case, "moved", member_id=hand.member_id)
    note(case, "handed_over", "Handed to the advocates.", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "case.hand_over", f"case:{case_id}")


def refuse_if_kept_from_advocates(case: Case) -> None:
    """The hard rules hold whoever decides.

    Raises:
        NotAllowedError: risk, fury, private data or a network that takes no reply keeps the case with staff.

    """
    signals = signals_of(heard.mentions([case.mention_id])[case.mention_id])
    if is_kept_from_advocates(signals):
        why = route(signals, staff_bar=1.0, suggest_bar=1.0).reason
        raise NotAllowedError(f"This one stays with staff. {why}")


def promised_by(brand: BrandView, mention: MentionView, since: datetime) -> datetime:
    """When a mention's answer is due, if its promise counts from `since`."""
    view, policy = _assessment(mention), brand.policy
    minutes = promised_minutes(
        intent=view.intent,
        anger=view.anger,
        urgency=view.urgency,
        risky=view.risk_chance >= RISK_BAR,
        angry_minutes=policy.promise_angry_minutes,
        minutes=policy.promise_minutes,
        praise_minutes=policy.promise_praise_minutes,
    )
    return due(since, minutes, policy.hours)


def _by_case(mentions: Sequence[MentionView]) -> dict[Key, list[MentionView]]:
    customers = recognise(
        Face(m.channel, m.author_id, m.author_handle, m.author_name, m.author_followers) for m in mentions
    )
    groups: dict[Key, list[MentionView]] = defaultdict(list)
    for mention in mentions:
        groups[mention.channel, mention.thread, customers[mention.channel, mention.author_id]].append(mention)
    return groups


def _known_cases(keys: Iterable[Key]) -> dict[Key, Case]:
    """Cases that exist already for these keys, locked in a fixed order until the transaction ends."""
    wanted = set(keys)
    threads = {thread for _channel, thread, _customer in wanted}
    rows = session.execute(select(Case).where(Case.thread.in_(threads)).order_by(Case.id).with_for_update()).scalars()
    return {key: row for row in rows if (key := (row.channel, row.thread, row.customer_id)) in wanted}


def _open(brand: BrandView, groups: dict[Key, list[MentionView]]) -> dict[Key, int]:
    """Open cases in one statement; only those that nobody opened meanwhile come back."""
    at = now()
    rows = [_new_case(brand, key, group, at) for key, group in sorted(groups.items())]
    made = insert_new(Case, rows, Case.id, Case.channel, Case.thread, Case.customer_id)
    return {(row.channel, row.thread, row.customer_id): row.id for row in made}


def _new_case(brand: BrandView, key: Key, group: Sequence[MentionView], at: datetime) -> dict[str, Any]:
    channel, thread, customer_id = key
    leading, chosen = _leading(brand, group)
    silent = chosen.lane == "no_reply"
    return {
        "brand_id": brand.id,
        "account_id": leading.account_id,
        "customer_id": customer_id,
        "channel": channel,
        "thread": thread,
        "state": "closed" if silent else "open",
        "closed_reason": (GONE if leading.gone_at else "nothing_to_answer") if silent else None,
        "thread_revision": sum(mention.version for mention in group),
        "opened_at": at,
        "offered_at": leading.heard_at,
        "updated_at": at,
        **asked_of(brand, leading, chosen),
    }


def asked_of(brand: BrandView, mention: MentionView, chosen: Route) -> dict[str, Any]:
    """What the case asks for, frozen from the assessment of one mention."""
    view = _assessment(mention)
    return {
        "lane": chosen.lane,
        "lane_reason": chosen.reason[:300],
        "mention_id": mention.id,
        "language": view.language,
        "topic": view.topic,
        "intent": view.intent,
        "anger": view.anger,
        "urgency": view.urgency,
        "expertise": view.expertise,
        "must_staff": view.must_staff,
        "due_at": promised_by(brand, mention, mention.heard_at),
    }


def _leading(brand: BrandView, group: Sequence[MentionView]) -> tuple[MentionView, Route]:
    """The mention that decides: the one that asks for the most care, the newest among equals."""
    chosen = [(mention, routed(brand, mention)) for mention in group]
    return max(reversed(chosen), key=lambda pair: _CAREFUL[pair[1].lane])


def routed(brand: BrandView, mention: MentionView) -> Route:
    """The lane of one mention that is assessed; what its author deleted asks for nothing."""
    if mention.gone_at is not None:
        return Route("no_reply", "The customer deleted this post.")
    return route(signals_of(mention), staff_bar=brand.policy.staff_bar, suggest_bar=brand.policy.suggest_bar)


def signals_of(mention: MentionView) -> Signals:
    """What routing looks at, of a mention that is assessed."""
    view = _assessment(mention)
    return Signals(
        intent=view.intent,
        anger=view.anger,
        risks=view.risks,
        private_kinds=frozenset(kind for _start, _end, kind in view.private),
        risk_chance=view.risk_chance,
        must_staff=view.must_staff,
        needs_reply=(view.needs_reply or view.outcome in outcomes.UNSOLVED) and not _is_only_thanks(view),
        replyable=mention.replyable,
        wants_human=view.outcome == "wants_human",
        wants_rest=view.outcome == "stop",
        far_heard=mention.is_far_heard,
    )


def _is_only_thanks(view: heard.AssessmentView) -> bool:
    """A friendly follow-up that says the answer helped: it is counted, and nobody needs to answer it."""
    return view.outcome in outcomes.THANKFUL and view.intent not in {"question", "complaint"}


def _join(brand: BrandView, case: Case, asking: MentionView, group: Sequence[MentionView]) -> None:
    """More posts of the customer: the thread moves on, and a case that was done may open again.

    `asking` is the post that the case answers so far; one written before it and heard late does not take its place.
    """
    at = now()
    case.thread_revision += sum(mention.version for mention in group)
    case.updated_at = at
    leading, chosen = _leading(brand, group)
    if case.state in {"answered", "closed"}:
        for mention in group:
            if _assessment(mention).outcome in outcomes.THANKFUL:
                outcomes.thanked(case, mention.id, at)
        if chosen.lane == "no_reply":
            note(case, "followed_up", "The customer wrote again; nothing asks for an answer.")
            return
        take(case, asked_of(brand, leading, chosen))
        case.state, case.closed_reason, case.offered_at = "open", None, leading.heard_at
        note(case, "opened_again", f"The customer wrote again. {chosen.reason}")
        return
    if chosen.lane == "no_reply":
        return
    asked = asked_of(brand, leading, chosen)
    if leading.posted_at < asking.posted_at:
        asked = {column: asked[column] for column in ("lane", "lane_reason", "due_at")}
    asked["due_at"] = min(case.due_at, asked["due_at"])
    if _CAREFUL[chosen.lane] < _CAREFUL[case.lane]:
        asked["lane"], asked["lane_reason"] = case.lane, case.lane_reason
    worse = asked["lane"] != case.lane
    if case.state == "claimed" and worse:
        claims.end_of_case(case, "escalated", "The matter became one for staff; the draft is kept.")
        case.state = "open"
    take(case, asked)
    note(case, "followed_up", f"The customer wrote again. {chosen.reason}")


def take(case: Case, asked: dict[str, Any]) -> None:
    """From now on the case asks for this, see `asked_of`."""
    for column, value in asked.items():
        setattr(case, column, value)


def _look_for_outside_answers(groups: Iterable[Key]) -> None:
    """Own posts that were heard before their case was opened, against all that the customer wrote on the thread."""
    threads: dict[str, set[str]] = defaultdict(set)
    for channel, thread, _customer in groups:
        threads[channel].add(thread)
    for channel, wanted in threads.items():
        posts = heard.own_posts(channel, wanted)
        if posts:
            mentions, places = _mentions_with_places(channel, {post.thread for post in posts})
            _apply_own_posts(posts, [m for m in mentions.values() if m.id in places], places)


def _apply_own_posts(posts: Sequence[OwnPostView], mentions: Iterable[MentionView], places: dict[int, int]) -> None:
    """Each own post answers the case of the post it replies to, or all cases of its thread when that is not known."""
    by_thread: dict[str, list[MentionView]] = defaultdict(list)
    for mention in mentions:
        by_thread[mention.thread].append(mention)
    for post in posts:
        there = by_thread[post.thread]
        answered = [m for m in there if post.in_reply_to in {m.external_id, m.newest_id}] or there
        for case_id in sorted({places[m.id] for m in answered}):
            asked = [m.posted_at for m in there if places[m.id] == case_id and _asks(m)]
            outcomes.own_post(case_id, post, newest_question=max(asked, default=None))


def _asks(mention: MentionView) -> bool:
    view = _assessment(mention)
    return view.needs_reply and not _is_only_thanks(view)


def _mentions_with_places(channel: str, threads: Iterable[str]) -> tuple[dict[int, MentionView], dict[int, int]]:
    """Every mention of these threads, and the case that each of them has so far."""
    mentions = {m.id: m for thread in sorted(threads) for m in heard.thread(channel, thread)}
    return mentions, _places(mentions)


def _places(mentions: Iterable[int]) -> dict[int, int]:
    rows = session.execute(
        select(CaseMention.mention_id, CaseMention.case_id).where(CaseMention.mention_id.in_(tuple(mentions)))
    )
    return {row.mention_id: row.case_id for row in rows}


def _threads(posts: Iterable[OwnPostView]) -> dict[str, set[str]]:
    threads: dict[str, set[str]] = defaultdict(set)
    for post in posts:
        threads[post.channel].add(post.thread)
    return threads


def _assessment(mention: MentionView) -> heard.AssessmentView:
    if mention.assessment is None:
        raise LookupError(f"mention {mention.id} was announced as assessed but is not")
    return mention.assessment
