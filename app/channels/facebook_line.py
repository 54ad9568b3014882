"""The line to Facebook: tokens travel in a header only, every call is limited in time and counted, failures named."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import facebook
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
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
from app.kernel import clock
from app.kernel.db import refuse_network_in_transaction

API = "https://graph.facebook.com"
"""What facebook-sdk addresses, always; `_Host` sends it where it shall go."""
VERSION = "v26.0"
_NEWEST_THE_SDK_KNOWS = "3.1"
TIMEOUTS = (3.0, 10.0)
"""Seconds to connect and to wait for an answer."""
UNREADABLE = "Facebook gave an answer that cannot be read."
KIND = "calls"
"""Facebook counts every call of a page together."""
CALLS_PER_PERCENT = 48
"""A hundredth of the least that a page may call in 24 hours: 4800 for each person engaged with it, and one at least."""
KEPT_FOR_ANSWERS = 50
"""Calls that listening leaves alone: an answer takes about four, and nobody shall wait an hour to give it. More than a
hundredth of the share, since Facebook tells it by hundredths.
"""
WAIT_WHEN_UNTOLD = timedelta(hours=1)
_BUSY = frozenset({4, 17, 32, 613, *range(80000, 80015)})
_UNSUPPORTED = (100, 33)
_TRANSIENT = frozenset({1, 2})
_FULL = 100
_SERVERS_FAULT = 500


class GoneError(RefusedByNetworkError):
    """Facebook knows no such post or comment, or shows it to us no longer: it does not tell which."""


_GONE = "Facebook shows this post no longer: it was deleted, or the page may not see it."
_MEANINGS: tuple[tuple[Collection[int], type[ChannelError], str], ...] = (
    ({102, 104, 190, 2500}, SignedOutError, "Facebook no longer accepts this page's permission."),
    ({803}, GoneError, _GONE),
    ({3, 10, *range(200, 300)}, RefusedByNetworkError, "Facebook does not let the page do this: {said}"),
    ({368}, RefusedByNetworkError, "Facebook has stopped the page from doing this for now: it looked like abuse."),
    # Also said when an earlier try of ours came through:
    ({506}, UnknownOutcomeError, "Facebook says that the page has just said the same."),
)
"""What codes of the Graph API mean."""


class Line:
    """Calls the Graph API for the holder of a token, or, without one, for our app.

    No address, log line or error of it ever holds the token or the app's secret.
    """

    def __init__(self, token: str, *, secret: str | None, base_url: str | None, meter: Meter) -> None:
        self._meter, self._secrets = meter, tuple(filter(None, (token, secret)))
        self._answers: list[requests.Response] = []
        session = requests.Session()
        if token:
            session.auth = _Bearer(token)
        session.max_redirects = 0
        session.hooks["response"].append(self._note)
        if secret and token:
            proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            session.params = {"appsecret_proof": proof}
        session.mount(API, _Host(base_url or API))
        # Given a token, the SDK would write it into addresses; given a version of today, it would refuse to start.
        self._graph = facebook.GraphAPI(None, version=_NEWEST_THE_SDK_KNOWS, timeout=TIMEOUTS[1], session=session)
        self._graph.version = VERSION

    def listen(self, path: str, **parameters: str) -> tuple[str, Any]:
        """As `read`, but leaves KEPT_FOR_ANSWERS calls alone."""
        return self._read(path, parameters, KEPT_FOR_ANSWERS)

    def read(self, path: str, **parameters: str) -> tuple[str, Any]:
        """The answer as it came, without any token that Facebook wrote into it, and what it says.

        Raises:
            ChannelError: one of the contract's. Whoever only asks has done nothing, however it fails.

        """
        return self._read(path, parameters, 0)

    def _read(self, path: str, parameters: Mapping[str, str], kept: int) -> tuple[str, Any]:
        try:
            body = self._call("GET", path, parameters, kept)
        except UnknownOutcomeError as error:
            raise UnreachableError(str(error)) from error
        if not isinstance(body, dict):
            raise UnreachableError(UNREADABLE)
        return self._clean(self._answers[-1].text), body

    def write(self, method: str, path: str, **parameters: str) -> Mapping[str, Any]:
        """What Facebook says to a POST or DELETE.

        Raises:
            ChannelError: one of the contract's.

        """
        body = self._call(method, path, parameters)
        if body is True:  # how older versions say yes
            return {"success": True}
        if not isinstance(body, dict):
            raise UnknownOutcomeError(UNREADABLE)
        return body

    def _call(self, method: str, path: str, parameters: Mapping[str, str], kept: int = 0) -> Any:
        refuse_network_in_transaction()
        self._meter.spend(KIND, kept=kept)
        self._answers.clear()
        sent = {"post_args": dict(parameters)} if method == "POST" else {"args": dict(parameters)}
        try:
            body = self._graph.request(f"{VERSION}/{path}", method=method, **sent)
        except requests.RequestException as error:
            raise _of_transport(error) from None  # its text holds the address
        except (facebook.GraphAPIError, ValueError, KeyError, AttributeError, TypeError):  # of any body it cannot read
            body = None
        if not self._answers:
            raise UnknownOutcomeError(UNREADABLE)
        answer = self._answers[-1]
        told = _error_of(answer)
        said_no = None if told is None and answer.ok else in_our_words(answer, told, self._clean)
        self._tell(answer, said_no)
        if said_no:
            raise said_no
        return body

    def _note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """The SDK keeps neither status nor headers; we do."""
        self._answers.append(response)

    def _tell(self, answer: requests.Response, said_no: ChannelError | None) -> None:
        """Pass on how much of the page's share is used, as calls that are left at least.

        After a refusal nothing is left, whatever share Facebook names: else everybody who waits would be refused too.
        """
        if isinstance(said_no, RateLimitedError):
            self._meter.told(KIND, left=0, until=said_no.until or clock.now() + WAIT_WHEN_UNTOLD)
            return
        used, minutes = usage(answer)
        if used is not None:
            until = clock.now() + (timedelta(minutes=minutes) if minutes else WAIT_WHEN_UNTOLD)
            self._meter.told(KIND, left=max(0, _FULL - used) * CALLS_PER_PERCENT, until=until)

    def _clean(self, text: str) -> str:
        """The text without our secrets: Facebook writes the token into the addresses of next pages, and into errors."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text


class _Bearer(AuthBase):
    """Puts the token into the one header that is never logged and never follows a redirect to another host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Host(HTTPAdapter):
    """Sends the SDK's requests to the chosen host, and never without a time limit."""

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


def in_our_words(
    answer: requests.Response, error: Mapping[str, Any] | None, clean: Callable[[str], str] = str
) -> ChannelError:
    """Which of the contract's errors an answer is. Only what proves that nothing was done counts as not done."""
    code, subcode = (_number(error, "code"), _number(error, "error_subcode")) if error else (None, None)
    if error is None or code is None:
        return UnknownOutcomeError(f"Facebook answered {answer.status_code}, in a way that cannot be read.")
    said = clean(str(error.get("error_user_msg") or error.get("message") or ""))
    if code in _BUSY:
        minutes = usage(answer)[1]
        return RateLimitedError(clock.now() + (timedelta(minutes=minutes) if minutes else WAIT_WHEN_UNTOLD))
    if (code, subcode) == _UNSUPPORTED:
        return GoneError(_GONE)
    for codes, kind, sentence in _MEANINGS:
        if code in codes:
            return kind(sentence.format(said=said))
    if code in _TRANSIENT or error.get("is_transient") or answer.status_code >= _SERVERS_FAULT:
        return UnknownOutcomeError("Facebook has trouble of its own at the moment.")
    return RefusedByNetworkError(f"Facebook refused: {said}")


def usage(answer: requests.Response) -> tuple[int | None, int]:
    """How many percent of a share are used, of whichever is used most, and in how many minutes calls are taken again.

    None where the answer does not say; 0 minutes where calls are taken now.
    """
    figures: list[Any] = []
    for name in ("X-Business-Use-Case-Usage", "X-App-Usage", "X-Page-Usage"):
        try:
            told = json.loads(answer.headers.get(name, ""))
        except (ValueError, RecursionError):
            continue
        if isinstance(told, dict):
            figures += [told, *(one for listed in told.values() if isinstance(listed, list) for one in listed)]
    figures = [one for one in figures if isinstance(one, dict)]
    used = [_number(one, name) for one in figures for name in ("call_count", "total_cputime", "total_time")]
    minutes = [_number(one, "estimated_time_to_regain_access") or 0 for one in figures]
    return max((one for one in used if one is not None), default=None), max(minutes, default=0)


def _error_of(answer: requests.Response) -> Mapping[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else None


def _number(told: Mapping[str, Any], name: str) -> int | None:
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _of_transport(error: requests.RequestException) -> ChannelError:
    """Which of the contract's errors a broken line is."""
    if _never_left(error):
        return UnreachableError("Facebook cannot be reached.")
    return UnknownOutcomeError("The connection to Facebook broke before its answer.")


def _never_left(error: requests.RequestException) -> bool:
    """Whether the request was surely not sent: no connection came about, or we did not trust its other end."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    if isinstance(error, requests.exceptions.SSLError):
        return isinstance(next(iter(getattr(reason, "args", ())), None), ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError | NameResolutionError)


def moment(value: str) -> datetime:
    """A time as the Graph API writes it. Raises ValueError for anything else."""
    return datetime.fromisoformat(value)
