"""What was answered is found again: an answered question leaves its marks, and the next one like it meets them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Row, Select, exists, literal, select, union_all

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.desk.models import Case, CaseEvent, Reply, Thanks, Trace
from app.desk.queries import may_see
from app.desk.rules.hand import Hand
from app.kernel.db import current_brand, session
from app.kernel.errors import NotFoundError
from app.kernel.facts import ReplyPublished
from app.kernel.upsert import insert_new
from listeners import private
from listeners import queries as heard
from listeners.queries import MentionView
from listeners.rules import likeness

SHOWN = 3
Outcome = Literal["thanked", "asked_again", "quiet"]


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered before, its public answer, and what its customer said then."""

    reply_id: int
    question: MentionView
    answer: str
    outcome: Outcome
    likeness: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a case asks: where, in which language, and on what."""

    case_id: int
    language: str
    topic: str
    question: MentionView


def remember(fact: ReplyPublished) -> None:
    """A question was answered in public: keep the marks by which it is found. Doing it again changes nothing."""
    found = session.execute(
        select(Reply, Case.language).join(Case, Case.id == Reply.case_id).where(Reply.id == fact.reply_id)
    ).one_or_none()
    if found is None:
        return
    question = heard.mentions([found.Reply.mention_id])[found.Reply.mention_id]
    marks = sorted(likeness.marks(private.masked(question.text, brands.brand(fact.brand_id))))
    row = {"brand_id": fact.brand_id, "language": _language(question, found.language), "reply_id": fact.reply_id}
    insert_new(Trace, [{**row, "mark": mark} for mark in marks], Trace.mark)


def asked(case_id: int, hand: Hand) -> Asked:
    """What a case asks, for somebody who may see it.

    Raises:
        NotFoundError: no such case, or not one for this person.

    """
    row = session.execute(select(Case).where(Case.id == case_id)).scalar_one_or_none()
    if row is None or not may_see(row, hand):
        raise NotFoundError("There is no such case.")
    question = heard.mentions([row.mention_id])[row.mention_id]
    return Asked(row.id, _language(question, row.language), row.topic, question)


def alike(ask: Asked, brand: BrandView, *, limit: int = SHOWN) -> tuple[Answered, ...]:
    """Answered questions of this brand in this language that are like the one asked, the most alike first.

    Costs the same however much was answered: at most PER_MARK rows of an index for each mark of the question.
    The private data of questions is masked before anything is compared.
    """
    text = private.masked(ask.question.text, brand)
    marks = sorted(likeness.marks(text))
    if not marks:
        return ()
    pairs = session.execute(union_all(*(_meeting(ask.language, mark) for mark in marks)))
    answers = _public(likeness.candidates((row.mark, row.reply_id) for row in pairs), other_than=ask.case_id)
    questions = heard.mentions({answer.mention_id for answer in answers.values()})
    texts = {key: private.masked(questions[answer.mention_id].text, brand) for key, answer in answers.items()}
    return tuple(
        Answered(key, questions[answers[key].mention_id], answers[key].text, _outcome(answers[key]), much)
        for key, much in likeness.alike(text, texts, limit)
    )


def _meeting(language: str, mark: int) -> Select[int, int]:
    """The newest answered questions that left this mark."""
    newest = (
        select(Trace.reply_id)
        .where(Trace.brand_id == current_brand(), Trace.language == language, Trace.mark == mark)
        .order_by(Trace.reply_id.desc())
        .limit(likeness.PER_MARK)
        .subquery()
    )
    return select(literal(mark).label("mark"), newest.c.reply_id)


def _public(reply_ids: Iterable[int], *, other_than: int) -> dict[int, Row[int, int, str, bool, bool]]:
    """Those of the replies that still stand in public, outside of this case, with what their customers said then."""
    thanked = exists().where(Thanks.reply_id == Reply.id)
    again = exists().where(
        CaseEvent.case_id == Reply.case_id, CaseEvent.act == "opened_again", CaseEvent.at > Reply.published_at
    )
    rows = session.execute(
        select(Reply.id, Reply.mention_id, Reply.text, thanked.label("thanked"), again.label("again")).where(
            Reply.id.in_(tuple(reply_ids)), Reply.state == "published", Reply.case_id != other_than
        )
    )
    return {row.id: row for row in rows}


def _outcome(answer: Row[int, int, str, bool, bool]) -> Outcome:
    if answer.thanked:
        return "thanked"
    return "asked_again" if answer.again else "quiet"


def _language(question: MentionView, otherwise: str) -> str:
    return question.assessment.language if question.assessment else otherwise
