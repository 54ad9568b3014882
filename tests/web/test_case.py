"""A case from claim to submission: the text is never lost, and nobody else's is ever shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.desk import claims
from app.desk import queries as desk
from app.kernel import bus
from app.kernel.db import brand_scope, session, transaction
from tests.web.conftest import Browse, FakeNetwork, Story, said
from tests.world import FURIOUS, HOW_TO, World

TEXT = "Open Settings, then Display, then Dark."


def _kept(story: Story, case_id: int) -> str:
    with story.house.scope():
        text = desk.page(case_id, story.house.maya).kept
        session.rollback()
    return text


def _draft_in(page: str) -> str:
    return page.split("<textarea", 1)[1].split(">", 1)[1].split("</textarea>", maxsplit=1)[0]


class TestHolding:
    def test_is_one_persons(self, browse: Browse, world: World) -> None:
        house = world.lumo
        post = house.post(HOW_TO)
        house.hear(post)
        path = Story.path(None, "case", house.case_of(post))  # type: ignore[arg-type]
        maya, noor, sam = (browse(house, alias) for alias in ("maya", "noor", "sam"))
        assert "Claim" in maya.text(path)
        assert maya.post(f"{path}/claim").status_code == 303
        assert "Submit for review" in maya.text(path)
        late = noor.post(f"{path}/claim")
        assert late.status_code == 409
        assert "Somebody was faster" in said(late)
        assert "Maya" not in noor.text(path)
        assert "Maya" in sam.text(path)

    def test_a_second_case_is_refused_in_words(self, browse: Browse, story: Story) -> None:
        answer = browse(story.house, "maya").post(story.path("case", story.open_case, "/claim"))
        assert answer.status_code == 409
        assert "Finish it or give it back first" in said(answer)
        assert "dark mode" in said(answer)

    def test_giving_back_keeps_what_was_typed(self, browse: Browse, story: Story) -> None:
        browser, path = browse(story.house, "maya"), story.path("case", story.held_case)
        assert browser.post(f"{path}/give-back", text="half a thou").status_code == 303
        assert _kept(story, story.held_case) == "half a thou"
        assert "half a thou" in browser.text(path)

    def test_passing_to_staff_needs_a_word(self, browse: Browse, story: Story) -> None:
        browser, path = browse(story.house, "maya"), story.path("case", story.held_case)
        refused = browser.post(f"{path}/pass", why=" x ")
        assert refused.status_code == 422
        assert "Say in a word why" in said(refused)
        assert browser.post(f"{path}/pass", why="needs the account").status_code == 303
        assert story.house.page(story.held_case).case.lane == "staff"

    def test_staff_hands_a_case_back_but_never_one_that_a_hard_rule_keeps(self, browse: Browse, story: Story) -> None:
        house, staff = story.house, browse(story.house, "sam")
        with transaction(), brand_scope(house.brand_id):
            claims.pass_to_staff(story.held_case, house.maya, "needs the account")
        furious = house.post(FURIOUS, author="c-rage")
        house.hear(furious)
        kept = house.case_of(furious)
        refused = staff.post(story.path("case", kept, "/to-advocates"))
        assert refused.status_code == 403
        assert "stays with staff" in said(refused)
        assert house.page(kept).case.lane == "staff"
        assert staff.post(story.path("case", story.held_case, "/to-advocates")).status_code == 303
        assert house.page(story.held_case).case.lane == "advocates"

    def test_a_skipped_case_does_not_come_back(self, browse: Browse, story: Story) -> None:
        browser = browse(story.house, "noor")
        assert "four" in browser.text("/queue")
        browser.post(story.path("case", story.open_case, "/skip"))
        assert "four" not in browser.text("/queue")


class TestTyping:
    def test_keeps_no_letter_that_a_database_cannot(self, browse: Browse, story: Story) -> None:
        browser = browse(story.house, "maya")
        saved = browser.post(story.path("case", story.held_case, "/draft"), part=True, text="Open\x00 Settings")
        assert saved.status_code == 200
        assert _kept(story, story.held_case) == "Open Settings"

    def test_is_saved_with_its_length_checks_and_look(self, browse: Browse, story: Story) -> None:
        answer = browse(story.house, "maya").post(
            story.path("case", story.held_case, "/draft"), part=True, text=TEXT, seen_revision="1"
        )
        assert answer.status_code == 200
        assert "Saved" in said(answer)
        assert f"{len(TEXT) + len(' ^maya')} of 280" in said(answer)
        assert f"{TEXT} ^maya" in said(answer)
        assert "Something new" not in said(answer)
        assert _kept(story, story.held_case) == TEXT

    @pytest.mark.parametrize(
        ("text", "fix"),
        [
            ("a" * 300, "too long"),
            ("See example.com/help for it", "Links are not allowed"),
            ("Call me on +1 415 555 0132", "private data"),
            ("Read\u200b this", "invisible letters"),
        ],
    )
    def test_is_told_what_is_wrong_and_how_to_mend_it(self, browse: Browse, story: Story, text: str, fix: str) -> None:
        browser, path = browse(story.house, "maya"), story.path("case", story.held_case)
        answer = browser.post(f"{path}/draft", part=True, text=text, seen_revision="1")
        assert fix in said(answer)
        refused = browser.post(f"{path}/submit", text=text)
        assert refused.status_code == 422
        assert _kept(story, story.held_case) == text
        assert story.house.page(story.held_case).case.state == "claimed"

    def test_hears_that_the_customer_wrote_again(self, browse: Browse, story: Story) -> None:
        house = story.house
        post = next(entry.mention for entry in house.page(story.held_case).thread if entry.mention)
        house.hear(
            house.post("and on the tablet?", reply_to=house.post("", external_id=post.external_id), author="c-two")
        )
        answer = browse(house, "maya").post(
            story.path("case", story.held_case, "/draft"), part=True, text=TEXT, seen_revision="1"
        )
        assert "Something new was said in the thread" in said(answer)

    def test_that_came_too_late_is_kept_all_the_same(
        self, browse: Browse, story: Story, later: Callable[..., None]
    ) -> None:
        browser = browse(story.house, "maya")
        later(minutes=21)
        claims.expire()
        answer = browser.post(story.path("case", story.held_case, "/draft"), part=True, text=TEXT)
        assert answer.status_code == 409
        assert "Your text is kept" in said(answer)
        assert _kept(story, story.held_case) == TEXT


class TestSubmitting:
    def test_hands_it_in(self, browse: Browse, story: Story) -> None:
        browser = browse(story.house, "maya")
        answer = browser.post(story.path("case", story.held_case, "/submit"), text=TEXT)
        assert answer.status_code == 303
        assert "/answers?sent=" in answer.headers["Location"]
        assert story.house.page(story.held_case).case.state == "in_review"
        assert "In review" in browser.text("/answers")

    def test_too_late_answers_409_and_keeps_the_text(
        self, browse: Browse, story: Story, later: Callable[..., None]
    ) -> None:
        browser, path = browse(story.house, "maya"), story.path("case", story.held_case)
        later(minutes=21)
        claims.expire()
        story.house.claim(story.held_case, story.house.noor)
        answer = browser.post(f"{path}/submit", text=TEXT)
        assert answer.status_code == 409
        assert "Your text is kept here" in said(answer)
        assert TEXT in said(answer)
        assert _kept(story, story.held_case) == TEXT
        claim = story.house.page(story.held_case).claim
        assert claim is not None
        assert claim.member_id == story.house.noor.member_id

    def test_too_late_on_a_case_that_went_out_of_sight_shows_the_text_once_more(
        self, browse: Browse, story: Story
    ) -> None:
        house, browser = story.house, browse(story.house, "noor")
        with transaction(), brand_scope(house.brand_id):
            claims.pass_to_staff(story.held_case, house.maya, "needs the account")
        answer = browser.post(story.path("case", story.held_case, "/submit"), text=TEXT)
        assert answer.status_code == 404
        assert "out of your sight" in said(answer)
        assert TEXT in said(answer)

    def test_after_the_sign_in_ended_says_so_and_shows_the_text(
        self, browse: Browse, story: Story, later: Callable[..., None]
    ) -> None:
        browser, path = browse(story.house, "maya"), story.path("case", story.held_case)
        token = browser.token()
        later(hours=9)
        answer = browser.post(f"{path}/submit", token=token, text=TEXT)
        assert answer.status_code == 401
        assert "Your sign-in has ended" in said(answer)
        assert TEXT in said(answer)
        assert f"/sign-in?next={path}" in answer.get_data(as_text=True)

    def test_with_a_form_that_is_too_old_keeps_the_text_with_the_case(self, browse: Browse, story: Story) -> None:
        browser, path = browse(story.house, "maya"), story.path("case", story.held_case)
        answer = browser.post(f"{path}/submit", token="of yesterday", text=TEXT)
        assert answer.status_code == 400
        assert "Your text is kept" in said(answer)
        assert _kept(story, story.held_case) == TEXT
        assert _draft_in(browser.get(path).get_data(as_text=True)) == TEXT

    def test_with_a_form_that_is_too_old_shows_the_text_where_the_case_is_of_another_brand(
        self, browse: Browse, story: Story, world: World
    ) -> None:
        browser, path = browse(world.rival, "maya"), story.path("case", story.held_case)
        answer = browser.post(f"{path}/submit", token="of yesterday", text=TEXT)
        assert answer.status_code == 400
        assert "Nothing was changed" in said(answer)
        assert TEXT in said(answer)

    def test_from_another_site_keeps_nothing(self, browse: Browse, story: Story) -> None:
        browser = browse(story.house, "maya")
        answer = browser.open(
            "POST",
            story.path("case", story.held_case, "/submit"),
            data={"csrf_token": "forged", "text": "words of somebody else"},
            headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status_code == 400
        assert _kept(story, story.held_case) == ""


class TestSight:
    def test_ends_where_the_lane_ends(self, browse: Browse, world: World) -> None:
        house = world.lumo
        post = house.post(FURIOUS, author="c-fred")
        house.hear(post)
        path = Story.path(None, "case", house.case_of(post))  # type: ignore[arg-type]
        assert browse(house, "maya").get(path).status_code == 404
        assert browse(house, "sam").get(path).status_code == 200

    def test_does_not_include_a_colleagues_draft(self, browse: Browse, story: Story) -> None:
        maya, noor, sam = (browse(story.house, alias) for alias in ("maya", "noor", "sam"))
        path = story.path("case", story.held_case)
        maya.post(f"{path}/draft", part=True, text="mine and nobody else's", seen_revision="1")
        assert "nobody else" not in noor.text(path)
        assert "nobody else" in sam.text(path)

    def test_of_hostile_words_is_only_words(self, browse: Browse, world: World) -> None:
        house = world.lumo
        hostile = (
            '@lumo how do I <script>alert(1)</script> "><img src=x onerror=alert(2)> \u202egnp.exe {{ 7*7 }}'
            " turn on dark mode in the app? e" + "\u0301" * 60
        )
        post = house.post(hostile, author="c-<b onmouseover=alert(3)>")
        house.hear(post)
        path = Story.path(None, "case", house.case_of(post))  # type: ignore[arg-type]
        for browser in (browse(house, "maya"), browse(house, "sam")):
            for place in ("/queue", "/inbox?tab=advocates", path):
                page = browser.get(place)
                if page.status_code == 403:
                    continue
                body = page.get_data(as_text=True)
                assert "<script>alert" not in body
                assert "<img src=x" not in body
                assert "<b onmouseover" not in body
                assert "\u202e" not in body
                assert "49" not in body.split("dark mode")[0][-80:]
                assert "\u0301" * 4 not in body
                assert "<bdi>" in body
                assert "&lt;script&gt;" in body


def test_taking_down_needs_staff_and_a_reason(browse: Browse, story: Story, network: FakeNetwork) -> None:
    path = story.path("reply", story.published, "/take-down")
    assert browse(story.house, "maya").post(path, why="I regret it").status_code == 403
    staff = browse(story.house, "sam")
    assert staff.post(path, why="").status_code == 422
    assert staff.post(path, why="it is wrong").status_code == 303
    bus.drain()
    assert story.house.reply(story.published).state == "withdrawn"
    assert network.said
