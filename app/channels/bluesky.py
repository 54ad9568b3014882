"""Bluesky through atproto: what is said to an account and under it, and replies that stand once however often said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from atproto import models
from atproto.exceptions import BadRequestError
from atproto_client.utils.facet_detection import detect_facets, detect_mentions

from app.channels import bluesky_length
from app.channels.base import (
    Door,
    LookUp,
    OwnReply,
    Page,
    RefusedByNetworkError,
    ReplyKey,
    Sent,
    Shown,
)
from app.channels.bluesky_session import Line, error_name, unreadable
from app.kernel import clock

PAGE = 100
POSTS = "app.bsky.feed.post"
_LOOKED_UP_AT_ONCE = 25
_DEPTH = 200
"""Replies to replies of a thread that are read: deeper ones would nest the answer deeper than JSON can be read."""
_REASONS = ["mention", "reply", "quote"]
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_GONE = "app.bsky.feed.defs#notFoundPost"
_THERE = "app.bsky.feed.defs#threadViewPost"
_BLOCKED = "app.bsky.feed.defs#blockedPost"
_NO_POST = frozenset({"NotFound", "RecordNotFound"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POST = re.compile(rf"at://did:[a-z]+:[A-Za-z0-9._:%-]+/{re.escape(POSTS)}/[A-Za-z0-9._:~-]{{1,512}}")


class Bluesky:
    """One connected account on Bluesky. `keys`: app_password, service (its server's address), session (kept by us)."""

    def __init__(self, door: Door) -> None:
        self._line = Line(door)

    def mentions(self, since: datetime, page: str | None) -> Page:
        """See the contract: who mentioned the account in a post, replied to it or quoted it."""
        asked = models.AppBskyNotificationListNotifications.Params(
            limit=PAGE,
            cursor=page,
            reasons=_REASONS,
            priority=False,  # else the account's own wish to be told of some people only would hide the others
        )
        return self._page("app.bsky.notification.listNotifications", asked, "notifications", since)

    def own_posts(self, since: datetime, page: str | None) -> Page:
        """See the contract. The account's server adds what its index does not know yet."""
        return self._page("app.bsky.feed.getAuthorFeed", self._own(page), "feed", since)

    def search(self, query: str, since: datetime, page: str | None) -> Page:
        """See the contract."""
        asked = models.AppBskyFeedSearchPosts.Params(q=query, sort="latest", since=_iso(since), limit=PAGE, cursor=page)
        return self._page("app.bsky.feed.searchPosts", asked, "posts", since)

    def thread(self, thread: str, page: str | None) -> Page:  # noqa: ARG002  it comes whole
        """See the contract. A thread whose first post is gone cannot be read: it has no posts then."""
        return Page(json.dumps(self._thread(thread, _DEPTH)), None)

    def look_up(self, external_ids: Sequence[str]) -> LookUp:
        """See the contract. What the network keeps from us since one blocked the other is closed, not gone."""
        asked = [uri for uri in dict.fromkeys(external_ids) if _is_post(uri)]
        posts: list[Any] = []
        for start in range(0, len(asked), _LOOKED_UP_AT_ONCE):
            params = models.AppBskyFeedGetPosts.Params(uris=asked[start : start + _LOOKED_UP_AT_ONCE])
            posts += _items(self._line.query("app.bsky.feed.getPosts", params), "posts")
        shown = _all_shown(posts)
        for uri in asked:
            if uri not in shown:
                shown[uri] = self._kept_from_us(uri)
        return LookUp(json.dumps({"posts": posts}), {uri: shown.get(uri, Shown("gone")) for uri in external_ids})

    def reply(self, to_external_id: str, text: str, key: ReplyKey) -> Sent:
        """See the contract. Bluesky itself takes replies to what is gone or closed, so we look before we speak."""
        length = bluesky_length.measure(text)
        parent = self._answerable(to_external_id)
        if length.left < 0:
            raise RefusedByNetworkError(f"The text is too long for Bluesky: {length.used} of {length.limit}.")
        name = record_key(key)
        own = f"at://{self._line.did}/{POSTS}/{name}"
        said = self._record(own) or {}
        if said.get("text") == text and (said.get("reply") or {}).get("parent", {}).get("uri") == to_external_id:
            return Sent(own)
        record = models.AppBskyFeedPost.Record(
            text=text,
            created_at=str(said.get("createdAt") or _iso(clock.now())),
            reply=_under(parent),
            facets=self._facets(text) or None,
        )
        data = models.ComAtprotoRepoPutRecord.Data(repo=self._line.did, collection=POSTS, rkey=name, record=record)
        return Sent(self._line.call(lambda client: client.com.atproto.repo.put_record(data).uri))

    def own_replies(self, since: datetime, under: str) -> Sequence[OwnReply]:
        """See the contract: what the index shows of the account, and what its server keeps and may not have told yet.

        A record's name tells when its reply was first written, so the server is asked for the newest names alone.
        """
        found: dict[str, OwnReply] = {}
        try:
            for item in [*self._all_own(since), *self._kept(since)]:
                for reply in _own_reply(item):
                    if reply.in_reply_to == under:
                        found.setdefault(reply.external_id, reply)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise unreadable() from error
        return tuple(found.values())

    def take_down(self, external_id: str) -> None:
        """See the contract."""
        standing = self._record(external_id)
        repo, collection, name = _parts(external_id)
        if (repo, collection) != (self._line.did, POSTS):
            raise RefusedByNetworkError("That post was not made by this account.")
        if standing is not None:
            data = models.ComAtprotoRepoDeleteRecord.Data(repo=repo, collection=collection, rkey=name)
            self._line.call(lambda client: client.com.atproto.repo.delete_record(data))

    def _own(self, page: str | None) -> models.AppBskyFeedGetAuthorFeed.Params:
        """Asked for when the account is known: a door may know its handle alone."""
        actor = self._line.did or self._line.call(lambda _client: self._line.did)
        return models.AppBskyFeedGetAuthorFeed.Params(
            actor=actor, filter="posts_with_replies", limit=PAGE, cursor=page, include_pins=False
        )

    def _all_own(self, since: datetime) -> Iterator[Any]:
        """Every item of the account's own feed since then."""
        page: str | None = None
        while True:
            answer = self.own_posts(since, page)
            yield from _items(json.loads(answer.raw), "feed")
            page = answer.next_page
            if page is None:
                return

    def _kept(self, since: datetime) -> Iterator[Any]:
        """The account's posts as its own server keeps them, those with the newest names, in the shape of a feed."""
        page, oldest = None, record_key(ReplyKey(0, since))
        while True:
            asked = models.ComAtprotoRepoListRecords.Params(
                repo=self._line.did, collection=POSTS, limit=PAGE, cursor=page
            )
            body = self._line.query("com.atproto.repo.listRecords", asked)
            for record in _items(body, "records"):
                if str(record["uri"]).rpartition("/")[2] < oldest:
                    return
                said_at = record["value"]["createdAt"]
                yield {"post": {"uri": record["uri"], "record": record["value"], "indexedAt": said_at}}
            page = body.get("cursor")
            if not page:
                return

    def _page(self, name: str, asked: Any, items: str, since: datetime) -> Page:
        """One page without what was indexed before; the last one is that on which nothing newer stands.

        The network cannot be asked from a moment on, and would fill every envelope with what was heard long ago.
        """
        body = self._line.query(name, asked)
        newer = [item for item in _items(body, items) if not _is_older(item, since)]
        cursor = body.get("cursor")
        return Page(json.dumps(body | {items: newer}), str(cursor) if newer and cursor else None)

    def _thread(self, uri: str, depth: int) -> dict[str, Any]:
        """The network's view of one post with what stands under it; a post that is gone is its own kind of view."""
        if not _is_post(uri):
            return {"thread": {"$type": _GONE, "uri": uri, "notFound": True}}
        asked = models.AppBskyFeedGetPostThread.Params(uri=uri, depth=depth, parent_height=0)
        try:
            return self._line.query("app.bsky.feed.getPostThread", asked)
        except RefusedByNetworkError as error:
            if not _says_no_post(error):
                raise
            return {"thread": {"$type": _GONE, "uri": uri, "notFound": True}}

    def _kept_from_us(self, uri: str) -> Shown:
        """A post that the list left out: gone, or hidden because one of the two blocked the other."""
        thread: Any = self._thread(uri, 0).get("thread")
        kind = thread.get("$type") if isinstance(thread, dict) else None
        if kind == _BLOCKED:
            return Shown("closed", why=_blocked(thread) or "Its author and our account do not see each other.")
        if kind == _GONE:
            return Shown("gone")
        if kind == _THERE:  # it came back between our two questions
            return _all_shown([thread.get("post")]).get(uri, Shown("gone"))
        raise unreadable()

    def _answerable(self, uri: str) -> Mapping[str, Any]:
        """The post as it stands now, to be answered."""
        looked = self.look_up([uri])
        shown = looked.shown[uri]
        if shown.state == "gone":
            raise RefusedByNetworkError("The post is no longer there.")
        if shown.state == "closed":
            raise RefusedByNetworkError(shown.why)
        posts = (post for post in json.loads(looked.raw)["posts"] if isinstance(post, dict))
        return next(post for post in posts if post.get("uri") == uri)

    def _record(self, uri: str) -> dict[str, Any] | None:
        """A record as its author's server keeps it; None where there is none."""
        repo, collection, name = _parts(uri)
        asked = models.ComAtprotoRepoGetRecord.Params(repo=repo, collection=collection, rkey=name)
        try:
            value = self._line.query("com.atproto.repo.getRecord", asked).get("value")
        except RefusedByNetworkError as error:
            if not _says_no_post(error):
                raise
            return None
        return value if isinstance(value, dict) else None

    def _facets(self, text: str) -> list[models.AppBskyRichtextFacet.Main]:
        """What of the text is a link, a tag, or a person, by its place in the text's bytes.

        A name that is nobody's is plain text.
        """
        facets = list(detect_facets(text))
        for mention in detect_mentions(text):
            asked = models.ComAtprotoIdentityResolveHandle.Params(handle=mention.handle)
            try:
                did = self._line.query("com.atproto.identity.resolveHandle", asked).get("did")
            except RefusedByNetworkError:
                continue
            place = models.AppBskyRichtextFacet.ByteSlice(byte_start=mention.byte_start, byte_end=mention.byte_end)
            person = models.AppBskyRichtextFacet.Mention(did=str(did))
            facets.append(models.AppBskyRichtextFacet.Main(features=[person], index=place))
        return sorted(facets, key=lambda facet: facet.index.byte_start)


def record_key(key: ReplyKey) -> str:
    """The name under which a reply is kept: a timestamp identifier of its own, the same however often it is made.

    Thirteen letters: 53 bits of microseconds since 1970, then 10 bits of the reply's number.
    """
    moment = (key.at - _EPOCH) // timedelta(microseconds=1)
    number = (moment & (1 << 53) - 1) << 10 | key.number & 1023
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(12, -1, -1))


def _is_post(uri: str) -> bool:
    return _POST.fullmatch(uri) is not None


def _parts(uri: str) -> tuple[str, str, str]:
    """Whose record it is, of which collection, and its name there.

    Raises:
        RefusedByNetworkError: it is no address of a post.

    """
    if not _is_post(uri):
        raise RefusedByNetworkError("That is no address of a post on Bluesky.")
    repo, collection, name = uri.removeprefix("at://").split("/")
    return repo, collection, name


def _says_no_post(error: RefusedByNetworkError) -> bool:
    return isinstance(error.__cause__, BadRequestError) and error_name(error.__cause__) in _NO_POST


def _items(body: Mapping[str, Any], name: str) -> list[Any]:
    items = body.get(name)
    if not isinstance(items, list):
        raise unreadable()
    return items


def _is_older(item: Any, since: datetime) -> bool:
    """Whether the network knew it before then; what does not say is kept, and judged by its reader."""
    try:
        stamped = item.get("reason") if isinstance(item.get("reason"), dict) else item.get("post", item)
        return datetime.fromisoformat(stamped["indexedAt"]) < since
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _all_shown(posts: Iterable[Any]) -> dict[str, Shown]:
    """What a list of posts says of each, by its address."""
    try:
        return {str(post["uri"]): _shown(post) for post in posts}
    except (AttributeError, KeyError, TypeError) as error:
        raise unreadable() from error


def _under(post: Mapping[str, Any]) -> models.AppBskyFeedPost.ReplyRef:
    """The two posts that a reply names, each by its address and the hash of its words: what it answers, and the first
    of the thread.
    """
    try:
        parent = {"uri": post["uri"], "cid": post["cid"]}
        root = (post["record"].get("reply") or {}).get("root") or parent
        return models.AppBskyFeedPost.ReplyRef.model_validate({"parent": parent, "root": root})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise unreadable() from error


def _shown(post: Mapping[str, Any]) -> Shown:
    text = (post.get("record") or {}).get("text")
    why = _blocked(post)
    if (post.get("viewer") or {}).get("replyDisabled"):
        why = "Its author lets only some people reply, and our account is not among them."
    return Shown("closed" if why else "there", text if isinstance(text, str) else None, why=why)


def _blocked(post: Mapping[str, Any]) -> str:
    """Who of the two blocked the other, in words; nothing where nobody did."""
    viewer = (post.get("author") or {}).get("viewer") or {}
    if viewer.get("blockedBy"):
        return "Its author blocks our account."
    return "Our account blocks its author." if viewer.get("blocking") or viewer.get("blockingByList") else ""


def _own_reply(item: Mapping[str, Any]) -> Iterable[OwnReply]:
    """Our reply that an item of our feed shows; nothing for what is no reply or was only passed on."""
    if item.get("reason"):
        return
    post = item["post"]
    parent = (post["record"].get("reply") or {}).get("parent")
    if parent:
        yield OwnReply(
            str(post["uri"]), str(parent["uri"]), str(post["record"]["text"]), datetime.fromisoformat(post["indexedAt"])
        )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
