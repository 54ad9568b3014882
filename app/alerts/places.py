"""Where an alert leads, as a path of the portal: the same for the bell's page and for a mail's links."""

from __future__ import annotations

from app.kernel import mail
from app.kernel.crypto import refs
from app.kernel.db import current_brand

ALL = "/alerts"
_GATHERED = {"offered": "/queue", "hot": "/inbox", "late": "/inbox"}
_FIXED = {"unknown": "/sending", "halted": "/alerts/halted", "taken_back": "/points", "hearing": "/brand/hearing"}


def place_of(kind: str, subject_id: int, case_id: int | None) -> str:
    """The path of the page where something can be done about it, or where it is to be read."""
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == "appealed":
        return f"/appeals/{refs().name('appeal', subject_id)}"
    return f"/cases/{refs().name('case', case_id)}" if case_id is not None else _GATHERED.get(kind, ALL)


def link(path: str) -> str:
    """The address of a path in a letter; it names the brand, since its reader may look at another one by then."""
    return mail.link(f"{path}?brand={refs().name('brand', current_brand())}")


def kinds_at(path: str) -> tuple[str, ...]:
    """The gathered and fixed kinds that lead to this path."""
    return tuple(kind for kind, where in (_GATHERED | _FIXED).items() if where == path)


def stop_path(wish_id: int) -> str:
    """The path that stops a member's mails, without signing in."""
    return f"/unsubscribe/{refs().name('unsubscribe', wish_id)}"
