"""Meta's own client, written by others against the real network, works against the sandbox: a second witness."""

from __future__ import annotations

from typing import Any

import pytest
from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.api import FacebookAdsApi, FacebookSession
from facebook_business.exceptions import FacebookRequestError

from tests.channels.sandbox import Network


@pytest.fixture
def page(network: Network) -> dict[str, Any]:
    return network.control("POST", "/facebook/pages", {"username": "lumo", "name": "Lumo"})


@pytest.fixture
def api(network: Network, page: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> FacebookAdsApi:
    monkeypatch.setattr(FacebookSession, "GRAPH", network.url)
    keys = page["credentials"]
    return FacebookAdsApi(FacebookSession(keys["app_id"], keys["app_secret"], keys["page_token"], timeout=5))


def wrote(network: Network, message: str, **where: str) -> str:
    network.clock.advance(1)
    return str(network.control("POST", "/facebook/items", {"message": message, "handle": "ada"} | where)["id"])


def test_a_page_reads_its_feed_and_its_comments(network: Network, page: dict[str, Any], api: FacebookAdsApi) -> None:
    asked = wrote(network, "how do I pair it?", on="lumo")
    first, second = wrote(network, "me too", under=asked), wrote(network, "and me", under=asked)
    [post] = Page(page["id"], api=api).get_feed(fields=["id", "message", "from", "created_time"])
    assert (post["id"], post["message"], post["from"]["name"]) == (asked, "how do I pair it?", "ada")
    comments = PagePost(asked, api=api).get_comments(fields=["id", "message", "parent"], params={"limit": 1})
    assert [comment["id"] for comment in comments] == [first, second]  # it follows the next pages by itself


def test_what_names_the_page_elsewhere_is_found(network: Network, page: dict[str, Any], api: FacebookAdsApi) -> None:
    elsewhere = wrote(network, "my @lumo blinks")
    wrote(network, "nothing about anybody")
    [post] = Page(page["id"], api=api).get_tagged(fields=["id", "message_tags"])
    assert (post["id"], post["message_tags"][0]["id"]) == (elsewhere, page["id"])


def test_a_comment_is_said_changed_hidden_and_taken_back(
    network: Network, page: dict[str, Any], api: FacebookAdsApi
) -> None:
    asked = wrote(network, "how do I pair it?", on="lumo")
    said = PagePost(asked, api=api).create_comment(params={"message": "Hold the button."})
    answer = Comment(said["id"], api=api)
    answer.api_update(params={"message": "Hold the button for 5 s."})
    read = answer.api_get(fields=["message", "from", "can_comment", "is_hidden"])
    assert (read["message"], read["from"]["id"]) == ("Hold the button for 5 s.", page["id"])
    rude = Comment(wrote(network, "rude", under=asked), api=api)
    rude.api_update(params={"is_hidden": True})
    assert rude.api_get(fields=["is_hidden"])["is_hidden"] is True
    answer.api_delete()
    with pytest.raises(FacebookRequestError) as gone:
        answer.api_get(fields=["message"])
    assert (gone.value.api_error_code(), gone.value.api_error_subcode()) == (100, 33)


def test_an_app_subscribes_to_a_page(page: dict[str, Any], api: FacebookAdsApi) -> None:
    mine = Page(page["id"], api=api)
    mine.create_subscribed_app(params={"subscribed_fields": ["feed", "mention"]})
    [app] = mine.get_subscribed_apps()
    assert (app["id"], app["subscribed_fields"]) == (page["credentials"]["app_id"], ["feed", "mention"])
    mine.delete_subscribed_apps()
    assert list(mine.get_subscribed_apps()) == []


def test_refusals_carry_their_codes_and_headers(network: Network, page: dict[str, Any], api: FacebookAdsApi) -> None:
    network.fault("rate_limited", options={"reset_in": 600})
    with pytest.raises(FacebookRequestError) as busy:
        Page(page["id"], api=api).get_feed()
    assert busy.value.api_error_code() == 80001
    assert '"estimated_time_to_regain_access": 10' in busy.value.http_headers()["X-Business-Use-Case-Usage"]
    network.fault("error_before")
    with pytest.raises(FacebookRequestError) as broken:
        Page(page["id"], api=api).get_feed()
    assert (broken.value.http_status(), broken.value.api_transient_error()) == (500, True)
    network.control("DELETE", "/facebook/tokens")
    with pytest.raises(FacebookRequestError) as ended:
        Page(page["id"], api=api).get_feed()
    assert (ended.value.api_error_code(), ended.value.api_error_subcode()) == (190, 460)


def test_a_proof_by_another_secret_opens_nothing(
    network: Network, page: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FacebookSession, "GRAPH", network.url)
    keys = page["credentials"]
    stranger = FacebookAdsApi(FacebookSession(keys["app_id"], "another secret", keys["page_token"], timeout=5))
    with pytest.raises(FacebookRequestError) as refused:
        Page(page["id"], api=stranger).get_feed()
    assert "appsecret_proof" in refused.value.api_error_message()
