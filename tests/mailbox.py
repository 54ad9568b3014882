"""Where the house's mails land in tests: everything but the last step to a mail server is the real way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.kernel import bus, mail
from app.kernel.db import refuse_network_in_transaction

PORTAL = "https://portal.example"


@dataclass(frozen=True)
class Letter:
    """One mail as it arrived."""

    to: str
    subject: str
    text: str

    @property
    def path(self) -> str:
        """The path of its link into the portal."""
        found = re.search(r"https://\S+", self.text)
        assert found, self.text
        assert found[0].startswith(PORTAL + "/")
        return urlsplit(found[0]).path


class Mailbox:
    """Every mail of a test, the oldest first; asking for them lets everything that is due happen."""

    def __init__(self) -> None:
        self._arrived: list[Letter] = []

    def take(self, letter: EmailMessage, recipient: str) -> None:
        """The mail server's part."""
        refuse_network_in_transaction()
        self._arrived.append(Letter(recipient, str(letter["Subject"]), letter.get_content()))

    def letters(self, to: str | None = None) -> list[Letter]:
        """All of them, or what somebody got."""
        bus.drain()
        return [letter for letter in self._arrived if to in {None, letter.to}]

    def newest(self, to: str) -> Letter:
        """The last one that somebody got."""
        return self.letters(to)[-1]


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """The house with a mail server."""
    box = Mailbox()
    settings = app.config["SETTINGS"]
    mail.use(settings.model_copy(update={"mail_url": "smtp://127.0.0.1:9", "portal_url": PORTAL}))
    monkeypatch.setattr(mail, "_hand_over", box.take)
    return box
