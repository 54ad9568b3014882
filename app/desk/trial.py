"""What would have become of the last cases under other bars: tried out before a manager decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from app.desk.cases import signals_of
from app.desk.models import Case
from app.desk.rules.routing import route
from app.kernel.db import current_brand, session
from listeners import queries as heard
from listeners.queries import MentionView

LOOKED_AT = 500
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Move:
    """Cases that would be in another lane: how many, and the newest of them."""

    before: str
    after: str
    count: int
    examples: tuple[MentionView, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """How many cases were looked at, and which of them would have gone elsewhere."""

    looked_at: int
    moves: tuple[Move, ...]

    @property
    def moved(self) -> int:
        """How many cases would be in another lane."""
        return sum(move.count for move in self.moves)


def bars(before: tuple[float, float], after: tuple[float, float]) -> Trial:
    """Route the newest cases of the brand in scope by two pairs of (staff_bar, suggest_bar); what people moved later
    is not looked at.
    """
    newest = select(Case.mention_id).where(Case.brand_id == current_brand()).order_by(Case.id.desc()).limit(LOOKED_AT)
    mentions = heard.mentions(session.execute(newest).scalars().all())
    moved: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], list[MentionView]] = {}
    judged = [mention for mention in mentions.values() if mention.assessment is not None]
    for mention in sorted(judged, key=lambda one: one.id, reverse=True):
        signals = signals_of(mention)
        lanes = tuple(route(signals, staff_bar=bar, suggest_bar=low).lane for bar, low in (before, after))
        if lanes[0] != lanes[1]:
            way = lanes[0], lanes[1]
            moved[way] += 1
            examples.setdefault(way, []).append(mention)
    moves = (Move(*way, count, tuple(examples[way][:EXAMPLES])) for way, count in moved.most_common())
    return Trial(len(judged), tuple(moves))
