"""Near-duplicates among open questions are gathered: in their brand and language, for whoever may see them."""

from __future__ import annotations

from app.brands import setting
from app.desk import answered, asking
from app.kernel.db import session
from tests.world import FURIOUS, HOW_TO, House, World

AGAIN = "@lumo how do i turn on dark mode in your app??"
OTHER = "@lumo which bulb fits the desk lamp?"


def ask(house: House, text: str, author: str) -> int:
    post = house.post(text, author=author)
    house.hear(post)
    return house.case_of(post)


def gathered(house: House, case_id: int, *, by_staff: bool) -> list[int]:
    hand = house.sam if by_staff else house.noor
    with house.scope():
        found = asking.others(answered.asked(case_id, house.sam), hand, setting.scope())
        session.rollback()
    return [one.case_id for one in found]


def test_who_asks_nearly_the_same_is_found_and_nobody_else(world: World) -> None:
    lumo = world.lumo
    first, again = ask(lumo, HOW_TO, "c-ada"), ask(lumo, AGAIN, "c-bo")
    ask(lumo, OTHER, "c-cy")
    ask(world.rival, HOW_TO, "c-ada")
    assert gathered(lumo, first, by_staff=True) == [again]
    assert gathered(lumo, again, by_staff=False) == [first]
    lumo.claim(again, lumo.maya)  # somebody answers it: it waits for nobody
    assert gathered(lumo, first, by_staff=True) == []


def test_advocates_are_not_shown_what_is_staffs(world: World) -> None:
    lumo = world.lumo
    first, again = ask(lumo, FURIOUS, "c-ada"), ask(lumo, f"{FURIOUS}!", "c-bo")
    assert gathered(lumo, first, by_staff=True) == [again]
    assert gathered(lumo, first, by_staff=False) == []
