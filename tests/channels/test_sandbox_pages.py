"""Plaza, the sandbox network's pages: a newcomer writes, sees the answer come, and nobody else writes for them."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.channels.sandbox import Network, running_network


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network(portal_url="http://127.0.0.1:8000/") as started:
        yield started


@pytest.fixture
def network(running: Network) -> Network:
    return running.afresh()


class Visitor:
    """A browser without a screen: keeps its cookies, sends the form's hidden fields back."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.session = requests.Session()

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.network.url + path, timeout=60)

    def write(
        self, text: str, at: str = "/", headers: dict[str, str] | None = None, **fields: str
    ) -> requests.Response:
        """Fills in the form of the page `at` and sends it; a field given as empty is left out."""
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.get(at).text))
        form = {name: value for name, value in (hidden | {"text": text} | fields).items() if value}
        return self.session.post(f"{self.network.url}/posts", data=form, headers=headers, timeout=60)


def heard(network: Network, brand: dict) -> list[str]:
    return [post.text for post in network.client(brand).get_users_mentions(brand["id"]).data or []]


def test_a_newcomer_writes_is_heard_is_answered_and_says_thanks(network):
    brand = network.brand()
    visitor = Visitor(network)
    assert "@HarborCoffee </textarea>" in visitor.get("/").text

    thread = visitor.write("@HarborCoffee is the app down?", name="Lina Đặng")
    post_id = thread.url.rpartition("/")[2].partition("#")[0]
    news = visitor.get(f"/thread/{post_id}/revision.json").json()["revision"]
    client = network.client(brand)
    answer = client.create_tweet(text="It is up again, Lina. ^mia, community", in_reply_to_tweet_id=post_id).data

    assert heard(network, brand) == ["@HarborCoffee is the app down?"]
    assert answer["text"].startswith("@lina_dang ")
    assert "It appears here by itself" in thread.text
    assert visitor.get(f"/thread/{post_id}/revision.json").json()["revision"] != news
    page = visitor.get(f"/thread/{post_id}").text
    assert "It appears here by itself" not in page
    assert "<bdi>^mia, community</bdi>" in page
    assert page.count("It is up again, Lina.") == 1

    again = visitor.write("that worked", at=f"/thread/{post_id}")

    assert heard(network, brand)[0] == "@HarborCoffee that worked"
    thanks = network.control("GET", "/posts")["posts"][0]
    assert (thanks["reply_to"], thanks["handle"]) == (answer["id"], "lina_dang")
    assert again.url.endswith(f"/thread/{post_id}#p{thanks['id']}")


def test_what_is_written_while_the_past_is_planted_is_of_today_and_not_heard_in_the_past(network):
    brand, visitor = network.brand(), Visitor(network)
    network.control("POST", "/clock", {"offset_seconds": -20 * 86400})
    network.control("POST", "/posts", {"handle": "old", "text": "@HarborCoffee three weeks ago"})
    thread = visitor.write("@HarborCoffee is anybody there?", name="Ann")
    assert "just now" in thread.text
    assert heard(network, brand) == ["@HarborCoffee three weeks ago"]

    network.control("POST", "/clock", {"offset_seconds": 0})

    assert heard(network, brand) == ["@HarborCoffee is anybody there?", "@HarborCoffee three weeks ago"]
    written = network.control("GET", "/posts")["posts"][0]["created_at"]
    assert written[:10] == network.control("GET", "/clock")["now"][:10]


def test_a_name_is_kept_and_another_one_is_another_person(network):
    network.brand()
    visitor, other = Visitor(network), Visitor(network)
    visitor.write("@HarborCoffee one", name="Mai")
    visitor.write("@HarborCoffee two")
    visitor.write("@HarborCoffee three", at="/?rename=1", name="Otto")
    other.write("@HarborCoffee four", name="Mai")

    assert [post["handle"] for post in network.control("GET", "/posts")["posts"]] == ["mai_2", "otto", "mai", "mai"]


def test_nobody_can_write_as_a_brand(network):
    network.brand("Harbor")
    Visitor(network).write("@Harbor hello", name="Harbor")

    assert network.control("GET", "/posts")["posts"][0]["handle"] == "harbor_2"


def test_a_customer_does_not_become_the_brand_that_takes_the_handle_later(network):
    visitor = Visitor(network)
    network.brand("Other")
    visitor.write("@Other hello", name="Harbor")
    network.control("POST", "/reset")
    network.brand("Harbor")

    assert "You write as" not in visitor.get("/").text
    assert visitor.write("@Harbor hello").status_code == 422


@pytest.mark.parametrize(
    "forgery",
    [
        {"csrf": ""},
        {"csrf": "guessed"},
        {"headers": {"Origin": "http://evil.example"}},
        {"headers": {"Origin": "http://127.0.0.1:8000"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
    ],
)
def test_a_form_from_elsewhere_is_refused_and_the_own_one_accepted(network, forgery):
    network.brand()
    visitor = Visitor(network)

    refused = visitor.write("@HarborCoffee forged", name="Mai", **forgery)
    accepted = visitor.write(
        "@HarborCoffee own", name="Mai", headers={"Origin": network.url, "Sec-Fetch-Site": "same-origin"}
    )

    assert refused.status_code == 403
    assert "Nothing was posted" in refused.text
    assert accepted.status_code == 200
    assert [post["text"] for post in network.control("GET", "/posts")["posts"]] == ["@HarborCoffee own"]


def test_a_form_of_another_visitor_is_refused(network):
    network.brand()
    visitor, victim = Visitor(network), Visitor(network)
    token = re.search(r'name="csrf" value="([^"]+)"', visitor.get("/").text)[1]

    assert victim.write("@HarborCoffee hello", name="Mai", csrf=token).status_code == 403


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("@HarborCoffee " + "x" * 267, "Mai", "The text is 1 too long."),
        ("@HarborCoffee ", "Mai", "Write a few words"),
        ("@HarborCoffee hello", "", "Choose a name first"),
        ("@HarborCoffee hello", "M" * 51, "at most 50"),
    ],
)
def test_what_cannot_be_posted_is_explained_and_kept(network, text, name, said):
    network.brand()

    refused = Visitor(network).write(text, name=name)

    assert refused.status_code == 422
    assert said in refused.text
    assert f">{text.strip()}</textarea>" in refused.text
    assert network.control("GET", "/posts")["posts"] == []


HOSTILE = (
    '<script>alert(1)</script> "><img src=x onerror=alert(1)> javascript:alert(1) '
    "https://a.com/\"onmouseover='x {{7*7}} \u202egnp.exe \u2066\u2069 \u0000"
)


def test_hostile_text_stays_text(network):
    brand = network.brand()
    root = network.post(f"@HarborCoffee {HOSTILE}", "mallory", name="<b>\u202eMallory\u2069</b>")
    network.control("POST", "/accounts", {"handle": "mallory", "bio": HOSTILE})
    network.post("see this", quote_of=root["id"])
    network.client(brand).create_tweet(text="Fine ^<i>x</i>", in_reply_to_tweet_id=root["id"])
    visitor = Visitor(network)

    for path in ("/", f"/thread/{root['id']}", "/@mallory", "/@mai"):
        page = visitor.get(path)
        assert page.status_code == 200
        shown = page.text
        assert not re.search(r"<(?:img src=x|b>|i>)|<script>|\son\w+=", shown.replace("onerror=alert(1)&gt;", ""))
        assert not re.search(r"<[^>]*\son\w+\s*=", shown)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000]", shown)
        assert 'href="javascript:' not in shown
        assert not re.search(r"javascript:alert\(1\)[^<]*\b49\b", shown)
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|<script(?! src=)", shown)
    assert '<bdi class="name">&lt;b&gt;Mallory&lt;/b&gt;</bdi>' in visitor.get("/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in visitor.get("/").text


def test_a_thread_shows_every_reply_in_its_place_and_gaps_where_posts_were(network):
    network.brand()
    root = network.post("@HarborCoffee first")
    a = network.post("second", "otto", reply_to=root["id"])
    network.post("fourth", "anna", reply_to=root["id"])
    network.post("third", "mai", reply_to=a["id"])
    lonely = network.post("fifth", "troll", reply_to=root["id"])
    network.control("DELETE", f"/posts/{a['id']}")
    network.control("DELETE", f"/posts/{lonely['id']}")
    network.control("PATCH", f"/posts/{root['id']}", {"text": "@HarborCoffee first, mended"})
    visitor = Visitor(network)

    page = visitor.get(f"/thread/{root['id']}").text

    shown = re.findall(r"first, mended|second|deleted by its author|third|fourth|fifth", page)
    assert shown == ["first, mended", "deleted by its author", "third", "fourth"]
    assert re.findall(r"card depth-(\d)", page) == ["0", "1", "2", "1"]
    inner = visitor.get(f"/thread/{a['id']}")
    assert inner.url.endswith(f"/thread/{root['id']}#p{a['id']}")


def test_older_threads_are_one_click_away(network):
    network.brand()
    network.control("POST", "/posts", [{"handle": "mai", "text": f"@HarborCoffee number {n}."} for n in range(25)])
    visitor = Visitor(network)

    newest = visitor.get("/").text
    older = visitor.get(re.search(r'href="(/\?before=\d+)"', newest)[1]).text

    assert re.findall(r"number (\d+)\.", newest) == [str(n) for n in range(24, 4, -1)]
    assert re.findall(r"number (\d+)\.", older) == [str(n) for n in range(4, -1, -1)]


def test_empty_places_say_what_to_do_next(network):
    visitor = Visitor(network)

    assert "No brand lives here yet" in visitor.get("/").text
    network.brand()
    assert "Be the first: write to @HarborCoffee" in visitor.get("/").text
    assert "Nothing said so far" in visitor.get("/@HarborCoffee").text
    assert 'href="http://127.0.0.1:8000/"' in visitor.get("/").text


@pytest.mark.parametrize(
    "path", ["/nowhere", "/thread/1", f"/thread/{10**30}", "/thread/x", "/@nobody", "/thread/1/revision.json"]
)
def test_what_is_not_there_is_said_kindly(network, path):
    answer = Visitor(network).get(path)

    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text


@pytest.mark.parametrize("path", ["/2/nowhere", "/control/nowhere"])
def test_programs_get_json_when_nothing_is_there(network, path):
    answer = requests.get(network.url + path, headers={"X-Sandbox-Control": network.token}, timeout=60)

    assert answer.status_code == 404
    assert answer.json()["status"] == 404


def test_the_pages_own_files_are_served(network):
    page = Visitor(network).get("/").text

    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        answer = requests.get(network.url + path, timeout=60)
        assert answer.ok
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
