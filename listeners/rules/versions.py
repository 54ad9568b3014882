"""What a post is now, after all that its author changed in it, in whatever order we heard of the changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an author did to a post after writing it."""

    gone: bool
    text: str | None
    newest_id: str | None
    at: datetime
    number: int
    """The order in which we heard of it: decides between changes of the same moment."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A post as it stands. Its version counts the changes, whichever they were."""

    version: int
    text: str | None
    """None: as it was heard."""
    newest_id: str | None
    gone_at: datetime | None


def standing(changes: Iterable[Change]) -> Standing:
    """The sum of all changes. A deletion is final, and nothing of the text outlives it."""
    ordered = sorted(changes, key=lambda one: (one.at, _rank(one.newest_id), one.number))
    gone_at = next((one.at for one in ordered if one.gone), None)
    edits = [one for one in ordered if not one.gone and one.text is not None]
    text = "" if gone_at else (edits[-1].text if edits else None)
    newest_id = next((one.newest_id for one in reversed(edits) if one.newest_id), None)
    return Standing(1 + len(ordered), text, newest_id, gone_at)


def is_newer(one: str, than: str) -> bool:
    """Whether of two versions' ids the first names the later one: ids are numbers that grow."""
    return _rank(one) > _rank(than)


def _rank(external_id: str | None) -> tuple[int, str]:
    return (len(external_id), external_id) if external_id else (0, "")
