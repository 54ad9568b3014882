"""The manager's pages: the promise, what stands still, pictures with their tables, people, the audit, and files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text, update

from app.channels import accounts
from app.kernel import audit, bus
from app.kernel.crypto import refs
from app.kernel.db import db, session, transaction
from app.people import profile
from app.reports import advocates, export, funnel, standing, voice
from app.reports.rules.periods import Part, Period
from app.web import acts
from listeners import figures
from listeners.counted import HeardDay
from tests.web.conftest import Browse, Browser, Story, said
from tests.world import FURIOUS, House, World


@pytest.fixture
def dana(browse: Browse, story: Story) -> Browser:
    return browse(story.house, "dana")


def tamper(statement: str) -> None:
    """Change the record past the locks that keep it, as only who owns the database can."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_row_no_update"))
            connection.execute(text("DROP TRIGGER IF EXISTS audit_row_no_delete"))
        connection.execute(text(statement))


def rows_of(browser: Browser, path: str) -> list[list[str]]:
    response = browser.get(path)
    assert response.status_code == 200
    assert response.mimetype == "text/csv"
    assert "attachment" in response.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(response.get_data(as_text=True))))


def test_the_managers_day_begins_with_the_overview(dana: Browser, browse: Browse, story: Story) -> None:
    assert dana.get("/").headers["Location"] == "/overview"
    assert browse(story.house, "sam").get("/").headers["Location"] != "/overview"


def test_the_overview_says_how_the_promise_stands_and_by_whom(dana: Browser) -> None:
    page = " ".join(dana.text("/overview").split())
    assert "1 of 1 answered within the promise" in page
    assert "Brands used to answer 14 of 100" in page
    assert "Of 4 questions, 1 were answered in time and 0 late." in page
    assert "Advocates 1 1 of 1" in page
    assert "1 answer waits for review" in page


def test_the_overview_names_what_stands_still(browse: Browse, story: Story, later: Callable[..., None]) -> None:
    story.house.hear(story.house.post(FURIOUS, author="c-furious"))
    later(minutes=70)
    with transaction():
        session.execute(update(bus.Delivery).where(bus.Delivery.id == 1).values(state="dead", error="it broke"))
        with story.house.scope():
            accounts.mark_signed_out(story.house.account_id)
    page = " ".join(browse(story.house, "dana").text("/overview").split())
    assert "1 is overdue with staff" in page
    assert "1 step of the work failed for good" in page
    assert "X has signed us out @lumo" in page


def test_nothing_of_another_brand_is_counted(browse: Browse, story: Story, world: World) -> None:
    page = " ".join(browse(world.rival, "dana").text("/overview").split())
    assert story.published
    assert "No promise has come due yet" in page
    assert "Nothing asked for a reply in these days" in page
    assert "waits for review" not in page


def test_who_is_here_is_on_duty_with_what_they_hold(dana: Browser, browse: Browse, story: Story) -> None:
    browse(story.house, "maya")
    page = " ".join(dana.text("/overview").split())
    assert "Maya advocate · just now holds 1 case" in page
    assert "Dana manager · just now holds nothing" in page
    assert "Noor" not in page.split("On duty")[1]


def test_pictures_have_their_numbers_in_a_table_and_words_for_who_cannot_see_them(dana: Browser) -> None:
    html = dana.get("/reports").get_data(as_text=True)
    assert html.count('<svg class="drawn"') == html.count('role="img"') == html.count("<desc") == 5
    assert html.count('<details class="numbers">') == 7
    page = " ".join(said(dana.get("/reports")).split())
    assert "5 mentions were heard; the busiest day was" in page
    assert "Of all topics, technology comes up most." in page
    assert "5 of 5 mentions are in English." in page


def test_a_part_of_the_talk_can_be_looked_at_alone(dana: Browser, story: Story) -> None:
    assert "4 mentions were heard" in dana.text("/reports?topic=tech")
    assert "Nothing was heard in these days" in dana.text("/reports?language=vi")
    assert "5 mentions were heard" in dana.text("/reports?language=xx&topic=nonsense&days=lots")
    assert story.published


def test_a_brand_that_hears_nothing_is_told_what_will_stand_here(browse: Browse, world: World) -> None:
    dana = browse(world.lumo, "dana")
    assert "As soon as customers write" in dana.text("/reports")
    assert "None yet" not in dana.text("/people/advocates")


def test_the_files_hold_the_same_numbers(dana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    header, *heard = rows_of(dana, "/reports/heard.csv")
    assert header == list(export.HEARD)
    assert sum(int(row[4]) for row in heard) == 5
    assert [row[1:] for row in rows_of(dana, "/reports/answered.csv")[1:]] == [
        ["advocates", "x", "en", "tech", "1", "1"]
    ]
    monkeypatch.setattr(export, "AT_ONCE", 1)
    assert rows_of(dana, "/reports/heard.csv")[1:] == heard
    assert dana.get("/reports/nothing.csv").status_code == 404


def test_small_samples_are_counts_and_not_percentages(dana: Browser) -> None:
    page = " ".join(dana.text("/people/advocates").split())
    assert "Maya English · technology A1 1 1 of 1 0 of 1 1 of 1" in page
    assert "Noor English, Vietnamese · technology A1 0 none yet" in page
    assert "%" not in page


@pytest.mark.parametrize("by", ["answers", "approval", "thanks", "time", "seen", "points"])
def test_advocates_stand_in_the_order_that_was_asked_for(dana: Browser, by: str) -> None:
    page = dana.text(f"/people/advocates?by={by}")
    assert page.index("Maya") < page.index("Noor")


def test_an_advocates_page_shows_answers_verdicts_and_thanks(dana: Browser, story: Story) -> None:
    page = " ".join(dana.text(f"/people/advocates/{refs().name('member', story.house.maya.member_id)}").split())
    assert "Open Settings, then Display, then Dark." in page
    assert ": approved" in page
    assert "The customer said thanks" in page
    assert "In the thread" in page
    staff = refs().name("member", story.house.sam.member_id)
    assert dana.get(f"/people/advocates/{staff}").status_code == 404


def test_the_audit_says_every_line_in_words(dana: Browser) -> None:
    page = " ".join(dana.text("/audit").split())
    assert "Sam approved a reply ." in page
    assert "a reply of Maya went out to the network." in page
    assert "Peerline gave a role to Dana ." in page
    assert "Checked now." in page


def test_lines_are_found_by_person_act_subject_and_day(dana: Browser, story: Story) -> None:
    maya = refs().name("member", story.house.maya.member_id)

    def lines(query: str) -> list[str]:
        return [row[3] for row in rows_of(dana, f"/audit.csv?{query}")[1:]]

    assert lines(f"who={maya}") == ["case.claim", "reply.publish", "reply.submit", "case.claim"]
    assert lines(f"who={maya}&act=case.claim") == ["case.claim"] * 2
    assert lines(f"about=reply:{refs().name('reply', story.published)}") == [
        "reply.publish",
        "review.approve",
        "reply.submit",
    ]
    assert lines("to=2020-01-01") == []
    assert len(lines("from=2020-01-01")) == len(lines(""))
    assert len(lines("who=nobody&act=nothing&about=reply:1&from=then")) == len(lines(""))
    assert len(lines("from=0001-01-01&to=9999-12-31")) == len(lines(""))


@pytest.mark.parametrize(
    "query", ["from=0001-01-01", "to=9999-12-31", f"before={'9' * 31}", "before=\N{SUPERSCRIPT TWO}"]
)
def test_the_audit_leaves_out_what_cannot_be(dana: Browser, query: str) -> None:
    assert dana.get(f"/audit?{query}&act=member.join").get_data(as_text=True).count("<li><time") == 5


def test_every_act_that_can_be_asked_for_has_words_of_its_own(dana: Browser) -> None:
    page = " ".join(dana.text("/audit").split())
    words = [words for _act, words in acts.choices()]
    assert len(set(words)) == len(words)
    for asked in ("added a brand fact", "removed a short answer", "changed a skill", "changed the rules of the brand"):
        assert asked in page


def test_what_people_wrote_stands_in_the_record_as_they_wrote_it(dana: Browser, story: Story) -> None:
    with transaction():
        profile.rename(story.house.maya.member_id, "Maya", "may_a")
    assert "alias: may_a" in " ".join(dana.text("/audit").split())


def test_who_looked_at_a_customers_private_data_is_said_and_found(dana: Browser, browse: Browse, story: Story) -> None:
    browse(story.house, "sam").post(story.path("customer", story.customer, "/reveal"))
    page = " ".join(dana.text("/audit").split())
    assert "Sam looked at the private data of a customer." in page
    assert page.count("looked at the private data of a customer") == 2  # in its line, and among what can be asked for
    found = [row[3:5] for row in rows_of(dana, "/audit.csv?act=customer.reveal")[1:]]
    assert found == [["customer.reveal", "customer"]]
    name = refs().name("customer", story.customer)
    assert [row[3:5] for row in rows_of(dana, f"/audit.csv?about=customer:{name}")[1:]] == found


def test_the_audit_is_read_page_by_page(dana: Browser, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.pages.audit.PAGE", 4)
    seen, path = 0, "/audit?act=member.join"
    while path:
        html = dana.get(path).get_data(as_text=True)
        seen += html.count("<li><time")
        older = html.partition('href="/audit?before=')[2].partition('"')[0]
        path = f"/audit?before={older.replace('&amp;', '&')}" if older else ""
    assert seen == 5
    assert story.published


def test_a_broken_chain_is_said_at_once_and_after_the_clock_has_looked(dana: Browser, story: Story) -> None:
    audit.prove()
    assert "Checked now" in dana.text("/audit")
    tamper("UPDATE audit_row SET act = 'case.give' WHERE seq = (SELECT max(seq) FROM audit_row WHERE brand_id = 1)")
    tamper("UPDATE audit_row SET act = 'case.skip' WHERE brand_id = 1 AND seq = 3")
    assert "broken at" not in dana.text("/audit")  # what the clock has proved is not proved again by every look
    with transaction(), story.house.scope():
        session.execute(update(audit.AuditCheck).values(whole_at=None))
    audit.prove()
    assert "broken at line 3" in dana.text("/audit")


def test_a_line_changed_before_the_clock_looked_is_found_by_the_page(dana: Browser, story: Story) -> None:
    assert story.published
    tamper("UPDATE audit_row SET act = 'case.skip' WHERE brand_id = 1 AND seq = 6")
    assert "broken at line 6" in dana.text("/audit")


def test_a_tail_that_was_cut_off_is_missed(dana: Browser, story: Story) -> None:
    assert story.published
    audit.prove()
    tamper("DELETE FROM audit_row WHERE brand_id = 1 AND seq > 8")
    assert "broken at line 9" in dana.text("/audit")


def test_the_proof_goes_on_piece_by_piece(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AT_A_BEAT", 4)
    monkeypatch.setattr(audit, "AT_A_LOOK", 2)
    house: House = story.house

    def chain() -> audit.Chain:
        with house.scope():
            found = audit.chain(house.brand_id)
            session.rollback()
        return found

    assert (chain().proved, chain().broken, chain().whole_at) == (2, None, None)
    for _ in range(8):
        audit.prove()
    assert chain().proved == chain().lines
    assert chain().whole_at is not None
    assert chain().broken is None


def test_reports_read_the_figures_and_not_the_mentions(story: Story) -> None:
    """They cost the same however much was heard: what is counted is not counted again."""
    house = story.house
    with transaction(), house.scope():
        session.execute(update(HeardDay).values(mentions=HeardDay.mentions + 1000))
    with house.scope():
        today = session.execute(text("SELECT max(day) FROM heard_day")).scalar_one()
        period = Period.ending(today if not isinstance(today, str) else date.fromisoformat(today), 7)
        assert voice.voice(period, Part()).now.mentions > 1000
        assert funnel.funnel(period, Part(), ()).now.answers.number == 1
        assert standing.standing().reviews == 1
        assert len(advocates.advocates(period)) == 2
        session.rollback()
    with transaction(), house.scope():
        figures.rebuild()
    with house.scope():
        assert voice.voice(period, Part()).now.mentions == 5
        session.rollback()
