"""An advocate's pages: thanks until seen, why a case is offered, help beside the editor, verdicts, standing, wishes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.desk import replies
from app.kernel import bus
from app.kernel.audit import AuditRow
from app.kernel.crypto import refs
from app.kernel.db import brand_scope, session, transaction
from app.people import members
from tests.web.conftest import Browse, Browser, FakeNetwork, Story, said
from tests.world import HOW_TO, House, World

HELPED = "thank you so much, that worked!"
SECRETS = ("ada.k@post.example", "4111 1111 1111 1111", "+1 202 555 0143", "Adalbert Knight")
"""What a customer should never have written, and their name: no advocate may see any of it, anywhere."""


class TestThanks:
    def test_stand_on_the_first_page_in_the_customers_words_until_they_are_put_away(
        self, browse: Browse, story: Story
    ) -> None:
        maya = browse(story.house, "maya")
        assert "@one" in maya.text("/queue")
        assert HELPED in maya.text("/queue")
        assert maya.post(story.path("thanks", story.thanks, "/seen")).status_code == 303
        assert HELPED not in maya.text("/queue")
        assert HELPED in maya.text("/answers?kind=thanked")

    def test_are_put_away_by_their_author_alone(self, browse: Browse, story: Story) -> None:
        assert browse(story.house, "noor").post(story.path("thanks", story.thanks, "/seen")).status_code == 404
        assert HELPED in browse(story.house, "maya").text("/queue")


class TestQueue:
    def test_says_why_a_case_is_offered_and_what_its_points_are_made_of(
        self, browse: Browse, world: World, network: FakeNetwork
    ) -> None:
        house = world.lumo
        answered(house)
        house.hear(house.post(f"{HOW_TO} two", author="c-bea"))
        page = browse(house, "maya").text("/queue")
        assert "You answered one like this" in page
        assert "what every published answer starts with" in page
        assert "expertise" in page
        assert network.said

    def test_offers_what_to_do_when_nothing_waits(self, browse: Browse, world: World) -> None:
        page = browse(world.lumo, "maya").get("/queue").get_data(as_text=True)
        assert "Meanwhile" in page
        assert 'href="/level"' in page

    def test_a_skip_can_be_undone(self, browse: Browse, story: Story) -> None:
        noor = browse(story.house, "noor")
        skipped = noor.post(story.path("case", story.open_case, "/skip"))
        assert "four" not in words_of_cards(noor)
        page = noor.get(skipped.headers["Location"]).get_data(as_text=True)
        assert "Skipped" in page
        [undo] = re.findall(r'action="([^"]+/offer-again)"', page)
        assert noor.post(undo).status_code == 303
        assert "four" in words_of_cards(noor)

    def test_what_was_given_back_can_be_taken_again(self, browse: Browse, story: Story) -> None:
        maya = browse(story.house, "maya")
        left = maya.post(story.path("case", story.held_case, "/give-back"), text="Half a sentence")
        page = maya.get(left.headers["Location"]).get_data(as_text=True)
        assert "Take it again" in page
        [again] = re.findall(r'action="([^"]+/claim)"', page)
        back = maya.post(again)
        assert "Half a sentence" in maya.text(back.headers["Location"])


class TestBesideTheEditor:
    def test_shows_a_like_question_with_its_answer_and_what_became_of_it(
        self, browse: Browse, world: World, network: FakeNetwork
    ) -> None:
        house = world.lumo
        answered(house, then=HELPED)
        case_id = ask(house, "how can i switch on dark mode in your app @lumo", "c-bea")
        page = browse(house, "maya").text(path(case_id, "/beside"))
        assert "Open Settings, then Display, then Dark." in page
        assert "said thanks" in page
        assert network.said

    def test_works_as_a_page_of_its_own_and_as_a_part(self, browse: Browse, story: Story) -> None:
        maya = browse(story.house, "maya")
        alone = maya.get(story.path("case", story.open_case, "/beside")).get_data(as_text=True)
        part = maya.get(story.path("case", story.open_case, "/beside"), part=True).get_data(as_text=True)
        assert "<!doctype html>" in alone
        assert "<!doctype html>" not in part
        assert "Short answers" in alone
        assert "Short answers" in part

    def test_is_not_shown_for_a_case_that_is_not_theirs_to_see(self, browse: Browse, world: World) -> None:
        case_id = ask(world.lumo, "@lumo my lawyer will sue you, this is fraud!!!", "c-fred")
        assert browse(world.lumo, "maya").get(path(case_id, "/beside")).status_code == 404


class TestVerdict:
    @pytest.mark.parametrize(
        ("verdict", "words", "shown"),
        [
            ("edit", {"text": "Open the Settings, then Display, then Dark."}, "<ins>the </ins>"),
            ("return", {"reason": "Say which menu."}, "Revise"),
            ("reject", {"reason": "It promises a refund."}, "It promises a refund."),
        ],
    )
    def test_says_what_was_decided_and_what_to_do(
        self, browse: Browse, world: World, network: FakeNetwork, verdict: str, words: dict[str, str], shown: str
    ) -> None:
        house = world.lumo
        house.judge(house.submit(ask(house, HOW_TO, "c-ada"), house.maya), house.sam, verdict, **words)
        bus.drain()
        kind = "out" if verdict == "edit" else "back"
        page = browse(house, "maya").get(f"/answers?kind={kind}").get_data(as_text=True)
        assert shown in page
        assert len(network.said) == (verdict == "edit")

    def test_revising_opens_the_editor_with_the_text(self, browse: Browse, world: World) -> None:
        house = world.lumo
        case_id = ask(house, HOW_TO, "c-ada")
        house.judge(house.submit(case_id, house.maya), house.sam, "return", reason="Say which menu.")
        maya = browse(house, "maya")
        [revise] = re.findall(r'href="(/cases/[^"]+#editor)">Revise', maya.get("/answers").get_data(as_text=True))
        page = maya.get(revise.split("#")[0]).get_data(as_text=True)
        assert "Open Settings, then Display, then Dark.</textarea>" in page
        assert "Say which menu." in page

    @pytest.mark.parametrize("kind", ["all", "waiting", "out", "thanked", "back", "nonsense"])
    def test_filters_show_their_kind_only(self, browse: Browse, story: Story, kind: str) -> None:
        page = browse(story.house, "maya").text(f"/answers?kind={kind}")
        is_shown = "Open Settings, then Display" in page
        assert is_shown == (kind in {"all", "out", "thanked", "nonsense"})


def test_no_private_data_of_a_customer_reaches_an_advocate(browse: Browse, world: World, network: FakeNetwork) -> None:
    house = world.lumo
    case_id = answered(house, text=f"{HOW_TO} mail me at {SECRETS[0]}", then=f"{HELPED} {SECRETS[0]}")
    post = house.post(f"{HOW_TO} again, {SECRETS[0]}", author="c-bea")
    house.hear(post, house.post(f"card {SECRETS[1]}, call {SECRETS[2]}", reply_to=post, author="c-joe"))
    held = house.case_of(post)
    maya = browse(house, "maya")
    maya.post(path(held, "/claim"))
    draft = maya.post(path(held, "/draft"), part=True, text="Open it.", seen_revision="9").get_data(as_text=True)
    bodies = {"draft": draft}
    for place in ("/queue", "/queue/news?known=", "/answers", "/points", "/board", "/level", "/me"):
        bodies[place] = maya.get(place).get_data(as_text=True)
    for number in (case_id, held):
        for tail in ("", "/beside"):
            bodies[f"{number}{tail}"] = maya.get(path(number, tail)).get_data(as_text=True)
    for name in re.findall(r'href="(/points/[\w-]{22})"', bodies["/points"]):
        bodies[name] = maya.get(name).get_data(as_text=True)
    assert "[email]" in bodies["/queue"]
    assert not [(where, word) for where, body in bodies.items() for word in SECRETS if word in body]
    assert network.said


class TestStanding:
    def test_shows_the_week_the_season_and_all_time(self, browse: Browse, story: Story) -> None:
        maya = browse(story.house, "maya")
        for span in ("week", "season", "all"):
            page = maya.text(f"/board?span={span}")
            assert "You stand first" in page
            assert "maya" in page

    def test_a_member_without_points_sees_the_others(self, browse: Browse, story: Story) -> None:
        page = browse(story.house, "noor").text("/board")
        assert "maya" in page
        assert "You stand" not in page

    def test_points_that_are_taken_back_leave_the_board(self, browse: Browse, story: Story) -> None:
        with transaction(), story.house.scope():
            replies.ask_take_down(story.published, story.house.sam, "It names the wrong menu.")
        bus.drain()
        maya = browse(story.house, "maya")
        assert re.search(r'class="amount"[^>]*>0<', maya.get("/board?span=week").get_data(as_text=True))

    def test_the_level_says_what_it_is_made_of_and_what_the_next_takes(self, browse: Browse, story: Story) -> None:
        page = browse(story.house, "maya").text("/level")
        assert "A1" in page
        assert "Of 1 judged answers, 1 were good" in page
        assert "30 judged answers: you have 1" in page
        assert "staff reads every answer" in page


class TestMe:
    def test_a_new_alias_signs_what_is_written_from_now_on(self, browse: Browse, story: Story) -> None:
        maya = browse(story.house, "maya")
        assert maya.post("/me/profile", name="Maya L", alias="mayal").status_code == 303
        assert "^mayal" in maya.text("/me")
        house = story.house
        assert house.reply(story.published).signature == "^maya"
        with brand_scope(house.brand_id):
            acts = session.execute(select(AuditRow.act)).scalars().all()
            session.rollback()
        assert "member.rename" in acts

    @pytest.mark.parametrize(
        ("alias", "status"), [("noor", 409), ("NOOR", 409), ("x", 422), ("a b", 422), ("maya", 303), ("Maya", 303)]
    )
    def test_an_alias_is_its_owners_alone_in_a_brand(
        self, browse: Browse, story: Story, alias: str, status: int
    ) -> None:
        maya = browse(story.house, "maya")
        answer = maya.post("/me/profile", name="Maya", alias=alias)
        assert answer.status_code == status
        if status != 303:
            assert f'value="{alias}"' in answer.get_data(as_text=True)

    def test_the_same_alias_is_free_in_another_brand(self, browse: Browse, world: World) -> None:
        assert browse(world.rival, "maya").post("/me/profile", name="Maya", alias="moss").status_code == 303
        assert browse(world.lumo, "maya").post("/me/profile", name="Maya", alias="moss").status_code == 303

    def test_a_language_that_is_off_is_not_offered_and_can_be_on_again(self, browse: Browse, world: World) -> None:
        house = world.lumo
        house.hear(house.post(HOW_TO))
        noor = browse(house, "noor")
        assert "dark mode" in noor.text("/queue")
        assert noor.post("/me/offers", languages="vi", topics="tech").status_code == 303
        assert "dark mode" not in noor.text("/queue")
        assert "you have some off" in noor.text("/queue")
        with_both(noor)
        assert "dark mode" in noor.text("/queue")

    def test_a_topic_that_is_off_is_not_offered(self, browse: Browse, world: World) -> None:
        house = world.lumo
        case_id = ask(house, HOW_TO, "c-ada")
        topic = house.page(case_id).case.topic
        with transaction():
            members.join(house.brand_id, house.maya.member_id, "advocate", topics=(topic, "delivery"))
        maya = browse(house, "maya")
        assert "dark mode" in maya.text("/queue")
        maya.post("/me/offers", languages="en", topics="delivery")
        assert "dark mode" not in maya.text("/queue")

    @pytest.mark.parametrize("fields", [{"languages": "ko"}, {"topics": "billing", "languages": "en"}, {}])
    def test_nobody_widens_what_a_manager_gave_or_leaves_nothing(
        self, browse: Browse, world: World, fields: dict[str, str]
    ) -> None:
        maya = browse(world.lumo, "maya")
        assert maya.open("POST", "/me/offers", data={"csrf_token": maya.token(), **fields}).status_code == 422
        assert 'value="en" checked' in maya.get("/me/offers").get_data(as_text=True)

    def test_a_pause_offers_nothing_and_ends_by_hand_or_by_itself(
        self, browse: Browse, world: World, later: Callable[..., None]
    ) -> None:
        house = world.lumo
        house.hear(house.post(HOW_TO))
        maya = browse(house, "maya")
        maya.post("/me/pause", days="3")
        assert "You pause" in maya.text("/queue")
        assert "dark mode" not in maya.text("/queue")
        assert maya.get("/queue/news?known=", part=True).status_code == 204
        maya.post("/me/resume")
        assert "dark mode" in maya.text("/queue")
        maya.post("/me/pause", days="1")
        later(hours=25)
        assert "dark mode" in browse(house, "maya").text("/queue")

    @pytest.mark.parametrize(
        "days", ["0", "91", "-1", "x", "9999", "", "\N{SUPERSCRIPT TWO}", "9" * 5000], ids=lambda days: days[:9]
    )
    def test_a_pause_has_a_sensible_length(self, browse: Browse, world: World, days: str) -> None:
        assert browse(world.lumo, "maya").post("/me/pause", days=days).status_code == 422


def ask(house: House, text: str, author: str) -> int:
    """The case of a new question."""
    post = house.post(text, author=author)
    house.hear(post)
    return house.case_of(post)


def answered(house: House, *, text: str = HOW_TO, then: str = "") -> int:
    """A question that Maya answered in public, with what its customer says then; the case."""
    post = house.post(text, author="c-ada")
    house.hear(post)
    case_id = house.case_of(post)
    house.judge(house.submit(case_id, house.maya), house.sam)
    bus.drain()
    if then:
        house.hear(house.post(then, reply_to=post, author="c-ada"))
    return case_id


def path(case_id: int, tail: str = "") -> str:
    return f"/cases/{refs().name('case', case_id)}{tail}"


def words_of_cards(browser: Browser) -> str:
    return said(browser.get("/queue"))


def with_both(browser: Browser) -> None:
    """Both languages on again: a form sends a field twice."""
    token = browser.token()
    browser.open("POST", "/me/offers", data={"csrf_token": token, "languages": ["en", "vi"], "topics": "tech"})
