"""A question on a page, from the webhook to the answer below it: the whole house against the sandbox network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import make_server

from app.channels import accounts, facebook_login
from app.channels.accounts import AccountView
from app.desk import queries as desk
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from app.kernel.settings import Settings
from app.sandbox.server import QuietHandler
from app.web.security import limiter
from listeners.listen import listen
from listeners.models import Mention, SetAside
from tests.channels.facebook_hooks import SECRET, WORD
from tests.channels.sandbox import Network, running_network
from tests.world import World


@pytest.fixture
def with_pages() -> bool:
    return True


@pytest.fixture
def settings(settings: Settings) -> Settings:
    known = {"facebook_app_secrets": (SECRET,), "facebook_app_id": "1", "facebook_verify_token": WORD}
    return settings.model_copy(update=known)


@pytest.fixture
def plaza(app: Flask) -> Iterator[Network]:
    """The sandbox network, at the house's own time, with the house's door as its callback."""
    limiter.reset()
    house = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=house.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with running_network() as network:
        address = f"http://127.0.0.1:{house.server_port}/webhooks/facebook"
        app_there = {"app_secret": SECRET, "verify_token": WORD, "callback_url": address}
        network.control("POST", "/facebook/app", app_there)
        network.clock.moment = clock.now()
        yield network
    house.shutdown()
    thread.join(5)
    house.server_close()


@pytest.fixture
def page(plaza: Network, world: World) -> AccountView:
    """The first brand's page, connected and subscribed."""
    made = plaza.control("POST", "/facebook/pages", {"username": "lumo", "name": "Lumo"})
    keys = made["credentials"]
    facebook_login.subscribe(made["id"], keys["page_token"], SECRET, base_url=plaza.url)
    with transaction(), world.lumo.scope():
        account_id = accounts.connect(
            world.lumo.brand_id, "facebook", made["id"], "lumo", credentials=keys, base_url=plaza.url
        )
        return accounts.account(account_id)


def write(plaza: Network, message: str, **what: Any) -> str:
    plaza.clock.advance(1)
    return str(plaza.control("POST", "/facebook/items", {"message": message, "handle": "ada"} | what)["id"])


def told(plaza: Network) -> None:
    """Facebook knocks, and what follows happens."""
    assert plaza.control("POST", "/facebook/webhooks")["status"] == 200
    bus.drain()


def count(world: World, model: type[Mention | SetAside]) -> int:
    with world.lumo.scope():
        found = session.execute(select(func.count()).select_from(model)).scalar_one()
        session.rollback()
    return int(found)


def case_ids(world: World, thread: str) -> list[int]:
    with world.lumo.scope():
        found = [case.id for case in desk.all_of_thread("facebook", thread)]
        session.rollback()
    return found


@pytest.mark.usefixtures("page")
def test_a_comment_is_answered_below_it_and_its_thanks_join_the_case(plaza: Network, world: World) -> None:
    house, post = world.lumo, write(plaza, "We are open.", on="lumo", as_page="lumo")
    asked = write(plaza, "How do I turn on dark mode in the app?", under=post)
    told(plaza)
    [case_id] = case_ids(world, post)
    house.judge(house.submit(case_id, house.maya), house.sam)
    bus.drain()
    [answer] = plaza.control("GET", f"/facebook/items?under={asked}")["items"]
    assert answer["as_page"] == "lumo"
    assert "Open Settings, then Display, then Dark." in answer["message"]
    write(plaza, "That worked, thanks!", under=answer["id"])
    told(plaza)
    assert case_ids(world, post) == [case_id]
    assert (count(world, Mention), count(world, SetAside)) == (2, 2)  # the page's post, and our answer's echo


def test_polling_after_webhooks_hears_nothing_twice(plaza: Network, world: World, page: AccountView) -> None:
    post = write(plaza, "We are open.", on="lumo", as_page="lumo")
    asked = write(plaza, "How do I pair it?", under=post)
    write(plaza, "Me too, @lumo")
    told(plaza)
    plaza.control("PATCH", f"/facebook/items/{asked}", {"message": "How do I pair it with my phone?"})
    told(plaza)
    before = count(world, Mention), count(world, SetAside)
    tally = listen(page)
    assert (tally.new, tally.set_aside, tally.quarantined) == (0, 0, 0)
    assert (count(world, Mention), count(world, SetAside)) == before == (2, 1)


@pytest.mark.usefixtures("page")
def test_a_question_that_was_deleted_meanwhile_is_not_answered(plaza: Network, world: World) -> None:
    house, post = world.lumo, write(plaza, "We are open.", on="lumo", as_page="lumo")
    asked = write(plaza, "How do I turn on dark mode in the app?", under=post)
    told(plaza)
    [case_id] = case_ids(world, post)
    review = house.submit(case_id, house.maya)
    house.judge(review, house.sam)
    plaza.control("DELETE", f"/facebook/items/{asked}")
    bus.drain()
    told(plaza)
    assert [one for one in plaza.control("GET", f"/facebook/items?under={post}")["items"] if one["as_page"]] == []
