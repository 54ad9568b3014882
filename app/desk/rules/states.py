"""The two life stories of the desk, as data: which state may follow which."""

from __future__ import annotations

CASE: dict[str, frozenset[str]] = {
    "open": frozenset({"claimed", "answered", "closed"}),
    "claimed": frozenset({"open", "in_review", "answered", "closed"}),
    "in_review": frozenset({"open", "claimed", "sending", "answered", "closed"}),
    "sending": frozenset({"in_review", "answered", "unknown", "open"}),
    "unknown": frozenset({"sending", "in_review", "answered", "open"}),
    "answered": frozenset({"open", "closed"}),
    "closed": frozenset({"open"}),
}
"""A case. `in_review` lasts until the approved reply is taken up for sending; `unknown` needs the thread read back."""

REPLY: dict[str, frozenset[str]] = {
    "draft": frozenset({"in_review", "withdrawn"}),
    "in_review": frozenset({"approved", "draft", "withdrawn"}),
    "approved": frozenset({"sending", "in_review", "withdrawn", "failed"}),
    "sending": frozenset({"published", "approved", "unknown", "failed"}),
    "unknown": frozenset({"published", "approved", "failed"}),
    "published": frozenset({"withdrawn"}),
    "failed": frozenset(),
    "withdrawn": frozenset(),
}
"""A reply. The only way into `approved` is a verdict; the only way into `published` leads through `sending`."""

LIVE_CASE: frozenset[str] = frozenset({"open", "claimed", "in_review", "sending", "unknown"})
LIVE_REPLY: frozenset[str] = frozenset({"draft", "in_review", "approved", "sending", "unknown"})
SPOKEN_REPLY: frozenset[str] = frozenset({"approved", "sending", "unknown", "published"})


def may_follow(story: dict[str, frozenset[str]], now: str, then: str) -> bool:
    """Whether a state may follow another."""
    return then in story[now]
