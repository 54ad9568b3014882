"""Private data in a text, as one brand knows it: by the countries of its customers and its own order numbers."""

from __future__ import annotations

from app.brands.queries import BrandView
from listeners.rules import privacy
from listeners.rules.privacy import Span


def found(text: str, brand: BrandView) -> tuple[Span, ...]:
    """The spans of private data, see privacy.find."""
    return privacy.find(text, regions=brand.regions, order_pattern=brand.order_pattern)


def masked(text: str, brand: BrandView) -> str:
    """The text with every span replaced by its kind."""
    return privacy.mask(text, found(text, brand))
