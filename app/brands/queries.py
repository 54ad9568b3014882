"""What we show of brands."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.brands.models import Brand
from app.brands.rules import Policy
from app.kernel.db import session
from app.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class BrandView:
    """A brand as other rooms see it."""

    id: int
    handle: str
    name: str
    languages: tuple[str, ...]
    regions: tuple[str, ...]
    policy: Policy


def _view(row: Brand) -> BrandView:
    return BrandView(row.id, row.handle, row.name, tuple(row.languages), tuple(row.regions), Policy.of(row.policy))


def brand(brand_id: int) -> BrandView:
    """The brand with this id.

    Raises:
        NotFoundError: there is none.

    """
    row = session.get(Brand, brand_id)
    if row is None:
        raise NotFoundError("There is no such brand.")
    return _view(row)


def by_handle(handle: str) -> BrandView | None:
    """The brand with this handle, whatever its case and with or without @."""
    row = session.execute(select(Brand).where(func.lower(Brand.handle) == handle.lstrip("@").lower())).scalar()
    return _view(row) if row else None


def all_brands() -> tuple[BrandView, ...]:
    """Every brand of the house, by name."""
    return tuple(_view(row) for row in session.execute(select(Brand).order_by(Brand.name)).scalars())
