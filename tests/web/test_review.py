"""The second pair of eyes: one verdict, on what stands there now, never on one's own words."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.kernel import bus
from app.kernel.crypto import refs
from app.kernel.db import transaction
from app.people import members, team
from tests.web.conftest import Browse, FakeNetwork, Story, said
from tests.world import HOW_TO, World

EDITED = "Settings, Display, then Dark. Restart the app once."


def _verdict(story: Story) -> str:
    return story.path("review", story.review, "/verdict")


class TestTheVerdict:
    def test_approves_publishes_and_goes_to_the_next(self, browse: Browse, story: Story, network: FakeNetwork) -> None:
        house = story.house
        post = house.post(f"{HOW_TO} five", author="c-five")
        house.hear(post)
        second = house.submit(house.case_of(post), house.noor, "The same place, Settings.")
        browser = browse(house, "sam")
        answer = browser.post(_verdict(story), verdict="approve", seen_revision="1")
        assert answer.status_code == 303
        assert answer.headers["Location"] == story.path("review", second)
        bus.drain()
        assert network.said[-1][1] == "Settings, Display, then Dark. Takes a restart. ^noor"
        answer = browser.post(story.path("review", second, "/verdict"), verdict="approve", seen_revision="1")
        assert answer.headers["Location"] == "/review"
        assert "Everything is read" in browser.text("/review")

    def test_publishes_the_moderators_edit_and_shows_the_author_what_changed(
        self, browse: Browse, story: Story, network: FakeNetwork
    ) -> None:
        answer = browse(story.house, "sam").post(_verdict(story), verdict="edit", seen_revision="1", text=EDITED)
        assert answer.status_code == 303
        bus.drain()
        assert network.said[-1][1] == f"{EDITED} ^noor"
        page = browse(story.house, "noor").get("/answers").get_data(as_text=True)
        assert "Restart the app once" in "".join(re.findall(r"<ins>(.*?)</ins>", page))
        assert "Takes a restart" in "".join(re.findall(r"<del>(.*?)</del>", page))

    def test_on_a_text_that_was_edited_is_an_edit_whichever_button_was_pressed(
        self, browse: Browse, story: Story, network: FakeNetwork
    ) -> None:
        browse(story.house, "sam").post(_verdict(story), verdict="approve", seen_revision="1", text=EDITED)
        bus.drain()
        assert network.said[-1][1] == f"{EDITED} ^noor"

    def test_returns_with_a_reason_and_a_way_to_revise(self, browse: Browse, story: Story) -> None:
        staff, author = browse(story.house, "sam"), browse(story.house, "noor")
        refused = staff.post(_verdict(story), verdict="return", seen_revision="1", reason="")
        assert refused.status_code == 422
        assert "Say in a few words what is wrong" in said(refused)
        assert (
            staff.post(_verdict(story), verdict="return", seen_revision="1", reason="Say which version.").status_code
            == 303
        )
        page = author.text("/answers")
        assert "Say which version." in page
        assert "Revise" in page
        assert "Say which version." in author.text(story.path("case", story.reviewed_case))

    def test_rejects_with_a_reason(self, browse: Browse, story: Story) -> None:
        browse(story.house, "sam").post(_verdict(story), verdict="reject", seen_revision="1", reason="It is not true.")
        assert "It is not true." in browse(story.house, "noor").text("/answers")
        assert story.house.page(story.reviewed_case).case.state == "open"

    def test_is_refused_when_the_thread_moved_on_and_keeps_what_was_typed(self, browse: Browse, story: Story) -> None:
        house, browser = story.house, browse(story.house, "sam")
        first = next(entry.mention for entry in house.page(story.reviewed_case).thread if entry.mention)
        house.hear(
            house.post("no, the web page!", reply_to=house.post("", external_id=first.external_id), author="c-three")
        )
        answer = browser.post(_verdict(story), verdict="edit", seen_revision="1", text=EDITED)
        assert answer.status_code == 409
        assert "Something new was said in the thread while you read" in said(answer)
        assert EDITED in said(answer)
        assert "no, the web page!" in said(answer)
        assert house.reply(story.in_review).state == "in_review"

    def test_is_given_once(self, browse: Browse, story: Story) -> None:
        first, second = browse(story.house, "sam"), browse(story.house, "tess")
        assert first.post(_verdict(story), verdict="approve", seen_revision="1").status_code == 303
        assert second.post(_verdict(story), verdict="reject", seen_revision="1", reason="too late").status_code == 409
        assert story.house.reply(story.in_review).state == "approved"

    @pytest.mark.parametrize("seen", ["", "one", "\N{SUPERSCRIPT TWO}", "-1", "1" * 5000], ids=lambda seen: seen[:9])
    def test_needs_the_state_of_the_thread_that_was_seen(self, browse: Browse, story: Story, seen: str) -> None:
        answer = browse(story.house, "sam").post(_verdict(story), verdict="approve", seen_revision=seen)
        assert answer.status_code == 422
        assert story.house.reply(story.in_review).state == "in_review"


class TestReading:
    def test_keeps_colleagues_away_for_a_while(self, browse: Browse, story: Story) -> None:
        first, second = browse(story.house, "sam"), browse(story.house, "tess")
        hold = story.path("review", story.review, "/hold")
        assert "Colleagues see that you are reading it" in said(first.post(hold, part=True))
        assert "Sam is reading this one" in " ".join(said(second.post(hold, part=True)).split())
        assert "is reading it" in second.text("/review")
        answer = second.post(_verdict(story), verdict="approve", seen_revision="1")
        assert answer.status_code == 409

    def test_opening_the_page_alone_holds_nothing(self, browse: Browse, story: Story) -> None:
        browse(story.house, "sam").get(story.path("review", story.review))
        assert (
            browse(story.house, "tess").post(_verdict(story), verdict="approve", seen_revision="1").status_code == 303
        )


class TestOnesOwnWords:
    def test_are_shown_and_not_judged(self, browse: Browse, story: Story) -> None:
        house = story.house
        review = house.submit(story.open_case, house.sam, "Settings, then Display.")
        browser = browse(house, "sam")
        assert "your own: a colleague decides" in browser.text("/review")
        page = browser.get(story.path("review", review)).get_data(as_text=True)
        assert "a colleague decides" in page
        assert 'value="approve"' not in page
        answer = browser.post(story.path("review", review, "/verdict"), verdict="approve", seen_revision="1")
        assert answer.status_code == 403
        assert (
            browse(house, "dana")
            .post(story.path("review", review, "/verdict"), verdict="approve", seen_revision="1")
            .status_code
            == 303
        )

    @pytest.mark.parametrize("tess_is", ["an advocate", "suspended"])
    def test_wait_visibly_when_nobody_else_is_staff(self, browse: Browse, story: Story, tess_is: str) -> None:
        house = story.house
        review = house.submit(story.open_case, house.sam, "Settings, then Display.")
        browser = browse(house, "sam")
        assert "nobody else of staff" not in browser.text("/review")
        with transaction(), house.scope():
            members.join(house.brand_id, house.dana.member_id, "advocate")
            if tess_is == "suspended":
                team.suspend(house.tess.member_id, by=house.dana.member_id)
            else:
                members.join(house.brand_id, house.tess.member_id, "advocate")
        assert "nobody else of staff" in browser.text("/review")
        assert "Nobody else of staff" in browser.text(f"/review/{refs().name('review', review)}")


def test_an_author_withdraws_while_nobody_has_judged(browse: Browse, story: Story, world: World) -> None:  # noqa: ARG001
    author, path = browse(story.house, "noor"), story.path("reply", story.in_review, "/withdraw")
    assert browse(story.house, "maya").post(path).status_code == 404
    assert author.post(path).status_code == 303
    assert author.post(path).status_code == 409
    assert story.house.page(story.reviewed_case).case.state == "open"


class TestTheReadersEye:
    def test_is_drawn_to_what_to_look_at_and_told_what_passed(self, browse: Browse, story: Story) -> None:
        sam, path = browse(story.house, "sam"), story.path("review", story.review)
        page = sam.text(path)
        for words in ("Fits:", "No private data", "In the customer's language", "A calm tone", "Promises nothing"):
            assert words in page
        edited = said(sam.post(f"{path}/look", part=True, text="I guarantee a refund!!! Just calm down."))
        assert "To look at: it promises something" in edited
        assert "To look at: the tone" in edited
        assert "Not said before by its author" in edited

    def test_sees_what_an_edit_changes_before_it_is_given(self, browse: Browse, story: Story) -> None:
        answer = browse(story.house, "sam").post(story.path("review", story.review, "/look"), part=True, text=EDITED)
        page = answer.get_data(as_text=True)
        assert "Restart the app once" in "".join(re.findall(r"<ins>(.*?)</ins>", page))
        assert "Takes a restart" in "".join(re.findall(r"<del>(.*?)</del>", page))
        assert story.house.reply(story.in_review).text == "Settings, Display, then Dark. Takes a restart."

    def test_finds_the_same_words_of_the_same_author_elsewhere(self, browse: Browse, story: Story) -> None:
        house = story.house
        post = house.post(f"{HOW_TO} five", author="c-five")
        house.hear(post)
        second = house.submit(house.case_of(post), house.noor, "Settings,  display, then dark. Takes a restart!")
        page = said(browse(house, "sam").post(story.path("review", second, "/look"), part=True))
        assert "its author said nearly the same elsewhere" in page


class TestLeaving:
    def test_opens_the_next_one_and_frees_this_one(self, browse: Browse, story: Story) -> None:
        house = story.house
        post = house.post(f"{HOW_TO} five", author="c-five")
        house.hear(post)
        second = house.submit(house.case_of(post), house.noor, "The same place, Settings.")
        sam, tess = browse(house, "sam"), browse(house, "tess")
        sam.post(story.path("review", story.review, "/hold"), part=True)
        answer = sam.post(story.path("review", story.review, "/next"))
        assert answer.headers["Location"] == story.path("review", second)
        assert "Colleagues see" in said(tess.post(story.path("review", story.review, "/hold"), part=True))
        answer = sam.post(story.path("review", second, "/next"))
        assert answer.headers["Location"] == "/review", "the other one is being read by Tess"
        assert "No other answer waits for your verdict" in sam.text("/review")


class TestNobodyElse:
    def test_on_duty_is_said_where_ones_own_words_wait(
        self, browse: Browse, story: Story, later: Callable[..., None]
    ) -> None:
        house = story.house
        review = house.submit(story.open_case, house.sam, "Settings, then Display.")
        sam = browse(house, "sam")
        for page in ("/review", story.path("review", review)):
            assert "o colleague is on duty right now" in sam.text(page)
        browse(house, "tess")
        for page in ("/review", story.path("review", review)):
            assert "on duty right now" not in sam.text(page)
        later(minutes=31)
        assert "on duty right now" in sam.text("/review")


class TestASecondLook:
    def test_is_asked_for_by_the_author_and_taken_by_other_eyes(self, browse: Browse, story: Story) -> None:
        house, noor = story.house, browse(story.house, "noor")
        browse(house, "sam").post(_verdict(story), verdict="reject", seen_revision="1", reason="It is not true.")
        assert noor.post(story.path("reply", story.in_review, "/appeal"), why="").status_code == 422
        assert noor.post(story.path("reply", story.in_review, "/appeal"), why="I tried it.").status_code == 303
        assert noor.post(story.path("reply", story.in_review, "/appeal"), why="I tried it.").status_code == 409
        sam, tess = browse(house, "sam"), browse(house, "tess")
        assert "somebody else than you decides" in sam.text("/review")
        assert "I tried it." in tess.text("/review")
        path = f"/appeals/{refs().name('appeal', 1)}"
        assert 'value="overturned"' not in sam.get(path).get_data(as_text=True)
        assert sam.post(f"{path}/decide", outcome="upheld", words="still not").status_code == 403
        page = tess.text(path)
        assert "It is not true." in page
        assert "I tried it." in page
        assert tess.post(f"{path}/decide", outcome="overturned", words="").status_code == 422
        assert tess.post(f"{path}/decide", outcome="overturned", words="It works here.").status_code == 303
        assert house.page(story.reviewed_case).live_reply.text == "Settings, Display, then Dark. Takes a restart."
        assert tess.post(f"{path}/decide", outcome="upheld", words="or not").status_code == 409
