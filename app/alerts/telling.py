"""What happened elsewhere becomes an alert for whom it concerns. Each verb follows a fact of the story."""

from __future__ import annotations

from app.alerts.raising import News, tell
from app.desk import queries as desk
from app.desk.replies import SUBJECT
from app.kernel.facts import (
    AppealAsked,
    AppealDecided,
    CaseGiven,
    ColleaguesNamed,
    CustomerThanked,
    ReplyJudged,
    ReplyPublished,
    ReplyTakenDown,
)
from app.people import reach
from app.people.rules import STAFF
from moderation import queries as moderation


def given(fact: CaseGiven) -> None:
    """Somebody of staff handed a member a case; who hands one to themselves knows."""
    if fact.member_id != fact.by_id:
        tell([News(fact.member_id, "given", fact.claim_id, case_id=fact.case_id)])


def judged(fact: ReplyJudged) -> None:
    """The author learns the verdict; its reason is read where it is kept."""
    verdicts = moderation.decisions(SUBJECT, [fact.reply_id]).get(fact.reply_id, ())
    given_now = next((one.verdict for one in verdicts if one.version == fact.version), "")
    news = News(fact.author_id, "judged", fact.reply_id, fact.version, case_id=fact.case_id, detail=given_now)
    tell([news] if given_now else [])


def appealed(fact: AppealAsked) -> None:
    """Everybody of staff who may take the second look: neither its author nor who rejected it."""
    out = {fact.author_id, fact.judged_by}
    staff = [one.id for one in reach.active().values() if one.role in STAFF and one.id not in out]
    tell(News(member_id, "appealed", fact.appeal_id, case_id=fact.case_id) for member_id in staff)


def looked_again(fact: AppealDecided) -> None:
    """The author learns what came of the second look."""
    found = moderation.appeal(fact.appeal_id)
    if found is not None and found.state != "open":
        tell([News(fact.author_id, "second_look", fact.appeal_id, case_id=fact.case_id, detail=found.state)])


def published(fact: ReplyPublished) -> None:
    """The author learns that the reply stands in the thread."""
    tell([News(fact.author_id, "published", fact.reply_id, case_id=fact.case_id)])


def thanked(fact: CustomerThanked) -> None:
    """The author learns that the customer said thanks."""
    case_id = desk.reply(fact.reply_id).case_id
    tell([News(fact.author_id, "thanked", fact.mention_id, case_id=case_id)])


def taken_back(fact: ReplyTakenDown) -> None:
    """An advocate learns that a reply was taken down and its points with it; staff has no points."""
    if fact.by_advocate:
        case_id = desk.reply(fact.reply_id).case_id
        tell([News(fact.author_id, "taken_back", fact.reply_id, case_id=case_id)])


def named(fact: ColleaguesNamed) -> None:
    """Colleagues whom a note names."""
    called = [member_id for member_id in fact.member_ids if member_id != fact.author_id]
    tell(News(member_id, "named", fact.note_id, case_id=fact.case_id) for member_id in called)
