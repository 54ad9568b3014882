"""What the brand tells the people who answer: facts to lean on, and short answers to start from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from sqlalchemy import delete, select

from app.brands import editing
from app.brands.queries import KINDS, KnowledgeView, known
from app.kernel import audit, clock
from app.kernel.db import current_brand, session
from app.kernel.errors import NotFoundError, RefusedError

MOST_TITLE = 120
MOST_TEXT = 2000
MOST_LINK = 300


@dataclass(frozen=True, slots=True)
class Words:
    """A fact or short answer as somebody typed it."""

    title: str
    text: str
    language: str
    topic: str | None = None
    link: str | None = None
    valid_until: date | None = None


def write(
    kind: str, words: Words, *, by: int | None, row_id: int | None = None, seen: str = "", topics: Collection[str] = ()
) -> int:
    """Store a new fact or short answer, or other words for one; its id. `topics`: those that it may be about.

    Raises:
        RefusedError: a title or text that is missing or too long, a link that is none, an unknown topic.
        ConflictError: somebody changed it since `seen`.
        NotFoundError: no such entry.

    """
    words = _checked(words, topics)
    brand, table = editing.locked(), KINDS[kind]
    if words.language not in brand.languages:
        raise RefusedError("Choose one of the brand's languages.")
    if row_id is None:
        row = table(brand_id=current_brand())
        session.add(row)
    else:
        editing.refuse_if_changed(seen, marked(known(kind, row_id)))
        row = session.execute(select(table).where(table.id == row_id)).scalar_one()
    row.title, row.text, row.topic, row.language = words.title, words.text, words.topic, words.language
    row.link, row.valid_until = words.link, words.valid_until
    row.updated_by, row.updated_at = by, clock.now()
    session.flush()
    act = f"brand.{kind}_{'add' if row_id is None else 'change'}"
    audit.record(row.brand_id, by, act, f"{kind}:{row.id}", topic=words.topic, language=words.language)
    return row.id


def remove(kind: str, row_id: int, *, by: int | None) -> KnowledgeView:
    """Take a fact or short answer away; what it said.

    Raises:
        NotFoundError: there is none (any more).

    """
    gone = known(kind, row_id)
    table = KINDS[kind]
    if not session.execute(delete(table).where(table.id == row_id).returning(table.id)).scalar():
        raise NotFoundError("There is no such entry. It may have been removed.")
    audit.record(current_brand(), by, f"brand.{kind}_remove", f"{kind}:{row_id}")
    return gone


def marked(view: KnowledgeView) -> list[object]:
    """What a form over this entry has seen."""
    return [view.title, view.text, view.topic, view.language, view.link, view.valid_until]


def _checked(words: Words, topics: Collection[str]) -> Words:
    title, text, link = words.title.strip(), words.text.strip(), (words.link or "").strip() or None
    if not title or not text:
        raise RefusedError("It needs a title and a text.")
    if len(title) > MOST_TITLE or len(text) > MOST_TEXT:
        raise RefusedError("A title has at most 120 characters, a text at most 2,000. Shorten it a little.")
    if words.topic and words.topic not in topics:
        raise RefusedError("Choose one of the topics.")
    if link and (len(link) > MOST_LINK or not _is_link(link)):
        raise RefusedError("A link begins with https:// or http:// and has at most 300 characters.")
    return Words(title, text, words.language, words.topic or None, link, words.valid_until)


def _is_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.netloc) and link.isprintable() and " " not in link
