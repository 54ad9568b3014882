"""The sandbox network's scripted faults: each kind strikes where, when and as often as its script says."""

import pytest
import requests
import tweepy

from app.supervise import wait_until
from tests.channels.sandbox import START, Network, running_network

CREATE = "POST /2/tweets"
MENTIONS = "GET /2/users/*/mentions"


def stored(network: Network) -> list[str]:
    return [post["typed"] for post in network.control("GET", "/posts?handle=HarborCoffee")["posts"]]


@pytest.mark.parametrize(
    ("kind", "error", "is_stored"),
    [
        ("error_before", tweepy.TwitterServerError, False),
        ("error_after", tweepy.TwitterServerError, True),
        ("drop_before", requests.ConnectionError, False),
        ("drop_after", requests.ConnectionError, True),
        ("rate_limited", tweepy.TooManyRequests, False),
        ("usage_capped", tweepy.TooManyRequests, False),
        ("duplicate_content", tweepy.Forbidden, False),
        ("string_body", AttributeError, False),
        ("truncated_json", requests.JSONDecodeError, True),
    ],
)
def test_a_fault_strikes_one_call_and_says_whether_the_post_was_stored(network, kind, error, is_stored):
    client = network.client(network.brand())
    client.return_type = dict
    network.fault(kind, CREATE)

    with pytest.raises(error):
        client.create_tweet(text="hello")

    assert stored(network) == (["hello"] if is_stored else [])
    assert client.create_tweet(text="after the fault")["data"]


@pytest.mark.parametrize(("kind", "is_stored"), [("latency", False), ("slow_answer", True)])
def test_a_slow_network_outlasts_the_callers_patience(network, kind, is_stored):
    brand = network.brand()
    network.fault(kind, CREATE, options={"ms": 1500})

    with pytest.raises(requests.ReadTimeout):
        network.client(brand, patience=0.15).create_tweet(text="hello")

    assert is_stored or stored(network) == []
    wait_until(lambda: stored(network) == ["hello"], timeout=60)


def test_latency_only_delays(network):
    brand = network.brand()
    network.fault("latency", MENTIONS, options={"ms": 30})
    client = network.client(brand)
    client.return_type = requests.Response

    assert client.get_users_mentions(brand["id"]).elapsed.total_seconds() >= 0.03


def test_a_rate_limit_says_until_when_and_a_cap_does_not(network):
    brand = network.brand()
    client = network.client(brand)
    network.fault("rate_limited", MENTIONS, options={"reset_in": 60})
    network.fault("usage_capped", MENTIONS)

    with pytest.raises(tweepy.TooManyRequests) as limited:
        client.get_users_mentions(brand["id"])
    with pytest.raises(tweepy.TooManyRequests) as capped:
        client.get_users_mentions(brand["id"])

    assert limited.value.reset_time == int(START.timestamp()) + 60
    assert capped.value.reset_time is None
    assert "x-rate-limit-reset" not in capped.value.response.headers


def test_a_page_may_hold_items_twice(network):
    brand = network.brand()
    network.post("@HarborCoffee one")
    network.post("@HarborCoffee two")
    network.fault("duplicate_items", MENTIONS)
    client = network.client(brand)

    twice, once = (client.get_users_mentions(brand["id"]) for _ in range(2))

    assert [post.text[-3:] for post in twice.data] == ["two", "two", "one", "one"]
    assert twice.meta["result_count"] == 4
    assert [post.text[-3:] for post in once.data] == ["two", "one"]


def test_items_may_turn_up_behind_newer_ones_already_seen(network):
    brand = network.brand()
    for word in ("one", "two", "six"):
        network.post(f"@HarborCoffee {word}")
    network.fault("late_items", MENTIONS)
    client = network.client(brand)

    first, second = (client.get_users_mentions(brand["id"]) for _ in range(2))

    assert [post.text[-3:] for post in first.data] == ["six", "one"]
    assert [post.text[-3:] for post in second.data] == ["six", "two", "one"]


def test_a_script_may_skip_calls_and_last_for_ever(network):
    brand = network.brand()
    client = network.client(brand)
    fault = network.fault("error_before", MENTIONS, times=None, skip=2, options={"status": 503})

    answers = []
    for _ in range(5):
        try:
            client.get_users_mentions(brand["id"])
            answers.append(200)
        except tweepy.TwitterServerError as error:
            answers.append(error.response.status_code)

    assert answers == [200, 200, 503, 503, 503]
    [seen] = network.control("GET", "/faults")["faults"]
    assert (seen["seen"], seen["hits"]) == (5, 3)
    assert client.create_tweet(text="other endpoints are well").data
    assert network.control("DELETE", f"/faults/{fault['id']}") == {"deleted": 1}
    assert client.get_users_mentions(brand["id"]).meta


def struck(seed: int) -> list[bool]:
    with running_network(seed=seed) as network:
        client = network.client(network.brand())
        network.fault("error_before", "GET *", times=None, probability=0.5)
        outcomes = []
        for _ in range(20):
            try:
                client.get_user(username="HarborCoffee")
                outcomes.append(False)
            except tweepy.TwitterServerError:
                outcomes.append(True)
        return outcomes


def test_chance_is_told_by_the_seed():
    first = struck(7)

    assert first == struck(7)
    assert first != struck(8)
    assert 4 <= sum(first) <= 16


@pytest.mark.parametrize(
    "script",
    [
        {"kind": "bogus"}, {"kind": "latency", "options": {"bogus": 1}}, {"kind": "latency", "tmes": 1}, {},
        {"kind": "latency", "times": -1}, {"kind": "latency", "probability": 2}, {"kind": "latency", "options": "x"},
    ],
)  # fmt: skip
def test_a_script_with_a_mistake_is_refused(network, script):
    headers = {"X-Sandbox-Control": network.token}

    answer = requests.post(f"{network.url}/control/faults", json=script, headers=headers, timeout=60)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert network.control("GET", "/faults")["faults"] == []


@pytest.mark.parametrize("token", [None, "", "guessed"])
def test_the_control_api_wants_its_token(network, token):
    network.post("@HarborCoffee stays")
    headers = {} if token is None else {"X-Sandbox-Control": token}

    for method, path in [("GET", "posts"), ("POST", "reset"), ("POST", "accounts"), ("DELETE", "faults")]:
        answer = requests.request(method, f"{network.url}/control/{path}", json={}, headers=headers, timeout=60)
        assert answer.status_code == 401
    assert len(network.control("GET", "/posts")["posts"]) == 1


def test_a_name_that_is_not_this_machine_is_not_served(network):
    headers = {"X-Sandbox-Control": network.token, "Host": "plaza.attacker.example"}

    for path in ("/control/posts", "/", "/2/users/me"):
        assert requests.get(network.url + path, headers=headers, timeout=60).status_code == 400


def test_the_clock_can_be_moved_and_the_world_emptied(network):
    network.brand()
    network.control("POST", "/clock", {"advance_seconds": 3600})
    assert network.control("GET", "/clock") == {"now": "2026-11-02T10:00:00.000Z", "offset_seconds": 3600.0}
    network.control("POST", "/clock", {"now": "2026-12-24T18:00:00Z"})
    assert network.post("merry")["created_at"] == "2026-12-24T18:00:01.000Z"

    network.control("POST", "/reset")

    assert network.control("GET", "/accounts") == {"accounts": []}
    assert network.control("GET", "/posts") == {"posts": []}
    assert network.control("GET", "/clock")["offset_seconds"] == 0


def test_an_account_put_twice_is_one_account_brought_up_to_date(network):
    first = network.control("POST", "/accounts", {"handle": "Harbor", "kind": "brand", "followers": 5})
    second = network.control(
        "POST", "/accounts", {"handle": "harbor", "kind": "brand", "name": "Harbor Coffee", "bearer_token": "chosen"}
    )

    assert second["id"] == first["id"]
    assert (second["name"], second["followers"]) == ("Harbor Coffee", 5)
    assert second["credentials"] == first["credentials"] | {"bearer_token": "chosen"}
    assert len(network.control("GET", "/accounts")["accounts"]) == 1
