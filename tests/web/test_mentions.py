"""Mentions: everything heard with what became of it; narrowed by the address; moved and rescued by hand."""

from __future__ import annotations

import re
from html import unescape

import pytest
from werkzeug.test import TestResponse

from app.bench.statements import counted
from app.kernel.crypto import refs
from listeners import listing
from tests.web.conftest import Browse, Browser, Story, browse, network, said, story
from tests.world import FURIOUS

__all__ = ["browse", "network", "story"]

MOST_QUERIES = 12
STRAY = "is my lamp yours"


@pytest.fixture
def sam(browse: Browse, story: Story) -> Browser:
    return browse(story.house, "sam")


def lines(response: TestResponse) -> list[str]:
    """Each line of the list, as a reader has it."""
    body = response.get_data(as_text=True).partition("</ol>")[0]
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in body.split('<li class="line ')[1:]]


def href(body: str, word: str) -> str:
    """Where the link with this word leads."""
    return unescape(re.findall(rf'href="([^"]+)"[^>]*>\s*(?:<[^>]+>)*{word}', body)[-1])


def at(response: TestResponse) -> str:
    """Where an answer sends its reader."""
    return response.headers["Location"]


def test_everything_heard_is_there_with_what_became_of_it(sam: Browser) -> None:
    shown = lines(sam.get("/mentions"))
    assert [line.split()[1] for line in shown] == ["@five", "@one", "@four", "@three", "@two", "@one"]
    assert "Set aside It stands in another brand's thread" in shown[0]
    assert "question" in shown[2]
    assert "Advocates open" in shown[2]
    assert "Advocates in review" in shown[3]
    assert "Advocates claimed" in shown[4]


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("kind=set_aside", ["@five"]),
        ("kind=quarantined", []),
        ("q=restart", []),
        ("q=turn+dark", ["@four", "@three", "@two", "@one"]),
        ("q=lamp", ["@five"]),
        ("q=@three", ["@three"]),
        ("by=two", ["@two"]),
        ("lane=advocates&state=open", ["@four"]),
        ("q=mode&state=claimed&language=en&topic=nothing", ["@two"]),
        ("language=vi", []),
        ("network=x&intent=question", ["@four", "@three", "@two", "@one"]),
        ("since=2001-01-01&until=2001-02-01", []),
        ("since=2001-01-01&until=someday&q=mode", ["@four", "@three", "@two", "@one"]),
        ("since=0001-01-01&until=9999-12-31&q=mode", ["@four", "@three", "@two", "@one"]),
        ("since=2100-12-31&q=mode", []),
        ("since=2101-01-01&until=1999-12-31&q=mode", ["@four", "@three", "@two", "@one"]),
    ],
)
def test_the_address_narrows_the_list(sam: Browser, query: str, who: list[str]) -> None:
    response = sam.get(f"/mentions?{query}")
    assert response.status_code == 200
    assert [line.split()[1] for line in lines(response)] == who
    assert who or "Nothing like that was heard" in said(response)


def test_chips_say_what_narrows_and_take_it_away(sam: Browser) -> None:
    body = sam.get("/mentions?q=mode&lane=advocates&state=open").get_data(as_text=True)
    assert all(words in unescape(body) for words in ("Search: mode", "Lane: Advocates", "State: open"))
    assert len(lines(sam.get(href(body, "State: open")))) == 4
    assert at(sam.get("/mentions?q=mode&lane=&state=&by=")) == "/mentions?q=mode"


def test_what_has_no_letter_looks_for_nothing(sam: Browser) -> None:
    assert "Nothing to look for" in sam.text("/mentions?q=%25%22*")


def test_a_name_from_an_address_opens_its_row(sam: Browser, story: Story) -> None:
    mention, case = story.path("mention", story.mention), story.path("case", story.open_case)
    for typed, place in ((mention, mention), (mention.rpartition("/")[2], mention), (f"https://h.example{case}", case)):
        assert at(sam.get(f"/mentions?q={typed}")) == place


def test_older_pages_follow_without_a_gap(sam: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = lines(sam.get("/mentions"))
    monkeypatch.setattr("app.web.pages.mentions.PER_PAGE", 2)
    seen, path = [], "/mentions"
    while path:
        response = sam.get(path)
        seen += lines(response)
        body = response.get_data(as_text=True)
        path = href(body, "Older") if "Older" in body else ""
    assert seen == everything


def test_news_are_counted_and_keep_to_the_filter(sam: Browser, story: Story) -> None:
    pages = {query: sam.get(f"/mentions?{query}").get_data(as_text=True) for query in ("q=mode", "kind=mention")}
    polls = {query: unescape(re.findall(r'hx-get="(/mentions/news[^"]+)"', body)[0]) for query, body in pages.items()}
    assert {sam.get(poll, part=True).status_code for poll in polls.values()} == {204}
    story.house.hear(story.house.post("@lumo anything new?", author="c-six"))
    assert sam.get(polls["q=mode"], part=True).status_code == 204
    news = sam.get(polls["kind=mention"], part=True)
    assert "1 new since you looked" in said(news)
    assert 'href="/mentions?kind=mention"' in news.get_data(as_text=True)


def test_why_opens_in_place_with_the_words_that_decided(sam: Browser, story: Story) -> None:
    path = story.path("mention", story.mention, "/why")
    with counted() as statements:
        part = sam.get(path, part=True)
    assert len(statements) <= MOST_QUERIES
    assert "Judged by version" in said(part)
    assert "<q>" in part.get_data(as_text=True)
    assert at(sam.get(path)).endswith("#why")


def test_a_mentions_page_tells_its_story(sam: Browser, story: Story) -> None:
    with story.house.scope():
        first = listing.lines(listing.Wish(kinds=("mention",))).lines[-1].id
    told = sam.text(story.path("mention", first))
    for words in ("Heard by asking the network", "raw form", "Its case opened", "Approved", "Its thread", "Takes a"):
        assert (words in told) is (words != "Takes a"), words


@pytest.mark.parametrize("lane", ["staff", "no_reply"])
def test_a_case_is_moved_by_hand(sam: Browser, story: Story, lane: str) -> None:
    path = story.path("mention", story.mention)
    response = sam.post(f"{path}/move", lane=lane, reason="the store knows")
    assert (response.status_code, at(response)) == (303, path)
    told = sam.text(path)
    assert "the store knows" in told
    assert "Sam" in told
    assert story.house.page(story.open_case).case.lane == lane


def test_what_stands_in_the_way_is_said_on_the_page_with_what_was_typed(sam: Browser, story: Story) -> None:
    path = story.path("mention", story.mention)
    missing = sam.post(f"{path}/move", lane="staff", reason="x")
    assert (missing.status_code, "Say in a few words why" in said(missing)) == (422, True)
    assert 'value="x"' in missing.get_data(as_text=True)
    angry = story.house.post(FURIOUS, author="c-rex")
    story.house.hear(angry)
    page = story.house.page(story.house.case_of(angry))
    kept = sam.post(f"{story.path('mention', page.case.mention.id)}/move", lane="advocates", reason="they can do it")
    assert (kept.status_code, "stays with staff" in said(kept)) == (403, True)
    assert story.house.page(page.case.id) == page


def test_a_case_is_given_to_a_person_on_its_own_page(sam: Browser, story: Story) -> None:
    body = sam.get(story.path("mention", story.mention)).get_data(as_text=True)
    place = href(body, "Give it to a person")
    assert place == story.path("case", story.open_case, "#hand")
    assert 'id="hand"' in sam.get(place).get_data(as_text=True)
    reviewed = story.house.page(story.reviewed_case).case.mention.id
    assert "Give it to a person" not in sam.text(story.path("mention", reviewed))


def test_what_is_not_ours_is_set_aside_by_hand(sam: Browser, story: Story) -> None:
    path = story.path("mention", story.mention)
    assert sam.post(f"{path}/set-aside", reason="they mean a film").status_code == 303
    assert "set aside by hand" in sam.text(path)
    again = sam.post(f"{path}/set-aside", reason="they mean a film")
    assert (again.status_code, "set aside already" in said(again)) == (409, True)


def test_a_stray_post_is_rescued(sam: Browser, story: Story) -> None:
    path = f"/mentions/aside/{refs().name('aside', story.aside)}/rescue"
    response = sam.post(path)
    assert response.status_code == 303
    assert STRAY in sam.text(at(response))
    assert [line for line in lines(sam.get("/mentions")) if STRAY in line and "Set aside" in line] == []
    again = sam.post(path)
    assert (again.status_code, "a mention already" in said(again)) == (409, True)


def test_the_lists_cost_does_not_grow_with_its_lines(sam: Browser, story: Story) -> None:
    def cost() -> int:
        with counted() as statements:
            assert sam.get("/mentions").status_code == 200
        return len(statements)

    before = cost()
    story.house.hear(*(story.house.post(f"@lumo how do I {step}?", author=f"c-{step}") for step in range(15)))
    assert cost() == before <= MOST_QUERIES
