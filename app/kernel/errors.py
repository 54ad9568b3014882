"""The ways in which the house says no: each a sentence for a person, none of them a traceback."""

from __future__ import annotations


class PeerlineError(Exception):
    """Something the person at the other end can understand and act on; `str()` is the sentence shown."""

    status = 400


class NotFoundError(PeerlineError):
    """There is no such row for this brand and this person; the two are told apart to nobody."""

    status = 404


class NotAllowedError(PeerlineError):
    """The row exists and may be seen, but this role may not do that."""

    status = 403


class ConflictError(PeerlineError):
    """Somebody or something was faster; what the person wrote is kept."""

    status = 409


class RefusedError(PeerlineError):
    """A rule of the house says no (an empty text, a reply over the length, a reason that is missing)."""

    status = 422


class UsageError(PeerlineError):
    """A mistake at the command line or in the settings: one line, exit code 2."""


class NoBrandInScopeError(RuntimeError):
    """A query on a brand's table ran while no brand was set. A programming error, never shown to a person."""


class NetworkInTransactionError(RuntimeError):
    """A network call was about to happen inside a database transaction. A programming error."""
