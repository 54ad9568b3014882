"""An invitation's link in the browser: for somebody new, for a member, for the wrong person, and after its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.kernel.db import transaction
from app.people import invitations
from tests.mailbox import Mailbox, mailbox
from tests.web.conftest import Browse, said
from tests.world import PASSWORD, House, World

__all__ = ["mailbox"]
ADA = "ada@lumo.example"


@pytest.fixture
def invite(world: World, mailbox: Mailbox) -> Callable[..., str]:
    """`invite(house, email, role)`: the path of the link, out of the mail."""

    def sent(house: House = world.lumo, email: str = ADA, role: str = "advocate") -> str:
        with transaction():
            invitations.invite(house.brand_id, email, role, by=house.dana.member_id)
        return mailbox.newest(email).path

    return sent


def test_somebody_new_makes_an_account_and_is_in(browse: Browse, invite: Callable[..., str]) -> None:
    path, browser = invite(), browse()
    assert "Dana invites you to Lumo" in browser.text(path)
    wrongs = (
        ({"alias": "^"}, 422),
        ({"password": "short"}, 422),
        ({"name": "Ada Byron" * 9}, 422),
        ({"alias": "Maya"}, 409),
    )
    for wrong, status in wrongs:
        fields = {"name": "Ada Byron", "alias": "ada", "password": PASSWORD} | wrong
        again = browser.post(path, **fields)
        assert again.status_code == status
        assert f'value="{fields["name"]}"' in again.get_data(as_text=True)
        assert f'value="{fields["alias"]}"' in again.get_data(as_text=True)
        assert PASSWORD not in again.get_data(as_text=True)
    answer = browser.post(path, name="Ada Byron", alias="ada", password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "^ada" in browser.text("/me")
    assert browse().sign_in(ADA).status_code == 303


def test_the_link_is_over_after_that(browse: Browse, invite: Callable[..., str]) -> None:
    path = invite()
    browse().post(path, name="Ada", alias="ada", password=PASSWORD)
    late = browse()
    assert late.get(path).status_code == 404
    answer = late.post(path, name="Eve", alias="eve", password=PASSWORD)
    assert (answer.status_code, "This invitation is over" in said(answer)) == (404, True)
    assert late.get("/join/" + "A" * 43).status_code == 404


def test_a_member_signs_in_comes_back_and_looks_at_the_new_brand(
    browse: Browse, world: World, invite: Callable[..., str]
) -> None:
    path, browser = invite(world.rival, "maya@lumo.example", "moderator"), browse()
    assert f"/sign-in?next={path}" in browser.get(path).get_data(as_text=True)
    assert browser.post(path, name="Eve", alias="eve", password="another good password").status_code == 200
    assert browser.get("/inbox").status_code == 302  # who has not proven to be maya is not maya
    assert browser.sign_in("maya@lumo.example", next=path).headers["Location"] == path
    taken = browser.post(path)
    assert (taken.status_code, "Somebody at Rival already signs as ^maya" in said(taken)) == (409, True)
    assert 'href="/me/profile"' in taken.get_data(as_text=True)
    assert browser.post("/me/profile", name="Maya", alias="mayal").status_code == 303
    assert browser.post(path).status_code == 303
    assert "Rival" in browser.text("/inbox")


def test_somebody_else_who_is_signed_in_cannot_take_it(
    browse: Browse, world: World, invite: Callable[..., str]
) -> None:
    path, browser = invite(), browse(world.lumo, "noor")
    assert "this invitation is for another address" in browser.text(path)
    assert browser.post(path, name="Noor", alias="noor2", password=PASSWORD).status_code == 200
    assert browser.post("/sign-out", next=path).headers["Location"] == f"/sign-in?next={path}"
    assert browse().get(path).status_code == 200


def test_a_form_without_its_token_takes_nothing(browse: Browse, invite: Callable[..., str]) -> None:
    path, browser = invite(), browse()
    words = {"name": "Ada", "alias": "ada", "password": PASSWORD}
    assert browser.open("POST", path, data=words).status_code == 400
    assert browser.post(path, **words).status_code == 303
