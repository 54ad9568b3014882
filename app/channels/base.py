"""The contract of a network: what every adapter takes in, gives back, and how it says no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from app.kernel.errors import PeerlineError


@dataclass(frozen=True, slots=True)
class Post:
    """One item of an envelope, normalised; not stored as such."""

    channel: str
    external_id: str
    thread: str
    """External id of the thread's first post, as far as the network tells."""
    in_reply_to: str | None
    author_id: str
    author_handle: str
    author_name: str
    author_followers: int
    text: str
    posted_at: datetime
    kind: Literal["post", "repost"] = "post"
    summons: tuple[str, ...] = ()
    """Handles, lower case, whom the author @mentioned or quoted: who may answer through the API."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one call brought: the raw answer as text, and where the next page starts, if there is one."""

    raw: str
    next_page: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The network took our reply."""

    external_id: str


@dataclass(frozen=True, slots=True)
class OwnReply:
    """A reply of our account as the network shows it now."""

    external_id: str
    in_reply_to: str
    text: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Length:
    """A text measured by the network's own rule."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        """What is left; negative when the text is too long."""
        return self.limit - self.used


class ChannelError(PeerlineError):
    """A network said no, or nothing."""


class RateLimitedError(ChannelError):
    """Nothing was done; the network asks us to wait until `until` (None: it did not say)."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("The network asks us to wait.")
        self.until = until


class RefusedByNetworkError(ChannelError):
    """Nothing was done and trying again would not help; the sentence says why."""


class SignedOutError(ChannelError):
    """Nothing was done: the account's permission has ended and a manager must connect it again."""


class UnreachableError(ChannelError):
    """Nothing was done: no connection came about. Trying again is safe."""


class UnknownOutcomeError(ChannelError):
    """It may have been done or not; only reading the thread back can tell. Never retried blindly."""


class Network(Protocol):
    """One connected account of a brand on one network. No method may be called inside a transaction."""

    def mentions(self, since: datetime, page: str | None) -> Page:
        """Posts that mention the account since then, newest first, a page at a time."""

    def own_posts(self, since: datetime, page: str | None) -> Page:
        """What the account itself said since then, by our hand or another, newest first, a page at a time."""

    def reply(self, to_external_id: str, text: str) -> Sent:
        """Say `text` in the thread, under that post.

        Raises:
            RateLimitedError, RefusedByNetworkError, SignedOutError, UnreachableError: it was not said.
            UnknownOutcomeError: perhaps it was.

        """

    def own_replies(self, since: datetime) -> Sequence[OwnReply]:
        """What our account replied since then: how an unknown outcome is found out."""

    def take_down(self, external_id: str) -> None:
        """Remove a post of our own; one that is already gone counts as removed."""


@runtime_checkable
class Searching(Protocol):
    """A network that can be asked for posts by their words, besides those that address the account."""

    def search(self, query: str, since: datetime, page: str | None) -> Page:
        """Posts of anybody since then that the query means, in the network's own language, newest first."""
