"""Every page that a person can reach by clicking, on a phone and on a desk, by day and by night.

Nothing may run out of the window sideways, fail to load, or break the strict policy. Pictures of all go to `.screens`,
an ignored folder, to be looked at.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from app.kernel.settings import PROJECT
from tests.browser.conftest import DESK, PHONE, Demo, SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1800)]

SCREENS = PROJECT / ".screens"
NAME = re.compile(r"/[A-Za-z0-9_-]{22}(?=/|$)")
"""The name of one row in an address: pages of one kind are looked at once."""
FILE = re.compile(r"^//|^/static/|\.csv(\?|$)")
"""Links to something else than a page of the portal."""
MOST = 60
"""More kinds of pages than any role has."""


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("alias", ["maya", "sam", "dana"])
def test_no_page_is_broken(signed_in: SignIn, demo: Demo, alias: str, size: dict[str, int], colours: str) -> None:
    page = signed_in(alias, size, color_scheme=colours)
    folder = SCREENS / f"{alias}-{size['width']}-{colours}"
    folder.mkdir(parents=True, exist_ok=True)
    broken = []
    seen = 0
    for kind in _kinds(page, demo.portal):
        seen += 1
        page.screenshot(path=folder / f"{kind.strip('/').replace('/', '.') or 'home'}.png", full_page=True)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if too_wide > 0:
            broken.append(f"{page.url} is {too_wide} px wider than the window")
    assert not broken
    assert 5 < seen < MOST


def _kinds(page: Page, portal: str) -> Iterator[str]:
    """Open a page of each kind that links lead to, breadth first; its kind, with the page open."""
    waiting, known = deque([urlsplit(page.url).path]), set()
    while waiting:
        path = waiting.popleft()
        kind = NAME.sub("/name", urlsplit(path).path)
        if kind in known:
            continue
        known.add(kind)
        answer = page.goto(portal + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        links = page.eval_on_selector_all(
            "a[href]:not([download])", "links => links.map(link => link.getAttribute('href'))"
        )
        yield kind
        waiting.extend(link for link in links if link.startswith("/") and not FILE.search(link))
