"""Every page stands in exactly one place of the rail, the nearest of those that lead to it."""

from __future__ import annotations

import pytest

from app.web.places import PLACES, lit


@pytest.mark.parametrize(
    ("role", "endpoint", "place"),
    [
        ("advocate", "case.show", "queue"),
        ("moderator", "case.show", "inbox"),
        ("manager", "case.show", "inbox"),
        ("manager", "overview.show", "overview"),
        ("advocate", "points.of", "points"),
        ("moderator", "points.of", "board"),
        ("advocate", "answers.show", "answers"),
        ("moderator", "answers.show", "me"),
        ("moderator", "appeals.show", "review"),
        ("manager", "customers.show", "inbox"),
        ("advocate", "alerts.my_wishes", "me"),
        ("advocate", "alerts.show", ""),
    ],
)
def test_a_page_lights_the_place_that_leads_to_it(role: str, endpoint: str, place: str) -> None:
    assert lit(role, endpoint) == place


@pytest.mark.parametrize("role", PLACES)
def test_every_place_lights_itself(role: str) -> None:
    assert [lit(role, place.endpoint) for place in PLACES[role]] == [place.area for place in PLACES[role]]
