"""X through tweepy: every call with a time limit, every answer in the words of the contract."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

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
from app.kernel.db import refuse_network_in_transaction

API = "https://api.twitter.com"
TIMEOUTS = (3.0, 10.0)
"""Seconds to connect and to wait for an answer; tweepy itself would wait for ever."""
PAGE = 100
_TWEET_FIELDS = [
    "author_id",
    "conversation_id",
    "created_at",
    "entities",
    "in_reply_to_user_id",
    "referenced_tweets",
    "lang",
    "note_tweet",
]
_USER_FIELDS = ["name", "username", "public_metrics"]
_EXPANSIONS = ["author_id", "referenced_tweets.id", "referenced_tweets.id.author_id"]


class _Host(HTTPAdapter):
    """Sends tweepy's requests to the chosen host, and never without a time limit."""

    def __init__(self, base_url: str) -> None:
        self._base = urlsplit(base_url)
        super().__init__(max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, with host and time limit in place."""
        asked = urlsplit(str(request.url))
        path = self._base.path.rstrip("/") + asked.path
        request.url = urlunsplit((self._base.scheme, self._base.netloc, path, asked.query, ""))
        kwargs["timeout"] = TIMEOUTS
        return super().send(request, *args, **kwargs)


class X:
    """One connected account on X. `keys`: bearer_token (the app's), and the account's four OAuth 1.0a values."""

    def __init__(self, door: Door) -> None:
        self._user_id, keys = door.external_id, door.keys
        self._client = tweepy.Client(
            bearer_token=keys.get("bearer_token"),
            consumer_key=keys.get("consumer_key"),
            consumer_secret=keys.get("consumer_secret"),
            access_token=keys.get("access_token"),
            access_token_secret=keys.get("access_token_secret"),
            return_type=requests.Response,
            wait_on_rate_limit=False,  # it would sleep in our thread, or spin when no reset time is given
        )
        self._client.session.mount(API, _Host(door.base_url or API))

    def mentions(self, since: datetime, page: str | None) -> Page:
        """See the contract. The raw answer holds data, includes and meta as X gave them."""
        return self._page(self._client.get_users_mentions, since, page)

    def own_posts(self, since: datetime, page: str | None) -> Page:
        """See the contract; X never lists an account's own posts among its mentions."""
        return self._page(self._client.get_users_tweets, since, page)

    def search(self, query: str, since: datetime, page: str | None) -> Page:
        """See the contract; X searches the last seven days."""
        return self._page(lambda _user_id, **more: self._searched(query, **more), since, page)

    def thread(self, thread: str, page: str | None) -> Page:
        """See the contract; X searches the last seven days."""
        return self._page(lambda _user_id, **more: self._searched(f"conversation_id:{thread}", **more), None, page)

    def look_up(self, external_ids: Sequence[str]) -> LookUp:
        """See the contract. An id that X calls no id at all is gone as well."""
        answer = self._call(
            lambda: self._client.get_tweets(
                list(external_ids), tweet_fields=_TWEET_FIELDS, user_fields=_USER_FIELDS, expansions=_EXPANSIONS
            )
        )
        there = {str(tweet["id"]): _shown(tweet) for tweet in _body(answer).get("data") or []}
        return LookUp(answer.text, {asked: there.get(asked, Shown("gone")) for asked in external_ids})

    def reply(self, to_external_id: str, text: str, key: ReplyKey) -> Sent:  # noqa: ARG002  X names posts itself
        """See the contract."""
        answer = self._call(lambda: self._client.create_tweet(text=text, in_reply_to_tweet_id=to_external_id))
        data = _body(answer).get("data") or {}
        if not data.get("id"):
            raise UnknownOutcomeError("X answered without saying which post it made.")
        return Sent(str(data["id"]))

    def own_replies(self, since: datetime, under: str) -> Sequence[OwnReply]:  # noqa: ARG002  X lists them all
        """See the contract; reads the account's own timeline, which shows a new post at once."""
        found: list[OwnReply] = []
        page: str | None = None
        while True:
            answer = self._call(
                lambda token=page: self._client.get_users_tweets(  # type: ignore[misc]
                    self._user_id,
                    start_time=since,
                    pagination_token=token,
                    max_results=PAGE,
                    tweet_fields=["created_at", "referenced_tweets", "note_tweet"],
                )
            )
            try:
                found += filter(None, map(_own_reply, _body(answer).get("data") or []))
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                raise UnknownOutcomeError("X gave an answer that cannot be read.") from error
            page = _meta(answer).get("next_token")
            if page is None:
                return found

    def take_down(self, external_id: str) -> None:
        """See the contract."""
        try:
            self._call(lambda: self._client.delete_tweet(external_id))
        except RefusedByNetworkError as error:
            if not isinstance(error.__cause__, tweepy.NotFound):
                raise

    def _page(self, ask: Callable[..., requests.Response], since: datetime | None, page: str | None) -> Page:
        answer = self._call(
            lambda: ask(
                self._user_id,
                start_time=since,
                pagination_token=page,
                max_results=PAGE,
                tweet_fields=_TWEET_FIELDS,
                user_fields=_USER_FIELDS,
                expansions=_EXPANSIONS,
            )
        )
        return Page(answer.text, _meta(answer).get("next_token"))

    def _searched(self, query: str, pagination_token: str | None, **more: Any) -> requests.Response:
        """X calls the next page of a search by another name."""
        answer: requests.Response = self._client.search_recent_tweets(query, next_token=pagination_token, **more)
        return answer

    def _call(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """Ask, and put every way of failing into the contract's words."""
        refuse_network_in_transaction()
        try:
            return ask()
        except tweepy.HTTPException as error:
            raise _in_our_words(error) from error
        except (tweepy.TweepyException, AttributeError, ValueError) as error:  # a body tweepy could not read
            raise UnknownOutcomeError("X gave an answer that cannot be read.") from error
        except requests.RequestException as error:
            if _never_left(error):
                raise UnreachableError("X cannot be reached.") from error
            raise UnknownOutcomeError("The connection to X broke before its answer.") from error


def _in_our_words(error: tweepy.HTTPException) -> ChannelError:
    """Which of the contract's errors an answer of X is. Only what proves that nothing was done counts as not done."""
    status, reason = error.response.status_code, " ".join(error.api_messages) or str(error)
    if status == requests.codes.too_many_requests:
        return RateLimitedError(_reset(error.response))
    if status == requests.codes.unauthorized:
        return SignedOutError("X no longer accepts this account's permission.")
    if status == requests.codes.forbidden and "duplicate" in reason.lower():
        return UnknownOutcomeError(reason)  # X says so too when an earlier try of ours came through
    if status == requests.codes.payment_required:
        return RefusedByNetworkError("X asks for payment: the account's quota is used up.")
    if status in {requests.codes.bad_request, requests.codes.forbidden, requests.codes.not_found}:
        return RefusedByNetworkError(reason)
    return UnknownOutcomeError(f"X answered {status}.")


def _never_left(error: requests.RequestException) -> bool:
    """Whether it is certain that the request was not sent: no connection came about, or we did not trust its other end.

    Any other trouble of the cipher stream may come after the request was read.
    """
    if isinstance(error, requests.ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    if isinstance(error, requests.exceptions.SSLError):
        return isinstance(next(iter(getattr(reason, "args", ())), None), ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError | NameResolutionError)


def _reset(response: requests.Response) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(response.headers.get("x-rate-limit-reset", "")), UTC)
    except (ValueError, OverflowError, OSError):  # not told, or no moment of any calendar
        return None


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError as error:
        raise UnknownOutcomeError("X gave an answer that cannot be read.") from error
    return body if isinstance(body, dict) else {}


def _meta(response: requests.Response) -> dict[str, Any]:
    meta = _body(response).get("meta")
    return meta if isinstance(meta, dict) else {}


def _shown(tweet: Mapping[str, Any]) -> Shown:
    versions = [str(one) for one in tweet.get("edit_history_tweet_ids") or tweet.get("edit_history_post_ids") or []]
    newest = max(versions, key=int) if len(versions) > 1 else None
    return Shown("there", _text(tweet), newest if newest != str(tweet["id"]) else None)


def _text(tweet: Mapping[str, Any]) -> str:
    return str((tweet.get("note_tweet") or tweet.get("note_post") or {}).get("text") or tweet["text"])


def _own_reply(tweet: dict[str, Any]) -> OwnReply | None:
    target = next((r["id"] for r in tweet.get("referenced_tweets") or [] if r.get("type") == "replied_to"), None)
    if target is None:
        return None
    return OwnReply(str(tweet["id"]), str(target), _text(tweet), datetime.fromisoformat(tweet["created_at"]))
