"""Note down the words by which what was heard is found: after hearing, in batches, as a follower of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.kernel.db import current_brand, session
from app.kernel.facts import MentionsAssessed, PostsSetAside
from listeners import queries as heard
from listeners.models import HeardWords, Mention, Quarantined, SetAside, place_of
from listeners.queries import AssessmentView
from listeners.rules.words import property_word, words_of_post


def index_assessed(fact: MentionsAssessed) -> None:
    """Make the mentions of the batch findable, by their words and by what was judged of them. Again changes nothing."""
    _store(_of_mentions(fact.mention_ids))


def index_set_aside(fact: PostsSetAside) -> None:
    """Make what became no mention findable too: a post that was set aside by mistake must be found."""
    aside = session.execute(select(SetAside).where(SetAside.id.in_(fact.set_aside_ids))).scalars()
    broken = session.execute(select(Quarantined).where(Quarantined.id.in_(fact.quarantined_ids))).scalars()
    _store(
        [
            _row(
                place_of(SetAside, row.id),
                words_of_post(row.text, row.author_handle, row.author_name, row.external_id, _own("set_aside")),
            )
            for row in aside
        ]
        + [
            _row(place_of(Quarantined, row.id), words_of_post(row.raw, "", "", row.place, _own("quarantined")))
            for row in broken
        ]
    )


def index_again(mention_ids: Iterable[int]) -> None:
    """After a correction of their assessments, or a change of their text."""
    ids = tuple(mention_ids)
    session.execute(delete(HeardWords).where(HeardWords.place.in_([place_of(Mention, one) for one in ids])))
    _store(_of_mentions(ids))


def _own(kind: str) -> tuple[str, str]:
    """Whose it is and what became of it: every search asks for these two."""
    return property_word("brand", current_brand()), property_word("kind", kind)


def _of_mentions(mention_ids: Iterable[int]) -> list[dict[str, Any]]:
    return [
        _row(
            place_of(Mention, view.id),
            words_of_post(
                view.text, view.author_handle, view.author_name, view.external_id, _properties(view.assessment)
            ),
        )
        for view in heard.mentions(mention_ids).values()
        if view.assessment
    ]


def _properties(assessment: AssessmentView) -> Iterator[str]:
    """What a mention can be filtered by, each as one word."""
    yield from _own("mention")
    for field in ("language", "intent", "mood", "topic"):
        yield property_word(field, getattr(assessment, field))
    for step in range(1, assessment.anger + 1):
        yield property_word("anger", step)
    if assessment.private:
        yield property_word("private", "data")


def _row(place: int, words: str) -> dict[str, Any]:
    return {"brand_id": current_brand(), "place": place, "words": words}


def _store(rows: list[dict[str, Any]]) -> None:
    """What has its words already keeps them."""
    if not rows:
        return
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(HeardWords.__table__).on_conflict_do_nothing()
    session.execute(statement, sorted(rows, key=lambda row: int(row["place"])))
