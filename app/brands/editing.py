"""Two people who edit one thing at once: the second is told, and neither loses a word."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select

from app.brands.models import Brand
from app.kernel.db import current_brand, session
from app.kernel.errors import ConflictError, NotFoundError


def mark(values: Any) -> str:
    """A short name for values as they stand; a form carries it, so that a change made meanwhile is noticed."""
    plain = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def refuse_if_changed(seen: str, values: Any) -> None:
    """Refuse to save over what the person has not seen.

    Raises:
        ConflictError: the values are not the ones behind `seen` any more.

    """
    if seen != mark(values):
        raise ConflictError(
            "Somebody saved this while you were editing, so nothing was saved over it. What you typed is kept below, "
            "and what stands now is named beside it: look once more, and save again if yours is right."
        )


def locked() -> Brand:
    """The brand in scope, held until the transaction ends: two savers take turns."""
    asked = select(Brand).where(Brand.id == current_brand()).with_for_update()
    # what this session read before it had to wait may be old by now
    row = session.execute(asked.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such brand.")
    return row
