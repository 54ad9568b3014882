"""An advocate's first page: thanks, the case in hand, questions that fit, and nothing private in any of them."""

from __future__ import annotations

from tests.web.conftest import Browse, Story
from tests.world import FURIOUS, HOW_TO, World

PRIVATE = "ada.k@post.example"


def test_shows_thanks_first_then_what_is_held_then_offers(browse: Browse, story: Story) -> None:
    page = browse(story.house, "maya").text("/queue")
    places = [page.index(words) for words in ("thank you so much", "You hold this", "Questions for you")]
    assert places == sorted(places)
    assert "min left" in page
    assert "points" in page


def test_offers_only_what_is_for_advocates(browse: Browse, world: World) -> None:
    world.lumo.hear(world.lumo.post(FURIOUS, author="c-fred"), world.lumo.post(HOW_TO))
    page = browse(world.lumo, "maya").text("/queue")
    assert "dark mode" in page
    assert "DISGRACE" not in page


def test_says_what_will_fill_it_when_it_is_empty(browse: Browse, world: World) -> None:
    page = browse(world.lumo, "noor").text("/queue")
    assert "Nothing waits for you right now" in page
    assert "English, Vietnamese" in page


def test_masks_private_data_for_advocates_and_not_for_staff(browse: Browse, world: World) -> None:
    house = world.lumo
    post = house.post(f"{HOW_TO} Write to {PRIVATE} please")
    house.hear(post, house.post(f"same here, I am {PRIVATE}", reply_to=post, author="c-joe"))
    case = f"/cases/{_ref(house.case_of(post))}"
    advocate, staff = browse(house, "maya"), browse(house, "sam")
    for path in ("/queue", case):
        assert PRIVATE not in advocate.get(path).get_data(as_text=True), path
        assert "[email]" in advocate.text(path), path
    assert PRIVATE in staff.text(case)
    assert "C-Joe" not in advocate.text(case)


class TestNews:
    def test_are_silent_while_nothing_came(self, browse: Browse, world: World) -> None:
        house = world.lumo
        post = house.post(HOW_TO)
        house.hear(post)
        known = _ref(house.case_of(post))
        assert browse(house, "maya").get(f"/queue/news?known={known}", part=True).status_code == 204

    def test_are_announced_without_moving_the_list(self, browse: Browse, world: World) -> None:
        house = world.lumo
        first = house.post(HOW_TO)
        house.hear(first)
        house.hear(house.post(f"{HOW_TO} two", author="c-bea"), house.post(f"{HOW_TO} three", author="c-cy"))
        answer = browse(house, "maya").get(f"/queue/news?known={_ref(house.case_of(first))}", part=True)
        assert "2 new questions" in answer.get_data(as_text=True)
        assert "HX-Retarget" not in answer.headers

    def test_fill_an_empty_list_by_themselves(self, browse: Browse, world: World) -> None:
        browser = browse(world.lumo, "maya")
        assert browser.get("/queue/news?known=", part=True).status_code == 204
        world.lumo.hear(world.lumo.post(HOW_TO))
        answer = browser.get("/queue/news?known=", part=True)
        assert answer.headers["HX-Retarget"] == "#offers"
        assert "dark mode" in answer.get_data(as_text=True)


def _ref(case_id: int) -> str:
    from app.kernel.crypto import refs

    return refs().name("case", case_id)
