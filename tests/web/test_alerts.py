"""The bell and the page behind it, what a member chooses to be told, and the way out of a mail."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from app.alerts import mailing, places, queries, watching, wishes
from app.alerts.rules.kinds import kinds_for
from app.alerts.rules.timing import Wish
from app.bench.statements import counted
from app.desk import notes
from app.kernel import bus, mail
from app.kernel.crypto import refs
from app.kernel.db import session, transaction
from app.people import members, team
from tests.mailbox import Mailbox, mailbox
from tests.web.conftest import Browse, Browser, Story, everything, said
from tests.world import FURIOUS, World

__all__ = ["mailbox"]
REASON = "Name the menu, please; not everybody knows it."


def bell_of(browser: Browser) -> str:
    return said(browser.get("/alerts/bell?shown=nothing", part=True)).split("new")[0]


def switcher_of(browser: Browser) -> str:
    page = browser.get("/board").get_data(as_text=True)
    part = re.search(r'<details id="switch".*?</details>', page, re.DOTALL)
    assert part
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part[0])).split())


def names_on(browser: Browser, path: str = "/alerts") -> list[str]:
    """The addresses of the alerts on a page, the newest first."""
    return re.findall(r'formaction="(/alerts/[\w-]{22})"', browser.get(path).get_data(as_text=True))


def test_the_bell_and_the_tab_say_how_much_is_new_and_stop_at_nine(browse: Browse, story: Story) -> None:
    house, maya, sam = story.house, browse(story.house, "maya"), browse(story.house, "sam")
    page = maya.get("/board").get_data(as_text=True)
    assert "<title>(3) Board" in page
    assert "3 new" in unescape(page)
    assert "<title>Board" in sam.get("/board").get_data(as_text=True)
    for _ in range(10):
        with transaction(), house.scope():
            notes.write(story.open_case, house.tess, "@sam please look")
    bus.drain()
    assert "<title>(9+) Board" in sam.get("/board").get_data(as_text=True)
    assert "9+" in bell_of(sam)


def test_the_bell_answers_with_nothing_while_nothing_changed_and_asks_one_question(
    browse: Browse, story: Story
) -> None:
    maya = browse(story.house, "maya")
    assert maya.get("/alerts/bell?shown=3", part=True).status_code == 204
    assert maya.get("/alerts/bell?shown=2", part=True).status_code == 200
    with counted() as statements:
        maya.get("/board")
    asked = [one for one in statements if "FROM alert" in one]
    assert len(asked) == 1


class TestOtherBrands:
    @pytest.fixture
    def sam(self, browse: Browse, world: World) -> Browser:
        """Sam of the first brand, at which nothing happens, is a moderator of the second as well."""
        with transaction():
            members.join(world.rival.brand_id, world.lumo.sam.member_id, "moderator")
        return browse(world.lumo, "sam")

    def test_say_in_the_switcher_that_something_is_new_and_nothing_more(self, sam: Browser, world: World) -> None:
        assert "new" not in switcher_of(sam)
        world.rival.hear(world.rival.post(FURIOUS.replace("lumo", "rival")))
        watching.look()
        assert switcher_of(sam) == "Lumo Something new at another brand Lumo Rival something new"
        assert "Nothing to tell you yet" in sam.text("/alerts")
        sam.post("/brand", brand=refs().name("brand", world.rival.brand_id))
        assert switcher_of(sam) == "Rival Lumo Rival something new"
        sam.post("/alerts/read")
        assert "new" not in switcher_of(sam)

    def test_are_looked_at_by_the_bell_of_a_page_that_stays_open(self, sam: Browser, world: World) -> None:
        assert sam.get("/alerts/bell?shown=0&elsewhere=", part=True).status_code == 204
        world.rival.hear(world.rival.post(FURIOUS.replace("lumo", "rival")))
        watching.look()
        rung = sam.get("/alerts/bell?shown=0&elsewhere=", part=True)
        assert "Rival something new" in " ".join(said(rung).split())
        there = refs().name("brand", world.rival.brand_id)
        assert f'name="elsewhere" value="{there}"' in rung.get_data(as_text=True)
        assert sam.get(f"/alerts/bell?shown=0&elsewhere={there}", part=True).status_code == 204

    def test_are_asked_about_together_with_this_one(self, sam: Browser) -> None:
        with counted() as statements:
            sam.get("/board")
        assert len([one for one in statements if "FROM alert" in one]) == 1

    @pytest.mark.usefixtures("sam")
    def test_of_others_and_those_that_were_left_say_nothing(self, browse: Browse, world: World) -> None:
        world.rival.hear(world.rival.post(FURIOUS.replace("lumo", "rival")))
        watching.look()
        with transaction(), world.rival.scope():
            team.suspend(world.lumo.sam.member_id, by=world.rival.dana.member_id)
        for browser in (browse(world.lumo, "sam"), browse(world.lumo, "tess")):
            assert 'class="switch"' not in browser.get("/inbox").get_data(as_text=True)
            assert browser.get("/alerts/bell?shown=0", part=True).status_code == 204


def test_alerts_say_what_happened_and_lead_there_once_they_are_read(browse: Browse, story: Story) -> None:
    house = story.house
    house.judge(story.review, house.sam, "return", reason=REASON)
    bus.drain()
    noor = browse(house, "noor")
    text = noor.text("/alerts")
    assert "Your answer was returned to you" in text
    assert REASON in text
    assert "Today" in text
    (name,) = names_on(noor)
    answer = noor.post(name)
    assert (answer.status_code, answer.headers["Location"]) == (303, story.path("case", story.reviewed_case))
    assert "new" not in said(noor.get("/alerts/bell?shown=9", part=True))
    assert names_on(noor) == [name]


def test_opening_an_alert_is_for_its_member_alone(browse: Browse, story: Story) -> None:
    name = names_on(browse(story.house, "maya"))[0]
    for alias in ("noor", "sam", "dana"):
        assert browse(story.house, alias).post(name).status_code == 404


def test_all_are_read_at_once(browse: Browse, story: Story) -> None:
    maya = browse(story.house, "maya")
    assert maya.post("/alerts/read").status_code == 303
    assert "Mark all as read" not in maya.text("/alerts")
    assert maya.get("/alerts/bell?shown=0", part=True).status_code == 204


def test_who_looks_at_the_place_has_read_what_leads_there(browse: Browse, story: Story) -> None:
    maya = browse(story.house, "maya")
    assert maya.post("/alerts/met", place="/queue").status_code == 204
    assert "3" in bell_of(maya)
    maya.post("/alerts/met", place=story.path("case", story.published_case))
    assert "3" not in bell_of(maya)


def test_an_empty_page_says_what_will_fill_it(browse: Browse, story: Story) -> None:
    dana = browse(story.house, "dana")
    assert "Nothing to tell you yet" in dana.text("/alerts")
    assert "Nothing stands still" in dana.text("/alerts/halted")


def test_the_list_goes_on_where_the_page_ends(browse: Browse, story: Story) -> None:
    house = story.house
    for _ in range(32):
        with transaction(), house.scope():
            notes.write(story.open_case, house.tess, "@sam please look")
    bus.drain()
    sam = browse(house, "sam")
    first = names_on(sam)
    older = re.search(r'href="(/alerts\?before=[^"]+)"', sam.get("/alerts").get_data(as_text=True))
    assert older
    rest = names_on(sam, older[1])
    assert (len(first), len(rest), set(first) & set(rest)) == (30, 2, set())


def test_a_member_chooses_by_which_way_and_when(browse: Browse, story: Story) -> None:
    maya = browse(story.house, "maya")
    fields = dict.fromkeys(kinds_for("advocate"), "portal") | {"judged": "at_once", "thanked": "off"}
    when = {"digest": "morning", "quiet_from": "22:30", "quiet_to": "06:00", "zone": "Asia/Ho_Chi_Minh"}
    assert maya.post("/me/alerts", **fields, **when).status_code == 303
    with story.house.scope():
        wish = wishes.of(story.house.maya.member_id)
        session.rollback()
    assert (wish.way("judged"), wish.way("thanked"), wish.way("offered")) == ("at_once", "off", "portal")
    assert (wish.digest, wish.quiet_from, wish.quiet_to, wish.zone) == ("morning", 1350, 360, "Asia/Ho_Chi_Minh")
    assert 'value="22:30"' in maya.get("/me/alerts").get_data(as_text=True)
    assert maya.post("/me/alerts/pause", days="7").status_code == 303
    assert "No mail comes before" in maya.text("/me/alerts")
    assert maya.post("/me/alerts/resume").status_code == 303
    assert "No mail comes before" not in maya.text("/me/alerts")


@pytest.mark.parametrize(
    ("wrong", "word"),
    [({"zone": "Nowhere/Land"}, "no such time zone"), ({"quiet_from": "25:99"}, "time of the day")],
)
def test_what_cannot_be_chosen_is_said_and_what_was_typed_is_kept(
    browse: Browse, story: Story, wrong: dict[str, str], word: str
) -> None:
    maya = browse(story.house, "maya")
    fields = {"digest": "hour", "quiet_from": "21:00", "quiet_to": "07:45", "zone": "UTC"} | wrong
    before = everything()
    answer = maya.post("/me/alerts", **fields)
    assert answer.status_code == 422
    assert word in said(answer)
    assert 'value="07:45"' in answer.get_data(as_text=True)
    assert everything() == before


def test_a_mail_s_own_link_stops_the_mails_without_signing_in_and_only_by_its_button(
    browse: Browse, story: Story, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, stopped = story.house, []
    with transaction(), house.scope():
        wishes.choose(house.tess.member_id, Wish(quiet_from=0, quiet_to=0))
        notes.write(story.open_case, house.sam, "@tess please look")
    bus.drain()
    real = mail._letter
    monkeypatch.setattr(mail, "_letter", lambda *words: stopped.append(real(*words)) or stopped[-1])
    mailing.post_due()
    letter = mailbox.newest("tess@lumo.example")
    link = re.search(r"https://portal\.example(/unsubscribe/\S+)", letter.text)
    assert link
    assert str(stopped[-1]["List-Unsubscribe"]) == f"<https://portal.example{link[1]}>"
    stranger, before = browse(), everything()
    assert "Stop these mails?" in stranger.text(link[1])
    assert everything() == before
    answer = stranger.post(link[1])
    assert "No more mails" in said(answer)
    assert "tess" not in said(answer).lower()
    with house.scope():
        assert wishes.of(house.tess.member_id).way("named") == "portal"
        assert "named" in [one.kind for one in queries.alerts(house.tess.member_id) if not one.is_read]
        session.rollback()


def test_a_name_of_another_purpose_stops_nothing(browse: Browse, story: Story) -> None:
    with transaction(), story.house.scope():
        wish_id = wishes.link_id(story.house.maya.member_id)
    stranger, right = browse(), refs().name("unsubscribe", wish_id)
    assert stranger.get(f"/unsubscribe/{right}").status_code == 200
    for wrong in (refs().name("alert", wish_id), refs().name("member", wish_id), str(wish_id), right[:-1] + "_"):
        assert stranger.get(f"/unsubscribe/{wrong}").status_code == 404
    assert stranger.get(f"/unsubscribe/{refs().name('unsubscribe', 10**6)}").status_code == 404


def test_every_place_of_an_alert_is_a_page(app: Flask, browse: Browse, story: Story) -> None:
    """What is no page of a role's is none of its kinds' places either."""
    for alias, role in (("maya", "advocate"), ("sam", "moderator"), ("dana", "manager")):
        browser = browse(story.house, alias)
        for kind in set(kinds_for(role)) - {"appealed"}:
            for case_id in (None, story.published_case):
                path = places.place_of(kind, story.published, case_id)
                assert browser.get(path).status_code == 200, (role, kind, path)
    adapter = app.url_map.bind("portal")
    assert adapter.match(places.place_of("appealed", 1, None))[0] == "appeals.show"
