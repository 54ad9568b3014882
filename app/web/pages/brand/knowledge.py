"""What the brand tells the people who answer: facts and short answers, by topic and language."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.brands import editing, queries
from app.brands import knowledge as verbs
from app.brands.knowledge import Words
from app.kernel import clock
from app.people import queries as people
from app.web import seats
from app.web.pages.brand import forms
from app.web.refs import name_of, number_of
from app.web.seats import open_to

pages = Blueprint("knowledge", __name__)
PER_PAGE = 50


@pages.get("/facts")
@open_to("manager")
def facts() -> ResponseReturnValue:
    """Everything that is true."""
    return _list("fact")


@pages.get("/short-answers")
@open_to("manager")
def short_answers() -> ResponseReturnValue:
    """Everything to start an answer from."""
    return _list("answer")


@pages.get("/facts/new")
@open_to("manager")
def new_fact() -> ResponseReturnValue:
    """A fact that is still to be written."""
    return _form("fact", None)


@pages.post("/facts/new")
@open_to("manager", again=new_fact)
def add_fact() -> ResponseReturnValue:
    """Keep a new fact."""
    return _kept("fact", None)


@pages.get("/facts/<fact:fact_id>")
@open_to("manager")
def edit_fact(fact_id: int) -> ResponseReturnValue:
    """One fact, to be changed."""
    return _form("fact", fact_id)


@pages.post("/facts/<fact:fact_id>")
@open_to("manager", again=edit_fact)
def change_fact(fact_id: int) -> ResponseReturnValue:
    """Keep it."""
    return _kept("fact", fact_id)


@pages.post("/facts/<fact:fact_id>/remove")
@open_to("manager")
def remove_fact(fact_id: int) -> ResponseReturnValue:
    """Take it away."""
    return _removed("fact", fact_id)


@pages.get("/short-answers/new")
@open_to("manager")
def new_answer() -> ResponseReturnValue:
    """A short answer that is still to be written."""
    return _form("answer", None)


@pages.post("/short-answers/new")
@open_to("manager", again=new_answer)
def add_answer() -> ResponseReturnValue:
    """Keep a new short answer."""
    return _kept("answer", None)


@pages.get("/short-answers/<answer:answer_id>")
@open_to("manager")
def edit_answer(answer_id: int) -> ResponseReturnValue:
    """One short answer, to be changed."""
    return _form("answer", answer_id)


@pages.post("/short-answers/<answer:answer_id>")
@open_to("manager", again=edit_answer)
def change_answer(answer_id: int) -> ResponseReturnValue:
    """Keep it."""
    return _kept("answer", answer_id)


@pages.post("/short-answers/<answer:answer_id>/remove")
@open_to("manager")
def remove_answer(answer_id: int) -> ResponseReturnValue:
    """Take it away."""
    return _removed("answer", answer_id)


def _list(kind: str) -> ResponseReturnValue:
    topic = request.args.get("topic", "") if request.args.get("topic") in forms.topics() else ""
    language = request.args.get("language", "") if request.args.get("language") in g.brand.languages else ""
    before = number_of(kind, request.args.get("before", ""))
    found = queries.knowledge(kind, topic=topic, language=language, before=before, limit=PER_PAGE + 1)
    entries = found[:PER_PAGE]
    return render_template(
        "brand/knowledge.html",
        kind=kind,
        entries=entries,
        older=name_of(kind, entries[-1].id) if len(found) > PER_PAGE else None,
        topic=topic,
        language=language,
        topics=forms.topics(),
        members=people.members({entry.updated_by for entry in entries if entry.updated_by}),
        today=clock.now().date(),
    )


def _form(kind: str, row_id: int | None) -> ResponseReturnValue:
    entry = queries.known(kind, row_id) if row_id is not None else None
    return render_template(
        "brand/entry.html",
        kind=kind,
        entry=entry,
        topics=forms.topics(),
        topic=entry.topic or "" if entry else request.args.get("topic", ""),
        language=entry.language if entry else request.args.get("language", "") or g.brand.languages[0],
        seen=editing.mark(verbs.marked(entry)) if entry else "",
    )


def _kept(kind: str, row_id: int | None) -> ResponseReturnValue:
    until = forms.given("valid_until")
    words = Words(
        title=forms.given("title"),
        text=forms.given("body").replace("\r\n", "\n"),
        language=forms.given("language"),
        topic=forms.given("topic") or None,
        link=forms.given("link") or None,
        valid_until=forms.day(until) if until else None,
    )
    by, seen = seats.person().member_id, request.form.get("seen", "")
    verbs.write(kind, words, by=by, row_id=row_id, seen=seen, topics=forms.topics())
    flash(gettext("Saved. It stands beside the editor from now on."))
    return redirect(_back(kind), 303)


def _removed(kind: str, row_id: int) -> ResponseReturnValue:
    gone = verbs.remove(kind, row_id, by=seats.person().member_id)
    flash(gettext("Removed: “%(title)s”.", title=gone.title))
    return redirect(_back(kind), 303)


def _back(kind: str) -> str:
    return url_for("brand.knowledge.facts" if kind == "fact" else "brand.knowledge.short_answers")
