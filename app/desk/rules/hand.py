"""Who does something at the desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hand:
    """A member with a role in the brand in scope, the languages they read and the topics they know."""

    member_id: int
    alias: str
    role: str
    languages: tuple[str, ...]
    topics: tuple[str, ...] = ()
    topics_off: tuple[str, ...] = ()
    """Topics that they asked not to be offered for now."""

    @property
    def is_staff(self) -> bool:
        """Whether the role is moderator or manager."""
        return self.role in {"moderator", "manager"}
