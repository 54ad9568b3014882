"""The person outside is one person, however often and by however many processes they are met."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.customers import queries
from app.customers.identities import Face, recognise
from app.customers.models import Customer
from app.kernel.db import session, transaction
from tests.rooms.conftest import Together
from tests.world import House, World

ADA = Face("x", "1", "ada", "Ada", 12)
BOB = Face("x", "2", "bob", "Bob", 3)


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def meet(house: House, *faces: Face) -> dict[tuple[str, str], int]:
    with transaction(), house.scope():
        return recognise(faces)


def customers(house: House) -> int:
    with house.scope():
        count = session.execute(select(func.count()).select_from(Customer)).scalar_one()
        session.rollback()
    return count


def test_a_new_face_is_a_new_customer_once(house: House) -> None:
    first = meet(house, ADA, BOB, ADA)
    assert len(set(first.values())) == customers(house) == 2
    assert meet(house, BOB, ADA) == first
    assert customers(house) == 2


def test_nobody_is_recognised_in_an_empty_batch(house: House) -> None:
    assert meet(house) == {}


def test_another_handle_is_still_the_same_person_and_another_network_is_not(house: House) -> None:
    known = meet(house, ADA)
    renamed = meet(house, Face("x", "1", "ada_l", "Ada L."), Face("bluesky", "1", "ada", "Ada"))
    assert renamed["x", "1"] == known["x", "1"]
    assert renamed["bluesky", "1"] != known["x", "1"]


def test_each_brand_knows_a_person_for_itself(world: World) -> None:
    ours, theirs = meet(world.lumo, ADA), meet(world.rival, ADA)
    assert ours != theirs
    with world.rival.scope():
        assert queries.faces(ours.values()) == {}
        assert queries.faces(theirs.values())[theirs["x", "1"]].handle == "ada"


def test_eight_processes_that_meet_the_same_people_agree(house: House, together: Together) -> None:
    crowd = [Face("x", str(number), f"c{number}") for number in range(20)]
    orders = [crowd if turn % 2 else crowd[::-1] for turn in range(8)]
    met = together([lambda order=order: meet(house, *order) for order in orders])
    assert all(found == met[0] for found in met)
    assert len(set(met[0].values())) == customers(house) == 20
