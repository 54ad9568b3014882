"""The moderator's desk: what stands in which tab, notes, handing over, sleeping, closing, and what is known beside."""

from __future__ import annotations

import re

import pytest

from app.bench.statements import counted
from app.kernel import bus
from app.kernel.audit import AuditRow
from app.kernel.crypto import refs
from app.kernel.db import session, transaction
from app.people import team
from tests.web.conftest import Browse, Browser, FakeNetwork, Story, said
from tests.world import FURIOUS, HOW_TO, House

SECRET = "she is the mayor's sister"
CALL = "call me at +1 415 555 2671 please"


@pytest.fixture
def house(story: Story) -> House:
    return story.house


@pytest.fixture
def angry(house: House) -> int:
    """A furious case of Ada's, in staff's lane."""
    post = house.post(FURIOUS, author="c-fred")
    house.hear(post)
    return house.case_of(post)


def cards(browser: Browser, tab: str) -> list[str]:
    """The cases of a tab, by the names in their addresses."""
    page = browser.get(f"/inbox/list?tab={tab}", part=True).get_data(as_text=True)
    return re.findall(r'data-ref="([^"]+)"', page)


def advocates_offered(browser: Browser, path: str) -> list[str]:
    """The advocates to whom a case's page lets staff give it."""
    page = browser.get(path).get_data(as_text=True)
    group = page.partition('<optgroup label="Advocates">')[2].partition("</optgroup>")[0]
    return re.findall(r"<option [^>]*>([^<]+)<", group)


def ref(case: int) -> str:
    return refs().name("case", case)


class TestTheInbox:
    def test_has_a_tab_for_each_way_to_wait(self, browse: Browse, story: Story, house: House, angry: int) -> None:
        sam = browse(house, "sam")
        assert cards(sam, "needs") == [ref(angry)]
        assert ref(story.open_case) in cards(sam, "advocates")
        sam.post(story.path("case", angry, "/claim"))
        assert (cards(sam, "needs"), cards(sam, "mine")) == ([], [ref(angry)])
        assert cards(browse(house, "tess"), "mine") == []
        assert "Nothing waits for staff" in sam.text("/inbox")

    def test_goes_on_behind_the_fiftieth(self, browse: Browse, house: House) -> None:
        house.hear(*(house.post(FURIOUS, author=f"c-{number}") for number in range(53)))
        sam = browse(house, "sam")
        first = cards(sam, "needs")
        further = re.search(r"after=([\w-]{22})", sam.get("/inbox").get_data(as_text=True))
        assert further is not None
        second = cards(sam, f"needs&after={further[1]}")
        assert (len(first), len(second), len({*first, *second})) == (50, 3, 53)

    def test_costs_the_same_whatever_waits(self, browse: Browse, house: House, angry: int) -> None:  # noqa: ARG002
        sam = browse(house, "sam")
        with counted() as few:
            sam.get("/inbox")
        house.hear(*(house.post(FURIOUS, author=f"c-{number}") for number in range(30)))
        with counted() as many:
            sam.get("/inbox")
        assert len(few) == len(many) <= 12

    def test_marks_the_case_whose_thread_stands_beside_it(self, browse: Browse, house: House, angry: int) -> None:
        page = browse(house, "sam").get(f"/inbox/list?at={ref(angry)}", part=True).get_data(as_text=True)
        assert f'data-ref="{ref(angry)}" aria-current="true"' in page


class TestANote:
    def test_is_read_by_colleagues_and_found_by_whom_it_names(
        self, browse: Browse, story: Story, house: House, angry: int
    ) -> None:
        sam, tess = browse(house, "sam"), browse(house, "tess")
        path = story.path("case", angry)
        assert sam.post(f"{path}/notes", note=f"@tess look, {SECRET}").status_code == 303
        bus.drain()
        assert SECRET in tess.text(f"{path}/known")
        assert SECRET in tess.text("/inbox/named")
        assert SECRET not in browse(house, "dana").text("/inbox/named")

    def test_reaches_no_advocate_no_reply_and_no_network(
        self, browse: Browse, story: Story, house: House, network: FakeNetwork
    ) -> None:
        path = story.path("case", story.reviewed_case)
        browse(house, "sam").post(f"{path}/notes", note=f"@noor {SECRET}")
        browse(house, "tess").post(story.path("review", story.review, "/verdict"), verdict="approve", seen_revision="1")
        bus.drain()
        assert network.said
        assert all(SECRET not in words for _to, words in network.said)
        assert SECRET not in house.reply(story.in_review).text
        noor = browse(house, "noor")
        for page in (path, "/answers", "/queue", f"{path}/known", "/inbox/named"):
            assert SECRET not in noor.text(page)

    def test_is_mended_by_its_author_and_nobody_else(self, browse: Browse, story: Story, house: House) -> None:
        sam, tess = browse(house, "sam"), browse(house, "tess")
        path = story.path("case", story.open_case, f"/notes/{refs().name('note', story.note)}")
        assert tess.post(f"{path}/rewrite", note="mine").status_code == 404
        assert sam.post(f"{path}/rewrite", note="  ").status_code == 422
        assert sam.post(f"{path}/rewrite", note="It is right.").status_code == 303
        assert "It is right." in tess.text(story.path("case", story.open_case, "/known"))
        assert sam.post(f"{path}/drop").status_code == 303
        assert "It is right." not in tess.text(story.path("case", story.open_case, "/known"))

    def test_that_cannot_be_kept_stays_with_its_writer(self, browse: Browse, story: Story, house: House) -> None:
        answer = browse(house, "sam").post(story.path("case", story.open_case, "/notes"), note="x" * 2001)
        assert answer.status_code == 422
        assert "at most 2000 characters" in said(answer)


class TestHandingOver:
    def test_gives_a_colleague_the_case_and_the_draft(
        self, browse: Browse, story: Story, house: House, angry: int
    ) -> None:
        sam, tess = browse(house, "sam"), browse(house, "tess")
        path = story.path("case", angry)
        sam.post(f"{path}/claim")
        sam.post(f"{path}/draft", part=True, text="We are sorry, and", seen_revision="1")
        to = refs().name("member", house.tess.member_id)
        assert sam.post(f"{path}/hand-over", to=to, why="").status_code == 422
        assert sam.post(f"{path}/hand-over", to="", why="you know her").status_code == 422
        assert sam.post(f"{path}/hand-over", to=to, why="you know her").status_code == 303
        assert cards(tess, "handed") == [ref(angry)]
        page = tess.get(path).get_data(as_text=True)
        assert "We are sorry, and" in page
        assert "you know her" in page

    def test_offers_everybody_of_staff_but_oneself(
        self, browse: Browse, story: Story, house: House, angry: int
    ) -> None:
        page = browse(house, "sam").get(story.path("case", angry)).get_data(as_text=True)
        offered = set(re.findall(r'<option value="[\w-]{22}"[^>]*>(\w+),', page))
        assert offered == {"Tess", "Dana"}

    def test_offers_advocates_what_no_hard_rule_keeps_from_them(
        self, browse: Browse, story: Story, house: House, angry: int
    ) -> None:
        sam, path = browse(house, "sam"), story.path("case", story.open_case)
        with transaction(), house.scope():
            team.suspend(house.maya.member_id, by=house.dana.member_id)
        with counted() as statements:
            offered = advocates_offered(sam, path)
        assert (offered, len(statements) <= 12) == (["Noor, ^noor"], True)
        assert advocates_offered(sam, story.path("case", angry)) == []
        to, why = refs().name("member", house.noor.member_id), "you know this screen"
        assert sam.post(story.path("case", angry, "/hand-over"), to=to, why=why).status_code == 403
        assert sam.post(f"{path}/hand-over", to=to, why=why).status_code == 303
        bus.drain()
        noor = browse(house, "noor")
        assert "Submit for review" in noor.text(path)
        assert "A colleague gave you this case" in noor.text("/alerts")

    def test_gives_no_draft_of_staff_to_an_advocate(self, browse: Browse, story: Story, house: House) -> None:
        sam, path = browse(house, "sam"), story.path("case", story.open_case)
        sam.post(f"{path}/claim")
        sam.post(f"{path}/draft", part=True, text="We are sorry, and", seen_revision="1")
        to = refs().name("member", house.maya.member_id)
        assert sam.post(f"{path}/hand-over", to=to, why="you know this").status_code == 303
        assert "Your draft went along" not in sam.text("/inbox")
        assert "We are sorry, and" not in browse(house, "maya").text(path)
        assert "We are sorry, and" in sam.text(path)

    def test_passes_over_who_is_suspended_and_still_says_their_name(
        self, browse: Browse, story: Story, house: House, angry: int
    ) -> None:
        sam, path = browse(house, "sam"), story.path("case", angry)
        browse(house, "tess").post(f"{path}/notes", note="I know her from before.")
        with transaction(), house.scope():
            team.suspend(house.tess.member_id, by=house.dana.member_id)
        assert set(re.findall(r'<option value="[\w-]{22}"[^>]*>(\w+),', sam.get(path).get_data(as_text=True))) == {
            "Dana"
        }
        assert "Tess" in sam.text(f"{path}/known")
        answer = sam.post(f"{path}/hand-over", to=refs().name("member", house.tess.member_id), why="you know her")
        assert (answer.status_code, "Tess is suspended" in said(answer)) == (409, True)
        assert 'value="you know her"' in answer.get_data(as_text=True)


class TestSleeping:
    def test_takes_a_case_out_of_the_way_until_it_is_woken(
        self, browse: Browse, story: Story, house: House, angry: int
    ) -> None:
        sam, path = browse(house, "sam"), story.path("case", angry)
        answer = sam.post(f"{path}/snooze", until="morning", zone="Asia/Seoul", why="the shop opens at nine")
        assert answer.status_code == 303
        assert (cards(sam, "needs"), cards(sam, "snoozed")) == ([], [ref(angry)])
        page = sam.text(path)
        assert "the shop opens at nine" in page
        assert "The promise to the customer runs on" in page
        assert "asleep" in sam.text("/mentions")
        assert sam.post(f"{path}/wake").status_code == 303
        assert "asleep" not in sam.text("/mentions")
        assert cards(sam, "needs") == [ref(angry)]

    @pytest.mark.parametrize(
        "fields", [{}, {"until": "never"}, {"until": "date"}, {"until": "date", "day": "2001-01-01"}]
    )
    def test_needs_a_moment_and_keeps_what_was_typed(
        self, browse: Browse, story: Story, house: House, angry: int, fields: dict[str, str]
    ) -> None:
        answer = browse(house, "sam").post(story.path("case", angry, "/snooze"), why="the shop is shut", **fields)
        assert answer.status_code == 422
        assert 'value="the shop is shut"' in answer.get_data(as_text=True)


class TestClosing:
    def test_says_why_in_the_history_and_can_be_undone(
        self, browse: Browse, story: Story, house: House, angry: int
    ) -> None:
        sam, path = browse(house, "sam"), story.path("case", angry)
        assert sam.post(f"{path}/close", reason="other", why="").status_code == 422
        assert sam.post(f"{path}/close", reason="answered_elsewhere", why="on the telephone").status_code == 303
        assert cards(sam, "needs") == []
        assert "on the telephone" in sam.text(path)
        assert sam.post(f"{path}/reopen", why="she called again").status_code == 303
        assert cards(sam, "needs") == [ref(angry)]
        assert "she called again" in sam.text(path)


class TestTheCustomer:
    def test_is_known_by_networks_cases_and_how_they_ended(self, browse: Browse, story: Story, house: House) -> None:
        customer = house.page(story.published_case).case.customer.customer_id
        page = browse(house, "sam").text(story.path("customer", customer))
        for words in ("@one", "12 followers", "dark mode", "thanked for"):
            assert words in page

    def test_is_shown_masked_until_somebody_looks_on_record(self, browse: Browse, story: Story, house: House) -> None:
        post = house.post(f"{HOW_TO} {CALL}", author="c-paula")
        house.hear(post)
        customer = house.page(house.case_of(post)).case.customer.customer_id
        sam, path = browse(house, "sam"), story.path("customer", customer)
        assert "555 2671" not in sam.text(path)
        again = house.post(f"@lumo {CALL}", author="c-paula")
        house.hear(again)
        assert "555 2671" not in sam.text(story.path("case", house.case_of(again), "/known"))
        assert _reveals(house) == []
        assert "555 2671" in said(sam.post(f"{path}/reveal"))
        assert _reveals(house) == [(house.sam.member_id, f"customer:{customer}")]
        assert "555 2671" not in sam.text(path)


def _reveals(house: House) -> list[tuple[int | None, str]]:
    with house.scope():
        rows = session.query(AuditRow).filter(AuditRow.act == "customer.reveal").all()
        found = [(row.member_id, row.subject) for row in rows]
        session.rollback()
    return found
