"""How long a comment on Facebook may be."""

from __future__ import annotations

from app.channels.base import Length

LIMIT = 8000
"""Characters of one comment; commonly quoted, nowhere promised by the network itself."""


def measure(text: str) -> Length:
    """Every character counts as one."""
    return Length(len(text), LIMIT)
