"""Corrections: shown at once, true of texts that are nearly the same, ended with the words that they spoke of."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from listeners import assess, corrections
from listeners import figures as heard_figures
from listeners.corrected import Correction
from listeners.listing import Wish, lines
from listeners.models import Mention
from tests.rooms.corrected import (
    LIKE_SADDLE,
    SADDLE,
    acts,
    correct,
    days,
    heard_now,
    mention_of,
    said_of,
    seen_by,
    take_back,
)
from tests.world import HOW_TO, House, World

pytestmark = pytest.mark.long


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.mark.parametrize(
    ("field", "value", "column", "stored"),
    [
        ("intent", "complaint", "intent", "complaint"),
        ("topic", "delivery", "topic", "delivery"),
        ("mood", "negative", "mood", "negative"),
        ("anger", "2", "anger", 2),
        ("urgency", "3", "urgency", 3),
        ("account_specific", "yes", "account_specific", True),
        ("language", "vi", "language", "vi"),
        ("risks", "press,legal", "risks", ("legal", "press")),
        ("route", "staff", "must_staff", 0.98),
    ],
)
def test_every_field_is_corrected_shown_at_once_and_taken_back_exactly(
    house: House, field: str, value: str, column: str, stored: object
) -> None:
    post = heard_now(house, HOW_TO)
    before, counted = said_of(house, post), days(house)
    correct(house, post, field, value)
    now = said_of(house, post)
    assert getattr(now, column) == stored
    assert now.corrected[field].member_id == house.sam.member_id
    assert now.corrected[field].was
    take_back(house, post, field)
    assert said_of(house, post) == before
    assert days(house) == counted
    assert acts(house)[-2:] == ["mention.correct", "mention.uncorrect"]


def test_figures_and_search_follow_a_correction(house: House) -> None:
    post = heard_now(house, HOW_TO)
    correct(house, post, "topic", "delivery")
    correct(house, post, "intent", "spam")
    moved = days(house)
    assert [row[:2] for row in moved] == [("delivery", 0)]
    with seen_by(house):
        assert [line.id for line in lines(Wish(topic="delivery", intent="spam")).lines] == [mention_of(house, post)]
        assert not lines(Wish(intent="question")).lines
    with transaction(), house.scope():
        heard_figures.rebuild()
    assert days(house) == moved


def test_what_is_said_twice_is_kept_once_and_the_last_word_counts(house: House) -> None:
    post = heard_now(house, HOW_TO)
    first = correct(house, post, "topic", "delivery")
    assert correct(house, post, "topic", "delivery") == first
    correct(house, post, "topic", "billing")
    with seen_by(house):
        rows = [(row.was, row.now, row.stands) for row in session.execute(select(Correction)).scalars()]
    was = rows[0][0]
    assert rows == [(was, "delivery", False), (was, "billing", True)]
    take_back(house, post, "topic")
    assert said_of(house, post).topic == was


@pytest.mark.parametrize(
    ("field", "value"), [("intent", "rant"), ("colour", "red"), ("language", "tlh"), ("anger", "4")]
)
def test_what_cannot_be_is_refused(house: House, field: str, value: str) -> None:
    post = heard_now(house, HOW_TO)
    before = said_of(house, post)
    with pytest.raises(RefusedError):
        correct(house, post, field, value)
    assert said_of(house, post) == before


def test_nothing_is_taken_back_that_nobody_said_and_no_other_brands_mention_is_found(world: World) -> None:
    post = heard_now(world.lumo, HOW_TO)
    with pytest.raises(ConflictError):
        take_back(world.lumo, post, "topic")
    mention_id = mention_of(world.lumo, post)
    with pytest.raises(NotFoundError), transaction(), world.rival.scope():
        corrections.correct(mention_id, "topic", "billing", by=world.rival.sam.member_id)


def test_the_case_follows_the_corrected_judgement(house: House) -> None:
    post = heard_now(house, HOW_TO)
    case_id = house.case_of(post)
    assert house.page(case_id).case.lane == "advocates"
    correct(house, post, "risks", "legal")
    assert house.page(case_id).case.lane == "staff"
    take_back(house, post, "risks")
    assert house.page(case_id).case.lane == "advocates"
    correct(house, post, "intent", "spam")
    assert house.page(case_id).case.state == "closed"
    take_back(house, post, "intent")
    assert house.page(case_id).case.state == "open"


def test_a_danger_ends_an_advocates_claim_and_a_harmless_word_does_not(house: House) -> None:
    post = heard_now(house, HOW_TO)
    case_id = house.case_of(post)
    house.claim(case_id, house.maya)
    correct(house, post, "topic", "delivery")
    assert house.page(case_id).case.state == "claimed"
    correct(house, post, "risks", "safety")
    assert (house.page(case_id).case.state, house.page(case_id).case.lane) == ("open", "staff")


def test_the_next_nearly_same_mention_is_judged_as_the_person_said(house: House) -> None:
    first = heard_now(house, SADDLE)
    was = said_of(house, first)
    assert (was.topic, was.intent) != ("store", "complaint")
    correct(house, first, "topic", "store")
    correct(house, first, "route", "staff")
    then = said_of(house, heard_now(house, LIKE_SADDLE, "c-bo"))
    assert then.topic == "store"
    assert then.like["topic"].mention_id == mention_of(house, first)
    assert then.like["topic"].member_id == house.sam.member_id
    assert then.must_staff > 0.9
    other = said_of(house, heard_now(house, HOW_TO, "c-cy"))
    assert not other.like
    take_back(house, first, "topic")
    assert said_of(house, heard_now(house, LIKE_SADDLE, "c-di")).topic == was.topic


def test_likeness_never_takes_a_danger_back(house: House) -> None:
    words = "@lumo your charger caught fire in my kitchen last night, what now"
    post = heard_now(house, words)
    assert said_of(house, post).risks
    correct(house, post, "risks", "none")
    correct(house, post, "intent", "question")
    again = said_of(house, heard_now(house, f"{words}?", "c-bo"))
    assert again.risks
    assert again.intent == "crisis"


def test_a_correction_ends_with_the_words_that_it_spoke_of(house: House) -> None:
    post = heard_now(house, SADDLE)
    was = said_of(house, post)
    correct(house, post, "topic", "store")
    mention_id = mention_of(house, post)
    with transaction(), house.scope():
        session.execute(update(Mention).where(Mention.id == mention_id).values(text=HOW_TO))
        assess.assess_again([mention_id])
    now = said_of(house, post)
    assert not now.corrected
    assert now.topic != "store"
    assert said_of(house, heard_now(house, LIKE_SADDLE, "c-bo")).topic == was.topic
