"""Mentions: everything heard as it comes in, what became of it and why; and one mention on a page of its own."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.desk import moving, standing
from app.desk import queries as desk
from app.desk.rules.routing import Lane
from app.desk.views import CasePage, EventView
from app.kernel.errors import ConflictError, NotFoundError
from app.people import queries as people
from app.web import narrowing, seats
from app.web.refs import number_of
from app.web.seats import STAFF, open_to
from listeners import listing, rescuing
from listeners.hear import ENVELOPES_KEPT
from listeners.queries import MentionView

pages = Blueprint("mentions", __name__)
PER_PAGE = 30
MOST_NEWS = 50


@pages.get("/mentions")
@open_to(*STAFF)
def show(aside_id: int | None = None) -> ResponseReturnValue:
    """The newest lines that answer the address. `aside_id`: a refused button stood on this line."""
    narrowed = narrowing.read(request.args)
    there = _by_name(narrowed.chosen.get("q", ""))
    if there or not all(request.args.values()):  # a form sends also what was left empty
        return redirect(there or narrowed.address())
    before = narrowing.marks(request.args.get("before", ""))
    page = listing.Lines((), None, (0, 0, 0))
    if not narrowed.finds_nothing:
        page = listing.lines(narrowed.wish(), before=before, limit=PER_PAGE)
    return render_template(
        "mentions/list.html",
        lines=page.lines,
        stands=standing.standing([line.id for line in page.lines if line.kind == "mention"]),
        narrowed=narrowed,
        older=narrowed.with_(before=narrowing.marks_name(page.older)) if page.older else None,
        newest=None if before or narrowed.finds_nothing else narrowing.marks_name(page.newest),
        paged=before is not None,
        at=aside_id,
    )


@pages.get("/mentions/news")
@open_to(*STAFF)
def news() -> ResponseReturnValue:
    """How many lines came since the list was drawn; nothing while there are none."""
    narrowed = narrowing.read(request.args)
    newest = narrowing.marks(request.args.get("newest", ""))
    count = listing.since_then(narrowed.wish(), newest, most=MOST_NEWS) if newest else 0
    if not count:
        return "", 204
    return render_template("mentions/news.html", count=count, most=MOST_NEWS, narrowed=narrowed)


@pages.get("/mentions/<mention:mention_id>")
@open_to(*STAFF)
def one(mention_id: int) -> ResponseReturnValue:
    """The post in its thread, what was judged of it and why, and what happened to it."""
    case: CasePage | None = None
    try:
        case = desk.page_around(mention_id, seats.hand())
        mention = next(post.mention for post in case.thread if post.mention and post.mention.id == mention_id)
    except NotFoundError:  # it has no case yet, or there is no such mention
        mention = listing.mention(mention_id)
    envelope = listing.envelope_of(mention_id)
    return render_template(
        "mentions/page.html",
        mention=mention,
        stands=standing.of_page(case) if case else None,
        case=case,
        steps=_steps(mention, case, envelope.origin if envelope else ""),
        envelope=envelope,
        kept_until=mention.heard_at + ENVELOPES_KEPT,
        members=people.members(),
    )


@pages.get("/mentions/<mention:mention_id>/why")
@open_to(*STAFF)
def why(mention_id: int) -> ResponseReturnValue:
    """The words that decided, in place."""
    mention = listing.mention(mention_id)
    if not seats.in_part():
        return redirect(url_for("mentions.one", mention_id=mention_id, _anchor="why"))
    stands = standing.standing([mention_id]).get(mention_id)
    return render_template("mentions/why.html", mention=mention, stands=stands, members=people.members())


@pages.post("/mentions/<mention:mention_id>/move")
@open_to(*STAFF, again=one)
def move(mention_id: int) -> ResponseReturnValue:
    """Its case goes into another lane, by hand."""
    lane = cast("Lane", request.form.get("lane", ""))
    moving.move(_case_of(listing.mention(mention_id)), seats.hand(), lane, request.form.get("reason", ""))
    flash(gettext("Moved. Your reason stands with the case."))
    return redirect(url_for("mentions.one", mention_id=mention_id), 303)


@pages.post("/mentions/<mention:mention_id>/set-aside")
@open_to(*STAFF, again=one)
def set_aside(mention_id: int) -> ResponseReturnValue:
    """Its case is none of ours."""
    moving.set_aside(_case_of(listing.mention(mention_id)), seats.hand(), request.form.get("reason", ""))
    flash(gettext("Set aside. It stays readable here; moving it opens it again."))
    return redirect(url_for("mentions.one", mention_id=mention_id), 303)


@pages.post("/mentions/aside/<aside:aside_id>/rescue")
@open_to(*STAFF, again=show)
def rescue(aside_id: int) -> ResponseReturnValue:
    """A post that was set aside is ours after all."""
    mention_id = rescuing.rescue(aside_id, seats.person().member_id)
    flash(gettext("It is a mention now. It is being judged and gets its case in a moment."))
    return redirect(url_for("mentions.one", mention_id=mention_id), 303)


def _steps(mention: MentionView, case: CasePage | None, origin: str) -> list[EventView]:
    """What happened to a mention, from when it was written, together with what happened to its case."""
    heard = {
        "poll": gettext("Heard by asking the network"),
        "stream": gettext("Heard from the network's stream"),
        "webhook": gettext("Handed over by the network"),
        "replay": gettext("Heard from an archive"),
    }.get(origin, gettext("Heard"))
    steps = [
        EventView(mention.posted_at, None, "written", gettext("Written.")),
        EventView(mention.heard_at, None, "heard", gettext("%(how)s.", how=heard)),
    ]
    if mention.assessment:
        judged = gettext("Judged by version %(version)s.", version=mention.assessment.version)
        steps.append(EventView(mention.heard_at, None, "judged", judged))
    if case:
        steps += [EventView(case.case.opened_at, None, "opened", gettext("Its case opened.")), *case.history]
    return sorted(steps, key=lambda step: step.at)


def _by_name(line: str) -> str | None:
    """The page of a row whose name, or whole address, was put into the search field."""
    name = urlsplit(line).path.rstrip("/").rpartition("/")[2]
    mention_id, case_id = number_of("mention", name), number_of("case", name)
    if mention_id is not None:
        return url_for("mentions.one", mention_id=mention_id)
    return url_for("case.show", case_id=case_id) if case_id is not None else None


def _case_of(mention: MentionView) -> int:
    stands = standing.standing([mention.id]).get(mention.id)
    if stands is None:
        raise ConflictError("This mention is still on its way to its case. Look again in a moment.")
    return stands.case_id
