"""The way back in: links that tell strangers nothing, work once and briefly, and end what an intruder holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event, select

from app.kernel import bus
from app.kernel.audit import AuditRow
from app.kernel.db import db, session, transaction
from app.kernel.errors import NotFoundError, PeerlineError, RefusedError
from app.people import known, tickets, way_in
from app.people.models import Ticket, WayInAsk
from app.people.sign_in import begin, person_behind, proven
from tests.mailbox import Mailbox, mailbox
from tests.rooms.conftest import Together
from tests.world import PASSWORD, House, World

__all__ = ["mailbox"]
MAYA = "maya@lumo.example"
NEW = "seven quiet lanterns"
Later = Callable[..., None]


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def ask(email: str = MAYA) -> None:
    with transaction():
        way_in.ask(email)


def link(mailbox: Mailbox) -> str:
    ask()
    return mailbox.newest(MAYA).path.removeprefix("/way-in/")


def reset(token: str, password: str = NEW) -> int:
    with transaction():
        return way_in.set_password(token, password)


def opens(password: str) -> bool:
    with transaction():
        return proven(MAYA, password) is not None


def acts(house: House) -> list[str]:
    with house.scope():
        rows = session.execute(select(AuditRow.act, AuditRow.subject).order_by(AuditRow.seq)).all()
        session.rollback()
    return [row.act for row in rows if row.subject == f"member:{house.maya.member_id}" and row.act != "member.join"]


def test_a_link_sets_a_new_password_and_ends_everything_else(house: House, mailbox: Mailbox) -> None:
    with transaction():
        stolen = begin(house.maya.member_id)
        browser = known.remember(None, house.maya.member_id)
    second, first = link(mailbox), link(mailbox)
    assert reset(first) == house.maya.member_id
    assert (opens(PASSWORD), opens(NEW)) == (False, True)
    assert person_behind(stolen) is None
    assert known.owners(browser) == {}
    assert way_in.owner(second) is None
    session.rollback()
    assert acts(house) == ["way_in.send", "way_in.send", "password.reset"]
    assert "was changed" in mailbox.newest(MAYA).subject


def test_asking_is_the_same_work_for_an_address_that_is_nobodys(house: House, mailbox: Mailbox) -> None:  # noqa: ARG001
    ask("first, so that the clocks are compared@lumo.example")
    done: dict[str, list[str]] = {}
    for email in (MAYA, "nobody@lumo.example"):
        statements: list[str] = []

        def note(_a: object, _b: object, statement: str, *_rest: object, into: list[str] = statements) -> None:
            into.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        ask(email)
        event.remove(db.engine, "before_cursor_execute", note)
        done[email] = statements
    assert done[MAYA] == done["nobody@lumo.example"]
    assert [letter.to for letter in mailbox.letters()] == [MAYA]
    assert session.execute(select(WayInAsk)).first() is None


def test_a_link_works_once(house: House, mailbox: Mailbox) -> None:  # noqa: ARG001
    token = link(mailbox)
    reset(token)
    with pytest.raises(NotFoundError):
        reset(token, "another good password")
    assert opens(NEW)


def test_of_many_who_use_it_at_the_same_moment_one_wins(house: House, mailbox: Mailbox, together: Together) -> None:  # noqa: ARG001
    token = link(mailbox)

    def attempt(number: int) -> Callable[[], bool]:
        def verb() -> bool:
            try:
                return bool(reset(token, f"password of rival {number}"))
            except PeerlineError:
                return False

        return verb

    won = together([attempt(number) for number in range(4)])
    assert won.count(True) == 1
    assert opens(f"password of rival {won.index(True)}")


def test_a_link_lasts_half_an_hour(house: House, mailbox: Mailbox, later: Later) -> None:  # noqa: ARG001
    token = link(mailbox)
    later(minutes=29)
    assert way_in.owner(token) is not None
    session.rollback()
    later(minutes=2)
    assert way_in.owner(token) is None
    with pytest.raises(NotFoundError):
        reset(token)
    assert opens(PASSWORD)


def test_only_the_hash_of_a_link_is_kept(house: House, mailbox: Mailbox) -> None:  # noqa: ARG001
    token = link(mailbox)
    row = session.execute(select(Ticket.__table__)).one()
    session.rollback()
    assert token not in str(row)
    assert way_in.owner(row.token_hash) is None


@pytest.mark.parametrize("password", ["short", "password123", "maya@lumo.example", "Maya.Maya.Maya", "Maya-2026!!"])
def test_a_bad_password_is_refused_and_the_link_stays_good(house: House, mailbox: Mailbox, password: str) -> None:  # noqa: ARG001
    token = link(mailbox)
    if password == "Maya.Maya.Maya":
        assert reset(token, password)  # words around one's name are one's own business
        return
    with pytest.raises(RefusedError):
        reset(token, password)
    assert opens(PASSWORD)
    assert reset(token)


def test_a_link_lets_a_browser_in_and_changes_nothing_else(house: House, mailbox: Mailbox) -> None:
    with transaction():
        elsewhere = begin(house.maya.member_id)
    token = link(mailbox)
    with transaction():
        browser = way_in.let_browser_in(token, None)
    assert known.owners(browser) == {MAYA: house.maya.member_id}
    assert person_behind(elsewhere) is not None
    session.rollback()
    assert opens(PASSWORD)
    with pytest.raises(NotFoundError), transaction():
        way_in.let_browser_in(token, None)
    assert acts(house) == ["way_in.send", "way_in.unlock"]


def test_a_flood_of_asking_leaves_a_link_that_works(house: House, mailbox: Mailbox, later: Later) -> None:  # noqa: ARG001
    for _ in range(8):
        ask()
    letters = mailbox.letters(MAYA)
    assert len(letters) == way_in.MOST_LINKS
    assert way_in.owner(letters[0].path.removeprefix("/way-in/")) is not None
    session.rollback()
    later(minutes=31)
    assert link(mailbox)


def test_a_ticket_of_one_purpose_is_none_of_another(house: House) -> None:
    with transaction():
        half = tickets.issue(house.maya.member_id, "second_factor")
    assert way_in.owner(half) is None
    with pytest.raises(NotFoundError):
        reset(half)


def test_a_browser_keeps_its_token_for_several_people_and_takes_none_that_was_planted(house: House) -> None:
    with transaction():
        browser = known.remember("planted by somebody", house.maya.member_id)
        assert known.remember(browser, house.sam.member_id) == browser
        assert known.remember(browser, house.sam.member_id) == browser
    assert browser != "planted by somebody"
    assert known.owners("planted by somebody") == {}
    assert set(known.owners(browser).values()) == {house.maya.member_id, house.sam.member_id}


def test_a_browser_is_forgotten_after_half_a_year(house: House, later: Later) -> None:
    with transaction():
        browser = known.remember(None, house.maya.member_id)
    later(days=181)
    assert known.owners(browser) == {}


def test_tickets_are_dropped_a_day_after_their_end(house: House, mailbox: Mailbox, later: Later) -> None:  # noqa: ARG001
    token = link(mailbox)
    later(hours=24)
    tickets.forget()
    assert session.execute(select(Ticket)).first() is not None
    later(hours=1)
    tickets.forget()
    assert session.execute(select(Ticket)).first() is None
    assert way_in.owner(token) is None


def test_without_a_mail_server_the_operators_link_is_the_way(house: House) -> None:
    with transaction():
        path = way_in.link_for(house.maya.member_id)
    assert reset(path.removeprefix("/way-in/")) == house.maya.member_id
    assert opens(NEW)
    assert bus.drain() == 0
