"""The contract of a network: what every adapter takes in, gives back, and how it says no."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from app.kernel.errors import PeerlineError

MOST_LOOKED_UP = 100
"""Posts that one `look_up` may ask for."""


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
    """Whom the author @mentioned or quoted, or on whose page this stands: who may answer through the API.

    Handles, lower case, or ids of accounts.
    """
    edit_of: str | None = None
    """Where an edit makes a new post: the id of the first version. Of two versions the newer has the greater number."""


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


@dataclass(frozen=True, slots=True)
class Shown:
    """One post as the network shows it now: asked for again before an answer is said, and to find deletions."""

    state: Literal["there", "gone", "closed"]
    """closed: it stands there, but its author or the network lets nobody, or not us, answer it."""
    text: str | None = None
    """As `Post.text` gives it; None where the network does not show it."""
    newest_id: str | None = None
    """Where an edit made a new post of it: the id of the newest."""
    why: str = ""
    """For a post that is closed: the reason, in words that staff reads."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """What a network shows of the posts that were asked for."""

    raw: str
    """The network's own answer, to be read like any other page of posts."""
    shown: Mapping[str, Shown]
    """By external id; every id that was asked for has its row."""


@dataclass(frozen=True, slots=True)
class ReplyKey:
    """What makes one reply itself, however often it is tried: a network that takes a name of ours says it once."""

    number: int
    at: datetime
    """When it was first written; never changes."""


class Network(Protocol):
    """One connected account of a brand on one network. No method may be called inside a transaction.

    Every method may raise RateLimitedError, RefusedByNetworkError, SignedOutError or UnreachableError; each of them
    says that nothing was done. UnknownOutcomeError says that it may have been.
    """

    def mentions(self, since: datetime, page: str | None) -> Page:
        """Posts that mention the account since then, newest first, a page at a time."""

    def own_posts(self, since: datetime, page: str | None) -> Page:
        """What the account itself said since then, by our hand or another, newest first, a page at a time."""

    def thread(self, thread: str, page: str | None) -> Page:
        """The posts of one thread as they stand now, a page at a time; what is gone is not among them."""

    def look_up(self, external_ids: Sequence[str]) -> LookUp:
        """At most `MOST_LOOKED_UP` posts as they are shown now; a post that is no longer shown is `gone`."""

    def reply(self, to_external_id: str, text: str, key: ReplyKey) -> Sent:
        """Say `text` in the thread, under that post.

        Where the network lets us name a post, `key` names it: said again with the same key it stands there once.
        """

    def own_replies(self, since: datetime, under: str) -> Sequence[OwnReply]:
        """What our account replied under that post since then, or more: how an unknown outcome is found out."""

    def take_down(self, external_id: str) -> None:
        """Remove a post of our own; one that is already gone counts as removed."""


@runtime_checkable
class Searching(Protocol):
    """A network that can be asked for posts by their words, besides those that address the account."""

    def search(self, query: str, since: datetime, page: str | None) -> Page:
        """Posts of anybody since then that the query means, in the network's own language, newest first."""


@runtime_checkable
class Streaming(Protocol):
    """A network that hands posts over by itself while a connection is open. Polling goes on beside it: streams lose."""

    def stream(self, queries: Sequence[str]) -> Iterator[str]:
        """Raw answers as they come, and "" at least every 30 s while nothing does; closing the iterator hangs up.

        Ends by itself when the network hangs up; raises the contract's errors otherwise. Never waits to try again:
        when to come back is the caller's to decide.
        """


class Meter(Protocol):
    """Counts what an account may still ask of its network; every adapter asks it before each call.

    `kind` is the network's own name for what is counted together, such as "write" or "mentions".
    """

    def spend(self, kind: str, *, kept: int = 0) -> None:
        """One call of this kind is about to be made; the last `kept` ones are for others than it.

        Raises:
            RateLimitedError: no more are left; the call must not be made before the time it names.

        """

    def told(self, kind: str, *, left: int, until: datetime) -> None:
        """The network said how many calls are left until when; its word replaces our count."""


class Unmetered:
    """A meter that lets everything through: for a manager's single look at a new account, and for tests."""

    def spend(self, kind: str, *, kept: int = 0) -> None:
        """Nothing is counted."""

    def told(self, kind: str, *, left: int, until: datetime) -> None:
        """Nothing is kept."""


def keep_nothing(changed: Mapping[str, str]) -> None:
    """For a door whose keys are not stored yet."""


@dataclass(frozen=True, slots=True)
class Door:
    """What an adapter needs to listen and speak for one account."""

    external_id: str
    """The account's own id on its network."""
    handle: str
    keys: Mapping[str, str] = field(repr=False)
    """The secrets, by names of the network's own; never logged, never in a URL that we show."""
    base_url: str | None = None
    """Another host than the network's own."""
    meter: Meter = field(default_factory=Unmetered)
    keep: Callable[[Mapping[str, str]], None] = keep_nothing
    """Stores keys that the network renewed, at once and sealed; to be called outside of any transaction."""
    stored: Callable[[], Mapping[str, str]] | None = None
    """Reads the keys as they are stored now, outside of any transaction: another process may have renewed them."""
