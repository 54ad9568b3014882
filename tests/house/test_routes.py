"""Every route of the house, as everybody: nothing is open that was not declared, and no brand sees another's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.kernel.crypto import refs
from tests.web.conftest import (
    Browse,
    Browser,
    FakeNetwork,
    Story,
    appealed,
    browse,
    everything,
    member_of,
    network,
    said,
    story,
    with_pages,
)
from tests.world import World

pytestmark = pytest.mark.long

__all__ = ["browse", "member_of", "network", "story", "with_pages"]

PUBLIC = {
    *("sign_in.show", "sign_in.enter", "sign_in.second_step", "sign_in.check_code", "sign_in.leave"),
    *("way_in.show", "way_in.ask", "way_in.choose", "way_in.set_password", "way_in.keep"),
    *("joining.show", "joining.accept", "health.show", "assets.file", "alerts.stop_page", "alerts.stop"),
    *("webhooks.prove", "webhooks.hear"),  # the second opens with Facebook's signature alone
}
"""What the whole world may open. Adding a line here needs a second pair of eyes."""
SIGNED = {"webhooks.hear"}
"""What takes no form of ours, but what a network has signed."""
STAFF = {"moderator", "manager"}
EVERYBODY = STAFF | {"advocate"}
OPEN_TO = {
    "sign_in.home": EVERYBODY,
    "sign_in.leave_everywhere": EVERYBODY,
    "sign_in.switch": EVERYBODY,
    "sign_in.elsewhere": EVERYBODY,
    "sign_in.here": EVERYBODY,
    "queue.show": {"advocate"},
    "queue.news": {"advocate"},
    "queue.seen": EVERYBODY,
    "case.show": EVERYBODY,
    "case.claim": EVERYBODY,
    "case.draft": EVERYBODY,
    "case.beside": EVERYBODY,
    "case.offer_again": {"advocate"},
    "case.submit": EVERYBODY,
    "case.give_back": EVERYBODY,
    "case.skip": {"advocate"},
    "case.pass_on": {"advocate"},
    "case.to_advocates": STAFF,
    "case.take_down": STAFF,
    "desk.known": STAFF,
    "desk.write_note": STAFF,
    "desk.rewrite_note": STAFF,
    "desk.drop_note": STAFF,
    "desk.hand_over": STAFF,
    "desk.snooze": STAFF,
    "desk.wake": STAFF,
    "desk.close": STAFF,
    "desk.reopen": STAFF,
    "customers.show": STAFF,
    "customers.reveal": STAFF,
    "inbox.show": STAFF,
    "inbox.listed": STAFF,
    "inbox.named": STAFF,
    "review.waiting": STAFF,
    "review.show": STAFF,
    "review.hold": STAFF,
    "review.verdict": STAFF,
    "mentions.show": STAFF,
    "mentions.news": STAFF,
    "mentions.one": STAFF,
    "mentions.why": STAFF,
    "mentions.move": STAFF,
    "mentions.set_aside": STAFF,
    "mentions.rescue": STAFF,
    "assessment.show": STAFF,
    "assessment.correct": STAFF,
    "assessment.take_back": STAFF,
    "assessment.drop_model": {"manager"},
    "review.look": STAFF,
    "review.leave": STAFF,
    "appeals.show": STAFF,
    "appeals.ask": EVERYBODY,
    "appeals.decide": STAFF,
    "sending.show": STAFF,
    "sending.send_again": STAFF,
    "sending.give_up": STAFF,
    "answers.show": EVERYBODY,
    "answers.withdraw": EVERYBODY,
    "points.mine": {"advocate"},
    "points.of": EVERYBODY,
    "points.why": EVERYBODY,
    "board.show": EVERYBODY,
    "points.my_level": {"advocate"},
    "me.show": EVERYBODY,
    "me.my_profile": EVERYBODY,
    "me.rename": EVERYBODY,
    "me.my_offers": {"advocate"},
    "me.narrow": {"advocate"},
    "me.pause": {"advocate"},
    "me.resume": {"advocate"},
    "account.show": EVERYBODY,
    "account.change_password": EVERYBODY,
    "account.start": EVERYBODY,
    "account.set_up": EVERYBODY,
    "account.confirm": EVERYBODY,
    "account.renew_codes": EVERYBODY,
    "account.remove": EVERYBODY,
    "account.end_one": EVERYBODY,
    "account.end_others": EVERYBODY,
    "alerts.show": EVERYBODY,
    "alerts.bell": EVERYBODY,
    "alerts.open_one": EVERYBODY,
    "alerts.read_all": EVERYBODY,
    "alerts.met": EVERYBODY,
    "alerts.halted": STAFF,
    "alerts.my_wishes": EVERYBODY,
    "alerts.choose": EVERYBODY,
    "alerts.pause": EVERYBODY,
    "alerts.resume": EVERYBODY,
    "places.more": STAFF,
    "overview.show": STAFF,
    "reports.show": {"manager"},
    "reports.file": {"manager"},
    "advocates.show": {"manager"},
    "advocates.answers": {"manager"},
    "audit.show": {"manager"},
    "audit.file": {"manager"},
    "brand.show": {"manager"},
    "brand.profile.show": {"manager"},
    "brand.profile.save": {"manager"},
    "brand.watch.show": {"manager"},
    "brand.watch.trial": {"manager"},
    "brand.watch.save": {"manager"},
    "brand.skills.show": {"manager"},
    "brand.skills.save_topics": {"manager"},
    "brand.skills.new": {"manager"},
    "brand.skills.add": {"manager"},
    "brand.skills.edit": {"manager"},
    "brand.skills.change": {"manager"},
    "brand.skills.remove": {"manager"},
    "brand.policy.promises": {"manager"},
    "brand.policy.save_promises": {"manager"},
    "brand.policy.routing": {"manager"},
    "brand.policy.trial": {"manager"},
    "brand.policy.save_routing": {"manager"},
    "brand.policy.care": {"manager"},
    "brand.policy.save_care": {"manager"},
    "brand.knowledge.facts": {"manager"},
    "brand.knowledge.short_answers": {"manager"},
    "brand.knowledge.new_fact": {"manager"},
    "brand.knowledge.add_fact": {"manager"},
    "brand.knowledge.edit_fact": {"manager"},
    "brand.knowledge.change_fact": {"manager"},
    "brand.knowledge.remove_fact": {"manager"},
    "brand.knowledge.new_answer": {"manager"},
    "brand.knowledge.add_answer": {"manager"},
    "brand.knowledge.edit_answer": {"manager"},
    "brand.knowledge.change_answer": {"manager"},
    "brand.knowledge.remove_answer": {"manager"},
    "brand.team.show": {"manager"},
    "brand.team.invite": {"manager"},
    "brand.team.revoke": {"manager"},
    "brand.team.edit": {"manager"},
    "brand.team.change": {"manager"},
    "brand.team.suspend": {"manager"},
    "brand.team.reinstate": {"manager"},
    "brand.networks.show": {"manager"},
    "brand.networks.look": {"manager"},
    "brand.networks.disconnect": {"manager"},
    "brand.hearing.show": {"manager"},
    "brand.connecting.offer": {"manager"},
    "brand.connecting.ask": {"manager"},
    "brand.connecting.back": {"manager"},
    "brand.connecting.choose": {"manager"},
    "brand.connecting.connect_pages": {"manager"},
    "brand.connecting.by_keys": {"manager"},
    "brand.connecting.by_password": {"manager"},
}
"""Who may open what, reviewed by hand; the code's own declarations must say the same."""
CANARIES = ("dark mode", "Takes a restart", "Open Settings", "@one", "@two", "@three", "Noor")
"""Words of the first brand that nobody else may ever see."""
OWN_PEOPLE = {name: {"Noor"} for name in ("brand.team.show", "brand.team.invite", "advocates.show", "audit.show")}
"""Names that another brand's people have too, where its own manager reads them."""
WRONG_ROLE = "not one for your role"


@pytest.fixture(autouse=True)
def _with_an_appeal(request: pytest.FixtureRequest) -> None:
    """Where the story is told, it holds an appeal too."""
    if "story" in request.fixturenames:
        told: Story = request.getfixturevalue("story")
        told.appeal = appealed(told)


def _rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def _path(rule: Rule, story: Story) -> str:
    """The rule's address with the first brand's own rows in it."""
    rows = {
        "case_id": refs().name("case", story.open_case),
        "reply_id": refs().name("reply", story.in_review),
        "review_id": refs().name("review", story.review),
        "txn_id": refs().name("txn", story.txn),
        "appeal_id": refs().name("appeal", story.appeal),
        "note_id": refs().name("note", story.note),
        "thanks_id": refs().name("thanks", story.thanks),
        "customer_id": refs().name("customer", story.customer),
        "mention_id": refs().name("mention", story.mention),
        "aside_id": refs().name("aside", story.aside),
        "member_id": refs().name("member", story.house.maya.member_id),
        "account_id": refs().name("account", story.house.account_id),
        **{f"{kind}_id": refs().name(kind, 1) for kind in ("skill", "fact", "answer", "invitation", "consent")},
        "alert_id": refs().name("alert", 1),
        "wish_id": refs().name("unsubscribe", 1),
        "channel": "x",
        "model_id": refs().name("model", 1),
        "field": "topic",
        "digest": "0",
        "name": "peerline.css",
        "token": "A" * 43,
    }
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: rows[found[1]], rule.rule)


def _ask(browser: Browser, method: str, path: str, token: str | None) -> tuple[int, str]:
    if method == "GET":
        response = browser.get(path)
    else:
        fields = {"text": "A text.", "why": "because", "reason": "because", "seen_revision": "1", "verdict": "approve"}
        response = browser.post(path, token=token, **fields)
    return response.status_code, response.get_data(as_text=True)


def test_every_route_declares_who_may_open_it(app: Flask) -> None:
    declared = {rule.endpoint: set(app.view_functions[rule.endpoint].open_to) for rule, _method in _rules(app)}  # type: ignore[attr-defined]
    assert declared == OPEN_TO | {endpoint: set() for endpoint in PUBLIC}


def test_a_route_without_a_declaration_is_refused(app: Flask, browse: Browse) -> None:
    app.testing = False
    app.add_url_rule("/undeclared", "undeclared", lambda: "secret")
    response = browse().get("/undeclared")
    assert response.status_code == 500
    assert "secret" not in said(response)


def test_nobody_signed_in_sees_nothing_and_changes_nothing(app: Flask, browse: Browse, story: Story) -> None:
    browser, before = browse(), everything()
    token = browser.token()
    for rule, method in _rules(app):
        if rule.endpoint in PUBLIC:
            continue
        status, body = _ask(browser, method, _path(rule, story), token)
        assert status == (302 if method == "GET" else 401), (rule.rule, method, status)
        assert not [word for word in CANARIES if word in body], rule.rule
    assert everything() == before


@pytest.mark.parametrize("alias", ["maya", "sam", "dana"])
def test_people_of_another_brand_find_nothing(
    app: Flask, browse: Browse, story: Story, world: World, alias: str
) -> None:
    browser = browse(world.rival, alias)
    token, before = browser.token(), everything()
    for rule, method in _rules(app):
        if rule.endpoint in PUBLIC or rule.endpoint.startswith("sign_in.leave") or rule.endpoint == "sign_in.here":
            continue
        status, body = _ask(browser, method, _path(rule, story), token)
        if rule.arguments - {"channel"}:  # a network is no row of any brand
            assert status == (404 if WRONG_ROLE not in body else 403), (rule.rule, method, status)
        theirs = OWN_PEOPLE.get(rule.endpoint, set())
        assert not [word for word in CANARIES if word in body and word not in theirs], rule.rule
    assert everything() == before


@pytest.mark.parametrize(("alias", "role"), [("noor", "advocate"), ("tess", "moderator"), ("dana", "manager")])
def test_a_role_opens_what_it_may_and_nothing_else(
    app: Flask, browse: Browse, story: Story, alias: str, role: str
) -> None:
    browser = browse(story.house, alias)
    token = browser.token()
    ends = ("sign_in.leave", "sign_in.leave_everywhere")
    for rule, method in _rules(app):
        if rule.endpoint in PUBLIC or rule.endpoint in ends:
            continue
        before = everything()
        status, body = _ask(browser, method, _path(rule, story), token)
        if role in OPEN_TO[rule.endpoint]:
            assert status < 500, rule.rule
            assert status not in {401, 405}, rule.rule
            assert WRONG_ROLE not in body, rule.rule
        else:
            assert (status, WRONG_ROLE in body) == (403, True), (rule.rule, status)
            assert everything() == before, rule.rule


@pytest.mark.parametrize("token", ["", "forged"])
def test_no_form_is_taken_without_its_token(app: Flask, browse: Browse, story: Story, token: str) -> None:
    for alias in ("maya", "sam"):
        browser = browse(story.house, alias)
        before = everything()
        for rule, method in _rules(app):
            if method == "GET" or rule.endpoint in SIGNED:
                continue
            response = browser.open(method, _path(rule, story), data={"csrf_token": token, "why": "because"})
            assert response.status_code == 400, (rule.rule, response.status_code)
        assert everything() == before


def test_names_of_another_kind_or_house_are_no_pages(browse: Browse, story: Story) -> None:
    browser = browse(story.house, "sam")
    right = refs().name("case", story.open_case)
    assert browser.get(f"/cases/{right}").status_code == 200
    for wrong in (refs().name("reply", story.open_case), str(story.open_case), right[:-1], right[:-1] + "_", "A" * 22):
        assert browser.get(f"/cases/{wrong}").status_code == 404, wrong
    assert browser.open("GET", f"/review/{refs().name('case', story.review)}").status_code == 404


def test_a_member_who_lost_the_role_is_out_with_the_next_request(
    app: Flask, browse: Browse, story: Story, network: FakeNetwork
) -> None:
    from app.kernel.db import transaction
    from app.people import members

    browser = browse(story.house, "sam")
    assert browser.get("/review").status_code == 200
    with transaction():
        members.join(story.house.brand_id, story.house.sam.member_id, "advocate")
    assert browser.get("/review").status_code == 403
    assert network.said
    assert app.testing
