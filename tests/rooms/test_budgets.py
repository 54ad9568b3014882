"""A network's allowance is spent once by however many ask, obeyed as the network tells it, and waits for its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.channels import budgets
from app.channels.base import RateLimitedError
from app.channels.budgets import Purse
from app.channels.limits import Limit
from app.kernel import clock
from app.kernel.db import session
from tests.rooms.conftest import Together
from tests.world import House, World

pytestmark = pytest.mark.long

Later = Callable[..., None]
LIMITS = (Limit("write", 3, 900), Limit("write", 5, 86_400), Limit("read", 100, 900))


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def purse(house: House) -> Purse:
    return Purse(house.brand_id, house.account_id, LIMITS)


def spent(purse: Purse, kind: str, times: int) -> int:
    """How many of so many calls were let through."""
    through = 0
    for _ in range(times):
        try:
            purse.spend(kind)
        except RateLimitedError:
            continue
        through += 1
    return through


def test_what_is_used_up_waits_for_its_time_and_begins_anew(purse: Purse, later: Later) -> None:
    assert spent(purse, "write", 10) == 3
    with pytest.raises(RateLimitedError) as refused:
        purse.spend("write")
    assert refused.value.until is not None
    assert timedelta(minutes=14) < refused.value.until - clock.now() <= timedelta(minutes=15)
    assert spent(purse, "read", 10) == 10
    later(minutes=15)
    assert spent(purse, "write", 10) == 2, "the day's allowance holds as well"
    later(hours=24)
    assert spent(purse, "write", 10) == 3


def test_a_refusal_whose_time_is_over_by_our_clock_still_waits_a_little(purse: Purse, later: Later) -> None:
    for kind in ("write", "rules"):  # one that we count, one that only the network does
        purse.told(kind, left=0, until=clock.now() - timedelta(minutes=2))
        assert spent(purse, kind, 3) == 0
    later(seconds=31)
    assert spent(purse, "write", 3) == 3
    assert spent(purse, "rules", 3) == 3


def test_a_call_that_one_span_refuses_is_taken_from_none(purse: Purse, later: Later) -> None:
    assert spent(purse, "write", 50) == 3
    later(minutes=16)
    assert spent(purse, "write", 50) == 2


def test_the_networks_word_replaces_our_count(purse: Purse, later: Later) -> None:
    purse.spend("write")
    purse.told("write", left=0, until=clock.now() + timedelta(minutes=5))
    assert spent(purse, "write", 3) == 0
    later(minutes=6)
    purse.spend("write")
    purse.told("write", left=4, until=clock.now() + timedelta(minutes=5))
    assert spent(purse, "write", 10) == 3, "four are left by the network's word, three by the day's allowance"


def test_an_allowance_that_only_the_network_knows(purse: Purse, later: Later) -> None:
    assert spent(purse, "rules", 5) == 5
    purse.told("rules", left=2, until=clock.now() + timedelta(minutes=5))
    assert spent(purse, "rules", 5) == 2
    later(minutes=6)
    assert spent(purse, "rules", 5) == 5


@pytest.mark.parametrize("kind", ["write", "rules"])
def test_what_is_kept_for_others_is_left_alone(purse: Purse, later: Later, kind: str) -> None:
    purse.told(kind, left=3, until=clock.now() + timedelta(minutes=5))
    purse.spend(kind, kept=2)
    with pytest.raises(RateLimitedError):
        purse.spend(kind, kept=2)
    assert spent(purse, kind, 5) == 2
    later(minutes=6)
    purse.spend(kind, kept=1)


def test_two_accounts_do_not_spend_from_each_other(purse: Purse, world: World) -> None:
    assert spent(purse, "write", 5) == 3
    assert spent(Purse(world.rival.brand_id, world.rival.account_id, LIMITS), "write", 5) == 3


def test_eight_at_once_spend_no_more_than_there_is(purse: Purse, together: Together) -> None:
    assert sum(together([lambda: spent(purse, "write", 4) for _ in range(8)])) == 3
    assert sum(together([lambda: spent(purse, "read", 20) for _ in range(8)])) == 100


def test_the_page_sees_what_is_left(purse: Purse, house: House) -> None:
    purse.spend("write")
    with house.scope():
        [views] = budgets.of_brand().values()
        session.rollback()
    assert [(view.kind, view.left) for view in views] == [("write", 2), ("write", 4)]
