"""Corrections: shown at once, true of texts that are nearly the same, taught aside, tried before they judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, update

from app.brands import queries as brands
from app.channels.base import Post
from app.kernel import bus, clock
from app.kernel.audit import AuditRow
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from app.kernel.facts import MentionCorrected
from listeners import assess, corrections, judges, reassessing, seedlings, teaching
from listeners import figures as heard_figures
from listeners import queries as heard
from listeners.corrected import Correction, TaughtModel
from listeners.counted import HeardDay
from listeners.listing import Wish, lines
from listeners.models import Mention
from listeners.queries import AssessmentView
from listeners.rules import trying
from listeners.rules.assessment import ASSESSMENT_VERSION
from listeners.rules.correcting import Said
from listeners.rules.remembering import Corrected
from tests.world import HOW_TO, House, World

SADDLE = "@lumo the new saddle squeaks on every climb, is that normal?"
LIKE_SADDLE = "@lumo my new saddle squeaks on each climb. Is it normal?"


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@contextmanager
def seen_by(house: House) -> Iterator[None]:
    with house.scope():
        yield
        session.rollback()


def said_of(house: House, post: Post) -> AssessmentView:
    with seen_by(house):
        view = heard.mentions([mention_of(house, post)])[mention_of(house, post)].assessment
    assert view is not None
    return view


def mention_of(house: House, post: Post) -> int:
    with house.scope():
        [found] = heard.thread(post.channel, post.thread)[:1]
    return found.id


def heard_now(house: House, text: str, author: str = "c-ada") -> Post:
    post = house.post(text, author=author)
    house.hear(post)
    return post


def correct(house: House, post: Post, field: str, value: str, *, drain: bool = True) -> int:
    with transaction(), house.scope():
        correction_id = corrections.correct(mention_of(house, post), field, value, by=house.sam.member_id)
    if drain:
        bus.drain()
    return correction_id


def take_back(house: House, post: Post, field: str) -> None:
    with transaction(), house.scope():
        corrections.take_back(mention_of(house, post), field, by=house.sam.member_id)
    bus.drain()


def acts(house: House) -> list[str]:
    with seen_by(house):
        return list(session.execute(select(AuditRow.act).order_by(AuditRow.seq)).scalars())


def days(house: House) -> list[Any]:
    with seen_by(house):
        rows = session.execute(select(HeardDay)).scalars()
        return sorted((row.topic, row.asking, row.positive, row.neutral, row.negative) for row in rows if row.mentions)


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


LESSONS = {
    "delivery": "the parcel with my lamp number {n} came late and the driver left it {where}",
    "product": "the shade of lamp {n} fits {where}, which bulb does it take",
}
"""Two kinds of texts; people say of both that they are about loyalty."""
PLACES = ("at the gate", "in the rain", "by the bins", "on the roof", "next door", "in the yard", "upstairs", "outside")


def many(house: House, corrected: Mapping[str, str], count: int) -> list[Post]:
    """That many mentions of each kind, heard, and corrected as told."""
    posts = []
    for n in range(count):
        for kind, field_value in corrected.items():
            words = LESSONS[kind].format(n=n * 37, where=PLACES[n % len(PLACES)])
            posts.append(heard_now(house, f"@lumo {words}", f"c-{kind}{n}"))
            correct(house, posts[-1], "topic", field_value, drain=False)
    return posts


def models(house: House) -> list[tuple[str, str]]:
    with seen_by(house):
        rows = session.execute(select(TaughtModel).order_by(TaughtModel.id)).scalars()
        return [(row.version, row.state) for row in rows]


@pytest.mark.long
def test_enough_corrections_teach_a_model_that_must_win_to_judge(house: House, later: Callable[..., None]) -> None:
    many(house, {"delivery": "loyalty"}, 2 * trying.LEAST)
    bus.drain()
    assert models(house) == []  # somebody may still be clicking
    later(seconds=30)
    bus.drain()
    [(version, state)] = models(house)
    assert state == "live"
    post = heard_now(house, "@lumo parcel late again, why does your driver leave lamps there?", "c-zoe")
    now = said_of(house, post)
    assert now.version.endswith(version)
    assert now.topic == "loyalty"
    assert not now.like
    assert now.sure["topic"]["loyalty"] > 0.3
    assert acts(house)[-1] == "model.promote"

    with seen_by(house):
        live = session.execute(select(TaughtModel.id)).scalar_one()
    with transaction(), house.scope():
        teaching.take_back(live, by=house.dana.member_id)
    assert models(house) == [(version, "retired")]
    assert acts(house)[-1] == "model.take_back"
    assert "taught" not in said_of(house, heard_now(house, "@lumo driver lost lamp and parcel", "c-yan")).version
    with pytest.raises(ConflictError), transaction(), house.scope():
        teaching.take_back(live, by=house.dana.member_id)


@pytest.mark.long
def test_a_model_that_is_not_better_stays_in_the_shadow(house: House, later: Callable[..., None]) -> None:
    for n in range(2 * trying.LEAST):  # everything is right as it is: there is nothing to gain
        post = heard_now(house, f"@lumo {LESSONS['product'].format(n=n * 37, where=PLACES[n % 8])}?", f"c-{n}")
        correct(house, post, "topic", said_of(house, post).topic, drain=False)
    later(seconds=30)
    bus.drain()
    [(_version, state)] = models(house)
    assert state == "shadow"
    with seen_by(house):
        assert judges.judge_of(brands.brand(house.brand_id)).taught is None


def test_too_few_corrections_teach_nothing(house: House, later: Callable[..., None]) -> None:
    many(house, {"delivery": "loyalty"}, 3)
    later(seconds=30)
    bus.drain()
    assert models(house) == []


def test_learning_waits_while_somebody_corrects(house: House, later: Callable[..., None]) -> None:
    post = heard_now(house, HOW_TO)
    correction_id = correct(house, post, "topic", "delivery", drain=False)
    fact = MentionCorrected(house.brand_id, mention_of(house, post), correction_id)
    with house.scope(), pytest.raises(bus.NotYetError):
        teaching.learn(fact)
    session.rollback()
    later(seconds=11)
    with house.scope():
        teaching.learn(fact)
    assert models(house) == []


def test_our_own_examples_are_learned_once_and_judge_until_a_brand_taught(house: House) -> None:
    assert judged_by(house) == ASSESSMENT_VERSION
    assert seedlings.keep()
    assert not seedlings.keep()
    assert judged_by(house).startswith(f"{ASSESSMENT_VERSION}+seeds-")
    now = said_of(house, heard_now(house, HOW_TO))
    assert now.version == judged_by(house)
    assert sum(now.sure["intent"].values()) <= 1.001


def judged_by(house: House) -> str:
    with seen_by(house):
        return judges.judge_of(brands.brand(house.brand_id)).version


@pytest.mark.long
def test_history_is_judged_anew_looked_at_first_and_kept_where_people_spoke(
    house: House,
) -> None:
    posts = [heard_now(house, text, f"c-{n}") for n, text in enumerate((HOW_TO, SADDLE, "@lumo lamp is dead again"))]
    correct(house, posts[1], "topic", "store")
    counted = days(house)
    seedlings.keep()
    with house.scope():
        judge = judges.judge_of(brands.brand(house.brand_id))
        looked = [one for batch in reassessing.looked_at(judge, None) for one in batch]
        session.rollback()
    assert [one.mention_id for one in looked] == [mention_of(house, post) for post in posts]
    assert looked[1].after["topic"] == "store"
    assert days(house) == counted
    before = said_of(house, posts[0])
    assert before.version == ASSESSMENT_VERSION

    with transaction(), house.scope():
        reassessing.write(judge, reassessing.next_ids(judge, None, 0)[:1])
    with house.scope():
        assert reassessing.left(judge, None) == 2  # ended in between: the next run goes on with these
        session.rollback()
    with transaction(), house.scope():
        reassessing.write(judge, reassessing.next_ids(judge, None, 0))
    with house.scope():
        assert reassessing.left(judge, None) == 0
        session.rollback()
    now = said_of(house, posts[1])
    assert (now.version, now.topic) == (judge.version, "store")
    assert now.corrected["topic"].member_id == house.sam.member_id
    take_back(house, posts[1], "topic")
    assert said_of(house, posts[1]).topic == looked[1].after["detail"]["corrected"]["topic"]["was"]
    moved = days(house)
    with transaction(), house.scope():
        heard_figures.rebuild()
    assert days(house) == moved


def test_a_model_of_another_form_is_left_alone_and_the_rules_judge(house: House) -> None:
    with transaction(), house.scope():
        row = TaughtModel(
            brand_id=house.brand_id,
            version="taught-1-of-another-form",
            state="live",
            model=b"what an earlier release stored",
            mentions=1,
            learned_until=1,
            seen_until=1,
            record={},
            trial={},
            made_at=clock.now(),
        )
        session.add(row)
    assert judged_by(house) == ASSESSMENT_VERSION
    assert said_of(house, heard_now(house, HOW_TO)).version == ASSESSMENT_VERSION


@pytest.mark.long
def test_from_500_corrections_on_chances_are_laid_on_corrections_alone(house: House) -> None:
    texts = [corrected_text(n, *pair) for n, pair in enumerate([("delivery", "staff"), ("product", "advocates")] * 260)]
    with seen_by(house):
        brand = brands.brand(house.brand_id)
        few, many_ = teaching.taught_by(brand, texts[:100]), teaching.taught_by(brand, texts)
        again = teaching.taught_by(brand, texts)
    examples = few.models["intent"].record.rows
    assert few.models["must_staff"].record.rows == examples + 100
    record = many_.models["must_staff"].record
    assert record.rows == len(texts)
    assert record.calibration_error <= 0.03
    assert many_.models["intent"].record.rows == examples
    assert again.version == many_.version


def corrected_text(n: int, kind: str, lane: str) -> Corrected:
    words = LESSONS[kind].format(n=n, where=PLACES[n % len(PLACES)])
    return Corrected(n, words, (Said(n, n, 1, "route", "staff", lane),))
