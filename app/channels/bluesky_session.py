"""The line to a Bluesky server: one session kept while it lasts, every call counted, every failure in our words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from atproto import Client, Session, SessionEvent
from atproto.exceptions import (
    AtProtocolError,
    BadRequestError,
    RateLimitExceededError,
    RequestErrorBase,
    UnauthorizedError,
)
from atproto_client.models.base import ParamsModelBase
from atproto_client.request import Request, Response

from app.channels.base import (
    ChannelError,
    Door,
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

SERVICE = "https://bsky.social"
TIMEOUTS = (3.0, 10.0)
"""Seconds to connect and to wait for an answer."""
WRITE_POINTS = 3
"""The most that the network counts for one write; its headers tell points."""
WRITES_WINDOW = 3600
"""Seconds, at least, over which writes are counted; what is counted over fewer is every call of whatever kind."""
MOST_SESSIONS = 300
"""Sessions that may be opened in whatever time; a limit above it is that of every call."""
_WRITES = frozenset({"com.atproto.repo.putRecord", "com.atproto.repo.deleteRecord"})
_SESSIONS = frozenset({"com.atproto.server.createSession", "com.atproto.server.refreshSession"})
_STALE = frozenset({"ExpiredToken", "InvalidToken"})
_ENDED = frozenset({"AccountTakedown", "AccountSuspended", "AccountDeactivated"})
_NOT_DONE = frozenset({400, 403, 404, 413, 501})
_SENT_ON = "That server sends us on to another address, which is not followed. Name the account's own server."

T = TypeVar("T")


class _Counted(Request):  # type: ignore[misc]  # the library is not typed
    """The client's own requests, each with a time limit, outside of any transaction, and told to the meter.

    They go to the server that was named, and nowhere else: wherever it sends us on, keys and sessions would follow.
    """

    def __init__(self, meter: Meter) -> None:
        super().__init__(timeout=httpx.Timeout(TIMEOUTS[1], connect=TIMEOUTS[0]))
        self._client.follow_redirects = False  # the library insists on True
        self._meter = meter

    def get(self, *args: Any, **kwargs: Any) -> Response:
        """The answer's bytes as they came: what the client's models do not know must not be lost, nor stop a page."""
        answer = self._send_request("GET", *args, **kwargs)
        return Response(success=True, status_code=answer.status_code, content=answer.content, headers={})

    def _send_request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        refuse_network_in_transaction()
        name = url.rpartition("/")[2]
        kind = "write" if name in _WRITES else "session" if name in _SESSIONS else "read"
        self._meter.spend(kind)
        try:
            answer: httpx.Response = super()._send_request(method, url, **kwargs)
        except RateLimitExceededError as error:
            self._refused(kind, error.response.headers)
            raise
        except RequestErrorBase as error:
            if error.response is not None:
                self._told(kind, error.response.headers)
            raise
        self._told(kind, answer.headers)
        return answer

    def _told(self, kind: str, headers: Mapping[str, str]) -> None:
        """Pass on what the headers say: of all the limits of a call, they tell the one that is nearest."""
        counted, reset = _counted(kind, headers), _moment(headers.get("ratelimit-reset", ""))
        if counted and reset:
            self._meter.told(counted[0], left=counted[1], until=reset)

    def _refused(self, kind: str, headers: Mapping[str, str]) -> None:
        """Pass on that nothing is left, of what the headers count and of the call's own kind.

        Else everybody who waits would make a call that is refused as well.
        """
        counted, reset = _counted(kind, headers), _moment(headers.get("ratelimit-reset", ""))
        for each in {kind, counted[0] if counted else kind}:
            self._meter.told(each, left=0, until=reset or clock.now() + WAIT_WHEN_UNTOLD)


def _counted(kind: str, headers: Mapping[str, str]) -> tuple[str, int] | None:
    """What the headers of a call of this kind count, and how many such calls are left."""
    try:
        left = int(headers["ratelimit-remaining"])
        limit, window = map(int, headers["ratelimit-policy"].split(";w="))
    except (KeyError, ValueError):
        return None
    if kind == "write" and window >= WRITES_WINDOW:
        return "write", left // WRITE_POINTS
    return ("session" if kind == "session" and limit <= MOST_SESSIONS else "read"), left


class Line:
    """One account's way to its server. Signs in when it is first used and when the network ended the session.

    Signing in is what Bluesky allows least often (30 times in five minutes), so the session is kept through the door.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._session: Session | None = None
        self._client = Client(self._service, request=_Counted(door.meter))
        self._client.on_session_change(self._changed)

    @property
    def did(self) -> str:
        """The account's own id: the door's, or the one it signed in as."""
        return self._door.external_id or (self._session.did if self._session else "")

    @property
    def _service(self) -> str:
        return self._door.base_url or self._door.keys.get("service") or SERVICE

    def query(self, name: str, params: ParamsModelBase) -> dict[str, Any]:
        """The network's answer to a question. One that broke has done nothing, and may be asked again."""
        answer = self.call(lambda client: client.invoke_query(name, params=params), writes=False)
        try:
            body = json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise unreadable() from error
        if not isinstance(body, dict):
            raise unreadable()
        return body

    def session(self) -> Session:
        """The account's session, opened if there is none yet: whose keys these are, proven.

        Raises:
            RefusedByNetworkError: what was named sends us on, so another server must be named.

        """
        refuse_network_in_transaction()
        try:
            with _our_words(writes=False):
                if self._session is None:
                    self._begin()
                return self._mine()
        except UnreachableError as error:
            if isinstance(error.__cause__, RequestErrorBase) and _sends_on(error.__cause__):
                raise RefusedByNetworkError(str(error)) from error
            raise

    def call(self, ask: Callable[[Client], T], *, writes: bool = True) -> T:
        """Ask with a session, opening another where the network ended it; raises the contract's errors."""
        refuse_network_in_transaction()
        if self._session is None:
            with _our_words(writes=False):
                self._begin()
        try:
            with _our_words(writes=writes):
                return ask(self._client)
        except SignedOutError as error:
            if not isinstance(error.__cause__, RequestErrorBase) or error_name(error.__cause__) not in _STALE:
                raise
        with _our_words(writes=False):
            self._renew()
        with _our_words(writes=writes):
            return ask(self._client)

    def _begin(self) -> None:
        """Take up the session that was kept, or sign in."""
        if not self._take_up(self._door.keys.get("session")):
            self._sign_in()

    def _take_up(self, kept: str | None) -> bool:
        """Whether a session that was kept can be read; it is ours then."""
        try:
            if not kept or Session.decode(kept).access_jwt_payload.exp is None:
                return False
        except (AtProtocolError, ValueError):
            return False
        self._client.login(session_string=kept, fetch_bsky_profile=False)
        self._mine()
        return True

    def _sign_in(self) -> None:
        """A new session by the app password, whatever was kept."""
        password = self._door.keys.get("app_password")
        if not password:
            raise SignedOutError("The session has ended and no app password is kept for this account.")
        self._session = None
        try:
            self._client.login(self._door.external_id or self._door.handle, password, fetch_bsky_profile=False)
        except (UnauthorizedError, BadRequestError) as error:
            raise SignedOutError("Bluesky does not accept this account's app password.") from error
        self._mine()

    def _renew(self) -> None:
        """Another session for the one that ended: what another process has opened, else by its refresh token, else by
        the app password.
        """
        old = self._mine()
        stored = self._door.stored().get("session") if self._door.stored else None
        if stored and stored != old.encode() and self._take_up(stored):
            return
        try:
            new = self._client.com.atproto.server.refresh_session(
                headers={"Authorization": f"Bearer {old.refresh_jwt}"}, ignore_session_check=True
            )
        except (UnauthorizedError, BadRequestError):
            self._sign_in()
            return
        renewed = Session(new.handle, new.did, new.access_jwt, new.refresh_jwt, old.pds_endpoint)
        self._client.login(session_string=renewed.encode(), fetch_bsky_profile=False)
        self._door.keep({"session": renewed.encode()})

    def _mine(self) -> Session:
        session = self._session
        if session is None or (self._door.external_id and session.did != self._door.external_id):
            self._session = None
            raise SignedOutError("These keys open another account than the one that was connected.")
        return session

    def _changed(self, event: SessionEvent, session: Session) -> None:
        self._session = session
        if self._door.base_url:  # the client would follow the account to its home server
            self._client.update_base_url(self._door.base_url)
        if event is not SessionEvent.IMPORT and session.did == self.did:
            self._door.keep({"session": session.encode()})


@contextmanager
def _our_words(*, writes: bool) -> Iterator[None]:
    """Within it, whatever the library raises becomes an error of the contract."""
    try:
        yield
    except RequestErrorBase as error:
        ours, cause = in_our_words(error), error
    except (AtProtocolError, httpx.HTTPError, ValueError) as error:
        ours, cause = UnknownOutcomeError("Bluesky gave an answer that cannot be read."), error
    else:
        return
    if isinstance(ours, UnknownOutcomeError) and not writes:
        ours = UnreachableError(str(ours))
    raise ours from cause


def in_our_words(error: RequestErrorBase) -> ChannelError:
    """Which of the contract's errors this is. Only what proves that nothing was done counts as not done."""
    if error.response is None:
        if isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            return UnreachableError("Bluesky cannot be reached.")
        return UnknownOutcomeError("The connection to Bluesky broke before its answer.")
    status, name = error.response.status_code, error_name(error)
    if isinstance(error, RateLimitExceededError):
        return RateLimitedError(_moment(error.response.headers.get("ratelimit-reset", "")))
    if name in _STALE | _ENDED or status == httpx.codes.UNAUTHORIZED:
        return SignedOutError("Bluesky no longer accepts this account's permission.")
    if status in _NOT_DONE:
        return RefusedByNetworkError(_words(error) or f"Bluesky refused it ({status}).")
    return UnknownOutcomeError(_SENT_ON if _sends_on(error) else f"Bluesky answered {status}.")


def _sends_on(error: RequestErrorBase) -> bool:
    """Whether the answer names another address to ask instead."""
    return error.response is not None and bool(httpx.codes.is_redirect(error.response.status_code))


def error_name(error: RequestErrorBase) -> str:
    """The network's own name for what is wrong, or nothing."""
    return str(getattr(getattr(error.response, "content", None), "error", "") or "")


def _words(error: RequestErrorBase) -> str:
    return str(getattr(getattr(error.response, "content", None), "message", "") or "")


def _moment(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):  # not told, or no moment of any calendar
        return None


def unreadable() -> UnreachableError:
    """For an answer to a question that is not what it should be."""
    return UnreachableError("Bluesky gave an answer that cannot be read.")
