"""From a customer's post to vested points, on the sandbox network: the same end however its deliveries are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.channels import accounts
from app.desk import replies, settling
from app.desk.models import Reply
from app.kernel import bus
from app.kernel.db import session, transaction
from gamification import ledger
from gamification.models import Txn, Vesting
from listeners.models import Mention, SetAside
from tests.channels.sandbox import Network, running_network
from tests.flow import story as ways
from tests.flow.spoken import assert_whole, txns
from tests.flow.story import Drain, Story
from tests.world import FURIOUS, HOW_TO

Later = Callable[..., None]
DARK = "Open Settings, then Display, then Dark."
PAIR = "Hold the button until the light blinks, then open the app."
SORRY = "We are sorry. Please write to us in the app, we will look at it today."
RESET = "Switch it off and on five times."


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def story(app: Flask, running: Network, monkeypatch: pytest.MonkeyPatch) -> Story:  # noqa: ARG001
    """A house on the sandbox network; a delivery that waits for another one is due again at once."""
    monkeypatch.setattr(bus, "POSTPONED", timedelta(0))
    return Story.begin(running.afresh())


def tell(story: Story, drain: Drain, later: Later) -> None:
    """The whole story. `drain` runs what follows from each step, in whatever order, however often."""
    house = story.house
    ada, bob, cy = (
        story.says("ada", HOW_TO),
        story.says("bob", "@lumo how do I pair the lamp with my phone?"),
        story.says("cy", FURIOUS),
    )
    assert story.listen().new == 3
    drain()
    reviews = {
        house.submit(story.case_of(ada), house.maya, DARK): "approve",
        house.submit(story.case_of(bob), house.noor, "hold the button til it blinks then open the app"): "edit",
        house.submit(story.case_of(cy), house.tess, SORRY): "approve",
    }
    for review, verdict in reviews.items():
        house.judge(review, house.sam, verdict, **({"text": PAIR} if verdict == "edit" else {}))
    drain()
    assert [each["typed"] for each in story.answers(ada)] == [f"{DARK} ^maya"]
    assert [each["typed"] for each in story.answers(bob)] == [f"{PAIR} ^noor"]
    assert [each["typed"] for each in story.answers(cy)] == [f"{SORRY} ^tess"]
    later(seconds=90)
    assert story.listen().new == 0  # our own words come back, and the questions once more
    drain()
    story.says("ada", "@lumo thanks, that worked", reply_to=story.answers(ada)[0]["id"])
    eve = story.says("eve", "@lumo how do I reset the lamp?")
    later(seconds=5)
    story.says("lumo", RESET, reply_to=eve["id"])  # somebody of the brand, on the network itself
    assert story.listen().new == 2
    drain()
    with transaction(), house.scope():
        by_noor = session.execute(select(Reply.id).where(Reply.author_id == house.noor.member_id)).scalar_one()
        replies.ask_take_down(by_noor, house.sam, "wrong model")
    drain()
    assert story.answers(bob) == []
    later(hours=25)
    ledger.vest_due()
    settling.settle()
    drain()


def expected(story: Story) -> dict[str, object]:
    """The one end of the story."""
    maya, noor, tess = (hand.member_id for hand in (story.house.maya, story.house.noor, story.house.tess))
    points = {(txn.kind, txn.member_id): txn.points for txn in txns(story.house) if txn.kind in {"award", "thanks"}}
    award, thanks, lost = points["award", maya], points["thanks", maya], points["award", noor]
    assert min(award, thanks, lost) > 0
    halves = [part - part // 2 for part in (award, thanks)] + [part // 2 for part in (award, thanks)]
    return {
        "cases": sorted(
            [
                ("answered", "advocates", "", 2),  # ada: question, thanks
                ("closed", "advocates", "taken_down", 1),  # bob
                ("answered", "staff", "", 1),  # cy
                ("closed", "advocates", "answered_outside", 2),  # eve: question, the brand's own answer
            ]
        ),
        "threads": 4,
        "replies": sorted(
            [
                ("published", 1, DARK, maya),
                ("withdrawn", 1, PAIR, noor),
                ("published", 1, SORRY, tess),
            ]
        ),
        "txns": sorted(
            [
                ("award", award, maya),
                ("thanks", thanks, maya),
                *(("vest", half, maya) for half in halves),
                ("award", lost, noor),
                ("reversal", -lost, noor),
            ]
        ),
        "books": sorted(
            [
                ("issuance", 0, -award - thanks),
                ("pending", maya, 0),
                ("vested", maya, award + thanks),
                ("pending", noor, 0),
            ]
        ),
        "said": sorted([f"{DARK} ^maya", f"{SORRY} ^tess", RESET]),
    }


WAYS: dict[str, Drain] = {
    "in order": ways.in_order,
    "each twice": ways.each_twice,
    "backwards": ways.backwards,
    "shuffled 1": ways.shuffled(1),
    "shuffled 2": ways.shuffled(2),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_end_is_the_same(story: Story, later: Later, way: str) -> None:
    tell(story, WAYS[way], later)
    assert story.end() == expected(story)
    assert ways.dead() == []
    assert_whole(story.house, [own for own in story.said() if own.text != RESET])


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_the_end_is_the_same_with_eight_workers_at_once(app: Flask, story: Story, later: Later) -> None:
    tell(story, ways.by_threads(app, 8), later)
    assert story.end() == expected(story)
    assert ways.dead() == []
    assert_whole(story.house, [own for own in story.said() if own.text != RESET])


def test_everything_delivered_once_more_at_the_end_changes_nothing(story: Story, later: Later) -> None:
    tell(story, ways.in_order, later)
    end = story.end()
    with transaction():
        session.execute(update(bus.Delivery).values(state="pending", done_at=None))
    ways.backwards()
    assert story.end() == end == expected(story)


def test_every_heard_post_is_kept_once(story: Story, later: Later) -> None:
    tell(story, ways.in_order, later)
    with story.house.scope():
        mentions = session.execute(select(Mention.external_id)).scalars().all()
        aside = session.execute(select(SetAside.external_id, SetAside.reason)).all()
        session.rollback()
    assert len(mentions) == len(set(mentions)) == 5
    assert [row.reason for row in aside] == ["own_post"] * 4


def test_thanks_let_points_vest_a_day_later(story: Story, later: Later) -> None:
    house, post = story.house, story.says("ada", HOW_TO)
    story.listen()
    bus.drain()
    house.judge(house.submit(story.case_of(post), house.maya, DARK), house.sam)
    bus.drain()
    later(hours=24)
    story.says("ada", "@lumo thanks, that worked", reply_to=story.answers(post)[0]["id"])
    story.listen()
    bus.drain()
    ledger.vest_due()
    assert txns(house, "vest") == []
    later(hours=25)  # 49 hours after publishing: without thanks, half of it
    ledger.vest_due()
    with house.scope():
        left = session.execute(select(Vesting.state).where(Vesting.state == "waiting")).scalars().all()
        moved = session.execute(select(Txn.points).where(Txn.kind == "vest")).scalars().all()
        session.rollback()
    earned = sum(txn.points for txn in txns(house) if txn.kind in {"award", "thanks"})
    assert (left, sum(moved)) == ([], earned)


class TestAnsweredOutside:
    """The brand answers natively; whenever we hear of it, the end is the same."""

    @pytest.fixture(params=["before", "in the same batch", "after"])
    def heard(self, request: pytest.FixtureRequest, story: Story) -> Callable[[Drain], int]:
        """Let the question and the outside answer be heard in this order; the case's id."""
        house = story.house
        question = house.post(HOW_TO)
        answer = house.post(RESET, reply_to=question, author=_own_id(story))

        def hear(drain: Drain) -> int:
            if request.param == "before":
                house.hear(answer, drain=False)
                drain()
                house.hear(question, drain=False)
            elif request.param == "after":
                house.hear(question, drain=False)
                drain()
                house.hear(answer, drain=False)
            else:
                house.hear(question, answer, drain=False)
            drain()
            return house.case_of(question)

        return hear

    @pytest.mark.parametrize("way", WAYS)
    def test_closes_the_case(self, story: Story, heard: Callable[[Drain], int], way: str) -> None:
        page = story.house.page(heard(WAYS[way]))
        assert (page.case.state, page.case.closed_reason) == ("closed", "answered_outside")
        assert page.case.thread_revision == 2
        assert [event.act for event in page.history].count("answered_outside") == 1
        assert ways.dead() == []


def _own_id(story: Story) -> str:
    with story.house.scope():
        external_id = accounts.account(story.house.account_id).external_id
        session.rollback()
    return external_id
