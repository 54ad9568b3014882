"""Which part of a span was listened to, from the windows that were closed: pure arithmetic of moments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]
"""From, to."""


def missing(span: Span, heard: Iterable[Span]) -> tuple[Span, ...]:
    """The parts of a span that no window covers, oldest first."""
    at, end = span
    found: list[Span] = []
    for since, until in sorted(heard):
        if since >= end:
            break
        if since > at:
            found.append((at, since))
        at = max(at, until)
    if at < end:
        found.append((at, end))
    return tuple(found)


def cut(span: Span, to: Span) -> Span | None:
    """What two spans share."""
    since, until = max(span[0], to[0]), min(span[1], to[1])
    return (since, until) if since < until else None
