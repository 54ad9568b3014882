"""A page of the sandbox network as people see it: what stands there, and a box to write in."""

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from app.sandbox import accounts, cards, page_text
from app.sandbox import facebook_world as world
from app.sandbox.facebook_webhooks import tell_of
from app.sandbox.facebook_world import Item, Page
from app.sandbox.page_text import Piece
from app.sandbox.pages import refuse_forged, writer
from app.sandbox.store import Store, iso

SHOWN = 30
LONGEST_TYPED = 8000


@dataclass(frozen=True, slots=True)
class Said:
    """A post or a comment as the page draws it."""

    item: Item
    name: str
    initial: str
    hue: int
    is_page: bool
    pieces: list[Piece]
    written: str
    ago: str
    below: tuple["Said", ...]


def create_facebook_pages(store: Store) -> Blueprint:
    """The blueprint under /facebook."""
    pages = Blueprint("facebook_pages", __name__, url_prefix="/facebook", template_folder="templates")
    pages.add_url_rule("/", "home", lambda: render_template("facebook_home.html", pages=world.pages(store)))
    pages.add_url_rule("/<username>", "show", lambda username: _show(store, username))
    pages.add_url_rule("/<username>", "write", lambda username: _write(store, username), methods=["POST"])
    pages.add_url_rule("/posts/<item_id>", "post", lambda item_id: _post(store, item_id))
    return pages


def _show(store: Store, username: str, *, text: str = "", trouble: str = "") -> str:
    page = _known(store, username)
    found = world.posts_of(store, page.id, by="anybody", before=1 << 62, since_ms=0, count=SHOWN)
    return render_template(
        "facebook_page.html",
        page=page,
        posts=[_said(store, post, page) for post in found],
        under=request.values.get("under", ""),
        text=text,
        trouble=trouble,
    )


def _write(store: Store, username: str) -> tuple[str, int] | AnyResponse:
    """A post on the page, or a comment under what `under` names."""
    refuse_forged()
    page = _known(store, username)
    text = request.form.get("text", "").replace("\r\n", "\n").strip()[:LONGEST_TYPED]
    name = request.form.get("name", "").strip()
    under = world.item(store, request.form.get("under", "")) if request.form.get("under") else None
    if not text or (not name and not session.get("handle")) or len(name) > accounts.MAX_NAME:
        return _show(store, username, text=text, trouble="Write a name and a few words. What you typed is kept."), 422
    if under is not None and (under.deleted or under.page_id != page.id):
        return _show(store, username, text=text, trouble="What you answer was deleted. Your text is kept here."), 422
    with store.transaction():
        author = writer(store, name)
        if under is None:
            made = world.write_post(store, author.id, text, page.id, store.visitors_ms())
        else:
            made = world.write_comment(store, author.id, text, under, store.visitors_ms())
        tell_of(store, made, "add")
    return redirect(f"/facebook/{page.username}#p{made.number}", 303)


def _post(store: Store, item_id: str) -> AnyResponse:
    found = world.item(store, item_id)
    page = world.page(store, found.page_id) if found and found.page_id and not found.deleted else None
    if found is None or page is None:
        abort(404)
    return redirect(f"/facebook/{page.username}#p{found.number}")


def _known(store: Store, username: str) -> Page:
    world.pages(store)  # every brand's account has a page, from the first look on
    page = world.page_named(store, username)
    if page is None:
        abort(404)
    return page


def _said(store: Store, item: Item, page: Page) -> Said:
    by_page = item.author_id == page.id
    account = None if by_page else accounts.by_id(store, item.author_id)
    face = cards.face(account) if account else None
    name = page.name if by_page else face.name if face else "Somebody"
    below = world.comments_of(store, item, all_levels=False, backwards=False, past=0, count=200)
    return Said(
        item=item,
        name=name,
        initial=name[0].upper(),
        hue=face.hue if face else 0,
        is_page=by_page,
        pieces=page_text.pieces(store, item.message),
        written=iso(item.created_ms),
        ago=page_text.ago((store.now_ms() - item.created_ms) / 1000),
        below=tuple(_said(store, one, page) for one in below if not one.hidden),
    )
