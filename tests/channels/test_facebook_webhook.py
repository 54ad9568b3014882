"""Facebook's knock at our door: proved before it is read, kept before it is answered, and heard once."""

from __future__ import annotations

import json
import queue
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from contextvars import Context
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.channels import accounts
from app.kernel import bus
from app.kernel.db import Base, brand_scope, db, session, transaction
from app.kernel.settings import Settings
from app.web.pages import webhooks
from app.web.security import limiter
from listeners.handed import HandedOver
from listeners.models import Envelope, Mention, PostChange, Quarantined, SetAside
from tests.channels.facebook_hooks import AT, OLD_SECRET, OTHER_PAGE, PAGE, SECRET, WORD, body, comment, signature
from tests.channels.sandbox import running_network
from tests.world import House, World

ADDRESS = "/webhooks/facebook"


@pytest.fixture
def with_pages() -> bool:
    return True


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"facebook_app_secrets": (SECRET, OLD_SECRET), "facebook_verify_token": WORD, "facebook_app_id": "1"}
    )


@pytest.fixture
def door(app: Flask, world: World) -> Door:
    """The webhook's address; the page belongs to the first brand, the other page to its rival."""
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a failing commit is a 500, as it is for Facebook
    limiter.reset()
    for house, page in ((world.lumo, PAGE), (world.rival, OTHER_PAGE)):
        connect(house, page)
    return Door(app)


def connect(house: House, page: str, base_url: str | None = None, **keys: str) -> None:
    with transaction(), house.scope():
        credentials = keys or {"page_token": "t"}
        accounts.connect(house.brand_id, "facebook", page, house.handle, credentials=credentials, base_url=base_url)


def sign_out(house: House) -> None:
    """Facebook ends the brand's permission for its pages."""
    with transaction(), house.scope():
        for account in accounts.of_brand():
            if account.channel == "facebook":
                accounts.mark_signed_out(account.id)


class Door:
    """Whoever knocks."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def knock(self, raw: bytes, sign: str | None = None, **more: Any) -> TestResponse:
        """A POST of these bytes; signed with today's secret unless told otherwise. In a context of its own."""
        headers = {"X-Hub-Signature-256": signature(raw) if sign is None else sign, "Content-Type": "application/json"}
        client = self.app.test_client()
        answer: TestResponse = Context().run(lambda: client.post(ADDRESS, data=raw, headers=headers, **more))
        return answer

    def prove(self, **asked: str) -> TestResponse:
        """A GET with Facebook's three parameters."""
        given = {"mode": "subscribe", "verify_token": WORD, "challenge": "1158201444"} | asked
        return self.app.test_client().get(ADDRESS, query_string={f"hub.{name}": said for name, said in given.items()})


def count(model: type[Base]) -> int:
    found = session.execute(select(func.count()).select_from(model.__table__)).scalar_one()
    session.rollback()
    return int(found)


def heard(world: World) -> list[str]:
    with brand_scope(world.lumo.brand_id):
        found = session.execute(select(Mention.external_id).order_by(Mention.external_id)).scalars().all()
        session.rollback()
    return list(found)


class TestProving:
    def test_whoever_knows_the_word_gets_the_challenge_back(self, door: Door) -> None:
        answer = door.prove()
        assert (answer.status_code, answer.text, answer.mimetype) == (200, "1158201444", "text/plain")

    @pytest.mark.parametrize(
        "wrong",
        [{"verify_token": "guessed"}, {"verify_token": ""}, {"mode": "unsubscribe"}, {"challenge": "x" * 5000}],
        ids=str,
    )
    def test_nobody_else_does(self, door: Door, wrong: dict[str, str]) -> None:
        answer = door.prove(**wrong)
        assert answer.status_code == 403
        assert "1158201444" not in answer.text

    def test_a_house_without_a_word_proves_nothing(self, app: Flask, door: Door) -> None:
        bare = app.config["SETTINGS"].model_copy(update={"facebook_verify_token": None, "facebook_app_secrets": ()})
        app.config["SETTINGS"] = bare
        assert door.prove(verify_token="").status_code == 403
        assert door.knock(body(comment(1)), signature(body(comment(1)), "")).status_code == 401


class TestSignatures:
    @pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
    def test_either_secret_of_a_rotation_opens(self, door: Door, world: World, secret: str) -> None:
        raw = body(comment(1))
        assert door.knock(raw, signature(raw, secret)).status_code == 200
        assert heard(world) == ["700_1"]

    @pytest.mark.parametrize(
        "sign",
        [
            "",
            "sha256=",
            signature(body(comment(1)), "another app's secret"),
            signature(body(comment(2))),
            signature(body(comment(1))).removeprefix("sha256="),
            signature(body(comment(1))).upper(),
            "sha1=" + signature(body(comment(1)))[7:47],
            "sha256=ünïcode",
        ],
    )
    def test_everything_else_is_turned_away_unread(self, door: Door, sign: str) -> None:
        assert door.knock(body(comment(1)), sign.encode().decode("latin-1")).status_code == 401
        assert count(Envelope) == count(HandedOver) == 0

    def test_the_same_words_in_other_bytes_are_not_what_was_signed(self, door: Door) -> None:
        raw = body(comment(1))
        assert door.knock(json.dumps(json.loads(raw), indent=1).encode(), signature(raw)).status_code == 401

    def test_what_is_too_large_is_not_read(self, door: Door) -> None:
        raw = b" " * (webhooks.MOST_BYTES + 1)
        assert door.knock(raw).status_code == 413

    def test_a_thousand_changes_at_once_are_taken(self, door: Door, world: World) -> None:
        assert door.knock(body(*(comment(number, "x" * 1000) for number in range(1000)))).status_code == 200
        assert len(heard(world)) == 1000

    def test_who_guesses_is_slowed_down(self, door: Door) -> None:
        answers = Counter(door.knock(body(comment(1)), "sha256=guess").status_code for _ in range(130))
        assert answers == {401: 120, 429: 10}


class TestHearing:
    def test_what_comes_is_stored_word_for_word_and_becomes_a_mention(self, door: Door, world: World) -> None:
        assert door.knock(body(comment(1, "Cảm ơn 🙏"))).status_code == 200
        with brand_scope(world.lumo.brand_id):
            [(origin, raw)] = session.execute(select(Envelope.origin, Envelope.raw)).all()
            mention = session.execute(select(Mention.channel, Mention.text, Mention.replyable)).one()
            session.rollback()
        assert origin == "webhook"
        assert "Cảm ơn 🙏" in raw
        assert tuple(mention) == ("facebook", "Cảm ơn 🙏", True)

    def test_the_same_thing_again_changes_nothing(self, door: Door, world: World) -> None:
        raw = body(comment(1), comment(1, "on fire", "edited"), {"field": "feed", "value": 7})
        assert [door.knock(raw).status_code for _ in range(3)] == [200, 200, 200]
        assert (heard(world), count(Envelope), count(PostChange), count(Quarantined)) == (["700_1"], 1, 1, 1)

    def test_what_the_page_itself_said_is_no_work(self, door: Door, world: World) -> None:
        own = {"from": {"id": PAGE, "name": "Lumo"}}
        assert door.knock(body(comment(1, **own), comment(2, **own))).status_code == 200
        assert heard(world) == []
        assert count(SetAside) == 2

    def test_each_brand_gets_its_own_part(self, door: Door, world: World) -> None:
        mine, theirs = json.loads(body(comment(1))), json.loads(body(comment(2, "secret plans"), page=OTHER_PAGE))
        raw = json.dumps(mine | {"entry": mine["entry"] + theirs["entry"]}).encode()
        assert door.knock(raw).status_code == 200
        assert heard(world) == ["700_1"]
        with brand_scope(world.lumo.brand_id):
            [kept] = session.execute(select(Envelope.raw)).scalars()
            session.rollback()
        assert "secret plans" not in kept

    def test_a_page_that_must_be_connected_again_is_heard_all_the_same(self, door: Door, world: World) -> None:
        sign_out(world.lumo)
        assert [door.knock(body(comment(1))).status_code for _ in range(2)] == [200, 200]
        assert heard(world) == ["700_1"]
        connect(world.lumo, PAGE)
        assert door.knock(body(comment(1), comment(2))).status_code == 200
        assert heard(world) == ["700_1", "700_2"]

    def test_of_two_brands_the_one_that_speaks_for_the_page_hears_it(self, door: Door, world: World) -> None:
        sign_out(world.lumo)
        connect(world.rival, PAGE)
        assert door.knock(body(comment(1))).status_code == 200
        assert heard(world) == []
        sign_out(world.rival)
        assert door.knock(body(comment(2))).status_code == 200
        assert (heard(world), count(Envelope)) == ([], 2)

    def test_a_page_that_was_disconnected_is_heard_no_more(self, door: Door, world: World) -> None:
        with transaction(), world.lumo.scope():
            [page] = [one for one in accounts.of_brand() if one.external_id == PAGE]
            accounts.disconnect(page.id, by=None)
        assert door.knock(body(comment(1))).status_code == 200
        assert count(Envelope) == 0

    def test_a_page_that_nobody_connected_is_no_error(self, door: Door) -> None:
        assert door.knock(body(comment(1), page="999")).status_code == 200
        assert count(Envelope) == 0

    @pytest.mark.parametrize("raw", [b"", b"{", b"null", b'{"object": "page", "entry": [7]}', b"[" * 50_000])
    def test_what_is_no_webhook_is_turned_away(self, door: Door, raw: bytes) -> None:
        assert door.knock(raw).status_code == 400

    def test_lone_halves_of_letters_and_nul_reach_no_database(self, door: Door, world: World) -> None:
        raw = body(comment(1, "a\ud800b\x00c"), comment(2))
        assert door.knock(raw).status_code == 200
        assert heard(world) == ["700_1", "700_2"]

    def test_nothing_secret_and_nobody_s_words_are_logged(self, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
        raw = body(comment(1, "my card number is 4000"))
        door.knock(raw)
        door.knock(raw, "sha256=guess")
        door.knock(b"{")
        door.prove(verify_token="guessed")
        said = "".join(capsys.readouterr())
        assert not [word for word in (SECRET, WORD, signature(raw), "4000", "guess") if word in said]


class TestOnlyNamed:
    """Posts that Facebook names without text or author are asked for, from the sandbox network."""

    @pytest.fixture
    def plaza(self, app: Flask, world: World) -> Iterator[Any]:
        app.config["PROPAGATE_EXCEPTIONS"] = False
        limiter.reset()
        with running_network() as network:
            network.control("POST", "/facebook/app", {"app_secret": SECRET})
            page = network.control("POST", "/facebook/pages", {"username": "lumo"})
            connect(world.lumo, page["id"], network.url, **page["credentials"])
            network.page, network.keys = page["id"], page["credentials"]  # type: ignore[attr-defined]
            yield network

    def named(self, plaza: Any, item: str) -> bytes:
        value = {"item": "comment", "verb": "add", "comment_id": item, "post_id": "5_6", "created_time": AT}
        return body({"field": "mention", "value": value}, page=plaza.page)

    def test_they_are_heard_once_their_text_is_known(self, app: Flask, world: World, plaza: Any) -> None:
        post = plaza.control("POST", "/facebook/items", {"message": "look", "on": "lumo", "handle": "ada"})
        asked = plaza.control("POST", "/facebook/items", {"message": "help", "under": post["id"], "handle": "ada"})
        knock = Door(app).knock
        assert knock(self.named(plaza, asked["id"])).status_code == 200
        assert heard(world) == []
        bus.drain()
        assert heard(world) == [asked["id"]]
        assert knock(self.named(plaza, asked["id"])).status_code == 200
        bus.drain()
        assert heard(world) == [asked["id"]]

    def test_what_was_deleted_meanwhile_is_no_trouble(self, app: Flask, world: World, plaza: Any) -> None:
        post = plaza.control("POST", "/facebook/items", {"message": "look", "on": "lumo", "handle": "ada"})
        plaza.control("DELETE", f"/facebook/items/{post['id']}")
        assert Door(app).knock(self.named(plaza, post["id"])).status_code == 200
        bus.drain()
        assert (heard(world), bus.backlog().get("dead", 0)) == ([], 0)

    @pytest.mark.parametrize("how", ["known", "found out"])
    def test_while_the_page_must_be_connected_again_they_wait(
        self, app: Flask, world: World, plaza: Any, later: Any, how: str
    ) -> None:
        post = plaza.control("POST", "/facebook/items", {"message": "help", "on": "lumo", "handle": "ada"})
        if how == "known":
            sign_out(world.lumo)
        else:
            connect(world.lumo, plaza.page, plaza.url, page_token="ended")
        for hours in (0, 2, 48):
            later(hours=hours)
            assert Door(app).knock(self.named(plaza, post["id"])).status_code == 200
            bus.drain()
        assert (heard(world), bus.backlog()) == ([], {"pending": 1, "dead": 0})
        with world.lumo.scope():
            assert [one.state for one in accounts.of_brand() if one.channel == "facebook"] == ["signed_out"]
        connect(world.lumo, plaza.page, plaza.url, **plaza.keys)
        later(hours=6)
        bus.drain()
        assert heard(world) == [post["id"]]
        assert Door(app).knock(self.named(plaza, post["id"])).status_code == 200
        bus.drain()
        assert (heard(world), bus.backlog()) == ([post["id"]], {"pending": 0, "dead": 0})

    def test_what_a_page_named_before_it_was_disconnected_is_let_go(self, app: Flask, world: World, plaza: Any) -> None:
        post = plaza.control("POST", "/facebook/items", {"message": "help", "on": "lumo", "handle": "ada"})
        assert Door(app).knock(self.named(plaza, post["id"])).status_code == 200
        with transaction(), world.lumo.scope():
            [page] = [one for one in accounts.of_brand() if one.channel == "facebook"]
            accounts.disconnect(page.id, by=None)
        bus.drain()
        assert (heard(world), bus.backlog()) == ([], {"pending": 0, "dead": 0})

    def test_a_network_that_asks_to_wait_is_asked_again_later(
        self, app: Flask, world: World, plaza: Any, later: Any
    ) -> None:
        post = plaza.control("POST", "/facebook/items", {"message": "help", "on": "lumo", "handle": "ada"})
        plaza.fault("rate_limited", options={"reset_in": 600})
        assert Door(app).knock(self.named(plaza, post["id"])).status_code == 200
        bus.drain()
        assert heard(world) == []
        later(minutes=11)
        bus.drain()
        assert heard(world) == [post["id"]]


BURST, THREADS = 120, 8


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_a_burst_faults_in_every_third_commit_and_nothing_is_lost_or_heard_twice(
    app: Flask, door: Door, world: World, report_fault: Any, breaks: str
) -> None:
    """R25: eight at once, every hook twice and out of order; Facebook sends again what was not answered with 200."""
    hooks = [body(comment(number)) for number in range(BURST)]
    waiting: queue.Queue[int] = queue.Queue()
    for number in [*range(BURST), *reversed(range(BURST))]:
        waiting.put(number)
    commits, tries, acknowledged, early = iter(range(10**9)), Counter[int](), Counter[int](), list[int]()

    def fail(_session: Session) -> None:
        if next(commits) % 3 == 0:
            raise RuntimeError("the database is away")

    def send() -> None:
        with app.app_context(), suppress(queue.Empty):
            while True:
                number = waiting.get_nowait()
                tries[number] += 1
                assert tries[number] < 100, "this hook is never taken"
                if door.knock(hooks[number]).status_code != 200:
                    waiting.put(number)
                else:
                    acknowledged[number] += 1
                    early.extend(() if _is_stored(f"700_{number}") else (number,))

    event.listen(Session, f"{breaks}_commit", fail)
    try:
        threads = [threading.Thread(target=send) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        event.remove(Session, f"{breaks}_commit", fail)
    found, kept = heard(world), len(set(heard(world)))
    report_fault(
        25,
        f"{BURST} hooks twice, {THREADS} at once, a third fails {breaks} the commit",
        f"{len(early)} acknowledged before it stood, {BURST - kept} lost, {len(found) - kept} heard twice",
    )
    assert early == []
    assert acknowledged == dict.fromkeys(range(BURST), 2)
    assert sorted(found) == sorted(f"700_{number}" for number in range(BURST))
    assert count(Envelope) == count(HandedOver) == BURST


def _is_stored(external_id: str) -> bool:
    """Whether another connection than the one that answered sees it."""
    with db.engine.connect() as connection:
        table = Mention.__table__
        return connection.execute(select(table.c.id).where(table.c.external_id == external_id)).first() is not None
