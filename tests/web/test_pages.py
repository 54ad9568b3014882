"""Every page, as each person sees it: it opens, it costs little, it changes nothing."""

from __future__ import annotations

import pytest

from app.bench.statements import counted
from app.kernel.crypto import refs
from app.kernel.db import transaction
from app.people import members
from tests.web.conftest import Browse, Story, appealed, everything
from tests.world import World

MOST_QUERIES = 12
BRAND = (
    *("/brand", "/brand/profile", "/brand/watch", "/brand/skills", "/brand/skills/new", "/brand/promises"),
    *("/brand/routing", "/brand/care", "/brand/facts", "/brand/facts?topic=tech&language=en", "/brand/facts/new"),
    *(
        "/brand/short-answers",
        "/brand/short-answers/new",
        "/brand/team",
        "/brand/team?role=advocate",
        "/brand/networks",
        "/brand/hearing",
        "/brand/hearing?day=2026-01-05",
        "/brand/networks/connect/x",
        "/brand/networks/connect/bluesky",
        "/brand/networks/connect/facebook",
    ),
)
ADVOCATES = ("/queue", "/queue/news", "/points", "/level", "/me/offers")


def _paths(story: Story, alias: str) -> list[str]:
    common = [
        "/answers",
        *("/answers?kind=waiting", "/answers?kind=thanked", "/answers?kind=back"),
        *("/board", "/board?span=week", "/board?span=all"),
        "/me/profile",
        story.path("case", story.open_case, "/beside"),
        "/me",
        "/alerts",
        "/alerts/bell",
        "/me/alerts",
        "/me/security",
        story.path("case", story.open_case),
        story.path("txn", story.txn),
    ]
    if alias == "maya":
        return [
            *common,
            *ADVOCATES,
            story.path("case", story.held_case),
            story.path("case", story.held_case, "/beside"),
        ]
    member = refs().name("member", story.house.maya.member_id)
    managers = [
        *(*BRAND, f"/brand/team/{member}"),
        *("/reports", "/reports?days=90&topic=tech&language=en&network=x", "/people/advocates?by=approval"),
        *(f"/people/advocates/{member}", "/audit", f"/audit?who={member}&act=case.claim&from=2026-01-01"),
    ]
    return [
        *common,
        *(managers if alias == "dana" else ()),
        "/overview",
        "/overview?days=90",
        "/inbox",
        "/inbox?tab=mine",
        "/inbox?tab=advocates",
        "/inbox/list?tab=advocates",
        "/inbox/named",
        story.path("case", story.published_case, "/known"),
        story.path("case", story.open_case, "/known"),
        story.path("customer", story.customer),
        story.path("appeal", story.appeal),
        "/review",
        "/sending",
        "/mentions",
        "/mentions?q=mode&lane=advocates&state=open&language=en",
        story.path("mention", story.mention),
        "/assessment",
        story.path("review", story.review),
        story.path("case", story.published_case),
        story.path("case", story.held_case),
        story.path("member", story.house.maya.member_id),
    ]


@pytest.mark.parametrize("alias", ["maya", "sam", "dana"])
def test_every_page_opens_with_few_queries_and_writes_nothing(
    browse: Browse, story: Story, world: World, alias: str
) -> None:
    story.appeal = appealed(story)
    with transaction():  # the manager is one of two brands, which costs a little more on every page
        members.join(world.rival.brand_id, world.lumo.dana.member_id, "manager")
    browser = browse(story.house, alias)
    before = everything()
    spent = {}
    for path in _paths(story, alias):
        with counted() as statements:
            response = browser.get(path)
        assert response.status_code == 200, (path, response.status_code)
        spent[path] = len(statements)
    assert everything() == before
    assert {path: spent_on for path, spent_on in spent.items() if spent_on > MOST_QUERIES} == {}
