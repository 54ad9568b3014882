"""Corrections teach a model aside, which is tried before it judges; history is judged anew when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.brands import queries as brands
from app.channels.base import Post
from app.cli.reassess import Differences
from app.desk.rules.routing import RISK_BAR
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError
from app.kernel.facts import MentionCorrected
from listeners import figures as heard_figures
from listeners import judges, reassessing, records, seedlings, teaching
from listeners.corrected import TaughtModel
from listeners.rules import trying
from listeners.rules.assessment import ASSESSMENT_VERSION
from listeners.rules.correcting import Said
from listeners.rules.linear import Taught
from listeners.rules.remembering import Corrected
from tests.rooms.corrected import (
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


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


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
    assert not now.like
    assert "loyalty" in now.sure["topic"]  # among the likeliest, though nobody corrected anything like it
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


def test_however_many_tries_failed_the_model_before_the_live_one_can_be_gone_back_to(house: House) -> None:
    def kept(version: str, state: str, replaced: str | None) -> int:
        row = TaughtModel(
            brand_id=house.brand_id,
            version=version,
            state=state,
            replaced=replaced,
            model=b"",
            mentions=0,
            learned_until=0,
            seen_until=0,
            record={},
            trial={},
            made_at=clock.now(),
        )
        session.add(row)
        session.flush()
        return row.id

    with transaction(), house.scope():
        kept("first", "retired", None)
        live = kept("second", "live", "first")
        for n in range(teaching.KEPT + 5):
            kept(f"try {n}", "shadow", "second")
        teaching.drop_old()
        teaching.take_back(live, by=house.dana.member_id)
    assert ("first", "live") in models(house)
    assert len(models(house)) <= teaching.KEPT + 2


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
    found = Differences()
    for one in looked:
        found.add(one, judge.brand)
    assert next(found.lines()) == f"  {found.changed} of 3 would be judged otherwise."
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


def test_what_people_said_of_risks_teaches_their_chance_and_who_looked_knows_more(house: House) -> None:
    texts = [of_risk(n, f"the flurb of lamp {n} hums", "safety") for n in range(80)]
    texts += [of_risk(n, f"the snorp of lamp {n} hums", "none") for n in range(80, 160)]
    with seen_by(house):
        brand = brands.brand(house.brand_id)
        taught = teaching.taught_by(brand, texts)
    held = [of_risk(n, f"the flurb of lamp {n} hums again", "safety") for n in range(160, 160 + trying.LEAST)]
    trial = teaching.compared(brand, taught, None, held)
    assert trial.by_field["risks"] == (trying.LEAST, trying.LEAST, 0)
    assert trial.wins
    judges_alone(house, taught)
    post = heard_now(house, "@lumo flurb hums, is that how lamps are?")
    before = said_of(house, post)
    assert before.risks == ()
    assert before.risk_chance >= RISK_BAR
    case_id = house.case_of(post)
    assert house.page(case_id).case.lane == "staff"
    assert "may hold a risk" in house.page(case_id).case.lane_reason
    with seen_by(house):
        found, policy = house.page(case_id).case, brands.brand(house.brand_id).policy
        assert found.due_at - found.offered_at == timedelta(minutes=policy.promise_angry_minutes)
        in_doubt, settled = (records.useful(found.must_staff, bar, ())[0].doubt.field for bar in (1.0, RISK_BAR))
    assert in_doubt == "route" != settled
    correct(house, post, "risks", "none")
    assert said_of(house, post).risk_chance < RISK_BAR
    assert "may hold a risk" not in house.page(case_id).case.lane_reason
    take_back(house, post, "risks")
    assert said_of(house, post) == before


def of_risk(n: int, words: str, now: str) -> Corrected:
    return Corrected(n, words, (Said(n, n, 1, "risks", "none", now),))


def judges_alone(house: House, taught: Taught) -> None:
    """This model judges the brand's mentions from now on."""
    with transaction(), house.scope():
        past = {"mentions": 1, "learned_until": 1, "seen_until": 1, "record": {}, "trial": {}, "made_at": clock.now()}
        row = {"brand_id": house.brand_id, "version": taught.version, "state": "live", "model": taught.to_bytes()}
        session.add(TaughtModel(**row, **past))


def corrected_text(n: int, kind: str, lane: str) -> Corrected:
    words = LESSONS[kind].format(n=n, where=PLACES[n % len(PLACES)])
    return Corrected(n, words, (Said(n, n, 1, "route", "staff", lane),))
