"""What was heard is listed whole, newest first, and found by its words in every script, never across brands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import delete

from app.channels import accounts
from app.desk.standing import standing, stands_in
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from app.kernel.facts import MentionsAssessed, PostsSetAside
from listeners import indexing, listing
from listeners.hear import NotOurs, Unreadable, take_in
from listeners.listing import Line, Lines, Marks, Wish
from listeners.models import HeardWords
from listeners.rules.words import asked
from tests.world import FURIOUS, HOW_TO, House, World

pytestmark = pytest.mark.long

OWN = "You find it under Settings."


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def look(house: House, wish: Wish | None = None, *, before: Marks | None = None, limit: int = 30) -> Lines:
    with house.scope():
        page = listing.lines(wish or Wish(), before=before, limit=limit)
        session.rollback()
    return page


def found(house: House, line: str, **wish: object) -> list[str]:
    """The texts that a search finds, newest first."""
    return [one.text for one in look(house, Wish(asked=asked(line), **wish)).lines]  # type: ignore[arg-type]


def hear_all(house: House) -> list[Line]:
    """Two questions, an own post, a stray post and an unreadable item, one after the other."""
    question = house.post(HOW_TO)
    stray = replace(house.post("@rival where is my lamp?", author="c-bob"), summons=())
    house.hear(question)
    house.hear(house.own_post(OWN, question))
    with transaction(), house.scope():
        items = [NotOurs(stray), Unreadable("item 3", '{"id": "77", "text": "half a p', "It cannot be read.")]
        take_in(accounts.account(house.account_id), "{}", items, origin="poll")
    bus.drain()
    house.hear(house.post(FURIOUS, author="c-cho"))
    return list(look(house).lines)


def test_everything_heard_is_there_newest_first_with_what_became_of_it(house: House) -> None:
    kinds = [(line.kind, line.reason) for line in hear_all(house)]
    assert kinds[0] == ("mention", "")
    assert sorted(kinds[1:3]) == [("quarantined", "It cannot be read."), ("set_aside", "not_ours")]
    assert kinds[3:] == [("set_aside", "own_post"), ("mention", "")]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_follow_each_other_without_a_gap(house: House, limit: int) -> None:
    everything = hear_all(house)
    seen: list[Line] = []
    before = None
    while True:
        page = look(house, before=before, limit=limit)
        seen += page.lines
        if page.older is None:
            break
        before = page.older
    assert seen == everything


def test_what_came_since_is_counted(house: House) -> None:
    hear_all(house)
    newest = look(house).newest
    with house.scope():
        assert listing.since_then(Wish(), newest) == 0
    house.hear(house.post("@lumo one more"), house.post("@lumo and another"))
    with house.scope():
        assert listing.since_then(Wish(), newest) == 2
        assert listing.since_then(Wish(), newest, most=1) == 1
        assert listing.since_then(Wish(asked=asked("another")), newest) == 1
        assert listing.since_then(Wish(kinds=("set_aside",)), newest) == 0


SAID = (
    "@lumo my refund never arrived",
    "@lumo không đăng nhập được",
    "@lumo 这家水果店的灯不亮",
    "@lumo 업데이트가 안 돼요",
    "@lumo テレビが映らない",
    '@lumo it says "battery 100% full_stop" and dies',
)


FINDS = {
    "refund": [0],
    "REFUNDS": [0],
    "refunded": [],
    "refu arriv": [0],
    '"refu"': [],
    "đăng": [1],
    "dang nhap": [1],
    "KHÔNG": [1],
    "水果": [2],
    "水果店": [2],
    "果": [2],
    "灯": [2],
    "水店": [],
    "데이트": [3],
    "돼요": [3],
    "요": [3],
    "テレビ": [4],
    "ﾃﾚﾋﾞ": [4],
    "lumo 亮": [2],
    '"battery 100%"': [5],
    '"100% full_stop"': [5],
    '"battery_100"': [],
    '"battery % full"': [],
    "refun*": [0],
    "re%nd": [],
    "refund OR dies": [],
    "refund' | 'dies": [],
    'refund" (': [0],
    'refund" AND (': [],
    "@ada": [5, 4, 3, 2, 1, 0],
    "@lumo": [],
    "Ada": [5, 4, 3, 2, 1, 0],
    "%": [5, 4, 3, 2, 1, 0],
}
"""What is typed, and which of the posts above it finds."""


def test_words_are_found_in_every_script(house: House, world: World) -> None:
    for text in SAID:
        house.hear(house.post(text))
        world.rival.hear(world.rival.post(text))
    assert {line: found(house, line) for line in FINDS} == {
        line: [SAID[place] for place in places] for line, places in FINDS.items()
    }


def test_a_post_is_found_by_its_id_and_what_was_set_aside_by_its_words(house: House) -> None:
    hear_all(house)
    asking = look(house, Wish(kinds=("mention",))).lines[-1].mention
    assert asking is not None
    assert found(house, asking.external_id) == [HOW_TO]
    assert found(house, "where lamp") == ["@rival where is my lamp?"]
    assert found(house, "half") == ['{"id": "77", "text": "half a p']
    assert found(house, "where lamp", kinds=("mention",)) == []


def test_another_brands_rows_never_appear(house: House, world: World) -> None:
    hear_all(world.rival)
    assert look(house).lines == ()
    for line in ("mode", "@ada", "lamp", "half", "brand 2", "_brand_2", "_kind_mention"):
        assert found(house, line) == []


@pytest.mark.parametrize(
    ("wish", "texts"),
    [
        (Wish(language="vi"), [SAID[1]]),
        (Wish(anger=2), [FURIOUS]),
        (Wish(anger=1, language="vi"), []),
        (Wish(intent="question"), [HOW_TO]),
        (Wish(handle="@cho"), [FURIOUS]),
        (Wish(handle="ch"), []),
        (Wish(private=True), ["@lumo call me: +1 415 555 0132"]),
        (Wish(channel="facebook"), []),
    ],
)
def test_lists_are_narrowed_by_what_was_judged(house: House, wish: Wish, texts: list[str]) -> None:
    hear_all(house)
    house.hear(house.post(SAID[1]), house.post("@lumo call me: +1 415 555 0132", author="c-dee"))
    assert [line.text for line in look(house, wish).lines if line.kind == "mention"] == texts


def test_lists_are_narrowed_by_lane_and_state(house: House) -> None:
    held = house.post(HOW_TO)
    house.hear(held, house.post(FURIOUS, author="c-cho"), house.post("@lumo ok", author="c-eve"))
    house.claim(house.case_of(held), house.maya)
    mentions = look(house, Wish(kinds=("mention",))).lines
    with house.scope():
        stands = standing([line.id for line in mentions])
        session.rollback()
    there = {(one.lane, one.state) for one in stands.values()}
    assert there == {("advocates", "claimed"), ("staff", "open"), ("no_reply", "closed")}
    for lane, state in product(("", "staff", "advocates", "no_reply"), ("", "open", "claimed", "closed")):
        fits = [
            line.id for line in mentions if lane in {"", stands[line.id].lane} and state in {"", stands[line.id].state}
        ]
        with house.scope():
            among = stands_in(lane, state)
        page = look(house, Wish(kinds=("mention",), among=among))
        assert [line.id for line in page.lines] == fits, (lane, state)


def test_a_span_of_days_shows_what_was_heard_in_it(house: House, later: Callable[..., None]) -> None:
    house.hear(house.post("@lumo early"))
    later(days=2)
    noon = clock.now()
    session.rollback()
    house.hear(house.post("@lumo middle"))
    later(days=2)
    house.hear(house.post("@lumo late"))
    day = timedelta(days=1)
    assert [line.text for line in look(house, Wish(since=noon - day, until=noon + day)).lines] == ["@lumo middle"]
    assert [line.text for line in look(house, Wish(since=noon + day)).lines] == ["@lumo late"]
    assert found(house, "lumo", until=noon - day) == ["@lumo early"]
    assert found(house, "lumo", since=noon + 9 * day) == []


def test_indexing_again_changes_nothing_and_brings_back_what_was_lost(house: House) -> None:
    everything = hear_all(house)
    ids = {kind: tuple(line.id for line in everything if line.kind == kind) for kind in listing.NAMES}
    facts = (
        MentionsAssessed(house.brand_id, ids["mention"]),
        PostsSetAside(house.brand_id, ids["set_aside"], ids["quarantined"]),
    )
    before = found(house, "mode"), found(house, "half"), found(house, "lamp")
    for forget in (False, True):
        with transaction(), house.scope():
            if forget:
                session.execute(delete(HeardWords))
            indexing.index_assessed(facts[0])
            indexing.index_set_aside(facts[1])
            indexing.index_again(ids["mention"])
        assert (found(house, "mode"), found(house, "half"), found(house, "lamp")) == before
    with transaction(), house.scope():
        session.execute(delete(HeardWords))
    assert found(house, "mode") == []
