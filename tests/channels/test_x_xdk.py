"""X's own client on the sandbox network: what it hears and says there is as independent a witness as there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from app.sandbox import x_stream as line_of_plaza
from tests.channels.sandbox import Json, Network, consent, running_network

pytestmark = pytest.mark.long

BACK = "http://127.0.0.1:5123/back"


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def network(running: Network, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr(line_of_plaza, "LOOK", 0.02)
    return running.afresh()


@pytest.fixture
def brand(network: Network) -> Json:
    return network.brand("lumo")


@pytest.fixture
def app(network: Network, brand: Json) -> Any:
    """X's client as the app that only reads."""
    from xdk import Client  # two seconds that only these tests shall cost

    return Client(base_url=network.url, bearer_token=brand["credentials"]["bearer_token"])


@pytest.fixture
def user(network: Network, brand: Json, monkeypatch: pytest.MonkeyPatch) -> Any:
    """X's client after its own walk through the consent page."""
    from xdk import Client

    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # loopback has no certificate

    known = network.control("POST", "/apps", {"name": "Desk", "redirect_uris": [BACK], "confidential": True})
    client = Client(
        base_url=network.url,
        authorization_base_url=f"{network.url}/i",
        redirect_uri=BACK,
        scope=["tweet.read", "users.read", "tweet.write", "offline.access"],
        **known,
    )
    client.fetch_token(consent(client.get_authorization_url(state="word"), "allow", brand["id"]))
    return client


def test_it_knows_who_consented_and_renews(user: Any, brand: Json) -> None:
    first = user.access_token
    assert user.users.get_me().data.username == "lumo"
    renewed = user.oauth2_auth.refresh_token()
    assert renewed["access_token"] != first
    user.access_token = renewed["access_token"]
    assert user.users.get_me().data.id == brand["id"]
    user.access_token = first
    with pytest.raises(requests.HTTPError, match="401"):
        user.users.get_me()


def test_it_hears_answers_and_takes_back(network: Network, app: Any, user: Any, brand: Json) -> None:
    from xdk.posts.models import CreateRequest

    asked = network.post(f"@lumo {'a long story ' * 40}", "ada", followers=12)["id"]
    network.post("@lumo same", "otto", reply_to=asked)
    pages = list(
        app.users.get_mentions(
            brand["id"],
            max_results=5,
            post_fields=["conversation_id", "created_at", "note_post", "reply_settings"],
            expansions=["author_id", "referenced_posts"],
            user_fields=["public_metrics", "username"],
        )
    )
    [page] = pages
    assert [post.id for post in page.data][1] == asked
    assert page.data[1].note_post.text.endswith("a long story ")
    assert [reference.id for reference in page.data[0].referenced_posts] == [asked]
    assert {person.username: person.public_metrics.followers_count for person in page.includes.users}["ada"] == 12

    said = user.posts.create(CreateRequest(text="Hold the button.", reply={"in_reply_to_tweet_id": asked}))
    [reply] = network.control("GET", f"/posts?replies_to={asked}")["posts"][:1]
    assert (reply["id"], reply["typed"]) == (said.data.id, "Hold the button.")
    thread = next(iter(app.posts.search_recent(f"conversation_id:{asked}", max_results=10)))
    assert said.data.id in {post.id for post in thread.data}

    assert user.posts.delete(said.data.id).data.deleted
    looked = app.posts.get_by_ids([asked, said.data.id], post_fields=["conversation_id"])
    assert [post.id for post in looked.data] == [asked]
    assert [problem["resource_id"] for problem in looked.model_dump()["errors"]] == [said.data.id]


def test_it_pages_through_everything_once(network: Network, app: Any, brand: Json) -> None:
    ids = [network.post(f"@lumo question {number}", "ada")["id"] for number in range(12)]
    pages = list(app.users.get_mentions(brand["id"], max_results=5))
    assert [post.id for page in pages for post in page.data] == ids[::-1]


def test_it_is_refused_in_words_it_understands(network: Network, user: Any) -> None:
    from xdk.posts.models import CreateRequest

    unsummoned = network.post("my lamp will not pair", "ada")["id"]
    with pytest.raises(requests.HTTPError) as refused:
        user.posts.create(CreateRequest(text="Hold the button.", reply={"in_reply_to_tweet_id": unsummoned}))
    assert refused.value.response.status_code == 403
    assert "have not been mentioned" in refused.value.response.json()["detail"]


def test_it_streams_what_its_rules_want(network: Network, app: Any) -> None:
    from xdk.stream.models import UpdateRulesRequest
    from xdk.streaming import StreamConfig

    made = app.stream.update_rules(UpdateRulesRequest(add=[{"value": "lamp -is:retweet", "tag": "lamps"}]))
    assert made.meta.summary["created"] == 1
    posted = StreamConfig(max_retries=0, on_connect=lambda: network.post("my lamp blinks", "ada"))
    line = app.stream.posts(tweet_fields=["author_id", "conversation_id"], stream_config=posted)
    first = next(line)
    line.close()
    assert first.data.text == "my lamp blinks"
    [rule] = [one for page in app.stream.get_rules() for one in page.data]
    assert [one.id for one in first.matching_rules] == [rule.id]
    gone = app.stream.update_rules(UpdateRulesRequest(delete={"ids": [rule.id]}))
    assert gone.meta.summary["deleted"] == 1
