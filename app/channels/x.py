"""X through tweepy: every call with a time limit, every answer in the words of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import requests
import tweepy

from app.channels import x_answers, x_line, x_oauth, x_stream
from app.channels.base import (
    ChannelError,
    Door,
    LookUp,
    OwnReply,
    Page,
    RateLimitedError,
    RefusedByNetworkError,
    ReplyKey,
    Sent,
    Shown,
    SignedOutError,
    UnknownOutcomeError,
    UnreachableError,
)
from app.channels.x_line import API, UNREADABLE, Host, body_of
from app.kernel.db import refuse_network_in_transaction

PAGE = 100
MANY_MENTIONS = 400
"""Half of what X lists at most, since what was deleted is counted and not shown."""
_SHAPE = {
    "tweet_fields": list(x_answers.TWEET_FIELDS),
    "user_fields": list(x_answers.USER_FIELDS),
    "expansions": list(x_answers.EXPANSIONS),
}
_NOTHING = '{"data": [], "meta": {"result_count": 0}}'


class X:
    """One connected account on X.

    `keys` of an account that consented by OAuth 2.0: client_id, client_secret for an app that has one, access_token,
    refresh_token and expires_at (seconds since 1970). Of one with OAuth 1.0a: consumer_key, consumer_secret,
    access_token and access_token_secret. Either may have the app's bearer_token, which alone opens the stream.
    """

    def __init__(self, door: Door) -> None:
        self._door, self._keys = door, dict(door.keys)
        self._renews = "client_id" in door.keys
        self._writes_signed = not self._renews
        self._reads_signed = self._writes_signed and "bearer_token" not in door.keys
        self._client = tweepy.Client(
            bearer_token=door.keys.get("access_token" if self._renews else "bearer_token"),
            consumer_key=door.keys.get("consumer_key"),
            consumer_secret=door.keys.get("consumer_secret"),
            access_token=door.keys.get("access_token"),
            access_token_secret=door.keys.get("access_token_secret"),
            return_type=requests.Response,
            wait_on_rate_limit=False,  # it would sleep in our thread, or spin when no reset time is given
        )
        self._client.session.mount(API, Host(door.base_url or API))

    def mentions(self, since: datetime, page: str | None) -> Page:
        """See the contract. X lists the newest 800 mentions only; older ones of a busy window are searched for.

        A page is named by the mentions listed so far and X's own token, or by "before", the oldest id, and the token.
        """
        place = (page or "0 ").split(" ")
        if place[0] == "before":
            return self._mentions_before(since, place[1], place[2] or None)
        raw, body = self._listed("mentions", self._client.get_users_mentions, since, place[1] or None)
        try:
            seen, oldest = int(place[0]) + len(x_answers.items_of(body)), (body.get("meta") or {}).get("oldest_id")
        except (TypeError, AttributeError) as error:
            raise UnreachableError(UNREADABLE) from error
        token = _next(body)
        if token is None and oldest and seen >= MANY_MENTIONS:
            return Page(raw, f"before {oldest} ")
        return Page(raw, f"{seen} {token}" if token else None)

    def own_posts(self, since: datetime, page: str | None) -> Page:
        """See the contract; X never lists an account's own posts among its mentions."""
        return self._page("timeline", self._client.get_users_tweets, since, page)

    def search(self, query: str, since: datetime, page: str | None) -> Page:
        """See the contract; X searches the last seven days."""
        return self._page("search", lambda _user_id, **more: self._searched(query, **more), since, page)

    def thread(self, thread: str, page: str | None) -> Page:
        """See the contract; X searches the last seven days."""
        query = f"conversation_id:{thread}"
        return self._page("search", lambda _user_id, **more: self._searched(query, **more), None, page)

    def look_up(self, external_ids: Sequence[str]) -> LookUp:
        """See the contract. An id that X would call no id at all is gone as well."""
        refuse_network_in_transaction()
        ids = [each for each in dict.fromkeys(external_ids) if each.isascii() and each.isdigit()]
        shown = {each: Shown("gone") for each in external_ids}
        if not ids:
            return LookUp(_NOTHING, shown)
        raw, body = self._read("lookup", lambda: self._client.get_tweets(ids, user_auth=self._reads_signed, **_SHAPE))
        try:
            shown |= x_answers.shown(body, ids, self._door.external_id, self._door.handle)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreachableError(UNREADABLE) from error
        return LookUp(raw, shown)

    def stream(self, queries: Sequence[str]) -> Iterator[str]:
        """See the contract. Needs the app's own token; X lets one app hold one connection."""
        return x_stream.stream(self._door, queries)

    def reply(self, to_external_id: str, text: str, key: ReplyKey) -> Sent:  # noqa: ARG002  X names posts itself
        """See the contract."""
        answer = self._call(
            "write",
            lambda: self._client.create_tweet(
                text=text, in_reply_to_tweet_id=to_external_id, user_auth=self._writes_signed
            ),
            writes=True,
        )
        try:
            return Sent(str(body_of(answer)["data"]["id"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UnknownOutcomeError("X answered without saying which post it made.") from error

    def own_replies(self, since: datetime, under: str) -> Sequence[OwnReply]:  # noqa: ARG002  X lists them all
        """See the contract; reads the account's own timeline, which shows a new post at once."""
        found: list[OwnReply] = []
        page: str | None = None
        while True:
            _, body = self._listed("timeline", self._client.get_users_tweets, since, page)
            try:
                found += x_answers.own_replies(body)
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                raise UnreachableError(UNREADABLE) from error
            page = _next(body)
            if page is None:
                return found

    def take_down(self, external_id: str) -> None:
        """See the contract."""
        try:
            self._call(
                "delete",
                lambda: self._client.delete_tweet(external_id, user_auth=self._writes_signed),
                writes=True,
            )
        except RefusedByNetworkError as error:
            if not isinstance(error.__cause__, tweepy.NotFound):
                raise

    def _mentions_before(self, since: datetime, oldest: str, token: str | None) -> Page:
        query = f"@{self._door.handle} -is:retweet"
        found = self._page("search", lambda _id, **more: self._searched(query, until_id=oldest, **more), since, token)
        return Page(found.raw, f"before {oldest} {found.next_page}" if found.next_page else None)

    def _page(self, kind: str, ask: Callable[..., requests.Response], since: datetime | None, page: str | None) -> Page:
        raw, body = self._listed(kind, ask, since, page)
        return Page(raw, _next(body))

    def _listed(
        self, kind: str, ask: Callable[..., requests.Response], since: datetime | None, page: str | None
    ) -> tuple[str, Mapping[str, Any]]:
        return self._read(
            kind,
            lambda: ask(
                self._door.external_id,
                start_time=since,
                pagination_token=page,
                max_results=PAGE,
                user_auth=self._reads_signed,
                **_SHAPE,
            ),
        )

    def _searched(self, query: str, pagination_token: str | None, **more: Any) -> requests.Response:
        """X calls the next page of a search by another name."""
        answer: requests.Response = self._client.search_recent_tweets(query, next_token=pagination_token, **more)
        return answer

    def _read(self, kind: str, ask: Callable[[], requests.Response]) -> tuple[str, Mapping[str, Any]]:
        """An answer as it came, and the object that it is."""
        answer = self._call(kind, ask)
        try:
            return answer.text, body_of(answer)
        except ValueError as error:
            raise UnreachableError(UNREADABLE) from error

    def _call(self, kind: str, ask: Callable[[], requests.Response], *, writes: bool = False) -> requests.Response:
        """Ask with a permission that stands: renewed in time, and once more when X says that it has ended."""
        refuse_network_in_transaction()
        self._renew_in_time()
        try:
            return x_line.ask(self._door.meter, kind, ask, writes=writes)
        except SignedOutError:
            if not self._renews:
                raise
        self._renew()
        return x_line.ask(self._door.meter, kind, ask, writes=writes)

    def _renew_in_time(self) -> None:
        """Renew tokens that end soon. Trouble with that is no trouble as long as the old ones stand."""
        if not self._renews or not x_oauth.is_due(self._keys):
            return
        try:
            self._renew()
        except ChannelError:
            if x_oauth.is_over(self._keys):
                raise

    def _renew(self) -> None:
        """Put new tokens in place of the old. If another process of ours was faster, take what it has stored."""
        if self._taken_over():
            return
        self._door.meter.spend("token")
        try:
            tokens = x_oauth.renew(self._door.base_url, self._keys)
        except SignedOutError:
            if not self._taken_over():
                raise
            return
        except RateLimitedError as error:
            x_line.refused(self._door.meter, "token", error.until)
            raise
        self._use(tokens.as_keys())
        self._door.keep(tokens.as_keys())

    def _taken_over(self) -> bool:
        """Whether other tokens than ours were stored meanwhile; they are ours now."""
        stored = self._door.stored() if self._door.stored else self._keys
        if "access_token" not in stored:
            raise SignedOutError("This account was disconnected.")
        if stored["access_token"] == self._keys["access_token"]:
            return False
        self._use(stored)
        return True

    def _use(self, keys: Mapping[str, str]) -> None:
        self._keys |= keys
        self._client.bearer_token = self._keys["access_token"]


def _next(body: Mapping[str, Any]) -> str | None:
    meta = body.get("meta")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    return str(token) if token else None
