"""A brand's credentials are sealed, and sealed for that brand alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import ClassVar

import pytest
from sqlalchemy import select, text, update

from app.channels import accounts
from app.channels.base import Door, SignedOutError
from app.channels.models import Account
from app.kernel import crypto
from app.kernel.crypto import Vault
from app.kernel.db import db, session, transaction
from app.kernel.errors import ConflictError, NotFoundError, PeerlineError
from tests.world import KEYS, House, World

CANARY = "canary-7f3a91"


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def sealed_of(house: House) -> str:
    with house.scope():
        sealed = session.execute(select(Account.credentials).where(Account.id == house.account_id)).scalar_one()
        session.rollback()
    assert sealed is not None
    return sealed


def open_network(house: House) -> object:
    with house.scope():
        try:
            return accounts.open_network(house.account_id)
        finally:
            session.rollback()


def connect(house: House, **more: object) -> int:
    with transaction(), house.scope():
        return accounts.connect(house.brand_id, "x", f"own-{house.handle}", house.handle, **more)  # type: ignore[arg-type]


def test_nothing_of_the_credentials_can_be_read_in_the_database(house: House) -> None:
    connect(house, credentials=KEYS | {"access_token_secret": CANARY})
    session.rollback()
    with db.engine.connect() as connection:
        stored = " ".join(str(row) for row in connection.execute(text("SELECT * FROM account")))
        written = " ".join(str(row) for row in connection.execute(text("SELECT * FROM audit_row")))
    assert CANARY not in stored + written
    assert json.loads(crypto.vault().open(house.brand_id, sealed_of(house)))["access_token_secret"] == CANARY


def test_an_account_is_shown_without_its_credentials(house: House) -> None:
    with house.scope():
        shown = accounts.account(house.account_id)
    assert (shown.handle, shown.state, hasattr(shown, "credentials")) == ("lumo", "connected", False)


def test_one_brands_credentials_in_anothers_row_cannot_be_opened(world: World) -> None:
    stolen = sealed_of(world.lumo)
    with transaction(), world.rival.scope():
        session.execute(update(Account).where(Account.id == world.rival.account_id).values(credentials=stolen))
    with pytest.raises(PeerlineError, match="another brand"):
        open_network(world.rival)
    open_network(world.lumo)


def test_another_secret_does_not_open_them_and_an_older_one_still_does(house: House) -> None:
    sealed = sealed_of(house)
    secret = "only for tests, only for tests, only for tests"
    with pytest.raises(PeerlineError, match="PEERLINE_SECRET"):
        Vault("another secret").open(house.brand_id, sealed)
    assert Vault("the new secret", secret).open(house.brand_id, sealed)


def test_a_changed_letter_is_noticed(house: House) -> None:
    sealed = sealed_of(house)
    broken = sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:]
    with pytest.raises(PeerlineError):
        crypto.vault().open(house.brand_id, broken)


def test_sealing_twice_gives_two_texts() -> None:
    vault = Vault("a secret")
    assert vault.seal(1, "the same") != vault.seal(1, "the same")


def test_an_account_without_credentials_is_an_archive_that_cannot_speak(house: House) -> None:
    connect(house)
    with pytest.raises(SignedOutError):
        open_network(house)
    assert house.account_id not in [one.id for one in accounts.to_listen_to()]


def test_signed_out_stays_silent_until_it_is_connected_again(house: House) -> None:
    with transaction(), house.scope():
        accounts.mark_signed_out(house.account_id)
    with pytest.raises(SignedOutError):
        open_network(house)
    assert connect(house, credentials=KEYS) == house.account_id
    open_network(house)


def test_another_brands_account_does_not_exist(world: World) -> None:
    with world.rival.scope():
        with pytest.raises(NotFoundError):
            accounts.account(world.lumo.account_id)
        assert accounts.by_handle("x", "lumo") is None
        assert accounts.by_handle("x", "RIVAL") is not None
    with transaction(), world.rival.scope():
        accounts.mark_signed_out(world.lumo.account_id)
    open_network(world.lumo)


def test_an_account_speaks_for_one_brand_only(world: World) -> None:
    with pytest.raises(ConflictError, match="another brand"), transaction(), world.rival.scope():
        accounts.connect(world.rival.brand_id, "x", "own-lumo", "lumo", credentials=KEYS)
    with transaction(), world.rival.scope():
        archive = accounts.connect(world.rival.brand_id, "x", "own-lumo", "lumo")
    assert archive != world.lumo.account_id
    with transaction(), world.lumo.scope():
        accounts.disconnect(world.lumo.account_id, by=None)
    with transaction(), world.rival.scope():
        assert accounts.connect(world.rival.brand_id, "x", "own-lumo", "lumo", credentials=KEYS) == archive


def test_the_database_itself_lets_an_account_speak_for_one_brand_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two managers at once: the look before the write sees nothing yet."""
    monkeypatch.setattr(accounts, "_speaks_elsewhere", lambda *_which: False)
    with pytest.raises(ConflictError, match="another brand"), transaction(), world.rival.scope():
        accounts.connect(world.rival.brand_id, "x", "own-lumo", "lumo", credentials=KEYS)


class TestRenewedKeys:
    """An adapter renews keys by itself, while others hold the old ones."""

    OLD: ClassVar = {"client_id": "c", "access_token": "a0", "refresh_token": "r0", "expires_at": "100"}

    @pytest.fixture
    def opened(self, house: House) -> Callable[[], Door]:
        """Opens the account as another process would."""
        connect(house, credentials=self.OLD)

        def door() -> Door:
            with house.scope():
                _channel, found = accounts.door_of(house.account_id)
                session.rollback()
            return found

        return door

    def test_they_are_stored_at_once_beside_those_that_did_not_change(self, opened: Callable[[], Door]) -> None:
        door = opened()
        door.keep({"access_token": "a1", "refresh_token": "r1", "expires_at": "200"})
        assert opened().keys == self.OLD | {"access_token": "a1", "refresh_token": "r1", "expires_at": "200"}
        assert door.stored is not None
        assert door.stored() == opened().keys

    def test_the_last_writer_does_not_lose_newer_ones(self, opened: Callable[[], Door]) -> None:
        early, late = opened(), opened()
        late.keep({"refresh_token": "r2", "expires_at": "300"})
        early.keep({"refresh_token": "r1", "expires_at": "200"})
        assert opened().keys["refresh_token"] == "r2"

    def test_those_of_an_older_consent_are_dropped(
        self, opened: Callable[[], Door], house: House, later: Callable[..., None]
    ) -> None:
        door = opened()
        later(seconds=5)
        connect(house, credentials=self.OLD | {"refresh_token": "of the new consent"})
        door.keep({"refresh_token": "r9", "expires_at": "900"})
        assert opened().keys["refresh_token"] == "of the new consent"

    def test_after_it_was_let_go_nothing_comes_back(self, opened: Callable[[], Door], house: House) -> None:
        door = opened()
        with transaction(), house.scope():
            accounts.disconnect(house.account_id, by=None)
        door.keep({"refresh_token": "r1"})
        with pytest.raises(SignedOutError):
            opened()

    def test_who_still_held_the_old_ones_signs_nobody_out(
        self, opened: Callable[[], Door], house: House, later: Callable[..., None]
    ) -> None:
        opened().keep({"refresh_token": "r1", "expires_at": "200"})
        with transaction(), house.scope():
            accounts.mark_signed_out(house.account_id)
        opened()
        later(minutes=2)
        with transaction(), house.scope():
            accounts.mark_signed_out(house.account_id)
        with pytest.raises(SignedOutError):
            opened()


def test_every_connected_account_is_listened_to(world: World) -> None:
    listened = {(one.brand_id, one.id) for one in accounts.to_listen_to()}
    assert listened == {(house.brand_id, house.account_id) for house in (world.lumo, world.rival)}
