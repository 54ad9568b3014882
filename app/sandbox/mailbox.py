"""The demo's mailbox: takes every mail that the portal sends, whoever it is for, and shows them all on one page."""

import email
import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Blueprint, abort, render_template, request

from app.sandbox import page_text
from app.sandbox.store import Store, iso

PER_PAGE = 30
KEPT = 500
LARGEST_MAIL = 1024 * 1024
_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as the pages show it; `pieces` is its text in order, each a link or not."""

    id: int
    recipient: str
    sender: str
    subject: str
    pieces: list[tuple[str, bool]]
    received: str
    ago: str


class _Slot:
    """Where letters drop in; aiosmtpd calls it by this method's name."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """Keep the letter; the oldest ones make room."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        letter = email.message_from_bytes(raw, policy=policy.default)
        keep(self._store, letter, envelope.rcpt_tos)
        return "250 It is in the mailbox"


def open_slot(store: Store, host: str, port: int) -> Controller:
    """Listen for SMTP on this machine, from a thread of its own, until `stop()`."""
    slot = Controller(_Slot(store), hostname=host, port=port, data_size_limit=LARGEST_MAIL, ident="Plaza mailbox")
    slot.start()
    return slot


def keep(store: Store, letter: EmailMessage, recipients: list[str]) -> None:
    """Put a mail into the box."""
    body = letter.get_body(("plain", "html"))
    text = str(body.get_content()) if body else ""
    with store.transaction():
        store.write(
            "INSERT INTO mail (recipient, sender, subject, text, received_ms) VALUES (?, ?, ?, ?, ?)",
            ", ".join(recipients), str(letter["From"] or ""), str(letter["Subject"] or ""), text, store.now_ms(),
        )  # fmt: skip
        store.write("DELETE FROM mail WHERE id <= (SELECT max(id) FROM mail) - ?", KEPT)


def create_mailbox(store: Store) -> Blueprint:
    """The pages of the mailbox."""
    pages = Blueprint("mailbox", __name__)

    @pages.get("/mail")
    def letters() -> str:
        before = request.args.get("before", type=int)
        found = _letters(store, before, PER_PAGE + 1)
        older = found[PER_PAGE - 1].id if len(found) > PER_PAGE else None
        return render_template("mailbox.html", letters=found[:PER_PAGE], older=older, before=before)

    @pages.get("/mail/<int:letter_id>")
    def letter(letter_id: int) -> str:
        found = _letters(store, letter_id + 1, 1) if letter_id < 1 << 62 else []
        if not found or found[0].id != letter_id:
            abort(404)
        return render_template("letter.html", letter=found[0])

    return pages


def _letters(store: Store, before: int | None, count: int) -> list[Letter]:
    """Mails, the newest first."""
    rows = store.rows(
        "SELECT * FROM mail WHERE ? IS NULL OR id < ? ORDER BY id DESC LIMIT ?", before, before, count
    )  # fmt: skip
    return [
        Letter(
            id=row["id"],
            recipient=row["recipient"],
            sender=row["sender"],
            subject=page_text.plain(row["subject"]) or "(no subject)",
            pieces=_pieces(row["text"]),
            received=iso(row["received_ms"]),
            ago=page_text.ago((store.now_ms() - row["received_ms"]) / 1000),
        )
        for row in rows
    ]


def _pieces(text: str) -> list[tuple[str, bool]]:
    """The text cut into what is a link and what is not; a full stop after a link is not of it."""
    pieces, at = [], 0
    for found in _LINK.finditer(text):
        link = found[0].rstrip(".,;:!?)")
        pieces += [(text[at : found.start()], False), (link, True)]
        at = found.start() + len(link)
    return [(piece, is_link) for piece, is_link in [*pieces, (text[at:], False)] if piece]
