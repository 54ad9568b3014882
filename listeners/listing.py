"""Everything heard, newest first, as it became a mention, was set aside or could not be read; and what is found of it.

Ids ascend in the order of hearing, so a page is three short walks down three primary keys, laid together by time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any, Literal

from sqlalchemy import ColumnElement, Integer, Select, cast, column, exists, func, or_, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from app.kernel.db import current_brand, session
from app.kernel.errors import NotFoundError
from listeners import queries as heard
from listeners.models import KINDS, Envelope, HeardWords, Mention, Quarantined, Rescue, SetAside, place_of
from listeners.queries import MentionView
from listeners.rules.words import HANDLE, Asked, Term, property_word, sought_handle

Kind = Literal["mention", "set_aside", "quarantined"]
Marks = tuple[int, int, int]
"""For each kind the id of the last row that was shown; 0 stands for none."""
Among = Callable[[Any], ColumnElement[bool]]
"""A condition on the id of a mention that another room puts: which lane and state its case has."""
NAMES: tuple[Kind, ...] = ("mention", "set_aside", "quarantined")
_FOUND = table("heard_words_found", column("rowid", Integer), column("heard_words_found"))
_OFTEN = 200
_SLACK = timedelta(hours=1)
"""By how much ids may be out of step with the clock: hearings that overlap, and no more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see of all that was heard; what is empty does not narrow it."""

    kinds: tuple[Kind, ...] = NAMES
    asked: Asked = field(default_factory=lambda: Asked(()))
    handle: str = ""
    channel: str = ""
    language: str = ""
    intent: str = ""
    mood: str = ""
    topic: str = ""
    anger: int = 0
    private: bool = False
    since: datetime | None = None
    until: datetime | None = None
    among: Among | None = None

    @property
    def is_judged(self) -> bool:
        """Whether only what was assessed can answer it: set-aside and unreadable lines have no mood and no lane."""
        judged = (self.language, self.intent, self.mood, self.topic, self.anger, self.private, self.among)
        return any(judged)


@dataclass(frozen=True, slots=True)
class Line:
    """One heard item. `mention` is there for mentions alone; `reason` for the others; `place` for unreadable ones."""

    kind: Kind
    id: int
    account_id: int
    heard_at: datetime
    text: str
    channel: str = ""
    handle: str = ""
    name: str = ""
    posted_at: datetime | None = None
    reason: str = ""
    place: str = ""
    mention: MentionView | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """One page of lines, where the next one begins (None at the end), and the newest ids seen, for what comes after."""

    lines: tuple[Line, ...]
    older: Marks | None
    newest: Marks


@dataclass(frozen=True, slots=True)
class EnvelopeView:
    """What a network handed over in one go, without its raw text."""

    origin: str
    heard_at: datetime


def lines(wish: Wish, *, before: Marks | None = None, limit: int = 30) -> Lines:
    """The newest lines that answer the wish, older than `before`."""
    wish = _settled(wish)
    ends = before or (0, 0, 0)
    streams = [
        session.execute(_stream(kind, wish, ends[number], limit + 1)).all() if _is_wanted(kind, wish) else []
        for number, kind in enumerate(NAMES)
    ]
    laid = merge(
        *([(row.heard_at, NAMES[row.kind], row.id) for row in stream] for stream in streams),
        key=lambda found: found[0],
        reverse=True,
    )
    found = list(islice(laid, limit + 1))
    shown = found[:limit]
    seen = {kind: [id_ for _at, of, id_ in shown if of == kind] for kind in NAMES}
    newest = tuple(stream[0].id if stream else 0 for stream in streams)
    untouched = [ends[number] or newest[number] + 1 for number in range(len(NAMES))]
    older = tuple(min(seen[kind], default=untouched[number]) for number, kind in enumerate(NAMES))
    return Lines(
        tuple(_lines(seen, [(kind, id_) for _at, kind, id_ in shown])),
        (older[0], older[1], older[2]) if len(found) > limit else None,
        (newest[0], newest[1], newest[2]),
    )


def since_then(wish: Wish, newest: Marks, *, most: int = 50) -> int:
    """How many lines that answer the wish were heard after these; counting stops at `most`."""
    wish = _settled(wish)
    found = 0
    for number, kind in enumerate(NAMES):
        if _is_wanted(kind, wish):
            statement = _stream(kind, wish, 0, most).where(KINDS[number].id > newest[number])
            found += len(session.execute(statement).all())
    return min(found, most)


def mention(mention_id: int) -> MentionView:
    """One mention of the brand in scope.

    Raises:
        NotFoundError: there is none.

    """
    view = heard.mentions([mention_id]).get(mention_id)
    if view is None:
        raise NotFoundError("There is no such mention.")
    return view


def envelope_of(mention_id: int) -> EnvelopeView | None:
    """How a mention came in; None when its envelope is forgotten, or it was rescued from what was set aside."""
    row = session.execute(
        select(Envelope.origin, Envelope.heard_at)
        .join(Mention, Mention.envelope_id == Envelope.id)
        .where(Mention.id == mention_id, Envelope.brand_id == current_brand(), Mention.brand_id == current_brand())
    ).one_or_none()
    return EnvelopeView(row.origin, row.heard_at) if row else None


def _is_wanted(kind: Kind, wish: Wish) -> bool:
    if kind not in wish.kinds or (kind != "mention" and wish.is_judged):
        return False
    return kind != "quarantined" or not (wish.handle or wish.channel)


def _stream(kind: Kind, wish: Wish, before: int, limit: int) -> Select[Any]:
    """Ids and times of one kind, newest first, older than `before` (0: from the newest on)."""
    number = NAMES.index(kind)
    model: Any = KINDS[number]
    statement: Select[Any] = (
        select(model.id, model.heard_at, cast(number, Integer).label("kind"))
        .where(model.brand_id == current_brand())
        .limit(limit)
    )
    terms = _terms(wish, kind)
    statement = _narrowed(statement, model, terms, before) if terms else statement.order_by(model.id.desc())
    if before:
        statement = statement.where(model.id < before)
    if model is not Quarantined and wish.channel:
        statement = statement.where(model.channel == wish.channel)
    if model is SetAside:
        statement = statement.where(~exists().where(Rescue.set_aside_id == SetAside.id))
    if wish.among is not None:
        statement = statement.where(wish.among(Mention.id))
    for phrase in wish.asked.phrases:
        said = (Quarantined.raw,) if model is Quarantined else (model.text, model.author_name)
        statement = statement.where(or_(*(where.icontains(phrase, autoescape=True) for where in said)))
    return _within(statement, model, wish.since, wish.until)


def _terms(wish: Wish, kind: Kind) -> list[Term]:
    """The words that must be there; with any, also the brand's and the kind's, so that no other row is looked at."""
    terms = list(wish.asked.terms)
    if wish.handle:
        terms.append(Term(sought_handle(wish.handle)))
    for name in ("language", "intent", "mood", "topic", "anger"):
        value = getattr(wish, name)
        if value:
            terms.append(Term(property_word(name, value)))
    if wish.private:
        terms.append(Term(property_word("private", "data")))
    if terms:
        terms += [Term(property_word("brand", current_brand())), Term(property_word("kind", kind))]
    return terms


def _settled(wish: Wish) -> Wish:
    """With a word meant as a whole where it is said often: gathering all that begins with it would cost too much."""
    open_ended = [term for term in wish.asked.terms if term.begins]
    if not open_ended:
        return wish
    own = Term(property_word("brand", current_brand()))
    counts = [
        select(func.count()).select_from(_words_with([Term(term.word), own]).limit(_OFTEN).subquery()).scalar_subquery()
        for term in open_ended
    ]
    said = dict(zip(open_ended, session.execute(select(*counts)).one(), strict=True))
    terms = tuple(Term(term.word) if said.get(term, 0) >= _OFTEN else term for term in wish.asked.terms)
    return replace(wish, asked=replace(wish.asked, terms=terms))


def _words_with(terms: list[Term]) -> Select[Any]:
    """The places at which these words stand: PostgreSQL's index of lexemes, or SQLite's full text."""
    if session.connection().dialect.name == "postgresql":
        wanted = " & ".join(f"'{term.word}'{':*' if term.begins else ''}" for term in terms)
        return (
            select(HeardWords.place.label("place"))
            .select_from(HeardWords)
            .where(HeardWords.brand_id == current_brand(), HeardWords.words.op("@@")(cast(wanted, TSQUERY)))
        )
    wanted = " AND ".join(f'"{term.word}"{"*" if term.begins else ""}' for term in terms)
    matching = _FOUND.c.heard_words_found.op("MATCH", is_comparison=True)(wanted)
    return select(_FOUND.c.rowid.label("place")).select_from(_FOUND).where(matching)


def _narrowed(statement: Select[Any], model: Any, terms: list[Term], before: int) -> Select[Any]:
    """By words, walked from the newest place down."""
    found = _words_with(terms)
    [place] = found.selected_columns
    if before:
        found = found.where(place < place_of(model, before))
    is_rare = any(term.begins or term.word.startswith(HANDLE) for term in terms)
    if is_rare and session.connection().dialect.name == "postgresql":
        # few places: gather them by the index first; left to itself PostgreSQL would look at every row for the newest
        gathered = found.cte("gathered").prefix_with("MATERIALIZED", dialect="postgresql")
        return statement.join_from(gathered, model, model.id == gathered.c.place // len(KINDS)).order_by(
            gathered.c.place.desc()
        )
    narrowed = statement.join_from(found.get_final_froms()[0], model, model.id == place // len(KINDS))
    if found.whereclause is not None:
        narrowed = narrowed.where(found.whereclause)
    return narrowed.order_by(place.desc())


def _within(statement: Select[Any], model: Any, since: datetime | None, until: datetime | None) -> Select[Any]:
    """Only what was heard in a span of time; the ids at its ends are looked up, so that the walk begins there."""
    own = model.brand_id == current_brand()
    if since is not None:
        first = select(model.id).where(own, model.heard_at >= since - _SLACK).order_by(model.heard_at).limit(1)
        statement = statement.where(model.heard_at >= since, model.id >= first.correlate(None).scalar_subquery())
    if until is not None:
        last = select(model.id).where(own, model.heard_at < until + _SLACK).order_by(model.heard_at.desc()).limit(1)
        statement = statement.where(model.heard_at < until, model.id <= last.correlate(None).scalar_subquery())
    return statement


def _lines(seen: dict[Kind, list[int]], order: list[tuple[Kind, int]]) -> Iterator[Line]:
    known: dict[tuple[Kind, int], Line] = {}
    if seen["mention"]:
        known |= {("mention", view.id): _of_mention(view) for view in heard.mentions(seen["mention"]).values()}
    if seen["set_aside"]:
        rows = session.execute(select(SetAside).where(SetAside.id.in_(seen["set_aside"]))).scalars()
        known |= {("set_aside", row.id): _of_set_aside(row) for row in rows}
    if seen["quarantined"]:
        broken = session.execute(select(Quarantined).where(Quarantined.id.in_(seen["quarantined"]))).scalars()
        known |= {("quarantined", row.id): _of_quarantined(row) for row in broken}
    for key in order:
        yield known[key]


def _of_mention(view: MentionView) -> Line:
    return Line(
        "mention",
        view.id,
        view.account_id,
        view.heard_at,
        view.text,
        channel=view.channel,
        handle=view.author_handle,
        name=view.author_name,
        posted_at=view.posted_at,
        mention=view,
    )


def _of_set_aside(row: SetAside) -> Line:
    return Line(
        "set_aside",
        row.id,
        row.account_id,
        row.heard_at,
        row.text,
        channel=row.channel,
        handle=row.author_handle,
        name=row.author_name,
        posted_at=row.posted_at,
        reason=row.reason,
    )


def _of_quarantined(row: Quarantined) -> Line:
    return Line("quarantined", row.id, row.account_id, row.heard_at, row.raw, reason=row.reason, place=row.place)
