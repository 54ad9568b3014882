"""Alerts: each fact told once to whom it concerns and nobody else, what waits told without a flood, mailed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import delete, func, select, update

from app.alerts import mailing, queries, reading, telling, watching, wishes
from app.alerts.models import Alert, Told
from app.alerts.rules.timing import Wish
from app.desk import appealing, claims, lookout, moving, notes, replies
from app.desk.rules.hand import Hand
from app.kernel import bus, clock
from app.kernel.bus import Delivery
from app.kernel.db import session, transaction
from app.kernel.errors import NotFoundError, RefusedError
from app.kernel.facts import from_payload
from app.people import team
from app.people.models import Membership
from tests.mailbox import Mailbox, mailbox
from tests.web.conftest import network
from tests.world import FURIOUS, HOW_TO, House, World

pytestmark = pytest.mark.long

__all__ = ["mailbox", "network"]
Later = Callable[..., None]
Result = TypeVar("Result")
SECRET = "Takes a restart of the whole telephone."
AWAKE = Wish(quiet_from=0, quiet_to=0)
"""No quiet hours, so that a test means the same by day and by night."""


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def awake(world: World) -> None:
    """Everybody may get mails at any hour."""
    for one in (world.lumo, world.rival):
        for hand in (one.maya, one.noor, one.sam, one.tess, one.dana):
            choose(one, hand, AWAKE)


def choose(house: House, hand: Hand, wish: Wish) -> None:
    with transaction(), house.scope():
        wishes.choose(hand.member_id, wish)


def do(house: House, verb: Callable[..., Result], *words: object) -> Result:
    with transaction(), house.scope():
        return verb(*words)


def told(house: House) -> list[tuple[str, str, str, int]]:
    """Every alert of a brand: to whom, of what, in which words, how many."""
    names = {getattr(house, name).member_id: name for name in ("maya", "noor", "sam", "tess", "dana")}
    every = select(Alert.member_id, Alert.kind, Alert.detail, Alert.count)
    with house.scope():
        rows = session.execute(every.order_by(Alert.member_id, Alert.kind, Alert.id)).all()
        session.rollback()
    return [(names[row.member_id], row.kind, row.detail, row[3]) for row in rows]


def told_to(house: House, hand: Hand) -> list[str]:
    with house.scope():
        kinds = [one.kind for one in queries.alerts(hand.member_id)]
        session.rollback()
    return kinds


def ask(house: House, *words: str) -> list[int]:
    """Questions that go to the advocates; their cases."""
    posts = [house.post(f"{HOW_TO} {word}", author=f"c-{word}") for word in words]
    house.hear(*posts)
    return [house.case_of(post) for post in posts]


def story(house: House) -> None:
    """One of everything that becomes an alert by a fact."""
    one, two, three = (house.post(f"{HOW_TO} {word}", author=f"c-{word}") for word in ("one", "two", "three"))
    house.hear(one, two, three)
    house.judge(house.submit(house.case_of(one), house.maya, SECRET), house.sam)
    bus.drain()
    house.hear(house.post("thank you so much, that worked!", reply_to=one, author="c-one"))
    house.judge(house.submit(house.case_of(two), house.noor, SECRET), house.sam, "reject", reason="Not for this model.")
    rejected = next(reply for reply in range(1, 9) if house.reply(reply).author_id == house.noor.member_id)
    appeal = do(house, appealing.appeal, rejected, house.noor, "It is for this very model.")
    do(house, appealing.decide_appeal, appeal, house.tess, "upheld", "The manual says no.")
    do(house, moving.give_to, house.case_of(three), house.noor.member_id, house.sam, "She knows it.")
    do(house, notes.write, house.case_of(three), house.sam, "@tess please look")
    published = next(reply for reply in range(1, 9) if house.reply(reply).state == "published")
    do(house, replies.ask_take_down, published, house.sam, "It names a person.")
    bus.drain()


WHOLE_STORY = [
    ("dana", "appealed", "", 1),
    ("maya", "judged", "approve", 1),
    ("maya", "published", "", 1),
    ("maya", "taken_back", "", 1),
    ("maya", "thanked", "", 1),
    ("noor", "given", "", 1),
    ("noor", "judged", "reject", 1),
    ("noor", "second_look", "upheld", 1),
    ("tess", "appealed", "", 1),
    ("tess", "named", "", 1),
]
"""Sam rejected, wrote and gave: nothing of it is told to him, and the author's appeal is not his to decide."""


@pytest.mark.usefixtures("network")
def test_each_fact_is_told_once_to_whom_it_concerns(world: World) -> None:
    story(world.lumo)
    assert sorted(told(world.lumo)) == WHOLE_STORY
    assert told(world.rival) == []


@pytest.mark.usefixtures("network")
def test_told_twice_and_in_another_order_the_same_alerts_come_of_it(house: House) -> None:
    story(house)
    ours = Delivery.subscriber.like(f"{telling.__name__}.%")
    rows = session.execute(select(Delivery).where(ours).order_by(Delivery.id.desc())).scalars().all()
    facts = [(row.subscriber.rpartition(".")[2], from_payload(row.fact, row.payload)) for row in rows]
    assert {name for name, _fact in facts} >= {"given", "judged", "appealed", "looked_again", "published", "named"}
    session.rollback()
    with transaction(), house.scope():
        session.execute(delete(Alert))
    for name, fact in [*facts, *reversed(facts)]:
        do(house, getattr(telling, name), fact)
    assert sorted(told(house)) == WHOLE_STORY


def test_who_gives_a_case_to_themselves_is_not_told(house: House) -> None:
    (case,) = ask(house, "one")
    do(house, moving.give_to, case, house.sam.member_id, house.sam, "I know it.")
    do(house, moving.give_to, case, house.tess.member_id, house.sam, "She knows it better.")
    bus.drain()
    assert told(house) == [("tess", "given", "", 1)]


def test_a_case_given_back_and_given_again_is_told_again(house: House) -> None:
    (case,) = ask(house, "one")
    for _ in range(2):
        do(house, moving.give_to, case, house.tess.member_id, house.sam, "She knows it.")
        bus.drain()
        do(house, claims.give_back, case, house.tess)
    assert told_to(house, house.tess) == ["given", "given"]


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("reason", ["suspended", "switched_off", "another_role"])
def test_nobody_is_told_who_left_or_does_not_want_to_or_may_not(house: House, reason: str) -> None:
    (case,) = ask(house, "one")
    do(house, notes.write, case, house.sam, "@tess please look")
    if reason == "suspended":
        do(house, lambda: team.suspend(house.tess.member_id, by=house.dana.member_id))
    elif reason == "switched_off":
        choose(house, house.tess, Wish(ways={"named": "off"}))
    else:
        do(
            house,
            lambda: session.execute(
                update(Membership).where(Membership.member_id == house.tess.member_id).values(role="advocate")
            ),
        )
    bus.drain()
    assert told(house) == []


def test_questions_that_fit_are_told_as_one_alert_and_again_only_after_a_rest(house: House, later: Later) -> None:
    ask(house, "one", "two", "three")
    watching.look()
    watching.look()
    assert [one for one in told(house) if one[1] == "offered"] == [
        ("maya", "offered", "", 3),
        ("noor", "offered", "", 3),
    ]
    ask(house, "four")
    later(minutes=29)
    watching.look()
    assert told_to(house, house.maya) == ["offered"]
    later(minutes=2)
    watching.look()
    with house.scope():
        newest, older = queries.alerts(house.maya.member_id)
        assert queries.unread(house.maya.member_id) == 1
        session.rollback()
    assert (newest.count, newest.is_read, older.count, older.is_read) == (4, False, 3, True)
    later(minutes=60)
    watching.look()
    assert told_to(house, house.maya) == ["offered", "offered"]


def test_a_question_that_does_not_fit_is_not_told(house: House) -> None:
    (case,) = ask(house, "one")
    with transaction(), house.scope():
        claims.skip(case, house.noor)
        session.execute(update(Membership).where(Membership.member_id == house.maya.member_id).values(languages=["ko"]))
    watching.look()
    assert [one for one in told(house) if one[1] == "offered"] == []


def test_a_single_question_leads_to_its_case(house: House) -> None:
    (case,) = ask(house, "one")
    watching.look()
    with house.scope():
        (alert,) = queries.alerts(house.maya.member_id)
        session.rollback()
    assert (alert.count, alert.case_id) == (1, case)


@pytest.mark.usefixtures("awake")
def test_staff_is_told_of_anger_also_by_mail_and_no_advocate_is(world: World, mailbox: Mailbox, later: Later) -> None:
    world.lumo.hear(world.lumo.post(FURIOUS))
    watching.look()
    assert told(world.lumo) == [(name, "hot", "", 1) for name in ("sam", "tess", "dana")]
    assert told(world.rival) == []
    later(minutes=61)
    mailing.post_due()
    (letter,) = mailbox.letters("sam@lumo.example")
    assert letter.subject == "Lumo: an angry or risky case waits for staff"
    assert mailbox.letters("maya@lumo.example") == mailbox.letters("sam@rival.example") == []


def test_new_anger_is_told_however_much_waits_already(
    house: House, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "LOOKED_AT", 2)
    house.hear(*(house.post(FURIOUS, author=f"c-{word}") for word in ("one", "two", "three")))
    watching.look()
    later(minutes=16)
    house.hear(house.post(FURIOUS, author="c-four"))
    watching.look()
    assert told_to(house, house.sam) == ["hot", "hot"]


@pytest.mark.usefixtures("awake")
def test_staff_is_told_of_a_promise_in_its_last_quarter_that_nobody_holds(
    house: House, mailbox: Mailbox, later: Later
) -> None:
    held, free = ask(house, "one", "two")
    due = house.page(free).case.due_at - house.page(free).case.offered_at
    later(seconds=due.total_seconds() * 0.7)
    watching.look()
    assert not [one for one in told(house) if one[1] == "late"]
    later(seconds=due.total_seconds() * 0.1)
    house.claim(held, house.maya)
    watching.look()
    assert [one for one in told(house) if one[1] == "late"] == [
        (name, "late", "", 1) for name in ("sam", "tess", "dana")
    ]
    later(minutes=61)
    mailing.post_due()
    assert "A promise is about to be missed" in mailbox.letters("sam@lumo.example")[-1].text


def test_staff_is_told_of_a_reply_that_does_not_leave_and_of_work_that_stands_still(house: House, later: Later) -> None:
    (case,) = ask(house, "one")
    house.judge(house.submit(case, house.maya), house.sam)
    with transaction():
        session.execute(update(Delivery).where(Delivery.state == "pending").values(state="dead"))
    watching.look()
    assert {kind for _who, kind, _detail, _count in told(house)} == {"halted"}
    later(minutes=16)
    watching.look()
    assert sorted(one for one in told(house) if one[1] == "unknown") == [
        (name, "unknown", "", 1) for name in ("dana", "sam", "tess")
    ]


def test_two_watches_at_once_tell_nobody_twice(house: House) -> None:
    """The second one looked before the first had told: what it believes of the last time is no longer so."""
    ask(house, "one")
    at = clock.now()
    with transaction(), house.scope():
        assert watching._take_turn("offered", house.maya.member_id, None, at)
        assert not watching._take_turn("offered", house.maya.member_id, None, at)
        assert session.execute(select(func.count()).select_from(Told)).scalar_one() == 1


def test_reading_is_one_s_own(house: House) -> None:
    ask(house, "one")
    watching.look()
    with house.scope():
        (alert,) = queries.alerts(house.maya.member_id)
        session.rollback()
    with pytest.raises(NotFoundError):
        do(house, reading.open_alert, alert.id, house.noor.member_id)
    assert do(house, reading.open_alert, alert.id, house.maya.member_id).startswith("/cases/")
    with house.scope():
        assert queries.unread(house.maya.member_id) == 0
        assert queries.unread(house.noor.member_id) == 1
        session.rollback()


def test_another_brand_s_alert_is_no_alert(world: World) -> None:
    ask(world.lumo, "one")
    watching.look()
    with world.lumo.scope():
        (alert,) = queries.alerts(world.lumo.maya.member_id)
        session.rollback()
    with pytest.raises(NotFoundError):
        do(world.rival, reading.open_alert, alert.id, world.lumo.maya.member_id)


@pytest.mark.usefixtures("awake", "network")
def test_what_nobody_read_comes_as_one_mail_per_brand_once_and_without_words(
    house: House, mailbox: Mailbox, later: Later
) -> None:
    story(house)
    mailing.post_due()
    assert mailbox.letters("maya@lumo.example") == []
    later(minutes=61)
    mailing.post_due()
    mailing.post_due()
    (letter,) = mailbox.letters("maya@lumo.example")
    assert letter.subject == "Lumo: 3 things to know"
    assert "A customer said thanks to you:" in letter.text
    assert "https://portal.example/cases/" in letter.text
    for word in ("restart", "dark mode", "thank you so much", "c-one", "Sam", "person"):
        assert word not in letter.text + letter.subject
    later(days=2)
    mailing.post_due()
    assert len(mailbox.letters("maya@lumo.example")) == 1


@pytest.mark.usefixtures("awake")
def test_what_was_read_meanwhile_is_not_mailed(house: House, mailbox: Mailbox, later: Later) -> None:
    ask(house, "one")
    watching.look()
    do(house, reading.read_all, house.maya.member_id)
    later(minutes=61)
    mailing.post_due()
    assert mailbox.letters("maya@lumo.example") == []
    assert len(mailbox.letters("noor@lumo.example")) == 1


@pytest.mark.usefixtures("awake")
def test_who_was_suspended_since_gets_no_mail(house: House, mailbox: Mailbox, later: Later) -> None:
    ask(house, "one")
    watching.look()
    do(house, lambda: team.suspend(house.maya.member_id, by=house.dana.member_id))
    later(minutes=61)
    mailing.post_due()
    later(days=1)
    mailing.post_due()
    assert mailbox.letters("maya@lumo.example") == []


def test_quiet_hours_hold_mails_back_and_they_come_as_one(house: House, mailbox: Mailbox, later: Later) -> None:
    minute = clock.now().hour * 60 + clock.now().minute
    choose(house, house.tess, Wish(quiet_from=(minute - 60) % 1440, quiet_to=(minute + 120) % 1440))
    for word in ("one", "two"):
        (case,) = ask(house, word)
        do(house, notes.write, case, house.sam, "@tess please look")
        bus.drain()
    mailing.post_due()
    assert mailbox.letters("tess@lumo.example") == []
    later(minutes=121)
    mailing.post_due()
    (letter,) = mailbox.letters("tess@lumo.example")
    assert letter.subject == "Lumo: colleagues named you in 2 notes"


@pytest.mark.usefixtures("awake")
def test_a_choice_holds_for_mails_that_have_not_left(house: House, mailbox: Mailbox, later: Later) -> None:
    ask(house, "one")
    watching.look()
    do(house, wishes.pause, house.maya.member_id, 3)
    choose(house, house.noor, Wish(digest="never", quiet_from=0, quiet_to=0))
    later(minutes=61)
    mailing.post_due()
    assert mailbox.letters("maya@lumo.example") == mailbox.letters("noor@lumo.example") == []
    later(days=3)
    mailing.post_due()
    assert len(mailbox.letters("maya@lumo.example")) == 1
    assert mailbox.letters("noor@lumo.example") == []


@pytest.mark.usefixtures("awake")
def test_the_mail_s_own_link_stops_the_mails_of_its_brand_and_the_bell_goes_on(
    world: World, mailbox: Mailbox, later: Later
) -> None:
    house = world.lumo
    ask(house, "one")
    watching.look()
    link = do(house, wishes.link_id, house.maya.member_id)
    with transaction():
        wishes.stop_mails(link)
    with transaction():
        wishes.stop_mails(link)
    ask(house, "two")
    later(minutes=61)
    watching.look()
    mailing.post_due()
    assert mailbox.letters("maya@lumo.example") == []
    assert told_to(house, house.maya) == ["offered", "offered"]
    with pytest.raises(NotFoundError), transaction():
        wishes.stop_mails(10**6)


def test_what_cannot_be_wished_for_changes_nothing(house: House) -> None:
    with pytest.raises(RefusedError):
        choose(house, house.maya, Wish(zone="Nowhere/Land"))
    with pytest.raises(RefusedError):
        do(house, wishes.pause, house.maya.member_id, 0)
    with house.scope():
        assert wishes.of(house.maya.member_id) == Wish()
        session.rollback()


def test_read_alerts_go_after_30_days_and_all_after_90(house: House, later: Later) -> None:
    ask(house, "one")
    watching.look()
    do(house, reading.read_all, house.maya.member_id)
    later(days=29)
    reading.forget()
    assert len([one for one in told(house) if one[1] == "offered"]) == 2
    later(days=2)
    reading.forget()
    assert [one[0] for one in told(house) if one[1] == "offered"] == ["noor"]
    later(days=60)
    reading.forget()
    assert told(house) == []


def test_the_watch_goes_on_when_one_brand_is_in_trouble(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(world.rival, "one")
    real = watching._look_over

    def fails(brand: watching.BrandView) -> None:
        if brand.id == world.lumo.brand_id:
            raise ArithmeticError
        real(brand)

    monkeypatch.setattr(watching, "_look_over", fails)
    watching.look()
    assert told_to(world.rival, world.rival.maya) == ["offered"]
