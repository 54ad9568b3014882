"""How each network counts a text, and whether it would make a link of a part of it."""

from __future__ import annotations

from app.channels import networks, x_length
from app.channels.base import Length


def length_of(channel: str, text: str) -> Length:
    """A text measured by the rule of the channel.

    Raises:
        NotFoundError: no such channel.

    """
    return networks.kind(channel).measure(text)


def has_link(text: str) -> bool:
    """Whether a part of the text would become a link; X's rule, the widest, serves for all."""
    return x_length.has_link(text)
