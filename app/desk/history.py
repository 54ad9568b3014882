"""A case's history, one line per thing that happened, in words for people."""

from __future__ import annotations

from app.desk.models import Case, CaseEvent
from app.kernel import clock
from app.kernel.db import session


def note(case: Case, act: str, words: str, *, member_id: int | None = None) -> None:
    """Write one line. `act` is one of the few words that pages know; `words` is the sentence."""
    session.add(
        CaseEvent(
            brand_id=case.brand_id, case_id=case.id, at=clock.now(), member_id=member_id, act=act, words=words[:500]
        )
    )
