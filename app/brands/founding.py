"""A brand enters the house."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.brands.models import Brand
from app.brands.queries import by_handle
from app.kernel import audit, clock
from app.kernel.db import session
from app.kernel.errors import ConflictError, RefusedError

_HANDLE = re.compile(r"[A-Za-z0-9_]{1,40}")


def found(handle: str, name: str, *, languages: Sequence[str] = ("en",), regions: Sequence[str] = ("US",)) -> int:
    """Create a brand; its id.

    Raises:
        RefusedError: the handle is not one.
        ConflictError: the handle is taken.

    """
    handle = handle.strip().lstrip("@")
    if not _HANDLE.fullmatch(handle):
        raise RefusedError("A handle has 1 to 40 letters, digits or underscores.")
    if by_handle(handle):
        raise ConflictError(f"There is already a brand with the handle @{handle}.")
    row = Brand(
        handle=handle,
        name=name.strip() or handle,
        languages=list(languages),
        regions=list(regions),
        policy={},
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(row.id, None, "brand.found", f"brand:{row.id}")
    return row.id
