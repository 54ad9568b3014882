"""`members`: what the operator at the machine can do for somebody who cannot get in."""

from __future__ import annotations

import pytest
from flask import Flask

from app.cli import main
from app.kernel.db import session, transaction
from app.kernel.settings import Settings
from app.people import members, queries, second_factor, way_in
from tests.conftest import SECRET
from tests.world import PASSWORD, House, World


@pytest.fixture
def house(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house whose commands find its database."""
    settings: Settings = app.config["SETTINGS"]
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PEERLINE_SECRET", SECRET)
    monkeypatch.setenv("PEERLINE_DATA_DIR", str(settings.data_dir))
    monkeypatch.delenv("MAIL_URL", raising=False)
    return world.lumo


@pytest.mark.parametrize("portal", ["", "https://portal.example/"])
def test_a_reset_link_is_printed_and_opens_the_account(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], portal: str
) -> None:
    monkeypatch.setenv("PEERLINE_PORTAL_URL", portal)
    assert main(["members", "reset-link", "MAYA@lumo.example"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    start, _, token = line.rpartition("/way-in/")
    assert start == portal.rstrip("/")
    owner = way_in.owner(token)
    session.rollback()
    assert owner is not None
    assert owner.member_id == house.maya.member_id


def test_a_second_factor_is_turned_off(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    member_id = house.maya.member_id
    with transaction():
        second_factor.start(member_id)
    assert main(["members", "second-factor-off", "maya@lumo.example"]) == 0
    assert "tell them yourself" in capsys.readouterr().out
    assert second_factor.setup(member_id) is None


def test_nobody_joins_who_signs_as_a_colleague_does(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    def join(email: str, alias: str) -> int:
        with transaction():
            members.add(email, "Somebody", alias, PASSWORD)
        return main(["members", "add", email, "--brand", "lumo", "--role", "advocate"])

    assert join("second@lumo.example", "MAYA") == 2
    assert "already signs as ^MAYA" in capsys.readouterr().err
    assert join("third@lumo.example", "may") == 0
    with house.scope():
        assert {member.alias for member in queries.members().values()} >= {"maya", "may"}
        assert "MAYA" not in {member.alias for member in queries.members().values()}
        session.rollback()


@pytest.mark.parametrize("command", ["reset-link", "second-factor-off"])
def test_who_has_no_account_is_told_in_one_line(
    house: House,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    assert main(["members", command, "nobody@lumo.example"]) == 2
    assert capsys.readouterr().err == "nobody@lumo.example has no account.\n"
