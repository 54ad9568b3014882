"""Letters to people: stored with the work that causes them, sent after its commit, tried until the server takes them.

A text may hold a link that opens an account, so it is sealed while it waits and dropped once it is out.
"""

from __future__ import annotations

import email.policy
import json
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import CheckConstraint, Index, String, delete, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import bus, clock, crypto
from app.kernel.db import Base, Id, refuse_network_in_transaction, session, transaction
from app.kernel.facts import MailDue
from app.kernel.settings import Settings

PATIENCE_SECONDS = 8
"""For each answer of the mail server: all of them together end before a worker's delivery would be stopped."""
TRIED_FOR = timedelta(days=3)
"""As long as mail servers themselves keep trying."""
LONGEST_PAUSE = timedelta(hours=3)
"""Reached after half a day of trying: so few tries fit into TRIED_FOR that the bus takes none for a dying worker."""
KEPT_FOR = timedelta(days=30)
WHOLE_LINES = email.policy.default.clone(max_line_length=998)
"""As long as SMTP carries: a long address in a header would otherwise be encoded, and no reader could follow it."""
_HOUSE = 0
"""The brand of what belongs to none: people have one address in all of their brands."""
_NOT_FOUND_ETC = range(500, 600)

log = structlog.get_logger()


class Mail(Base):
    """One letter to one address."""

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'refused', 'lapsed')", name="state"),
        Index(
            "ix_mail_done",
            "done_at",
            sqlite_where=text("state <> 'waiting'"),
            postgresql_where=text("state <> 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    recipient: Mapped[str] = mapped_column(String(254))
    sealed: Mapped[str | None] = mapped_column(
        crypto.Sealed, comment="subject and text, encrypted; gone once it is out"
    )
    state: Mapped[str] = mapped_column(String(8))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(comment="not worth sending any more from then on")
    done_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(200), comment="what the mail server said last")


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server of MAIL_URL."""

    host: str
    port: int
    user: str
    password: str
    implicit_tls: bool
    sender: str

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine, so that nobody listens on the way."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class _Post:
    """The mail server of this process and the portal's address, once the settings are read."""

    server: Server | None = None
    portal: str = ""


def use(settings: Settings) -> None:
    """Take MAIL_URL and what goes with it; the factory calls this once per process."""
    _Post.portal = (settings.portal_url or "").rstrip("/")
    _Post.server = (
        _server(settings.mail_url, settings.mail_from or _sender(_Post.portal)) if settings.mail_url else None
    )


def is_set_up() -> bool:
    """Whether letters can be sent at all; where not, a page says so and what to do instead."""
    return _Post.server is not None


def link(path: str) -> str:
    """The whole address of a page for a letter, from the settings and never from a request's own word."""
    return _Post.portal + path


def send(to: str, subject: str, text: str, *, until: datetime | None = None, stop: str = "") -> bool:
    """Store a letter in the caller's transaction; it leaves after the commit, at least once, and is tried for 3 days.

    `text` is plain, lines as they are. `until`: from then on it is not sent any more (a link has ended). `stop`: the
    address of a page on which its reader ends letters of its kind; mail programs show it (List-Unsubscribe, RFC 2369).
    False where no mail server is set up: then nothing is stored.
    """
    if not is_set_up():
        return False
    at = clock.now()
    sealed = crypto.vault().seal(_HOUSE, json.dumps({"subject": subject, "text": text, "stop": stop}))
    row = Mail(recipient=to, sealed=sealed, state="waiting", tries=0, created_at=at, until=until or at + TRIED_FOR)
    session.add(row)
    session.flush()
    bus.emit(MailDue(_HOUSE, row.id))
    return True


def deliver(fact: MailDue) -> None:
    """Hand one letter to the mail server. Follows MailDue, alone: it talks to a network, outside of transactions.

    Raises:
        NotYetError: the server is away or says "later"; the letter stays and is tried again.

    """
    row = session.get(Mail, fact.mail_id)
    if row is None or row.state != "waiting" or row.sealed is None:
        session.rollback()
        return
    at, tries, until, recipient = clock.now(), row.tries + 1, row.until, row.recipient
    sealed, created_at = row.sealed, row.created_at
    session.rollback()
    if at >= until:
        _done(fact.mail_id, "lapsed", tries, None)
        return
    try:
        _hand_over(_letter(fact.mail_id, recipient, sealed, created_at), recipient)
    except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:
        if _is_final(error):
            log.warning("a mail was refused", mail=fact.mail_id, reason=_reason(error))
            _done(fact.mail_id, "refused", tries, _reason(error))
            return
        with transaction():
            values = {"tries": tries, "error": _reason(error)}
            session.execute(update(Mail).where(Mail.id == fact.mail_id).values(**values))
        raise bus.NotYetError("the mail server is away", until=clock.now() + _pause(tries)) from error
    _done(fact.mail_id, "sent", tries, None)


def forget() -> None:
    """Drop the records of letters that left, or never could, 30 days ago."""
    with transaction():
        session.execute(delete(Mail).where(text("state <> 'waiting'"), Mail.done_at < clock.now() - KEPT_FOR))


def _done(mail_id: int, state: str, tries: int, error: str | None) -> None:
    with transaction():
        values = {"state": state, "tries": tries, "sealed": None, "done_at": clock.now(), "error": error}
        session.execute(update(Mail).where(Mail.id == mail_id, Mail.state == "waiting").values(**values))


def _letter(mail_id: int, recipient: str, sealed: str, created_at: datetime) -> EmailMessage:
    """The message, the same at every try: a server or reader that gets it twice can tell by its id."""
    words = json.loads(crypto.vault().open(_HOUSE, sealed))
    letter = EmailMessage(policy=WHOLE_LINES)
    letter["From"] = _Post.server.sender if _Post.server else ""
    letter["To"] = Address(addr_spec=recipient)
    letter["Subject"] = " ".join(words["subject"].split())
    letter["Date"] = format_datetime(created_at)
    letter["Message-ID"] = f"<{mail_id}.{int(created_at.timestamp())}@{urlsplit(_Post.portal).hostname or 'peerline'}>"
    letter["Auto-Submitted"] = "auto-generated"
    if stop := words.get("stop"):
        letter["List-Unsubscribe"] = f"<{stop}>"
    letter.set_content(words["text"])
    return letter


def _hand_over(letter: EmailMessage, recipient: str) -> None:
    """Speak SMTP. A password never travels in the clear to another machine."""
    refuse_network_in_transaction()
    server = _Post.server
    if server is None:
        raise ConnectionError("no mail server is set up")
    safe = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE_SECONDS, context=safe)
        if server.implicit_tls
        else smtplib.SMTP(server.host, server.port, timeout=PATIENCE_SECONDS)
    ) as line:
        line.ehlo_or_helo_if_needed()
        if not server.implicit_tls and (line.has_extn("starttls") or (server.user and not server.is_here)):
            line.starttls(context=safe)
        if server.user:
            line.login(server.user, server.password)
        line.send_message(letter, to_addrs=[recipient])


def _is_final(error: Exception) -> bool:
    """Whether trying again would not help: the letter or its address is wrong, not the server or our sign-in to it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in _NOT_FOUND_ETC for code, _said in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code in _NOT_FOUND_ETC
    return isinstance(error, MessageError | ValueError)


def _reason(error: Exception) -> str:
    """What went wrong without anybody's address: kind and code."""
    code = getattr(error, "smtp_code", "")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = ", ".join(str(code) for code, _said in error.recipients.values())
    return f"{type(error).__name__} {code}".strip()


def _pause(tries: int) -> timedelta:
    """5, 10, 20 … seconds, never more than three hours."""
    return min(timedelta(seconds=5 * 2 ** min(tries - 1, 12)), LONGEST_PAUSE)


def _server(url: str, sender: str) -> Server:
    parts = urlsplit(url)
    implicit = parts.scheme == "smtps"
    port = parts.port or (465 if implicit else 587 if parts.username else 25)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(parts.hostname or "", port, user, password, implicit, sender)


def _sender(portal: str) -> str:
    host = urlsplit(portal).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return f"Peerline <no-reply@{host}>"
    return "Peerline <no-reply@localhost>"
