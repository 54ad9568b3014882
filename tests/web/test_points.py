"""Points that open: every number on a page leads to why it is what it is."""

from __future__ import annotations

import re

from app.kernel import bus
from tests.web.conftest import Browse, Story, said


def test_every_entry_opens_with_its_factors_its_books_and_its_dates(browse: Browse, story: Story) -> None:
    browser = browse(story.house, "maya")
    page = browser.get("/points").get_data(as_text=True)
    entries = re.findall(r'href="(/points/[\w-]{22})"', page)
    assert len(entries) == 2
    award = " ".join(browser.text(entries[-1]).split())
    formula = re.search(r"10 × ([\d.]+) × ([\d.]+) × ([\d.]+) × ([\d.]+) = (\d+)", award)
    assert formula is not None
    *factors, points = map(float, formula.groups())
    product = 10.0
    for factor in factors:
        product *= factor
    assert abs(product - points) < 1
    assert "word for word" in award
    assert "points-1" in award
    assert "the brand gives" in award
    assert re.search(r"together 0\b", award)
    assert award.count("2026-") + award.count("UTC") >= 2
    assert "thanks raise the quality" in browser.text(entries[0])


def test_a_balance_is_the_sum_of_what_is_listed(browse: Browse, story: Story) -> None:
    page = browse(story.house, "maya").get("/points").get_data(as_text=True)
    listed = [int(amount.replace("\N{MINUS SIGN}", "-")) for amount in re.findall(r'"amount[^"]*">([+−]\d+)<', page)]
    shown = [int(number) for number in re.findall(r"<dd>(\d+)</dd>", page)]
    assert sum(listed) == sum(shown) > 0


def test_entries_of_others_open_for_staff_only(browse: Browse, story: Story) -> None:
    entry, member = story.path("txn", story.txn), story.path("member", story.house.maya.member_id)
    for path in (entry, member):
        assert browse(story.house, "noor").get(path).status_code == 404, path
        assert browse(story.house, "sam").get(path).status_code == 200, path
        assert browse(story.house, "maya").get(path).status_code == 200, path


def test_what_was_taken_back_says_so(browse: Browse, story: Story) -> None:
    browse(story.house, "sam").post(story.path("reply", story.published, "/take-down"), why="it is wrong")
    bus.drain()
    browser = browse(story.house, "maya")
    page = browser.text("/points")
    assert "Taken back" in page
    assert "taken back later" in page
    assert "never: taken back before" in browser.text(story.path("txn", story.txn))


def test_the_board_marks_me_and_opens_what_i_may_see(browse: Browse, story: Story) -> None:
    mine = browse(story.house, "maya").get("/board").get_data(as_text=True)
    assert 'class="own"' in mine
    assert story.path("member", story.house.maya.member_id) in mine
    theirs = browse(story.house, "noor").get("/board").get_data(as_text=True)
    assert 'class="own"' not in theirs
    assert story.path("member", story.house.maya.member_id) not in theirs
    assert story.path("member", story.house.maya.member_id) in browse(story.house, "sam").get("/board").get_data(
        as_text=True
    )


def test_answers_show_thanks_large_and_points(browse: Browse, story: Story) -> None:
    page = said(browse(story.house, "maya").get("/answers"))
    assert "thank you so much, that worked" in page
    assert "In the thread" in page
    assert re.search(r"\d+ points", page)
