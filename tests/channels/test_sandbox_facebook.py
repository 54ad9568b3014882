"""The sandbox network's pages: what people write there, and the webhooks that tell of it until somebody takes them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from werkzeug import Request, Response
from werkzeug.serving import make_server

from app.sandbox.server import QuietHandler
from tests.channels.facebook_hooks import signature
from tests.channels.sandbox import Network


class Taker:
    """Whoever takes the webhooks: proves itself by the word, writes down what came, and may be out of order."""

    def __init__(self) -> None:
        self.word = ""
        self.status = 200
        self.came: list[tuple[bytes, str]] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        asked = Request(environ)
        if asked.method == "GET":
            knows = asked.args.get("hub.verify_token") == self.word
            return Response(asked.args.get("hub.challenge"), 200 if knows else 403)(environ, start_response)
        self.came.append((asked.get_data(), asked.headers["X-Hub-Signature-256"]))
        return Response("", self.status)(environ, start_response)

    def told(self) -> list[dict[str, Any]]:
        """Every change that came, in the order in which they came."""
        bodies = [json.loads(raw) for raw, _ in self.came]
        return [change for body in bodies for entry in body["entry"] for change in entry["changes"]]


@contextmanager
def served(taker: Taker) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, taker, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hooks"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.fixture
def page(network: Network) -> dict[str, Any]:
    return network.control("POST", "/facebook/pages", {"username": "lumo", "name": "Lumo"})


@pytest.fixture
def taker(network: Network, page: dict[str, Any]) -> Iterator[Taker]:
    """Subscribed to the page."""
    taker = Taker()
    with served(taker) as address:
        taker.word = network.control("POST", "/facebook/app", {"callback_url": address})["verify_token"]
        graph(network, page, "POST", f"{page['id']}/subscribed_apps", subscribed_fields="feed,mention")
        yield taker


def graph(network: Network, page: dict[str, Any], method: str, path: str, **data: str) -> Any:
    """A call of the Graph API as the page."""
    return requests.request(
        method,
        f"{network.url}/v26.0/{path}",
        data=data,
        headers={"Authorization": f"Bearer {page['credentials']['page_token']}"},
        timeout=60,
    ).json()


def write(network: Network, message: str, **what: Any) -> str:
    return str(network.control("POST", "/facebook/items", {"message": message, "handle": "ada"} | what)["id"])


def deliver(network: Network) -> dict[str, Any]:
    return network.control("POST", "/facebook/webhooks")


class TestWebhooks:
    def test_changes_come_signed_in_one_batch_in_their_order(
        self, network: Network, page: dict[str, Any], taker: Taker
    ) -> None:
        post = write(network, "hello?", on="lumo")
        asked = write(network, "anybody?", under=post)
        network.control("PATCH", f"/facebook/items/{asked}", {"message": "anybody there?"})
        network.control("PATCH", f"/facebook/items/{asked}", {"hidden": 1})
        network.control("DELETE", f"/facebook/items/{asked}")
        assert deliver(network) == {"changes": 5, "status": 200}
        [(raw, sign)] = taker.came
        assert sign == signature(raw, page["credentials"]["app_secret"])
        assert [change["value"]["verb"] for change in taker.told()] == ["add", "add", "edited", "hide", "remove"]
        comment = taker.told()[1]["value"]
        assert (comment["comment_id"], comment["post_id"], comment["parent_id"]) == (asked, post, post)
        assert "message" not in taker.told()[4]["value"]

    def test_what_the_page_says_comes_back(self, network: Network, page: dict[str, Any], taker: Taker) -> None:
        post = write(network, "hello?", on="lumo")
        graph(network, page, "POST", f"{post}/comments", message="Good morning.")
        deliver(network)
        assert [change["value"]["from"]["id"] == page["id"] for change in taker.told()] == [False, True]

    @pytest.mark.parametrize("status", [500, 401, 302])
    def test_what_is_not_taken_comes_again(self, network: Network, taker: Taker, status: int) -> None:
        taker.status = status
        write(network, "hello?", on="lumo")
        assert deliver(network)["status"] == status
        taker.status = 200
        assert deliver(network) == {"changes": 1, "status": 200}
        assert deliver(network)["changes"] == 0
        assert taker.came[0] == taker.came[1]

    def test_a_batch_may_come_twice(self, network: Network, taker: Taker) -> None:
        network.fault("duplicate_items", "WEBHOOK *")
        write(network, "hello?", on="lumo")
        deliver(network)
        assert len(taker.came) == 2

    def test_nothing_is_sent_where_the_word_is_not_known(self, network: Network, taker: Taker) -> None:
        taker.word = "another"
        network.control("POST", "/facebook/app", {"verify_token": "of today"})
        write(network, "hello?", on="lumo")
        assert deliver(network)["status"] == 0
        assert taker.came == []

    def test_nothing_leaves_this_machine(self, network: Network, page: dict[str, Any]) -> None:
        network.control("POST", "/facebook/app", {"callback_url": "http://example.org/hooks"})
        graph(network, page, "POST", f"{page['id']}/subscribed_apps", subscribed_fields="feed")
        write(network, "hello?", on="lumo")
        assert deliver(network)["status"] == 0

    def test_who_named_the_page_elsewhere_is_not_always_told(self, network: Network, taker: Taker) -> None:
        for number in range(12):
            write(network, f"{number} my @lumo blinks")
        deliver(network)
        assert {"sender_id" in change["value"] for change in taker.told()} == {True, False}
        assert {change["field"] for change in taker.told()} == {"mention"}

    def test_a_page_that_ended_its_subscription_is_left_alone(
        self, network: Network, page: dict[str, Any], taker: Taker
    ) -> None:
        graph(network, page, "DELETE", f"{page['id']}/subscribed_apps")
        write(network, "hello?", on="lumo")
        assert deliver(network)["changes"] == 0
        assert taker.came == []


class TestPages:
    def test_people_write_on_a_page_and_the_page_hears_of_it(self, network: Network, taker: Taker) -> None:
        visitor = requests.Session()
        address = f"{network.url}/facebook/lumo"

        def write_there(text: str, **more: str) -> requests.Response:
            hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', visitor.get(address).text))
            return visitor.post(address, data=hidden | {"text": text} | more, timeout=60)

        assert write_there("How do I <pair> it?", name="Mai Tran").status_code == 200
        [post] = network.control("GET", "/facebook/items?on=lumo")["items"]
        shown = write_there("Anybody?", under=post["id"]).text
        assert "How do I &lt;pair&gt; it?" in shown
        assert shown.count("Mai Tran") >= 2
        deliver(network)
        assert [change["value"]["message"] for change in taker.told()] == ["How do I <pair> it?", "Anybody?"]

    def test_a_forged_form_writes_nothing(self, network: Network, page: dict[str, Any]) -> None:
        answer = requests.post(f"{network.url}/facebook/lumo", data={"text": "x", "name": "y"}, timeout=60)
        assert answer.status_code == 403
        assert network.control("GET", "/facebook/items?on=lumo")["items"] == []
        assert page["id"] not in answer.text

    def test_each_brand_has_a_page(self, network: Network) -> None:
        network.brand("HarborCoffee")
        assert "HarborCoffee" in requests.get(f"{network.url}/facebook/", timeout=60).text
        assert requests.get(f"{network.url}/facebook/harborcoffee", timeout=60).status_code == 200
        assert requests.get(f"{network.url}/facebook/nobody", timeout=60).status_code == 404


class TestGraph:
    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("me?fields=id,colour", 100),
            ("me?fields=id{", 100),
            ("{page}/feed?limit=0", 100),
            ("{page}/feed?limit=1000", 1),
            ("{page}/feed?after=nonsense", 100),
            ("{page}/feed?since=yesterday", 100),
            ("1_2", 100),
            ("999/feed", 100),
            ("?ids=1_2", 100),
            ("no/such/thing", 100),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_a_code(
        self, network: Network, page: dict[str, Any], path: str, code: int
    ) -> None:
        assert graph(network, page, "GET", path.replace("{page}", page["id"]))["error"]["code"] == code

    def test_other_pages_are_closed(self, network: Network, page: dict[str, Any]) -> None:
        other = network.control("POST", "/facebook/pages", {"username": "rival"})
        assert graph(network, page, "GET", f"{other['id']}/feed")["error"]["code"] == 100
        assert graph(network, page, "POST", f"{other['id']}/subscribed_apps", subscribed_fields="feed")["error"]

    @pytest.mark.parametrize(
        ("missing", "method", "path"),
        [
            ("pages_manage_engagement", "POST", "{post}/comments"),
            ("pages_manage_engagement", "DELETE", "{post}"),
            ("pages_manage_metadata", "POST", "{page}/subscribed_apps"),
            ("pages_read_engagement", "GET", "{page}/feed"),
        ],
    )
    def test_every_permission_is_needed(
        self, network: Network, page: dict[str, Any], missing: str, method: str, path: str
    ) -> None:
        post = write(network, "hello?", on="lumo")
        every = {"pages_manage_engagement", "pages_manage_metadata", "pages_read_engagement", "pages_read_user_content"}
        given = network.control("POST", "/facebook/tokens", {"page": "lumo", "scopes": sorted(every - {missing})})
        told = graph(
            network,
            {"credentials": given},
            method,
            path.format(post=post, page=page["id"]),
            message="x",
            subscribed_fields="feed",
        )
        assert told["error"]["code"] == 200
        assert missing in told["error"]["message"]

    @pytest.mark.parametrize(("kind", "code"), [("signed_out", 190), ("blocked", 368), ("usage_capped", 4)])
    def test_faults_speak_the_networks_own_codes(
        self, network: Network, page: dict[str, Any], kind: str, code: int
    ) -> None:
        network.fault(kind, "GET /v26.0/*")
        assert graph(network, page, "GET", "me")["error"]["code"] == code
        assert graph(network, page, "GET", "me")["id"] == page["id"]
