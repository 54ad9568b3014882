"""The sandbox network through tweepy: what a brand hears, what it may answer, and what the network refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import tweepy

from tests.channels.sandbox import NETWORK, START, Clock, Network, running_network


def texts(response: tweepy.Response) -> list[str]:
    return [post.text for post in response.data or []]


def test_mentions_arrive_newest_first_with_what_was_asked_for(network):
    brand = network.brand()
    first = network.post("@harborcoffee is the app <down> & out?", name="Mai Trần", followers=120)
    network.post("nothing about anybody")
    network.post("mail me at x@HarborCoffee.com or @HarborCoffeeFan")
    network.control("POST", "/posts", {"handle": "echo", "repost_of": first["id"]})
    second = network.post("@mai same here, @HarborCoffee", "otto", reply_to=first["id"])

    plain = network.client(brand).get_users_mentions(brand["id"])
    full = network.client(brand).get_users_mentions(
        brand["id"],
        tweet_fields=["author_id", "conversation_id", "created_at", "referenced_tweets", "public_metrics", "entities",
                      "in_reply_to_user_id", "lang", "reply_settings"],
        expansions=["author_id", "referenced_tweets.id"],
        user_fields=["public_metrics"],
    )  # fmt: skip

    assert texts(plain) == ["@mai same here, @HarborCoffee", "@harborcoffee is the app &lt;down&gt; &amp; out?"]
    assert plain.data[0].author_id is None
    assert plain.meta == {"result_count": 2, "newest_id": second["id"], "oldest_id": first["id"]}
    reply, root = full.data
    assert str(reply.conversation_id) == str(root.id) == first["id"]
    assert [(one.type, str(one.id)) for one in reply.referenced_tweets] == [("replied_to", first["id"])]
    assert reply.in_reply_to_user_id == root.author_id
    assert root.public_metrics["reply_count"] == root.public_metrics["retweet_count"] == 1
    assert root.created_at.replace(tzinfo=None) == START.replace(tzinfo=None, second=1)
    assert root.entities["mentions"][0]["username"] == "HarborCoffee"
    assert root.reply_settings == "everyone"
    assert {user.name: user.public_metrics["followers_count"] for user in full.includes["users"]} == {
        "Mai Trần": 120,
        "otto": 0,
    }
    assert [str(post.id) for post in full.includes["tweets"]] == [first["id"]]


def test_pages_and_since_id_together_give_every_mention_once(network):
    brand = network.brand()
    network.control("POST", "/posts", [{"handle": f"c{n}", "text": f"@HarborCoffee {n}"} for n in range(23)])
    client = network.client(brand)

    pages = list(tweepy.Paginator(client.get_users_mentions, brand["id"], max_results=10))
    seen = [int(text.split()[1]) for page in pages for text in texts(page)]
    newest = pages[0].meta["newest_id"]
    nothing_new = client.get_users_mentions(brand["id"], since_id=newest)
    network.post("@HarborCoffee 23")
    one_new = client.get_users_mentions(brand["id"], since_id=newest)

    assert [page.meta["result_count"] for page in pages] == [10, 10, 3]
    assert seen == list(range(22, -1, -1))
    assert nothing_new.data is None
    assert nothing_new.meta == {"result_count": 0}
    assert texts(one_new) == ["@HarborCoffee 23"]


def test_only_the_newest_800_mentions_can_be_reached(network):
    brand = network.brand()
    network.control("POST", "/posts", [{"handle": "mai", "text": f"@HarborCoffee {n}"} for n in range(805)])

    pages = tweepy.Paginator(network.client(brand).get_users_mentions, brand["id"], max_results=100)
    seen = [text for page in pages for text in texts(page)]

    assert len(seen) == 800
    assert seen[-1] == "@HarborCoffee 5"


def test_times_and_ids_bound_a_timeline(network):
    brand = network.brand()
    client = network.client(brand)
    made = [client.create_tweet(text=f"hello {n}").data["id"] for n in range(5) if not network.clock.advance(60)]

    def told(**bounds: str) -> list[str]:
        return texts(client.get_users_tweets(brand["id"], **bounds))

    assert told(since_id=made[1], until_id=made[4]) == ["hello 3", "hello 2"]
    assert told(start_time="2026-11-02T09:02:00Z", end_time="2026-11-02T09:04:00Z") == ["hello 2", "hello 1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("router", "eba"),
        ('"my router"', "ea"),
        ("@HarborCoffee router", "eba"),
        ("from:otto", "cb"),
        ("to:mai", "b"),
        ("router -from:otto", "ea"),
        ("(router OR milk) from:otto", "cb"),
        ("router OR milk from:otto", "ecba"),
        ("-(router OR milk) @HarborCoffee", "d"),
        ("咖啡", "d"),
        ("rout", ""),
        ("@HarborCoffee is:reply", "b"),
        ("router -is:retweet -is:reply", "a"),
        ("router is:retweet", "e"),
        ("#Milk", "c"),
        ("lang:zh @HarborCoffee", "d"),
    ],
)
def test_search_understands(network, query, found):
    brand = network.brand()
    a = network.post("@HarborCoffee my router is dead")["id"]
    b = network.post("@HarborCoffee ROUTER of mine too", "otto", reply_to=a)["id"]
    c = network.post("no #milk today, milk", "otto")["id"]
    d = network.post("@HarborCoffee 我的咖啡")["id"]
    e = network.control("POST", "/posts", {"handle": "echo", "repost_of": a})["id"]

    answer = network.client(brand).search_recent_tweets(query)

    names = {a: "a", b: "b", c: "c", d: "d", e: "e"}
    assert "".join(names[str(post.id)] for post in answer.data or []) == found


def test_search_follows_a_thread_and_pages_through_it(network):
    brand = network.brand()
    root = network.post("@HarborCoffee hello")
    for n in range(24):
        network.post(f"@HarborCoffee more {n}", reply_to=root["id"])
    network.post("@HarborCoffee elsewhere")

    pages = tweepy.Paginator(network.client(brand).search_recent_tweets, f"conversation_id:{root['id']}")
    seen = [text for page in pages for text in texts(page)]

    assert len(seen) == 25
    assert "@HarborCoffee elsewhere" not in seen


@pytest.mark.parametrize("query", ["is:reply", "(a OR", "a)", "bogus:x a", "-word", "a OR -b", "", "x" * 513])
def test_search_refuses_what_x_refuses(network, query):
    brand = network.brand()

    with pytest.raises(tweepy.BadRequest):
        network.client(brand).search_recent_tweets(query)


def test_search_reaches_back_seven_days(network):
    brand = network.brand()
    old = network.post("@HarborCoffee old")
    network.control("POST", "/clock", {"advance_seconds": 8 * 86_400})
    network.post("@HarborCoffee new")

    assert texts(network.client(brand).search_recent_tweets("@HarborCoffee")) == ["@HarborCoffee new"]
    with pytest.raises(tweepy.BadRequest, match="since_id"):
        network.client(brand).search_recent_tweets("@HarborCoffee", since_id=old["id"])


@pytest.mark.parametrize("oauth2", [False, True])
def test_a_summoned_brand_answers_in_its_own_name(network, oauth2):
    brand = network.brand()
    asked = network.post("@HarborCoffee is the app down?")
    client = network.client(brand, oauth2=oauth2)

    assert client.get_me(user_auth=not oauth2).data.username == "HarborCoffee"
    made = client.create_tweet(text="It is up again. ^mia", in_reply_to_tweet_id=asked["id"], user_auth=not oauth2)

    read_back = client.get_users_tweets(brand["id"], tweet_fields=["referenced_tweets", "display_text_range"]).data[0]
    assert str(read_back.id) == made.data["id"]
    assert read_back.text == made.data["text"] == "@mai It is up again. ^mia"
    assert read_back.data["display_text_range"] == [5, 25]
    assert str(read_back.referenced_tweets[0].id) == asked["id"]
    replies = network.control("GET", f"/posts?replies_to={asked['id']}")["posts"]
    assert [(one["handle"], one["typed"]) for one in replies] == [("HarborCoffee", "It is up again. ^mia")]


def test_a_reply_nobody_summoned_is_refused(network):
    brand = network.brand()
    own = network.client(brand).create_tweet(text="Our new roast is here").data["id"]
    stranger = network.post("my coffee was cold")
    quoting = network.post("is that so", quote_of=own)
    client = network.client(brand)

    with pytest.raises(tweepy.Forbidden, match="you have not been mentioned or otherwise engaged by the author"):
        client.create_tweet(text="Sorry about that", in_reply_to_tweet_id=stranger["id"])

    assert client.create_tweet(text="It is", in_reply_to_tweet_id=quoting["id"]).data
    assert client.create_tweet(text="And more to come", in_reply_to_tweet_id=own).data
    assert network.control("GET", f"/posts?replies_to={stranger['id']}")["posts"] == []


def test_the_same_text_is_refused_while_the_first_stands(network):
    brand = network.brand()
    asked = network.post("@HarborCoffee one")
    again = network.post("@HarborCoffee two", "otto")
    client = network.client(brand)
    first = client.create_tweet(text="Please sign in again.", in_reply_to_tweet_id=asked["id"]).data["id"]

    with pytest.raises(tweepy.Forbidden, match="You are not allowed to create a Tweet with duplicate content"):
        client.create_tweet(text="Please sign in again.", in_reply_to_tweet_id=again["id"])

    assert client.delete_tweet(first).data == {"deleted": True}
    assert client.create_tweet(text="Please sign in again.", in_reply_to_tweet_id=again["id"]).data


def test_length_is_weighted_and_the_address_of_a_reply_is_free(network):
    brand = network.brand()
    asked = network.post("@HarborCoffee help", "a_long_handle_1")
    client = network.client(brand)

    assert client.create_tweet(text="é" * 280, in_reply_to_tweet_id=asked["id"]).data
    assert client.create_tweet(text="咖" * 140).data
    assert client.create_tweet(text="x" * 256 + " https://example.com/" + "y" * 100).data
    for text in ("é" * 281, "咖" * 140 + "x", "x" * 257 + " https://example.com/"):
        with pytest.raises(tweepy.BadRequest, match="too long"):
            client.create_tweet(text=text)
    with pytest.raises(tweepy.BadRequest):
        client.create_tweet(text="   ")


def test_deleted_posts_are_gone_everywhere_and_cannot_be_answered(network):
    brand = network.brand()
    root = network.post("@HarborCoffee wrong number, sorry")
    answer = network.post("@HarborCoffee me too", "otto", reply_to=root["id"])
    client = network.client(brand)
    network.control("DELETE", f"/posts/{root['id']}")

    one = client.get_tweet(root["id"])
    several = client.get_tweets([root["id"], answer["id"]], expansions=["referenced_tweets.id"])

    assert one.data is None
    assert one.errors[0]["type"].endswith("resource-not-found")
    assert texts(several) == ["@HarborCoffee me too"]
    assert {error["parameter"] for error in several.errors} == {"ids", "referenced_tweets.id"}
    assert texts(client.get_users_mentions(brand["id"])) == ["@HarborCoffee me too"]
    with pytest.raises(tweepy.Forbidden, match="deleted or not visible to you"):
        client.create_tweet(text="Hello", in_reply_to_tweet_id=root["id"])


def test_an_account_deletes_its_own_posts_only(network):
    brand = network.brand()
    theirs = network.post("@HarborCoffee hello")
    client = network.client(brand)

    with pytest.raises(tweepy.Forbidden):
        client.delete_tweet(theirs["id"])
    with pytest.raises(tweepy.NotFound):
        client.delete_tweet("1")


def test_an_edit_is_a_new_post_with_a_history(network):
    brand = network.brand()
    old = network.post("@HarborCoffee my ruoter is dead")
    client = network.client(brand)
    before = client.get_users_mentions(brand["id"]).meta["newest_id"]
    network.clock.advance(30)
    new = network.control("PATCH", f"/posts/{old['id']}", {"text": "@HarborCoffee my router is dead"})

    heard = client.get_users_mentions(brand["id"], since_id=before, tweet_fields=["conversation_id"])

    assert texts(heard) == ["@HarborCoffee my router is dead"]
    assert heard.data[0].edit_history_tweet_ids == [int(old["id"]), int(new["id"])]
    assert str(heard.data[0].conversation_id) == old["id"]
    assert len(client.get_users_mentions(brand["id"]).data) == 1
    assert client.get_tweet(old["id"]).data.text == "@HarborCoffee my ruoter is dead"
    network.control("DELETE", f"/posts/{old['id']}")
    assert client.get_tweet(new["id"]).data is None
    assert client.get_users_mentions(brand["id"]).data is None


def test_a_late_post_carries_the_id_of_its_moment(network):
    brand = network.brand()
    network.clock.advance(100)
    newer = network.post("@HarborCoffee newer")
    late = network.post("@HarborCoffee late", late_by=60)
    client = network.client(brand)

    assert int(late["id"]) < int(newer["id"])
    assert client.get_users_mentions(brand["id"], since_id=newer["id"]).data is None
    assert texts(client.get_users_mentions(brand["id"])) == ["@HarborCoffee newer", "@HarborCoffee late"]


def test_a_long_text_is_cut_in_lists_and_whole_as_a_note(network):
    brand = network.brand()
    long = "@HarborCoffee " + "word " * 100
    network.post(long)

    found = network.client(brand).get_users_mentions(brand["id"], tweet_fields=["note_tweet"]).data[0]

    assert found.text.endswith("…")
    assert len(found.text) <= 280
    assert found.data["note_tweet"]["text"] == long


def test_links_are_wrapped_and_can_be_told_again(network):
    brand = network.brand()
    network.post("@HarborCoffee see https://harbor.com/app?x=1 please")

    found = network.client(brand).get_users_mentions(brand["id"], tweet_fields=["entities"]).data[0]

    [link] = found.entities["urls"]
    assert found.text == f"@HarborCoffee see {link['url']} please"
    assert link["expanded_url"] == "https://harbor.com/app?x=1"


@pytest.mark.parametrize(
    "asked",
    [
        "?max_results=4", "?max_results=101", "?max_results=ten", "?bogus=1", "?tweet.fields=bogus",
        "?expansions=bogus", "?since_id=abc", "?start_time=yesterday", "?start_time=2026-13-01T00:00:00Z",
        "?pagination_token=zzz", "?user.fields=bogus",
    ],
)  # fmt: skip
def test_parameters_out_of_form_are_refused_as_x_refuses_them(network, asked):
    brand = network.brand()
    bearer = {"Authorization": "Bearer " + brand["credentials"]["bearer_token"]}

    answer = requests.get(f"{network.url}/2/users/{brand['id']}/mentions{asked}", headers=bearer, timeout=60)

    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"
    assert list(answer.json()["errors"][0]["parameters"]) == [asked[1:].partition("=")[0]]


def test_only_known_callers_are_answered_and_an_app_cannot_write(network):
    brand, other = network.brand(), network.brand("RiverTea")
    stranger = tweepy.Client(bearer_token="unknown")
    stranger.session.mount(NETWORK, network.client(brand).session.get_adapter(NETWORK))
    forged = network.client(brand | {"credentials": brand["credentials"] | {"access_token_secret": "guessed"}})
    mixed = network.client(
        brand | {"credentials": brand["credentials"] | {"consumer_key": other["credentials"]["consumer_key"]}}
    )
    app = network.client(brand)

    for client in (forged, mixed):
        with pytest.raises(tweepy.Unauthorized):
            client.create_tweet(text="hello")
    with pytest.raises(tweepy.Unauthorized):
        stranger.get_users_mentions(brand["id"])
    with pytest.raises(tweepy.Forbidden, match="Application-Only is forbidden"):
        app.create_tweet(text="hello", user_auth=False)
    assert network.control("GET", "/posts")["posts"] == []


def test_who_is_who(network):
    brand = network.brand()
    network.post("hello", "mai", name="Mai Trần", followers=7)
    client = network.client(brand)

    mai = client.get_user(username="MAI", user_fields=["public_metrics", "created_at", "description", "verified"]).data

    assert client.get_user(id=mai.id).data.name == "Mai Trần"
    assert mai.public_metrics == {
        "followers_count": 7, "following_count": 0, "tweet_count": 1, "listed_count": 0, "like_count": 0,
    }  # fmt: skip
    assert client.get_user(username="nobody").errors[0]["resource_type"] == "user"


def test_rate_limits_are_told_and_kept(network):
    brand = network.brand()
    network.control("POST", "/limits", {"endpoint": "GET /2/users/:id/mentions", "limit": 2})
    client = network.client(brand)
    client.return_type = requests.Response

    left = [client.get_users_mentions(brand["id"]).headers["x-rate-limit-remaining"] for _ in range(2)]
    with pytest.raises(tweepy.TooManyRequests) as refused:
        client.get_users_mentions(brand["id"])
    network.clock.advance(901)
    again = client.get_users_mentions(brand["id"])

    assert left == ["1", "0"]
    assert refused.value.reset_time == int(START.timestamp()) + 900
    assert again.ok
    assert client.get_user(username="HarborCoffee").headers["x-rate-limit-limit"] == "300"


def story(seed: int) -> list[object]:
    with running_network(seed=seed) as network:
        brand = network.brand()
        asked = network.post("@HarborCoffee https://a.com help", followers=3)
        client = network.client(brand)
        made = client.create_tweet(text="Here it is", in_reply_to_tweet_id=asked["id"]).data
        network.control("POST", "/reset")
        return [brand, asked, made, network.brand()]


def test_a_seed_tells_the_same_world_again():
    first, second, other = story(7), story(7), story(8)

    assert first == second
    assert first[0] == first[3]
    assert other[1]["id"] != first[1]["id"]
    assert other[0]["credentials"] != first[0]["credentials"]


def start_process(data: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "app.sandbox", "--port", "0", "--data", str(data), "--seed", "3"]
    environment = os.environ | {"PEERLINE_SANDBOX_TOKEN": "a token of the test"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    line = process.stdout.readline()
    assert "control_token" not in line
    return process, line.split('"url": "')[1].split('"')[0]


def test_the_world_survives_its_process(tmp_path):
    first, url = start_process(tmp_path / "world.sqlite")
    try:
        network = Network(url, "a token of the test", Clock())
        brand = network.brand()
        asked = network.post("@HarborCoffee are you there?")
        network.client(brand).create_tweet(text="We are", in_reply_to_tweet_id=asked["id"])
    finally:
        first.kill()
        first.communicate(timeout=60)

    second, url = start_process(tmp_path / "world.sqlite")
    try:
        client = Network(url, "a token of the test", Clock()).client(brand)
        mentions, own = client.get_users_mentions(brand["id"]), client.get_users_tweets(brand["id"])
    finally:
        second.terminate()
        second.communicate(timeout=60)

    assert texts(mentions) == ["@HarborCoffee are you there?"]
    assert texts(own) == ["@mai We are"]
    assert second.returncode == 0
