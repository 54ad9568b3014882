"""What was answered is found again: an answered question leaves its marks, and the next one like it meets them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, literal, select, union_all

from app.brands import queries as brands
from app.desk.models import Case, CaseEvent, Reply, Thanks, Trace
from app.desk.rules import likeness
from app.desk.views import CaseView
from app.kernel.db import current_brand, session
from app.kernel.facts import ReplyPublished
from app.kernel.upsert import insert_new
from listeners import queries as heard
from listeners.queries import MentionView
from listeners.rules import privacy

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


def remember(fact: ReplyPublished) -> None:
    """A question was answered in public: keep the marks by which it is found. Doing it again changes nothing."""
    found = session.execute(
        select(Reply, Case.language).join(Case, Case.id == Reply.case_id).where(Reply.id == fact.reply_id)
    ).one_or_none()
    if found is None:
        return
    question = heard.mentions([found.Reply.mention_id])[found.Reply.mention_id]
    marks = sorted(likeness.marks(_masked(question, brands.brand(fact.brand_id).regions)))
    row = {"brand_id": fact.brand_id, "language": _language(question, found.language), "reply_id": fact.reply_id}
    insert_new(Trace, [{**row, "mark": mark} for mark in marks], Trace.mark)


def alike(case: CaseView, *, limit: int = SHOWN) -> tuple[Answered, ...]:
    """Answered questions of this brand in this language that are like the case's own, the most alike first.

    Costs the same however much was answered: at most PER_MARK rows of an index for each mark of the question.
    """
    regions = brands.brand(current_brand()).regions
    asked = _masked(case.mention, regions)
    marks = sorted(likeness.marks(asked))
    if not marks:
        return ()
    pairs = session.execute(union_all(*(_meeting(case, mark) for mark in marks)))
    answers = _public(likeness.candidates((row.mark, row.reply_id) for row in pairs), other_than=case.id)
    questions = heard.mentions({answer.mention_id for answer in answers.values()})
    texts = {key: _masked(questions[answer.mention_id], regions) for key, answer in answers.items()}
    chosen = likeness.alike(asked, texts, limit)
    outcomes = _outcomes([answers[key] for key, _much in chosen])
    return tuple(
        Answered(key, questions[answers[key].mention_id], answers[key].text, outcomes[key], much)
        for key, much in chosen
    )


def _meeting(case: CaseView, mark: int) -> Select[int, int]:
    """The newest answered questions that left this mark."""
    newest = (
        select(Trace.reply_id)
        .where(
            Trace.brand_id == current_brand(),
            Trace.language == _language(case.mention, case.language),
            Trace.mark == mark,
        )
        .order_by(Trace.reply_id.desc())
        .limit(likeness.PER_MARK)
        .subquery()
    )
    return select(literal(mark).label("mark"), newest.c.reply_id)


def _public(reply_ids: Iterable[int], *, other_than: int) -> dict[int, Reply]:
    """Those of the replies that still stand in public, outside of this case."""
    rows = session.execute(
        select(Reply).where(Reply.id.in_(tuple(reply_ids)), Reply.state == "published", Reply.case_id != other_than)
    ).scalars()
    return {row.id: row for row in rows}


def _outcomes(answers: Iterable[Reply]) -> dict[int, Outcome]:
    """What the customer said after each answer."""
    by_id = {answer.id: answer for answer in answers}
    thanked = set(session.execute(select(Thanks.reply_id).where(Thanks.reply_id.in_(by_id))).scalars())
    again = session.execute(
        select(CaseEvent.case_id, CaseEvent.at).where(
            CaseEvent.case_id.in_({answer.case_id for answer in by_id.values()}), CaseEvent.act == "opened_again"
        )
    ).all()

    def outcome(answer: Reply) -> Outcome:
        if answer.id in thanked:
            return "thanked"
        since = answer.published_at
        return "asked_again" if any(e.case_id == answer.case_id and since and e.at > since for e in again) else "quiet"

    return {key: outcome(answer) for key, answer in by_id.items()}


def _language(question: MentionView, otherwise: str) -> str:
    return question.assessment.language if question.assessment else otherwise


def _masked(question: MentionView, regions: tuple[str, ...]) -> str:
    """What may be compared and remembered of a question: never its private data."""
    return privacy.mask(question.text, privacy.find(question.text, regions=regions))
