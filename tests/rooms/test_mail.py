"""Letters: stored with their cause, sent after it over real SMTP, tried until the server takes them, never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Self

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select

from app.kernel import bus, clock, mail
from app.kernel.db import session, transaction
from app.kernel.errors import UsageError
from app.kernel.mail import Mail
from app.kernel.settings import Settings
from app.sandbox.mailbox import open_slot
from app.sandbox.server import create_sandbox
from tests.conftest import SECRET
from tests.mailbox import Mailbox, mailbox
from tests.ports import free_ports

pytestmark = pytest.mark.long

__all__ = ["mailbox"]
ADA = "ada@lumo.example"
Later = Callable[..., None]


class Server:
    """A mail server that can be started, asked to say no, and stopped; it is the demo's own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.network = create_sandbox(":memory:", 1, lambda: datetime(2026, 11, 2, tzinfo=UTC))
        self.answers: list[str] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within it, the server takes letters."""
        slot: Controller = open_slot(self.network.extensions["sandbox_store"], "127.0.0.1", self.port)
        taken = slot.handler.handle_DATA

        async def answer(*words: object) -> str:
            said: str = self.answers.pop(0) if self.answers else await taken(*words)
            return said

        slot.handler.handle_DATA = answer
        try:
            yield
        finally:
            slot.stop()

    def page(self, path: str = "/mail") -> str:
        """What the mailbox shows."""
        return str(self.network.test_client().get(path).get_data(as_text=True))


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    port = free_ports()
    settings = app.config["SETTINGS"]
    mail.use(
        settings.model_copy(update={"mail_url": f"smtp://127.0.0.1:{port}", "portal_url": "http://127.0.0.1:8000"})
    )
    found = Server(port)
    yield found
    found.network.extensions["sandbox_store"].close()


def send(subject: str = "Hello", text: str = "Open http://127.0.0.1:8000/x?a=1, soon.", **words: datetime) -> None:
    with transaction():
        assert mail.send(ADA, subject, text, **words)


def stored() -> tuple[str, int, str | None, str | None]:
    row = session.execute(select(Mail)).scalar_one()
    session.rollback()
    return row.state, row.tries, row.sealed, row.error


def test_a_letter_arrives_whole_and_its_links_can_be_clicked(server: Server) -> None:
    send("Grüße – xin chào\r\nBcc: eve@evil.example", "Chào bạn,\n\nhttp://127.0.0.1:8000/join/abc.\n\n<b>bold</b>\n")
    with server.running():
        bus.drain()
    assert stored() == ("sent", 1, None, None)
    assert "Grüße – xin chào Bcc: eve@evil.example" in server.page()
    page = server.page("/mail/1")
    assert '<a href="http://127.0.0.1:8000/join/abc" rel="noopener noreferrer">' in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert ADA in page
    assert "eve@evil.example" not in page.partition("Bcc")[2].partition("To ")[2]
    assert server.network.test_client().get("/mail/2").status_code == 404


def test_a_letter_of_work_that_failed_is_never_sent(server: Server) -> None:
    def fail() -> None:
        with transaction():
            mail.send(ADA, "Hello", "Hello.")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with server.running():
        bus.drain()
    assert "No mail so far" in server.page()


def test_nothing_is_sent_inside_of_a_transaction(mailbox: Mailbox) -> None:
    with transaction():
        mail.send(ADA, "Hello", "Hello.")
        assert mailbox._arrived == []
    assert [letter.to for letter in mailbox.letters()] == [ADA]


def test_a_server_that_is_away_or_busy_gets_the_letter_later_and_once(server: Server, later: Later) -> None:
    send()
    bus.drain()
    state, tries, sealed, error = stored()
    assert (state, tries, error) == ("waiting", 1, "ConnectionRefusedError")
    assert sealed is not None
    assert "Open" not in sealed
    server.answers = ["451 Try again later"]
    with server.running():
        later(seconds=6)
        bus.drain()
        assert stored()[:2] == ("waiting", 2)
        assert stored()[3] == "SMTPDataError 451"
        later(minutes=1)
        bus.drain()
        later(hours=1)
        bus.drain()
    assert stored()[:2] == ("sent", 3)
    assert server.page().count('class="card letter"') == 1


def test_the_waits_grow_and_after_three_days_it_is_given_up(server: Server, later: Later) -> None:
    send()
    begun = clock.now()
    waits = []
    while stored()[0] == "waiting":
        bus.drain()
        row = session.execute(select(bus.Delivery.not_before)).scalar_one()
        waits.append((row - clock.now()).total_seconds())
        later(seconds=waits[-1] + 20)  # the sweep comes by a little late
    state, tries, sealed, _error = stored()
    assert (state, sealed) == ("lapsed", None)
    assert timedelta(days=3) <= clock.now() - begun <= timedelta(days=3, hours=4)
    assert 25 < tries < bus.MOST_SWEPT
    assert waits[0] < 6
    assert bus.backlog()["dead"] == 0
    assert "No mail so far" in server.page()


def test_a_letter_that_the_server_will_never_take_is_put_aside(server: Server, later: Later) -> None:
    server.answers = ["554 No such user here"]
    with server.running():
        send()
        bus.drain()
        assert stored() == ("refused", 1, None, "SMTPDataError 554")
        later(days=1)
        bus.drain()
    assert "No mail so far" in server.page()


def test_a_letter_whose_link_has_ended_is_not_sent(server: Server, later: Later) -> None:
    send(until=clock.now() + timedelta(minutes=30))
    bus.drain()
    later(minutes=31)
    with server.running():
        bus.drain()
    assert stored()[0] == "lapsed"
    assert "No mail so far" in server.page()


def test_an_address_that_is_two_is_refused_and_not_split(server: Server) -> None:
    with transaction():
        mail.send("a@lumo.example, b@evil.example", "Hello", "Hello.")
    with server.running():
        bus.drain()
    assert stored()[0] == "refused"


def test_without_a_mail_server_nothing_is_stored_and_the_caller_is_told(app: Flask) -> None:  # noqa: ARG001
    assert not mail.is_set_up()
    with transaction():
        assert mail.send(ADA, "Hello", "Hello.") is False
    assert session.execute(select(Mail)).first() is None


def test_old_records_are_forgotten_and_waiting_letters_are_not(server: Server, later: Later) -> None:
    with server.running():
        send("first")
        bus.drain()
    later(days=30, minutes=1)
    send("second")
    mail.forget()
    assert stored()[0] == "waiting"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, "", "", False)),
        ("smtp://me%40x.example:p%3Aw@mail.example", ("mail.example", 587, "me@x.example", "p:w", False)),
        ("smtps://me:pw@mail.example", ("mail.example", 465, "me", "pw", True)),
        ("smtps://me:pw@mail.example:2465", ("mail.example", 2465, "me", "pw", True)),
    ],
)
def test_the_address_of_a_mail_server_says_how_to_speak_to_it(url: str, expected: tuple[object, ...]) -> None:
    server = mail._server(url, "Peerline <no-reply@x.example>")
    assert (server.host, server.port, server.user, server.password, server.implicit_tls) == expected


@pytest.mark.parametrize(
    ("url", "portal", "names"),
    [
        ("http://mail.example", "https://x.example", "MAIL_URL"),
        ("smtp://", "https://x.example", "MAIL_URL"),
        ("smtp://mail.example", "", "PEERLINE_PORTAL_URL"),
        ("smtp://mail.example", "x.example", "PEERLINE_PORTAL_URL"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(url: str, portal: str, names: str) -> None:
    with pytest.raises(UsageError, match=names):
        Settings.from_environment({"PEERLINE_SECRET": SECRET, "MAIL_URL": url, "PEERLINE_PORTAL_URL": portal})


def test_a_password_is_never_sent_in_the_clear_to_another_machine(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    said: list[str] = []

    class Line:
        def __init__(self, *_words: object, **_named: object) -> None: ...
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_error: object) -> None: ...
        def ehlo_or_helo_if_needed(self) -> None: ...
        def has_extn(self, _name: str) -> bool:
            return False

        def starttls(self, **_words: object) -> None:
            said.append("starttls")
            raise mail.smtplib.SMTPNotSupportedError("no STARTTLS")

        def login(self, *_words: str) -> None:
            said.append("password")

    monkeypatch.setattr(mail.smtplib, "SMTP", Line)
    monkeypatch.setattr(mail._Post, "server", mail._server("smtp://me:pw@mail.example", "x@y.example"))
    with pytest.raises(mail.smtplib.SMTPNotSupportedError):
        mail._hand_over(mail.EmailMessage(), ADA)
    assert said == ["starttls"]
