"""Corrections: shown at once, true of texts that are nearly the same, ended with the words that they spoke of."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.desk.models import Thanks
from app.kernel import bus
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from listeners import assess, corrections
from listeners import figures as heard_figures
from listeners import queries as heard
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
from tests.web.conftest import network
from tests.world import HOW_TO, House, World

__all__ = ["network"]

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
        ("level", "account", "level", "account"),
        ("outcome", "thanks", "outcome", "thanks"),
        ("private", "phone,id", "private", ((0, 0, "id"), (0, 0, "phone"))),
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


def test_a_false_alarm_of_private_data_frees_the_case_and_the_words(house: House) -> None:
    post = heard_now(house, "@lumo how do i pair the lamp 415-555-0132? it says so on the box")
    case_id = house.case_of(post)
    assert house.page(case_id).case.lane == "staff"
    correct(house, post, "private", "none")
    assert said_of(house, post).private == ()
    assert house.page(case_id).case.lane == "advocates"
    take_back(house, post, "private")
    assert [kind for _start, _end, kind in said_of(house, post).private] == ["phone"]
    assert house.page(case_id).case.lane == "staff"


def test_private_data_that_nobody_found_keeps_the_case_with_staff(house: House) -> None:
    post = heard_now(house, HOW_TO)
    correct(house, post, "private", "id")
    assert house.page(house.case_of(post)).case.lane == "staff"


def test_how_much_one_must_know_is_corrected_and_the_next_like_it_asks_for_as_much(house: House) -> None:
    post = heard_now(house, SADDLE)
    before = said_of(house, post)
    correct(house, post, "level", "deep_technical")
    assert (said_of(house, post).level, said_of(house, post).expertise) == ("deep_technical", 0.9)
    assert house.page(house.case_of(post)).case.expertise == 0.9
    assert said_of(house, heard_now(house, LIKE_SADDLE, "c-bo")).level == "deep_technical"
    take_back(house, post, "level")
    assert said_of(house, post) == before


def follow_up(house: House, words: str, author: str) -> tuple[int, int]:
    """A question that is answered, and what its customer says then: the case and the mention of these words."""
    post = house.post(HOW_TO, author=author)
    house.hear(post)
    case_id = house.case_of(post)
    house.judge(house.submit(case_id, house.maya), house.sam)
    bus.drain()
    house.hear(house.post(words, reply_to=post, author=author))
    with seen_by(house):
        return case_id, heard.thread(post.channel, post.thread)[-1].id


def says_outcome(house: House, mention_id: int, value: str) -> None:
    with transaction(), house.scope():
        corrections.correct(mention_id, "outcome", value, by=house.sam.member_id)
    bus.drain()


@pytest.mark.usefixtures("network")
def test_what_came_of_an_answer_is_corrected_and_the_answered_case_wakes(house: House) -> None:
    words = "@lumo the lamp says purple"
    case_id, mention_id = follow_up(house, words, "c-ada")
    assert house.page(case_id).case.state == "answered"
    says_outcome(house, mention_id, "still_broken")
    assert house.page(case_id).case.state == "open"
    _case, again = follow_up(house, f"{words}!", "c-bo")
    with seen_by(house):
        seen = heard.mentions([again])[again].assessment
        assert seen is not None
        assert (seen.outcome, seen.like["outcome"].mention_id) == ("still_broken", mention_id)
    assert said_of(house, heard_now(house, f"{words}?", "c-cy")).outcome == "none"  # it follows nothing


@pytest.mark.usefixtures("network")
def test_thanks_that_nobody_understood_reach_the_author_once(house: House) -> None:
    case_id, mention_id = follow_up(house, "@lumo the lamp says purple", "c-ada")
    says_outcome(house, mention_id, "thanks")
    says_outcome(house, mention_id, "solved")
    with seen_by(house):
        assert [one.mention_id for one in session.execute(select(Thanks)).scalars()] == [mention_id]
    assert house.page(case_id).case.state == "answered"


@pytest.mark.usefixtures("network")
def test_who_wants_to_be_left_alone_is_left_to_staff(house: House) -> None:
    case_id, mention_id = follow_up(house, "@lumo the lamp says purple", "c-ada")
    says_outcome(house, mention_id, "stop")
    case = house.page(case_id).case
    assert (case.state, case.lane) == ("open", "staff")
    assert "left alone" in case.lane_reason
