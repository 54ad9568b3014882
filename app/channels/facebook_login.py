"""Facebook login from our side: what we ask a page's owner for and why, the pages that follow a yes, and webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.channels.base import Unmetered, UnreachableError
from app.channels.facebook_line import UNREADABLE, VERSION, Line

DIALOG = "https://www.facebook.com"
SCOPES: Mapping[str, str] = {
    "pages_show_list": "to show you the pages that you manage, for you to choose",
    "pages_read_engagement": "to read what your page posts, and the comments under it",
    "pages_read_user_content": "to read what visitors post and comment, and who they are",
    "pages_manage_engagement": "to answer comments as your page, and to take an answer back",
    "pages_manage_metadata": "to be told of new comments at once",
}
"""What is asked for, and why, in words."""
NEEDED = frozenset(SCOPES)
WEBHOOKS = "feed,mention"
_PAGES = "id,name,username,tasks,access_token"


@dataclass(frozen=True, slots=True)
class PageChoice:
    """A page that the owner manages."""

    id: str
    name: str
    handle: str
    """Its username; its id where it has none."""
    token: str = field(repr=False)
    may_answer: bool
    """Whether its owner's role on the page lets us comment in its name."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What the owner said yes to."""

    scopes: frozenset[str]
    pages: tuple[PageChoice, ...]

    @property
    def missing(self) -> frozenset[str]:
        """What we need and were not given."""
        return NEEDED - self.scopes


def dialog_url(app_id: str, redirect_uri: str, state: str, *, base_url: str | None = None) -> str:
    """Where the owner's browser goes to be asked."""
    asked = {"client_id": app_id, "redirect_uri": redirect_uri, "state": state, "response_type": "code"}
    query = urlencode(asked | {"scope": ",".join(SCOPES)})
    return f"{base_url or DIALOG}/{VERSION}/dialog/oauth?{query}"


def granted(app_id: str, app_secret: str, redirect_uri: str, code: str, *, base_url: str | None = None) -> Granted:
    """The pages behind a yes, each with a token that does not expire by itself. No secret travels in an address.

    Raises:
        ChannelError: one of the contract's; RefusedByNetworkError for a code that was used, or is too old.

    """
    app = {"client_id": app_id, "client_secret": app_secret}
    short = _token(app | {"redirect_uri": redirect_uri, "code": code}, app_secret, base_url)
    long = _token(app | {"grant_type": "fb_exchange_token", "fb_exchange_token": short}, app_secret, base_url)
    line = Line(long, secret=app_secret, base_url=base_url, meter=Unmetered())
    _, given = line.read("me/permissions")
    scopes = {str(one.get("permission")) for one in _listed(given) if one.get("status") == "granted"}
    pages: list[PageChoice] = []
    more: dict[str, str] = {}
    while True:
        _, body = line.read("me/accounts", fields=_PAGES, limit="100", **more)
        pages += [_page(one) for one in _listed(body) if one.get("access_token")]
        paging = body.get("paging") or {}
        after = (paging.get("cursors") or {}).get("after") if paging.get("next") else None
        if not after:
            return Granted(frozenset(scopes), tuple(pages))
        more = {"after": str(after)}


def subscribe(page_id: str, token: str, app_secret: str, *, base_url: str | None = None) -> None:
    """Have Facebook tell our webhook what happens on the page; saying it again changes nothing.

    Raises:
        ChannelError: one of the contract's.

    """
    _line(token, app_secret, base_url).write("POST", f"{page_id}/subscribed_apps", subscribed_fields=WEBHOOKS)


def unsubscribe(page_id: str, token: str, app_secret: str, *, base_url: str | None = None) -> None:
    """Have Facebook tell us nothing more.

    Raises:
        ChannelError: one of the contract's.

    """
    _line(token, app_secret, base_url).write("DELETE", f"{page_id}/subscribed_apps")


def is_subscribed(page_id: str, token: str, app_secret: str, *, base_url: str | None = None) -> bool:
    """Whether Facebook tells us of comments as they come.

    Raises:
        ChannelError: one of the contract's.

    """
    _, body = _line(token, app_secret, base_url).read(f"{page_id}/subscribed_apps")
    return any("feed" in (one.get("subscribed_fields") or ()) for one in _listed(body))


def _line(token: str, app_secret: str, base_url: str | None) -> Line:
    return Line(token, secret=app_secret, base_url=base_url, meter=Unmetered())


def _token(asked: dict[str, str], app_secret: str, base_url: str | None) -> str:
    line = Line("", secret=app_secret, base_url=base_url, meter=Unmetered())
    token = line.write("POST", "oauth/access_token", **asked).get("access_token")
    if not isinstance(token, str):
        raise UnreachableError(UNREADABLE)
    return token


def _page(one: Mapping[str, Any]) -> PageChoice:
    page_id = str(one.get("id"))
    tasks = one.get("tasks") or ()
    return PageChoice(
        page_id,
        str(one.get("name") or page_id),
        str(one.get("username") or page_id),
        str(one["access_token"]),
        may_answer=bool({"MODERATE", "CREATE_CONTENT", "MANAGE"} & set(tasks)),
    )


def _listed(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    data = body.get("data")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
