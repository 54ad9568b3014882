"""Points move in whole transactions that sum to zero, each once, and every balance can be counted again from zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from app.kernel import bus, clock
from app.kernel.bus import NotYetError, emit
from app.kernel.db import db, session, transaction
from app.kernel.facts import CustomerThanked, ReplyPublished, ReplyTakenDown
from gamification import ledger, queries
from gamification.models import Book, Entry, Txn, Vesting
from tests.rooms.conftest import Together
from tests.world import House, World

pytestmark = pytest.mark.long

MANY = 8


@dataclass
class Board:
    """The verbs of the scorekeeper for one brand, each in a transaction of its own, as a delivery runs them."""

    house: House
    replies: count[int] = field(default_factory=lambda: count(1))

    def published(self, *, author: int | None = None, customer: int = 1, expertise: float = 0.5) -> ReplyPublished:
        """A verbatim reply, half of the promise used: worth 13 points (10 · 1.4 · 1.1 · 0.85 = 13.09)."""
        return ReplyPublished(
            self.house.brand_id,
            reply_id=next(self.replies),
            case_id=1,
            customer_id=customer,
            author_id=author or self.house.maya.member_id,
            by_advocate=True,
            expertise=expertise,
            edit_distance=0.0,
            promise_share=0.5,
            published_at=clock.now(),
        )

    def run(self, verb: Callable[[object], None], fact: object) -> None:
        with transaction(), self.house.scope():
            verb(fact)

    def award(self, fact: ReplyPublished | None = None) -> ReplyPublished:
        fact = fact or self.published()
        self.run(ledger.award_published, fact)
        return fact

    def thank(self, award: ReplyPublished, at: datetime | None = None) -> None:
        self.run(ledger.thank, self.thanks_for(award, at))

    def thanks_for(self, award: ReplyPublished, at: datetime | None = None) -> CustomerThanked:
        at = at or clock.now()
        return CustomerThanked(award.brand_id, award.reply_id, 1, award.author_id, award.by_advocate, at)

    def take_down(self, award: ReplyPublished) -> None:
        self.run(ledger.reverse, ReplyTakenDown(award.brand_id, award.reply_id, award.author_id, award.by_advocate))

    def balance(self, member_id: int | None = None) -> tuple[int, int]:
        """Pending and vested."""
        with self.house.scope():
            found = queries.balance(member_id or self.house.maya.member_id)
            session.rollback()
        return found.pending, found.vested

    def kinds(self) -> list[str]:
        with self.house.scope():
            found = list(session.execute(select(Txn.kind).order_by(Txn.id)).scalars())
            session.rollback()
        return found

    def assert_whole(self) -> None:
        """Every transaction sums to zero, every balance is its entries, nothing was reversed twice."""
        with self.house.scope():
            sums = select(Entry.txn_id).group_by(Entry.txn_id).having(func.sum(Entry.amount) != 0)
            assert session.execute(sums).all() == []
            assert ledger.first_wrong_book() is None
            reversed_ids = session.execute(select(Txn.reverses).where(Txn.reverses.is_not(None))).scalars().all()
            assert len(reversed_ids) == len(set(reversed_ids))
            parts = select(Vesting.txn_id, func.sum(Vesting.points)).group_by(Vesting.txn_id)
            points = dict(session.execute(select(Txn.id, Txn.points)).all())
            assert all(points[txn_id] == total for txn_id, total in session.execute(parts))
            session.rollback()


@pytest.fixture
def board(world: World) -> Board:
    return Board(world.lumo)


def test_a_published_reply_brings_pending_points_with_the_numbers_that_made_them(board: Board) -> None:
    fact = board.award()
    assert board.balance() == (13, 0)
    with board.house.scope():
        (shown,) = queries.txns(fact.author_id)
        txn, lines, parts = queries.txn(shown.id)
    assert (txn.points, txn.why["difficulty"], txn.why["quality"], txn.why["nth"]) == (13, 1.4, 1.1, 1)
    assert sorted((line.book, line.amount) for line in lines) == [("issuance", -13), ("pending", 13)]
    assert [(part.points, part.due_at - fact.published_at) for part in parts] == [
        (7, timedelta(hours=48)),
        (6, timedelta(days=7)),
    ]
    board.assert_whole()


def test_staff_is_paid_otherwise(board: Board) -> None:
    fact = replace(board.published(author=board.house.sam.member_id), by_advocate=False)
    for act in (board.award, board.thank, board.take_down):
        act(fact)
    assert board.kinds() == []


def test_the_same_fact_awards_once(board: Board) -> None:
    fact = board.award()
    board.award(fact)
    assert (board.balance(), board.kinds()) == ((13, 0), ["award"])


def test_the_same_fact_delivered_eight_times_at_once_awards_once(board: Board, together: Together) -> None:
    fact = board.published()
    together([lambda: board.award(fact)] * MANY)
    assert (board.balance(), board.kinds()) == ((13, 0), ["award"])
    board.assert_whole()


def test_awards_of_many_members_at_once_all_count(board: Board, together: Together) -> None:
    authors = [board.house.maya.member_id, board.house.noor.member_id]
    facts = [board.published(author=authors[n % 2], customer=100 + n) for n in range(MANY)]
    together([lambda fact=fact: board.award(fact) for fact in facts])
    assert [board.balance(author) for author in authors] == [(52, 0), (52, 0)]
    board.assert_whole()


def test_the_guard_halves_further_replies_to_the_same_customer_for_a_week(
    board: Board, later: Callable[..., None]
) -> None:
    for _ in range(3):
        board.award()
    assert board.balance() == (13 + 7 + 3, 0)
    board.award(board.published(customer=2))
    later(days=7, minutes=1)
    board.award()
    assert board.balance()[0] == 23 + 13 + 13


def test_a_day_has_its_caps_and_thanks_are_outside_of_them(board: Board, later: Callable[..., None]) -> None:
    midnight = (clock.now() + timedelta(days=1)).replace(hour=0, minute=1, second=0, microsecond=0)
    later(seconds=(midnight - clock.now()).total_seconds())
    facts = [board.award(board.published(customer=n, expertise=1)) for n in range(1, 21)]  # 19 points each: 18.7
    assert board.balance() == (150 + 75, 0)
    board.thank(facts[-1])
    with board.house.scope():
        last, before_last = queries.txns(facts[-1].author_id, limit=2)
    assert (last.kind, last.points) == ("thanks", 4)  # 22.95 - 18.7, though the award itself brought nothing
    assert (before_last.points, before_last.before_caps) == (0, 19)
    later(days=1)
    board.award(board.published(customer=99, expertise=1))
    assert board.balance()[0] == 225 + 4 + 19
    board.assert_whole()


def test_thanks_that_come_before_the_award_wait_for_it(board: Board) -> None:
    fact = board.published()
    with pytest.raises(NotYetError):
        board.thank(fact)
    with pytest.raises(NotYetError):
        board.take_down(fact)
    with transaction(), board.house.scope():
        emit(board.thanks_for(fact))
        emit(fact)
    bus.drain()
    assert board.kinds() == ["award", "thanks"]
    board.assert_whole()


def test_thanks_count_once_and_let_all_of_it_vest_a_day_later(board: Board, later: Callable[..., None]) -> None:
    fact = board.award()
    board.thank(fact)
    board.thank(fact)
    assert board.balance() == (13 + 3, 0)  # 10 · 1.4 · 1.35 · 0.85 = 16.065
    later(hours=23)
    ledger.vest_due()
    assert board.balance() == (16, 0)
    later(hours=2)
    ledger.vest_due()
    assert board.balance() == (0, 16)
    board.assert_whole()


def test_points_vest_in_halves_each_once(board: Board, later: Callable[..., None]) -> None:
    board.award()
    for hours, expected in ((47, (13, 0)), (2, (6, 7)), (24 * 5 - 2, (6, 7)), (2, (0, 13)), (24 * 30, (0, 13))):
        later(hours=hours)
        ledger.vest_due()
        ledger.vest_due()
        assert board.balance() == expected
    assert board.kinds() == ["award", "vest", "vest"]
    board.assert_whole()


def test_many_clocks_vest_once(board: Board, later: Callable[..., None], together: Together) -> None:
    for customer in range(1, 6):
        board.award(board.published(customer=customer))
    later(days=8)
    together([ledger.vest_due] * 4)
    ledger.vest_due()
    assert board.balance() == (0, 65)
    assert board.kinds().count("vest") == 10
    board.assert_whole()


@pytest.mark.parametrize("after", [0, 3, 8], ids=["before", "between", "after"])
def test_a_reply_that_is_taken_down_takes_its_points_with_it_once(
    board: Board, later: Callable[..., None], after: int
) -> None:
    other = board.award(board.published(customer=2))
    fact = board.award()
    board.thank(fact, fact.published_at + timedelta(days=20))
    later(days=after)
    ledger.vest_due()
    board.take_down(fact)
    board.take_down(fact)
    assert sum(board.balance()) == 13
    later(days=30)
    ledger.vest_due()
    assert board.balance() == (0, 13)
    with board.house.scope():
        assert queries.for_replies((fact.reply_id, other.reply_id)) == {fact.reply_id: 0, other.reply_id: 13}
    board.assert_whole()


def test_thanks_after_a_take_down_bring_nothing(board: Board) -> None:
    fact = board.award()
    board.take_down(fact)
    board.thank(fact)
    board.award(fact)
    assert board.balance() == (0, 0)


def test_a_storm_of_the_same_facts_leaves_one_of_each(
    board: Board, later: Callable[..., None], together: Together
) -> None:
    fact = board.award()
    later(days=8)
    acts = [lambda: board.award(fact), lambda: board.thank(fact), ledger.vest_due, lambda: board.take_down(fact)]
    together(acts * 2)
    assert board.balance() == (0, 0)
    assert board.kinds().count("award") == 1
    assert board.kinds().count("thanks") <= 1
    board.assert_whole()


def test_a_wrong_balance_is_found(board: Board) -> None:
    board.award()
    board.award(board.published(author=board.house.noor.member_id))
    with transaction(), board.house.scope():
        wrong = session.execute(select(Book.id).where(Book.member_id == board.house.noor.member_id)).scalar_one()
        session.execute(update(Book).where(Book.id == wrong).values(balance=Book.balance + 1))
    with board.house.scope():
        assert ledger.first_wrong_book() == wrong


@pytest.mark.parametrize("table", ["point_txn", "point_entry"])
def test_what_was_written_is_never_changed(board: Board, table: str) -> None:
    board.award()
    for statement in (f"UPDATE {table} SET brand_id = brand_id", f"DELETE FROM {table}"):  # noqa: S608
        with pytest.raises(DBAPIError, match="never changed"), db.engine.begin() as connection:
            connection.execute(text(statement))


def test_entries_that_do_not_sum_to_zero_are_refused(board: Board) -> None:
    movement = ledger.Movement("award", 1, 1, 5, 5, {}, clock.now(), ("award", 1))
    with pytest.raises(ValueError, match="sum to zero"), transaction(), board.house.scope():
        ledger._write(movement, {1: 5, 2: -4})
    assert board.kinds() == []


def test_equal_points_share_a_rank(board: Board) -> None:
    maya, noor, sam = (getattr(board.house, who).member_id for who in ("maya", "noor", "sam"))
    for author, customer in ((maya, 1), (noor, 2), (sam, 3), (sam, 4)):
        board.award(board.published(author=author, customer=customer))
    with board.house.scope():
        places = [(place.rank, place.member_id, place.points) for place in queries.board()]
    assert places == [(1, sam, 26), (2, maya, 13), (2, noor, 13)]


def test_another_brands_points_are_its_own(world: World, board: Board) -> None:
    fact = board.award()
    rival = Board(world.rival, board.replies)
    with pytest.raises(NotYetError):
        rival.take_down(replace(fact, brand_id=world.rival.brand_id))
    assert rival.balance(fact.author_id) == (0, 0)
    with world.rival.scope():
        assert queries.board() == ()


def test_whatever_happens_in_whatever_order_the_books_are_right(board: Board, later: Callable[..., None]) -> None:
    authors = count(10_000)  # a member of its own for each run, so that runs do not meet

    class Books(RuleBasedStateMachine):
        """Awards, thanks, take-downs and vesting of one member at random times, each perhaps more than once."""

        awards = Bundle("awards")

        def __init__(self) -> None:
            super().__init__()
            self.author = next(authors)
            self.gone: set[int] = set()
            self.given: dict[int, int] = {}

        @rule(target=awards, customer=st.integers(1, 3), expertise=st.sampled_from([0.0, 0.5, 1.0]))
        def award(self, customer: int, expertise: float) -> ReplyPublished:
            fact = board.award(board.published(author=self.author, customer=customer, expertise=expertise))
            self.given[fact.reply_id] = sum(board.balance(self.author)) - sum(self.given.values())
            return fact

        @rule(fact=awards)
        def award_again(self, fact: ReplyPublished) -> None:
            board.award(fact)

        @rule(fact=awards)
        def thank(self, fact: ReplyPublished) -> None:
            board.thank(fact)
            more = sum(board.balance(self.author)) - sum(self.given.values())
            assert more >= 0
            assert not more or fact.reply_id not in self.gone
            self.given[fact.reply_id] += more

        @rule(fact=awards)
        def take_down(self, fact: ReplyPublished) -> None:
            board.take_down(fact)
            self.gone.add(fact.reply_id)
            self.given[fact.reply_id] = 0

        @rule(hours=st.integers(1, 100))
        def time_passes(self, hours: int) -> None:
            later(hours=hours)

        @rule()
        def vest(self) -> None:
            ledger.vest_due()

        @invariant()
        def what_was_given_and_not_taken_back_is_there(self) -> None:
            pending, vested = board.balance(self.author)
            assert min(pending, vested) >= 0
            assert pending + vested == sum(self.given.values())

        def teardown(self) -> None:
            later(days=8)
            ledger.vest_due()
            assert board.balance(self.author) == (0, sum(self.given.values()))
            board.assert_whole()

    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # a story of 15 steps is short enough to read; making it shorter takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
