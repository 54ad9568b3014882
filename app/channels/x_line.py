"""The line to X: every call with a time limit, counted before and after, its failures in the words of the contract."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from app.channels.base import (
    ChannelError,
    Meter,
    RateLimitedError,
    RefusedByNetworkError,
    SignedOutError,
    UnknownOutcomeError,
    UnreachableError,
)
from app.channels.limits import WAIT_WHEN_UNTOLD
from app.kernel import clock
from app.kernel.db import refuse_network_in_transaction

API = "https://api.twitter.com"
"""What tweepy addresses, always; `Host` sends it where it shall go."""
TIMEOUTS = (3.0, 10.0)
"""Seconds to connect and to wait for an answer; tweepy itself would wait for ever."""
UNREADABLE = "X gave an answer that cannot be read."
_WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
"""X counts a call in windows of 15 minutes and, for posts, of a day; each tells what is left and when it is reset."""


for _talkative in ("tweepy", "oauthlib", "requests_oauthlib"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)  # below it they write tokens and signing keys down


class Host(HTTPAdapter):
    """Sends tweepy's requests to the chosen host, and never without a time limit."""

    def __init__(self, base_url: str, timeouts: tuple[float, float] | None = None) -> None:
        self._base, self._timeouts = urlsplit(base_url), timeouts
        super().__init__(max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, with host and time limit in place."""
        asked = urlsplit(str(request.url))
        path = self._base.path.rstrip("/") + asked.path
        request.url = urlunsplit((self._base.scheme, self._base.netloc, path, asked.query, ""))
        kwargs["timeout"] = self._timeouts or TIMEOUTS
        answer = super().send(request, *args, **kwargs)
        return answer if answer.ok else _bearable(answer)


def _bearable(answer: requests.Response) -> requests.Response:
    """An answer that says no, in a form that tweepy can take: of JSON that is no object it keeps the status only.

    tweepy would fail over such a body and forget the status, which tells what was done.
    """
    try:
        if isinstance(answer.json(), dict):
            return answer
    except ValueError:  # no JSON at all is no trouble to it
        return answer
    plain = requests.Response()
    plain.status_code, plain.reason, plain.headers = answer.status_code, answer.reason, answer.headers
    plain.url, plain.request, plain.raw = answer.url, answer.request, BytesIO(b"{}")
    return plain


def ask(meter: Meter, kind: str, call: Callable[[], requests.Response], *, writes: bool = False) -> requests.Response:
    """Make one call of this kind. A call that only reads has done nothing, however it fails.

    Raises:
        ChannelError: the one of the contract that says what the failure proves.

    """
    refuse_network_in_transaction()
    meter.spend(kind)
    try:
        answer = call()
    except tweepy.HTTPException as error:
        tell(meter, kind, error.response)
        ours = in_our_words(error.response, " ".join(error.api_messages) or str(error))
        cause: Exception = error
    except (tweepy.TweepyException, AttributeError, ValueError) as error:  # a body tweepy could not read
        ours, cause = UnknownOutcomeError(UNREADABLE), error
    except requests.RequestException as error:
        ours, cause = of_transport(error), error
    else:
        tell(meter, kind, answer)
        return answer
    if isinstance(ours, UnknownOutcomeError) and not writes:
        ours = UnreachableError(str(ours))
    raise ours from cause


def tell(meter: Meter, kind: str, response: requests.Response) -> None:
    """Pass on what X says is left, and until when: of several windows the one that is used up, and opens last.

    After a refusal nothing is left, whatever X says of it: else everybody who waits would make a refused call as well.
    """
    if response.status_code == requests.codes.too_many_requests:
        refused(meter, kind, _reset(response))
        return
    told = [window for name in _WINDOWS if (window := _window(response, name))]
    full = [window for window in told if window[0] == 0]
    if told:
        left, until = max(full, key=lambda window: window[1]) if full else told[0]
        meter.told(kind, left=left, until=until)


def refused(meter: Meter, kind: str, until: datetime | None) -> None:
    """Pass on that X takes no more calls of this kind, until then or, where it names no time, for a while."""
    meter.told(kind, left=0, until=until or clock.now() + WAIT_WHEN_UNTOLD)


def in_our_words(response: requests.Response, reason: str) -> ChannelError:
    """Which of the contract's errors an answer of X is. Only what proves that nothing was done counts as not done."""
    status = response.status_code
    if status == requests.codes.too_many_requests:
        return RateLimitedError(_reset(response))
    if status == requests.codes.unauthorized:
        return SignedOutError("X no longer accepts this account's permission.")
    if status == requests.codes.forbidden and "duplicate" in reason.lower():
        return UnknownOutcomeError(reason)  # X says so too when an earlier try of ours came through
    if status == requests.codes.payment_required:
        return RefusedByNetworkError("X asks for payment: the account's quota is used up.")
    if status in {requests.codes.bad_request, requests.codes.forbidden, requests.codes.not_found}:
        return RefusedByNetworkError(reason)
    return UnknownOutcomeError(f"X answered {status}.")


def of_transport(error: requests.RequestException) -> ChannelError:
    """Which of the contract's errors a broken line is."""
    if _never_left(error):
        return UnreachableError("X cannot be reached.")
    return UnknownOutcomeError("The connection to X broke before its answer.")


def body_of(response: requests.Response) -> Mapping[str, Any]:
    """The answer's JSON object.

    Raises:
        ValueError: it is none.

    """
    body = response.json()
    if not isinstance(body, dict):
        raise ValueError(UNREADABLE)  # noqa: TRY004  to those who ask, JSON of another kind is no better than none
    return body


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
    """Until when X wants no call: when the last of the windows that are used up opens; None where it does not say."""
    told = [window for name in _WINDOWS if (window := _window(response, name))]
    full = [until for left, until in told if left == 0]
    return max(full) if full else _moment(response.headers.get("x-rate-limit-reset"))


def _window(response: requests.Response, name: str) -> tuple[int, datetime] | None:
    left, until = response.headers.get(f"{name}-remaining", ""), _moment(response.headers.get(f"{name}-reset"))
    return (int(left), until) if left.isascii() and left.isdigit() and until else None


def _moment(value: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value or ""), UTC)
    except (ValueError, OverflowError, OSError):  # not told, or no moment of any calendar
        return None
