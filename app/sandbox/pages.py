"""Plaza, the sandbox network's public face: where a newcomer writes as a customer and watches the answer come."""

import hmac
import secrets
from dataclasses import dataclass, replace

from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from app.sandbox import accounts, cards, entities, posts
from app.sandbox.accounts import Account
from app.sandbox.posts import Post, Span
from app.sandbox.store import Store
from app.sandbox.weighted_length import ENDINGS, LIMIT, weighted_length

PER_PAGE = 20
LONGEST_TYPED = 4000


@dataclass(frozen=True, slots=True)
class Draft:
    """What the compose box holds; kept when a post is refused, so that nothing typed is lost."""

    text: str
    name: str = ""
    reply_to: int | None = None
    trouble: str = ""


def create_pages(store: Store, portal_url: str | None) -> Blueprint:
    """The blueprint of the public pages, and of the errors everywhere."""
    pages = Blueprint("pages", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
    plaza = _Plaza(store)

    @pages.app_context_processor
    def shared() -> dict[str, object]:
        brands = [cards.face(account) for account in accounts.everyone(store, "brand")]
        return {
            "portal_url": portal_url,
            "limit": LIMIT,
            "endings": ENDINGS,
            "brands": brands,
            "csrf": _csrf,
            "me": _me_face(store),
        }

    @pages.app_errorhandler(HTTPException)
    def explain(error: HTTPException) -> AnyResponse:
        if isinstance(error, SecurityError):  # addressed by a foreign name: not even routes exist for it
            return error.get_response()
        if request.path.startswith(("/2/", "/control/")):
            return make_response(jsonify(title=error.name, detail=error.description, status=error.code), error.code)
        return make_response(render_template("trouble.html", error=error), error.code)

    pages.add_url_rule("/", "home", plaza.home)
    pages.add_url_rule("/thread/<int:post_id>", "thread", plaza.thread)
    pages.add_url_rule("/thread/<int:post_id>/revision.json", "revision", plaza.revision)
    pages.add_url_rule("/@<handle>", "profile", plaza.profile)
    pages.add_url_rule("/posts", "write", plaza.write, methods=["POST"])
    return pages


class _Plaza:
    """What each page shows, and what the compose box does."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def home(self) -> str:
        before = request.args.get("before", type=int)
        shown = cards.timeline(self.store, before, PER_PAGE + 1, _me(self.store))
        return render_template(
            "home.html",
            cards=shown[:PER_PAGE],
            more=shown[PER_PAGE - 1].conversation_id if len(shown) > PER_PAGE else None,
            before=before,
            draft=Draft(_greeting(self.store, request.args.get("to"))),
            rename="rename" in request.args,
        )

    def thread(self, post_id: int) -> str | AnyResponse:
        post = _known(self.store, post_id)
        if post.first_id != post.conversation_id:
            return redirect(_place(post))
        return _thread_page(self.store, post, Draft("", reply_to=_to_answer(self.store, post).id))

    def revision(self, post_id: int) -> Response:
        return jsonify(revision=posts.revision(self.store, _known(self.store, post_id).conversation_id))

    def profile(self, handle: str) -> str:
        account = accounts.by_handle(self.store, handle)
        if account is None:
            abort(404)
        said = posts.by_author(self.store, account.id, Span(), PER_PAGE, ("retweets",))
        shown = [cards.card(self.store, post, _me(self.store)) for post in said]
        return render_template("profile.html", face=cards.face(account), cards=shown)

    def write(self) -> AnyResponse:
        refuse_forged()
        given = request.form.get("reply_to", type=int)
        target = _known(self.store, given) if given else None
        text = request.form.get("text", "").replace("\r\n", "\n").strip()
        draft = Draft(text[:LONGEST_TYPED], request.form.get("name", "").strip(), given)
        if trouble := _trouble(self.store, draft, target):
            return make_response(_again(self.store, replace(draft, trouble=trouble), target), 422)
        with self.store.transaction():
            author = writer(self.store, draft.name)
            addressed = _addressed(self.store, author, target) if target else []
            post = posts.publish(
                self.store, author.id, draft.text, addressed_to=addressed, reply_to=target, by_visitor=True
            )
        return redirect(_place(post), 303)


def _thread_page(store: Store, post: Post, draft: Draft) -> str:
    """A whole thread with its reply box."""
    shown = cards.thread(store, post.conversation_id, _me(store))
    if not shown:
        abort(404)
    answered = any(card.face.is_brand and not card.deleted for card in shown)
    target = posts.get(store, draft.reply_to) if draft.reply_to else None
    return render_template(
        "thread.html",
        cards=shown,
        root_id=post.conversation_id,
        revision=posts.revision(store, post.conversation_id),
        answered=answered,
        answering=cards.card(store, target, _me(store)) if target else None,
        draft=draft,
        rename=False,
    )


def _again(store: Store, draft: Draft, target: Post | None) -> str:
    """The page the refused post came from, with what was typed still in its box."""
    if target:
        return _thread_page(store, target, draft)
    shown = cards.timeline(store, None, PER_PAGE, _me(store))
    return render_template("home.html", cards=shown, more=None, draft=draft, rename=bool(draft.name), before=None)


def _trouble(store: Store, draft: Draft, target: Post | None) -> str:
    """Why this draft cannot be posted, in a sentence; empty if it can."""
    if target and target.deleted:
        return "The post you are answering was deleted. Your text is kept here."
    if not draft.name and _me(store) is None:
        return "Choose a name first, any name will do. Your text is kept here."
    if len(draft.name) > accounts.MAX_NAME:
        return f"A name has at most {accounts.MAX_NAME} characters. Your text is kept here."
    words = entities.MENTION.sub("", draft.text).strip()
    if not words:
        return "Write a few words after the name, then post."
    over = weighted_length(draft.text) - LIMIT
    if over > 0:
        return f"The text is {over} too long. Shorten it and post again; it is kept here."
    return ""


def writer(store: Store, name: str) -> Account:
    """The customer who is writing: the one this browser is, or a fresh one for a newly chosen name."""
    known = _me(store)
    if known is not None and name in ("", known.name):
        return known
    account = accounts.for_newcomer(store, name)
    session["handle"] = account.handle
    return account


def _me(store: Store) -> Account | None:
    """The customer this browser writes as; never a brand."""
    handle = session.get("handle")
    account = accounts.by_handle(store, handle) if isinstance(handle, str) else None
    return None if account is None or account.is_brand else account


def _me_face(store: Store) -> cards.Face | None:
    account = _me(store)
    return cards.face(account) if account else None


def _greeting(store: Store, wanted: str | None) -> str:
    """What the compose box begins with: the brand to write to."""
    brands = accounts.everyone(store, "brand")
    chosen = [account for account in brands if wanted and account.handle.lower() == wanted.lower()] or brands
    return f"@{chosen[0].handle} " if chosen else ""


def _known(store: Store, post_id: int) -> Post:
    """The newest version of a post, deleted or not; or the page that says there is none."""
    post = posts.get(store, post_id) if post_id < 1 << 63 else None
    if post is None:
        abort(404)
    return posts.newest_version(store, post)


def _place(post: Post) -> str:
    """Where a post stands: its thread, scrolled to it."""
    return url_for("pages.thread", post_id=post.conversation_id, _anchor=f"p{post.id}")


def _to_answer(store: Store, root: Post) -> Post:
    """What the reply box answers: the brand's newest post in the thread, else the newest post standing."""
    standing = [post for post in posts.conversation(store, root.conversation_id) if not post.deleted]
    brands = {account.id for account in accounts.everyone(store, "brand")}
    spoken = [post for post in standing if post.author_id in brands]
    return (spoken or standing or [root])[-1]


def _addressed(store: Store, author: Account, target: Post) -> list[str]:
    """Whom a customer's reply is addressed to: who is answered, and every brand named so far in what it answers."""
    answered = accounts.by_id(store, target.author_id)
    root = posts.get(store, target.conversation_id)
    named = entities.handles(target.text) + (entities.handles(root.text) if root else [])
    known = [accounts.by_handle(store, handle) for handle in named]
    wanted = [answered, *(account for account in known if account and account.is_brand)]
    return list(dict.fromkeys(account.handle for account in wanted if account and account.id != author.id))


def _csrf() -> str:
    """The word a form must bring back; it lives in this browser's signed cookie."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def refuse_forged() -> None:
    """Refuses a form that another site, or another port of this machine, has sent in the visitor's name."""
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin != request.host_url.rstrip("/")
    foreign = foreign or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    expected = session.get("csrf", "")
    given = request.form.get("csrf", "")
    if foreign or not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        abort(403, "This form did not come from this page, or the page was open for too long. Nothing was posted.")
