"""The house's secret changes: all that is sealed is sealed anew while work goes on, and then the old one may go."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Text, insert, select

from app.channels import accounts
from app.cli import main
from app.kernel import clock, crypto, resealing
from app.kernel.crypto import Refs, Vault
from app.kernel.db import Base, db, session, transaction
from app.kernel.errors import NotFoundError, PeerlineError
from app.kernel.mail import Mail
from app.kernel.settings import Settings
from app.people import second_factor
from app.people.models import SecondFactor
from tests.conftest import SECRET
from tests.world import House, World

NEW = "a new secret, a new secret, a new secret"
FERNET = re.compile(r"gAAAAA[\w-]{60,}={0,2}")
MANY = 10_000


@pytest.fixture
def house(world: World) -> House:
    """A brand whose manager has a second factor, with a mail on its way."""
    with transaction():
        second_factor.start(world.lumo.dana.member_id)
        _mails(1)
    return world.lumo


@pytest.fixture
def changed(house: House) -> Iterator[House]:
    """Every process runs with the new secret, and with the old one behind it."""
    crypto.use(NEW, SECRET)
    yield house
    crypto.use(SECRET)


def _mails(count: int) -> None:
    at = clock.now()
    row = {"recipient": "a@b.example", "state": "waiting", "tries": 0, "created_at": at, "until": at + timedelta(1)}
    vault = crypto.vault()
    session.execute(insert(Mail), [{**row, "sealed": vault.seal(0, f"letter {n}")} for n in range(count)])


def sealed() -> list[str]:
    """Whatever looks sealed, in any column of text in the whole database."""
    found = []
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Text | crypto.Sealed):
                found += [value for value in session.execute(select(column)).scalars() if FERNET.fullmatch(value or "")]
    session.rollback()
    return found


def opens(vault: Vault) -> list[bool]:
    came = []
    for value in sealed():
        try:
            came.append(vault.reseal(value) is None)
        except PeerlineError:
            came.append(False)
    return came


def test_everything_sealed_is_sealed_anew_and_the_old_secret_may_go(changed: House) -> None:
    before = sealed()
    assert len(before) == 4, "two accounts, a second factor and a mail"
    assert opens(Vault(NEW)) == [False] * 4
    assert sum(done.anew for done in resealing.reseal()) == 4
    assert opens(Vault(NEW)) == [True] * 4
    assert not set(before) & set(sealed())
    crypto.use(NEW)
    with changed.scope():
        accounts.open_network(changed.account_id)
        session.rollback()
    setup = second_factor.setup(changed.dana.member_id)
    assert setup is not None
    with transaction():
        second_factor.confirm(changed.dana.member_id, pyotp.TOTP(setup.secret).now())


def test_a_second_pass_finds_nothing_to_do(changed: House) -> None:
    assert changed
    list(resealing.reseal())
    assert {(done.anew, done.lost) for done in resealing.reseal()} == {(0, 0)}


def test_what_no_secret_opens_is_left_and_told(changed: House) -> None:
    stranger = Vault("of another house altogether, of another").seal(0, "x")
    with transaction():
        row = session.get(SecondFactor, changed.dana.member_id)
        assert row is not None
        row.sealed = stranger
    told = {done.column: done.lost for done in resealing.reseal()}
    assert told["second_factor.sealed"] == 1
    assert stranger in sealed()


def test_the_brand_stays_sealed_in(changed: House) -> None:
    fresh = Vault(NEW, SECRET).reseal(Vault(SECRET).seal(changed.brand_id, "its keys"))
    assert fresh is not None
    with pytest.raises(PeerlineError, match="another brand"):
        Vault(NEW).open(changed.brand_id + 1, fresh)
    assert Vault(NEW).open(changed.brand_id, fresh) == "its keys"


@pytest.mark.slow
def test_accounts_are_opened_and_their_keys_renewed_while_ten_thousand_rows_are_sealed_anew(
    app: Flask, house: House
) -> None:
    with transaction():
        _mails(MANY)
    crypto.use(NEW, SECRET)
    done, came, opened = threading.Event(), list[BaseException](), 0

    def rotate() -> None:
        with app.app_context():
            try:
                assert sum(column.anew for column in resealing.reseal()) >= MANY
            except BaseException as error:  # noqa: BLE001  told by the test's own thread
                came.append(error)
            finally:
                done.set()
                session.remove()
                db.engine.dispose()

    thread = threading.Thread(target=rotate)
    thread.start()
    while not done.wait(0.01):
        with house.scope():
            accounts.open_network(house.account_id)
            session.rollback()
        opened += 1
    thread.join(60)
    assert came == []
    assert opened > 10
    crypto.use(NEW)
    assert set(opens(crypto.vault())) == {True}


@pytest.mark.parametrize("lost", [False, True])
def test_the_command_says_what_it_did(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, lost: bool
) -> None:
    assert house
    settings: Settings = app.config["SETTINGS"]
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PEERLINE_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("PEERLINE_SECRET", NEW)
    monkeypatch.setenv("PEERLINE_SECRET_OLD", "the wrong one, the wrong one, the wrong one" if lost else SECRET)
    assert main(["secrets", "rotate"]) == (2 if lost else 0)
    told = capsys.readouterr()
    assert ("2 lost" in told.out) is lost
    assert ("open with neither" in told.err) is lost
    assert SECRET not in told.out + told.err


def test_names_in_urls_outlive_the_change_until_the_old_secret_goes() -> None:
    name = Refs(SECRET).name("case", 7)
    both = Refs(NEW, SECRET)
    assert both.name("case", 7) != name
    assert both.number("case", name) == both.number("case", both.name("case", 7)) == 7
    for wrong in (both, Refs(NEW)):
        with pytest.raises(NotFoundError):
            wrong.number("reply" if wrong is both else "case", name)
