"""What the brand tells its people: chosen by topic and language, kept from two savers, gone when it is not true."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.brands import editing, knowledge, queries
from app.brands.knowledge import Words
from app.kernel import clock
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from tests.world import House, World

TOPICS = ("tech", "billing")


def told(house: House, kind: str = "fact", **words: object) -> int:
    given = {"title": "A title", "text": "A text", "language": "en", "topic": "tech"} | words
    with transaction(), house.scope():
        return knowledge.write(kind, Words(**given), by=house.dana.member_id, topics=TOPICS)  # type: ignore[arg-type]


def beside(house: House, topic: str = "tech", language: str = "en", kind: str = "fact") -> list[str]:
    ask = {"fact": queries.facts, "answer": queries.short_answers}[kind]
    with house.scope():
        found = [view.title for view in ask(topic, language, "en")]
        session.rollback()
    return found


def test_the_topic_and_the_language_come_first_and_what_is_over_is_left_out(world: World) -> None:
    house = world.lumo
    today = clock.now().date()
    told(house, title="b usual", topic=None)
    told(house, title="c topic")
    told(house, title="a vietnamese", language="vi", topic=None)
    told(house, title="other topic", topic="billing")
    told(house, title="ended", valid_until=today - timedelta(days=1))
    told(house, title="d last day", valid_until=today)
    told(house, "answer", title="an answer")
    told(world.rival, title="of another brand")
    assert beside(house) == ["c topic", "d last day", "b usual"]
    assert beside(house, language="vi") == ["a vietnamese", "c topic", "d last day", "b usual"]
    assert beside(house, topic="billing", language="und") == ["other topic", "b usual"]
    assert beside(house, kind="answer") == ["an answer"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"title": " "}, "a title and a text"),
        ({"text": ""}, "a title and a text"),
        ({"text": "x" * 2001}, "at most 120"),
        ({"topic": "cooking"}, "one of the topics"),
        ({"language": "fr"}, "one of the brand's languages"),
        ({"link": "javascript:alert(1)"}, "https://"),
        ({"link": "https://"}, "https://"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(world: World, words: dict[str, object], sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        told(world.lumo, **words)
    assert beside(world.lumo) == []


def test_the_second_saver_is_told(world: World) -> None:
    house, by = world.lumo, world.lumo.dana.member_id
    row_id = told(house, title="first")
    with house.scope():
        seen = editing.mark(knowledge.marked(queries.known("fact", row_id)))
        session.rollback()
    words = Words("second", "A text", "en", "tech", valid_until=date(2999, 1, 1))
    with transaction(), house.scope():
        knowledge.write("fact", words, by=by, row_id=row_id, seen=seen, topics=TOPICS)
    with pytest.raises(ConflictError, match="kept below"), transaction(), house.scope():
        knowledge.write("fact", Words("third", "t", "en"), by=by, row_id=row_id, seen=seen, topics=TOPICS)
    assert beside(house) == ["second"]


def test_what_is_removed_is_gone_and_another_brands_is_not_there(world: World) -> None:
    house, by = world.lumo, world.lumo.dana.member_id
    row_id = told(house)
    with pytest.raises(NotFoundError), transaction(), world.rival.scope():
        knowledge.remove("fact", row_id, by=by)
    with transaction(), house.scope():
        assert knowledge.remove("fact", row_id, by=by).title == "A title"
    with pytest.raises(NotFoundError), transaction(), house.scope():
        knowledge.remove("fact", row_id, by=by)
    assert beside(house) == []
