"""Two at once, four eyes, and what the database refuses when the code would not: the walls behind the desk."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.channels.base import (
    Post,
)
from app.desk import publishing, replies, settling
from app.desk.models import Reply
from app.kernel import audit, bus
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, PeerlineError
from app.kernel.facts import ReplyApproved
from moderation.models import Decision, Review
from tests.flow.spoken import LOST, After, Later, Recorded, assert_whole, txns
from tests.world import House, World

pytest_plugins = ("tests.flow.desk",)


class TestRaces:
    """Two at once: one wins, the other is told, and nothing is half done. On PostgreSQL they truly overlap."""

    def at_once(self, app: Flask, *acts: Callable[[], object]) -> list[BaseException | None]:
        """Run the acts in threads that start together; what each raised."""
        gate, came = threading.Barrier(len(acts)), [None] * len(acts)
        session.remove()

        def run(place: int, act: Callable[[], object]) -> None:
            with app.app_context():
                gate.wait(60)
                try:
                    act()
                except PeerlineError as error:
                    came[place] = error  # type: ignore[call-overload]
                finally:
                    session.remove()

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return list(came)

    def test_two_moderators_approve_at_once(
        self, app: Flask, house: House, network: Recorded, review: int, reply_id: int
    ) -> None:
        came = self.at_once(
            app, lambda: house.judge(review, house.sam), lambda: house.judge(review, house.tess, "edit", text="Other.")
        )
        assert sorted(type(error).__name__ for error in came) == ["ConflictError", "NoneType"]
        bus.drain()
        assert len(network.said) == 1
        with house.scope():
            assert session.execute(select(func.count()).select_from(Decision)).scalar_one() == 1
            session.rollback()
        winner = house.sam if came[0] is None else house.tess
        assert house.reply(reply_id).approved_by == winner.member_id
        assert_whole(house, network.said)

    def test_approval_against_withdrawal(
        self, app: Flask, house: House, network: Recorded, review: int, reply_id: int
    ) -> None:
        def withdraw() -> None:
            with transaction(), house.scope():
                replies.withdraw(reply_id, house.maya)

        came = self.at_once(app, lambda: house.judge(review, house.sam), withdraw)
        bus.drain()
        reply = house.reply(reply_id)
        assert came.count(None) == 1
        assert (reply.state, len(network.said)) in {("published", 1), ("withdrawn", 0)}
        assert_whole(house, network.said)

    def test_eight_hands_publish_one_approval(self, app: Flask, house: House, network: Recorded, approved: int) -> None:
        def publish() -> None:
            with house.scope():
                publishing.publish(ReplyApproved(house.brand_id, approved))

        self.at_once(app, *[publish] * 8)
        bus.drain()
        assert len(network.calls) == 1
        assert_whole(house, network.said)

    def test_two_clocks_settle_at_once(
        self, app: Flask, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [After(LOST)]
        bus.drain()
        later(seconds=125)
        self.at_once(app, settling.settle, settling.settle, settling.settle)
        bus.drain()
        assert (house.reply(approved).state, len(network.calls)) == ("published", 1)
        assert_whole(house, network.said)

    def test_two_persons_send_again_at_once(
        self, app: Flask, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [LOST]
        bus.drain()
        for seconds in (125, 180, 600):
            later(seconds=seconds)
            settling.settle()

        def decide(decision: Callable[..., None]) -> Callable[[], None]:
            def act() -> None:
                with transaction(), house.scope():
                    decision(approved, house.sam)

            return act

        came = self.at_once(app, decide(publishing.send_again), decide(publishing.give_up))
        assert sorted(type(error).__name__ for error in came) == ["ConflictError", "NoneType"]
        bus.drain()
        assert (house.reply(approved).state, len(network.said)) == (
            ("published", 1) if came[0] is None else ("failed", 0)
        )
        assert_whole(house, network.said)


class TestFourEyes:
    @pytest.mark.parametrize("who", ["sam", "dana"])
    def test_nobody_judges_their_own_words_whatever_their_role(
        self, house: House, network: Recorded, asked: Post, who: str
    ) -> None:
        author = getattr(house, who)
        review = house.submit(house.case_of(asked), author)
        for verdict in ("approve", "edit", "return", "reject"):
            with pytest.raises(NotAllowedError):
                house.judge(review, author, verdict, reason="because", text="x")
        bus.drain()
        assert network.calls == []
        house.judge(review, house.tess)
        bus.drain()
        assert len(network.said) == 1
        assert txns(house) == []  # staff is paid otherwise
        assert_whole(house, network.said)

    def test_advocates_judge_nobody(self, house: House, review: int, network: Recorded) -> None:
        with pytest.raises(NotAllowedError), transaction(), house.scope():
            replies.judge(review, house.noor, "approve", seen_revision=1)
        bus.drain()
        assert network.calls == []

    def test_a_moderator_who_has_not_seen_the_newest_post_decides_nothing(
        self, house: House, network: Recorded, review: int, asked: Post
    ) -> None:
        house.hear(house.post("@lumo it is the old model", reply_to=asked))
        with pytest.raises(ConflictError), transaction(), house.scope():
            replies.judge(review, house.sam, "approve", seen_revision=1)
        bus.drain()
        assert network.calls == []
        with house.scope():
            assert session.execute(select(Review.state).where(Review.id == review)).scalar_one() == "open"
            session.rollback()

    def test_the_database_itself_refuses_an_approval_by_the_author(self, house: House, reply_id: int) -> None:
        for values in (
            {"state": "approved"},
            {"approved_by": house.maya.member_id},
            {"state": "published", "approved_by": house.sam.member_id, "approved_hash": "h"},
        ):
            with pytest.raises(IntegrityError), transaction(), house.scope():
                session.execute(update(Reply).where(Reply.id == reply_id).values(**values))


class TestTheDatabaseRefuses:
    """The second wall: what code must not do, the database does not take, on both kinds."""

    @pytest.fixture
    def row(self, house: House, approved: int) -> dict[str, object]:
        """The approved reply as plain columns."""
        table = Reply.__table__
        with house.scope():
            found = session.execute(sa.select(table).where(table.c.id == approved)).mappings().one()
            session.rollback()
        return {name: value for name, value in found.items() if name != "id"}

    def add(self, row: dict[str, object]) -> None:
        with transaction():
            session.execute(insert(Reply.__table__).values(**row))  # type: ignore[arg-type]

    def test_two_replies_on_their_way_for_one_mention(self, row: dict[str, object]) -> None:
        for state in ("approved", "sending", "unknown", "published"):
            with pytest.raises(IntegrityError):
                self.add(row | {"state": state, "external_id": "1"})
        with pytest.raises(IntegrityError):
            self.add(row | {"state": "draft"})  # a second live one on the case
        self.add(row | {"state": "withdrawn"})

    def test_a_reply_of_one_brand_on_anything_of_another(self, world: World, row: dict[str, object]) -> None:
        rival = world.rival
        post = rival.post("@rival how do I pair it?")
        rival.hear(post)
        case_id = rival.case_of(post)
        mention_id = rival.page(case_id).case.mention.id
        theirs = {
            "brand_id": rival.brand_id,
            "case_id": case_id,
            "mention_id": mention_id,
            "account_id": rival.account_id,
            "author_id": rival.maya.member_id,
            "approved_by": rival.sam.member_id,
        }
        for column, value in theirs.items():
            with pytest.raises(IntegrityError):
                self.add(row | {"state": "withdrawn", column: value})
        self.add(row | {"state": "withdrawn"} | theirs)

    @pytest.mark.parametrize("table", ["point_txn", "point_entry", "audit_row", "decision"])
    def test_rows_that_are_never_changed(self, house: House, network: Recorded, approved: int, table: str) -> None:
        bus.drain()
        assert house.reply(approved).state == "published"
        for statement in (f"UPDATE {table} SET brand_id = brand_id", f"DELETE FROM {table}"):  # noqa: S608
            with pytest.raises(DatabaseError, match="never changed"), transaction():
                session.execute(sa.text(statement))
        assert_whole(house, network.said)

    def test_a_line_changed_in_spite_of_that_is_named(self, house: House, approved: int) -> None:
        bus.drain()
        assert house.reply(approved).state == "published"
        with transaction(), house.scope():
            last = session.execute(select(audit.AuditRow.seq).order_by(audit.AuditRow.seq.desc()).limit(1)).scalar_one()
            row = session.execute(select(audit.AuditRow).where(audit.AuditRow.seq == last - 1)).scalar_one()
            session.expunge(row)
            kind = session.connection().dialect.name
            if kind == "postgresql":
                session.execute(sa.text("ALTER TABLE audit_row DISABLE TRIGGER ALL"))
            else:
                session.execute(sa.text("DROP TRIGGER audit_row_no_update"))
            session.execute(update(audit.AuditRow).where(audit.AuditRow.id == row.id).values(act="reply.nothing"))
            if kind == "postgresql":
                session.execute(sa.text("ALTER TABLE audit_row ENABLE TRIGGER ALL"))
        with house.scope():
            assert audit.first_broken(house.brand_id) == last - 1
            session.rollback()
