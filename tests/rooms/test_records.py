"""An author's record: every judged answer counts once, as it ended, and what waits counts neither way."""

from __future__ import annotations

import pytest

from app.kernel import bus, clock
from app.kernel.db import session
from app.reports import records
from app.reports.records import Standing
from tests.web.conftest import FakeNetwork, network
from tests.world import HOW_TO, House, World

__all__ = ["network"]

ANSWER = "Open Settings, then Display, then Dark."
OTHER = "Hold the power button for ten seconds, let go, and start it once more."


@pytest.fixture
def house(world: World, network: FakeNetwork) -> House:  # noqa: ARG001  the network takes what is published
    return world.lumo


def judged(house: House, word: str, verdict: str = "approve", **words: str) -> None:
    """An answer of Maya's to a question of its own, with its verdict, and published where it may be."""
    post = house.post(f"{HOW_TO} {word}", author=f"c-{word}")
    house.hear(post)
    house.judge(house.submit(house.case_of(post), house.maya, ANSWER), house.sam, verdict, **words)
    bus.drain()


def standing(house: House) -> dict[int, Standing]:
    with house.scope():
        found = records.standings([house.maya.member_id, house.noor.member_id], clock.now())
        session.rollback()
    return found


def test_each_answer_counts_as_it_ended(house: House) -> None:
    judged(house, "one")
    judged(house, "two", "edit", text=f"{ANSWER} ", reason="a space")
    judged(house, "three", "edit", text=OTHER, reason="it was another matter")
    judged(house, "four", "reject", reason="It does not answer the question.")
    waiting = house.post(f"{HOW_TO} five", author="c-five")
    house.hear(waiting)
    house.submit(house.case_of(waiting), house.maya, ANSWER)

    maya, noor = (standing(house)[hand.member_id] for hand in (house.maya, house.noor))
    assert (maya.approved, maya.edited, maya.rejected, maya.taken_back) == (2, 1, 1, 0)
    assert (maya.record.good, maya.record.bad, maya.level.name) == (2, 2, "A1")
    assert maya.record.last == (False, True, True, True)
    assert (noor.record.good, noor.record.bad, noor.record.days) == (0, 0, 0)


def test_another_brand_sees_nothing_of_it(house: House, world: World) -> None:
    judged(house, "one")
    rival = world.rival
    with rival.scope():
        found = records.standings([house.maya.member_id], clock.now())[house.maya.member_id]
        session.rollback()
    assert (found.record.good, found.record.bad) == (0, 0)
