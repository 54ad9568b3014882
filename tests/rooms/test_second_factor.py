"""The second factor: the app's code, once each and at its time; recovery codes, once each; nothing in the clear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from app.kernel import clock
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, PeerlineError, RefusedError
from app.people import account, second_factor, tickets
from app.people.models import RecoveryCode, SecondFactor
from app.people.sign_in import begin, person_behind
from tests.rooms.conftest import Together
from tests.world import PASSWORD, House, World

Later = Callable[..., None]


class App:
    """Somebody's authenticator app; it reads the same clock as the house."""

    def __init__(self, member_id: int) -> None:
        self.member_id = member_id
        with transaction():
            account.start_second_factor(member_id, PASSWORD)
            shown = second_factor.setup(member_id)
        assert shown is not None
        self.totp = pyotp.parse_uri(shown.address)
        self.secret = shown.secret
        self.codes: Sequence[str] = ()

    def code(self, steps: int = 0) -> str:
        """What it shows, so many half minutes from now."""
        assert isinstance(self.totp, pyotp.TOTP)
        return self.totp.at(clock.now() + timedelta(seconds=30 * steps))

    def confirm(self) -> App:
        """Turn it on."""
        with transaction():
            self.codes = account.confirm_second_factor(self.member_id, self.code(), token="")
        return self


@pytest.fixture
def house(world: World, later: Later) -> House:
    later(seconds=30 - clock.now().timestamp() % 30 + 1)  # a half minute has just begun: it lasts for the whole test
    return world.lumo


@pytest.fixture
def app_of_sam(house: House, later: Later) -> App:
    found = App(house.sam.member_id).confirm()
    later(seconds=60)
    return found


def takes(house: House, code: str, who: str = "sam") -> bool:
    with transaction():
        return second_factor.takes(getattr(house, who).member_id, code)


def test_it_counts_from_the_first_right_code_on(house: House) -> None:
    app = App(house.sam.member_id)
    assert not second_factor.is_on(house.sam.member_id)
    assert not takes(house, app.code())
    with pytest.raises(RefusedError), transaction():
        account.confirm_second_factor(house.sam.member_id, "000000", token="")
    app.confirm()
    assert second_factor.is_on(house.sam.member_id)
    assert second_factor.setup(house.sam.member_id) is None
    assert len(set(app.codes)) == second_factor.CODES


def test_a_code_is_never_taken_twice_nor_an_older_one_after_it(house: House, app_of_sam: App) -> None:
    code, before = app_of_sam.code(), app_of_sam.code(-1)
    assert takes(house, f" {code[:3]} {code[3:]} ")
    assert not takes(house, code)
    assert not takes(house, before)


def test_the_code_that_turned_it_on_does_not_open_the_door_as_well(house: House) -> None:
    app = App(house.sam.member_id).confirm()
    assert not takes(house, app.code())


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phones_clock_may_be_half_a_minute_off(house: House, app_of_sam: App, steps: int, taken: bool) -> None:  # noqa: FBT001
    assert takes(house, app_of_sam.code(steps)) is taken


def test_of_many_who_use_a_code_at_the_same_moment_one_gets_in(
    house: House, app_of_sam: App, together: Together
) -> None:
    code = app_of_sam.code()
    assert together([lambda: takes(house, code)] * 4).count(True) == 1
    recovery = app_of_sam.codes[0]
    assert together([lambda: takes(house, recovery)] * 4).count(True) == 1


def test_a_recovery_code_works_once_however_it_is_typed(house: House, app_of_sam: App) -> None:
    first, second = app_of_sam.codes[:2]
    assert takes(house, f"  {first.upper()} ")
    assert not takes(house, first)
    assert takes(house, second.replace("-", ""))
    assert second_factor.codes_left(house.sam.member_id) == second_factor.CODES - 2


def test_nobody_elses_code_opens_the_door(house: House, app_of_sam: App, later: Later) -> None:
    mayas = App(house.maya.member_id).confirm()
    later(seconds=60)
    assert not takes(house, mayas.code())
    assert not takes(house, mayas.codes[0])
    assert not takes(house, app_of_sam.codes[0], "maya")
    assert not takes(house, "", "sam")
    assert not takes(house, app_of_sam.code(), "dana")


def test_a_secret_that_is_copied_to_another_member_opens_nothing(house: House, app_of_sam: App) -> None:
    App(house.maya.member_id).confirm()
    sealed = select(SecondFactor.sealed).where(SecondFactor.member_id == house.sam.member_id).scalar_subquery()
    with transaction():
        session.execute(
            update(SecondFactor).where(SecondFactor.member_id == house.maya.member_id).values(sealed=sealed)
        )
    with pytest.raises(PeerlineError):
        takes(house, app_of_sam.code(), "maya")


def test_neither_the_secret_nor_the_codes_are_kept_in_the_clear(app_of_sam: App) -> None:
    kept = str(
        session.execute(select(SecondFactor.__table__)).all() + session.execute(select(RecoveryCode.__table__)).all()
    )
    session.rollback()
    assert app_of_sam.secret not in kept
    assert not [code for code in app_of_sam.codes if code in kept or code.replace("-", "") in kept]


def test_new_codes_make_the_old_ones_worthless(house: House, app_of_sam: App) -> None:
    with transaction():
        new = account.renew_recovery_codes(house.sam.member_id, PASSWORD)
    assert not takes(house, app_of_sam.codes[0])
    assert takes(house, new[0])


@pytest.mark.parametrize("what", ["start", "renew", "remove"])
def test_changing_it_needs_the_password(house: House, app_of_sam: App, what: str) -> None:
    verbs = {
        "start": account.start_second_factor,
        "renew": account.renew_recovery_codes,
        "remove": account.remove_second_factor,
    }
    with pytest.raises(NotAllowedError), transaction():
        verbs[what](house.sam.member_id, "not the password")
    assert takes(house, app_of_sam.code())


def test_it_is_not_set_up_a_second_time_over_the_first(house: House, app_of_sam: App) -> None:
    with pytest.raises(ConflictError), transaction():
        account.start_second_factor(house.sam.member_id, PASSWORD)
    assert takes(house, app_of_sam.code())


def test_turned_off_it_is_gone_with_its_codes(house: House, app_of_sam: App) -> None:
    with transaction():
        account.remove_second_factor(house.sam.member_id, PASSWORD)
    assert not second_factor.is_on(house.sam.member_id)
    assert not takes(house, app_of_sam.code())
    assert not takes(house, app_of_sam.codes[0])


def test_turning_it_on_ends_the_sign_ins_that_began_without_it(house: House) -> None:
    app = App(house.sam.member_id)
    with transaction():
        mine, other = begin(house.sam.member_id), begin(house.sam.member_id)
        account.confirm_second_factor(house.sam.member_id, app.code(), token=mine)
    assert person_behind(other) is None
    person = person_behind(mine)
    assert person is not None
    assert person.has_second_factor


def test_five_wrong_codes_end_the_half_finished_sign_in(house: House) -> None:
    with transaction():
        ticket = tickets.issue(house.sam.member_id, "second_factor")
        for _ in range(4):
            tickets.strike(ticket, "second_factor")
        assert tickets.holder(ticket, "second_factor") == house.sam.member_id
        tickets.strike(ticket, "second_factor")
        assert tickets.holder(ticket, "second_factor") is None
        assert tickets.use(ticket, "second_factor") is None
