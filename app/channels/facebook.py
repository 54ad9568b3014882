"""Facebook pages through facebook-sdk: the posts and comments of one page, read and answered in the page's name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.channels.base import (
    Door,
    LookUp,
    OwnReply,
    Page,
    RefusedByNetworkError,
    ReplyKey,
    Sent,
    Shown,
    UnknownOutcomeError,
    UnreachableError,
)
from app.channels.facebook_line import UNREADABLE, GoneError, Line, moment
from app.kernel.db import refuse_network_in_transaction

PAGE = 25
"""Posts, and comments under each of them, that one call asks for: more at once, and Facebook refuses."""
LOOKED_UP_AT_ONCE = 50
OLDEST_WITH_NEWS = timedelta(days=14)
"""Polling looks under posts of this age for new comments; of what is said under older ones only webhooks tell."""
_COMMON = "id,message,from,created_time,message_tags,is_hidden,permalink_url"
_POST = f"{_COMMON},updated_time"
_COMMENT = f"{_COMMON},parent{{id}},can_comment"
_NEWEST_FIRST, _OLDEST_FIRST = "reverse_chronological", "chronological"
_PAGE_KEPT_FROM_US = "Facebook does not let us read the page right now, so nobody can tell whether a post was deleted."
Work = list[list[str | None]]
"""What is still to be asked: the list, where its next page starts, and for comments the post that they are under."""


class Facebook:
    """One connected page. `keys`: page_token, and app_secret, which proves that we are the app the token is for.

    What it hands over holds Facebook's own answers, and beside them the page's id, and which posts were asked for:
    an answer about comments holds the posts that they stand under as well.
    """

    def __init__(self, door: Door) -> None:
        self._page_id = door.external_id
        self._line = Line(
            door.keys["page_token"], secret=door.keys.get("app_secret"), base_url=door.base_url, meter=door.meter
        )

    def mentions(self, since: datetime, page: str | None) -> Page:
        """See the contract: what others post on the page, comment under its posts, and post elsewhere with its name."""
        return self._walk(since, page, [["feed", None], ["tagged", None]], "others")

    def own_posts(self, since: datetime, page: str | None) -> Page:
        """See the contract: what the page posted and commented."""
        return self._walk(since, page, [["feed", None]], "own")

    def thread(self, thread: str, page: str | None) -> Page:
        """See the contract."""
        refuse_network_in_transaction()
        try:
            raw, body = self._line.listen(thread, fields=f"{_POST},{_comments(_OLDEST_FIRST, page)}")
        except GoneError:
            return Page(self._told([], "all", None), None)
        return Page(self._told([raw], "all", None), _after(body.get("comments")))

    def look_up(self, external_ids: Sequence[str]) -> LookUp:
        """See the contract. One deleted post spoils an answer about many, so it is looked for by halves.

        Facebook has the same words for what was deleted and for what a token may no longer see. So that posts are gone
        is believed only while the page itself can be read.
        """
        refuse_network_in_transaction()
        asked = list(dict.fromkeys(external_ids))
        posts = [one for one in asked if one.startswith(f"{self._page_id}_")]
        others = [one for one in asked if one not in posts]
        raws: list[str] = []
        shown: dict[str, Shown] = {}
        for ids, fields in ((posts, _POST), (others, _COMMENT)):
            for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
                self._look_up(ids[start : start + LOOKED_UP_AT_ONCE], fields, raws, shown)
        if any(one.state == "gone" for one in shown.values()):
            self._read_page()
        return LookUp(self._told(raws, "all", None), shown)

    def reply(self, to_external_id: str, text: str, key: ReplyKey) -> Sent:  # noqa: ARG002  Facebook names them itself
        """See the contract. Below an answer to a comment it stands beside that answer: comments nest one level deep."""
        answer = self._line.write("POST", f"{to_external_id}/comments", message=text)
        if not isinstance(answer.get("id"), str):
            raise UnknownOutcomeError("Facebook answered without saying which comment it made.")
        return Sent(answer["id"])

    def own_replies(self, since: datetime, under: str) -> Sequence[OwnReply]:
        """See the contract. What stands beside an answer to a comment counts as said under it."""
        refuse_network_in_transaction()
        try:
            top = self._top_of(under)
            return self._own_below(top, under, since)
        except GoneError:
            return ()

    def take_down(self, external_id: str) -> None:
        """See the contract."""
        try:
            self._line.write("DELETE", external_id)
        except GoneError:
            return

    def _walk(self, since: datetime, page: str | None, start: Work, whose: str) -> Page:
        """One call of the many that listening takes; the next page is what is left to be asked."""
        refuse_network_in_transaction()
        work: Work = json.loads(page) if page else start
        what, after, *under = work.pop(0)
        earliest = since - OLDEST_WITH_NEWS if what == "feed" else since
        more = {"after": after} if after else {}
        if what == "comments":
            raw, body = self._line.listen(str(under[0]), fields=f"{_POST},{_comments(_NEWEST_FIRST, after)}")
            posts = [body]
        else:
            fields = _POST if what == "tagged" else f"{_POST},{_comments(_NEWEST_FIRST)}"
            asked = {"fields": fields, "limit": str(PAGE), "since": str(int(earliest.timestamp()))}
            raw, body = self._line.listen(f"{self._page_id}/{what}", **asked, **more)
            posts = _listed(body)
            if after := _after(body):
                work.insert(0, [what, after])
        work += [["comments", _after(post["comments"]), post["id"]] for post in posts if _has_more(post, since)]
        return Page(self._told([raw], whose, since), json.dumps(work) if work else None)

    def _told(self, raws: Sequence[str], whose: str, since: datetime | None) -> str:
        """Answers as Facebook gave them, with what is needed to understand them."""
        asked = {"page_id": self._page_id, "whose": whose, "since": since.isoformat() if since else None}
        return f'{json.dumps(asked)[:-1]}, "answers": [{", ".join(raws)}]}}'

    def _look_up(self, ids: Sequence[str], fields: str, raws: list[str], shown: dict[str, Shown]) -> None:
        """Ask for these; where one of them is gone, ask for each half."""
        if not ids:
            return
        try:
            raw, body = self._line.read("", ids=",".join(ids), fields=fields)
        except RefusedByNetworkError as error:
            if len(ids) > 1:
                half = len(ids) // 2
                self._look_up(ids[:half], fields, raws, shown)
                self._look_up(ids[half:], fields, raws, shown)
            elif isinstance(error, GoneError):
                shown[ids[0]] = Shown("gone")
            elif fields == _COMMENT:  # a post that does not stand on the page
                self._look_up(ids, _POST, raws, shown)
            else:
                raise
            return
        raws.append(raw)
        shown |= {one: _shown(body.get(one)) for one in ids}

    def _read_page(self) -> None:
        """One post of the page, whichever.

        Raises:
            UnreachableError: the page cannot be read, so what Facebook does not show may stand all the same.

        """
        try:
            _, body = self._line.read(f"{self._page_id}/feed", fields="id", limit="1")
        except RefusedByNetworkError as error:
            raise UnreachableError(_PAGE_KEPT_FROM_US) from error
        if not isinstance(body.get("data"), list):
            raise UnreachableError(UNREADABLE)

    def _top_of(self, under: str) -> str:
        """Where answers to that post or comment stand."""
        if under.startswith(f"{self._page_id}_"):
            return under
        try:
            _, body = self._line.read(under, fields="id,parent{id}")
        except GoneError:
            raise
        except RefusedByNetworkError:  # a post elsewhere, which has no parent
            return under
        parent = body.get("parent")
        return str(parent["id"]) if isinstance(parent, dict) and parent.get("id") else under

    def _own_below(self, top: str, under: str, since: datetime) -> Sequence[OwnReply]:
        found: list[OwnReply] = []
        more: dict[str, str] = {}
        fields = "id,message,from,created_time"
        while True:
            _, body = self._line.read(f"{top}/comments", fields=fields, order=_NEWEST_FIRST, limit=str(PAGE), **more)
            comments = _listed(body)
            found += [_own_reply(one, under) for one in comments if _author(one) == self._page_id]
            after = _after(body)
            if after is None or not comments or _written(comments[-1]) < since:
                return found
            more = {"after": after}


def _comments(order: str, after: str | None = None) -> str:
    """The comments of a post of every level, as a field of it."""
    start = f".after({after})" if after else ""
    return f"comments.filter(stream).order({order}).limit({PAGE}){start}{{{_COMMENT}}}"


def _has_more(post: Mapping[str, Any], since: datetime) -> bool:
    """Whether comments since then may stand behind those that came with the post."""
    comments = post.get("comments")
    if _after(comments) is None or not post.get("id"):
        return False
    listed = _listed(comments)
    return bool(listed) and _written(listed[-1]) >= since


def _listed(body: object) -> list[Mapping[str, Any]]:
    data = body.get("data") if isinstance(body, dict) else None
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _after(body: object) -> str | None:
    """Where the next page starts; None where Facebook tells of none."""
    paging = body.get("paging") if isinstance(body, dict) else None
    if not isinstance(paging, dict) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return str(after) if after else None


def _written(one: Mapping[str, Any]) -> datetime:
    try:
        return moment(str(one["created_time"]))
    except (KeyError, ValueError) as error:
        raise UnreachableError(UNREADABLE) from error


def _author(one: Mapping[str, Any]) -> str | None:
    wrote = one.get("from")
    return str(wrote.get("id")) if isinstance(wrote, dict) else None


def _own_reply(one: Mapping[str, Any], under: str) -> OwnReply:
    return OwnReply(str(one.get("id")), under, str(one.get("message") or ""), _written(one))


def _shown(one: object) -> Shown:
    """What an answer says of one post. One that it leaves out, or says nothing of, is not gone for that."""
    if not isinstance(one, dict) or not one.get("id"):
        raise UnreachableError(UNREADABLE)
    text = str(one.get("message") or "")
    if one.get("is_hidden") is True:
        return Shown("closed", text, why="The page has hidden this, so hardly anybody would see an answer.")
    if one.get("can_comment") is False:
        return Shown("closed", text, why="Facebook lets the page write no comment there.")
    return Shown("there", text)
