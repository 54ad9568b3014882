"""Assessment: one click says what a mention is; how often the ears are right, by which model, and what to look at."""

from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from itertools import compress
from operator import not_

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from app.desk.rules.routing import RISK_BAR, SENSITIVE
from app.people import queries as people
from app.web import formats, seats
from app.web.pages import mentions
from app.web.refs import number_of
from app.web.seats import STAFF, open_to
from listeners import corrections, listing, records, teaching
from listeners.queries import AssessmentView
from listeners.records import Records
from listeners.rules.correcting import ANSWERED_AS, CHOICES, NONE, SEVERAL, said
from listeners.rules.finding import How
from listeners.rules.language import UNKNOWN

pages = Blueprint("assessment", __name__)
SETTLED = ("crisis", "spam", "other")
"""Intents whose lane does not hang on the chance for staff."""
LEAST_KNOWN = 5
"""So many answers must have been looked at before a share of right ones says anything."""
_AT_ONCE = 5
"""Topics that stand there at once; the others are one tap away."""
SURE, FAIRLY, HARDLY = 0.9, 0.75, 0.55
METHODS = {
    "words": lazy_gettext("its words"),
    "veto words": lazy_gettext("words of danger"),
    "glad words": lazy_gettext("glad words"),
    "grammar words": lazy_gettext("its small words"),
    "letters": lazy_gettext("its letters"),
    "script": lazy_gettext("its script"),
    "py3langid": lazy_gettext("how its language is written"),
    "no letters": lazy_gettext("no letters in it"),
    "no text": lazy_gettext("no words in it"),
    "no lexicon for the language": lazy_gettext("no word list for its language"),
    "VADER with support lexicon": lazy_gettext("VADER and our list of words"),
    "praise beside bad news": lazy_gettext("praise beside bad news"),
    "praise of a thing": lazy_gettext("praise of a thing"),
    "sore mood, risk or abuse": lazy_gettext("a sore mood"),
    "own matter": lazy_gettext("it speaks of a matter of their own"),
    "own record": lazy_gettext("it needs the customer's account"),
    "intent": lazy_gettext("what it asks for"),
    "no sign": lazy_gettext("nothing that is asked or told"),
    "no topic words": lazy_gettext("no word of any topic"),
    "normal": lazy_gettext("no word of haste"),
    "combined chances": lazy_gettext("all reasons together"),
}
"""How the rules come to an answer, in words; of a language's own list of words its name says enough."""
PROPERTIES = {
    "anger 2": lazy_gettext("angry"),
    "anger 3": lazy_gettext("furious"),
    "complaint": lazy_gettext("a complaint"),
    "conduct": lazy_gettext("how somebody of ours behaved"),
    "crisis": lazy_gettext("a crisis"),
    "deep technical": lazy_gettext("deep technical"),
    "discrimination": lazy_gettext("discrimination"),
    "fraud": lazy_gettext("fraud"),
    "legal": lazy_gettext("legal steps"),
    "money": lazy_gettext("money"),
    "own record": lazy_gettext("the customer's account"),
    "press": lazy_gettext("the press"),
    "privacy": lazy_gettext("privacy"),
    "private data": lazy_gettext("private data"),
    "safety": lazy_gettext("safety"),
    "self_harm": lazy_gettext("self-harm"),
    "unread language": lazy_gettext("a language that nobody here reads"),
    "urgent": lazy_gettext("haste"),
}
"""What calls for staff: no words of the customer, but what the rules found in them (listeners.rules.staff.CHANCES)."""
_KEPT_AS = {"mood": "sentiment", "route": "must_staff", "level": "expertise"}
"""Fields that an assessment keeps under another name."""


def _again(mention_id: int, field: str = "") -> ResponseReturnValue:  # noqa: ARG001  the address names both
    """The page that the chips stand on."""
    page: ResponseReturnValue = unwrap(mentions.one)(mention_id)
    return page


@pages.get("/assessment")
@open_to(*STAFF)
def show() -> ResponseReturnValue:
    """How often each field is right by language, the models, and the mentions that are worth a look most."""
    known = records.records()
    return render_template(
        "assessment/page.html",
        records=known,
        looked_at=sum(one.looked_at for one in known.values()),
        right=sum(one.right for one in known.values()),
        models=records.models(),
        seeds=records.seeds_version(),
        useful=records.useful(g.brand.policy.suggest_bar, RISK_BAR, SETTLED),
        members=people.members(),
        least=LEAST_KNOWN,
    )


@pages.post("/mentions/<mention:mention_id>/correct/<field>")
@open_to(*STAFF, again=_again)
def correct(mention_id: int, field: str) -> ResponseReturnValue:
    """One click: this is what it is."""
    corrections.correct(mention_id, field, request.form.get("now", ""), by=seats.person().member_id)
    return _answer(mention_id, field)


@pages.post("/mentions/<mention:mention_id>/correct/<field>/back")
@open_to(*STAFF, again=_again)
def take_back(mention_id: int, field: str) -> ResponseReturnValue:
    """One click: what was said no longer counts."""
    corrections.take_back(mention_id, field, by=seats.person().member_id)
    return _answer(mention_id, field)


@pages.post("/assessment/models/<model:model_id>/back")
@open_to("manager", again=show)
def drop_model(model_id: int) -> ResponseReturnValue:
    """The live model is taken back; the one before it judges again."""
    records.model(model_id)
    teaching.take_back(model_id, by=seats.person().member_id)
    flash(gettext("Taken back. The one before it judges from now on; what was judged meanwhile stays as it is."))
    return redirect(url_for("assessment.show", _anchor="models"), 303)


def _answer(mention_id: int, field: str) -> ResponseReturnValue:
    """Back to where the click was: the piece of the page anew, or the page that the form stood on."""
    if seats.in_part():
        place = "assessment/noted.html" if request.form.get("from") == "list" else "assessment/judged.html"
        mention = listing.mention(mention_id)
        return render_template(place, mention=mention, field=field, members=people.members())
    case_id = number_of("case", request.form.get("from", ""))
    if case_id is not None:
        return redirect(url_for("case.show", case_id=case_id, _anchor="why"), 303)
    if request.form.get("from") == "list":
        return redirect(url_for("assessment.show", _anchor="useful"), 303)
    return redirect(url_for("mentions.one", mention_id=mention_id, _anchor="why"), 303)


def track_records() -> Records:
    """The brand's records, asked for once in a request."""
    if "records" not in g:
        g.records = records.records()
    known: Records = g.records
    return known


def choices(field: str, seen: AssessmentView) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a field can be said to be: what stands there at once (the likely ones), and the rest."""
    if field == "language":
        codes = dict.fromkeys((*g.brand.languages, *([seen.language] if seen.language != UNKNOWN else ())))
        return tuple(code for code in codes if code in g.brand.languages), ()
    if field == "skill":
        guessed = {seen.skill_id, *(guess[0] for guess in seen.skill_guesses)}
        near = [one in guessed or topic == seen.topic for one, (topic, _name) in g.brand.skill_names.items()]
        named = tuple(map(str, g.brand.skill_names))
        return (NONE, *compress(named, near)), tuple(compress(named, map(not_, near)))
    every = CHOICES[field]
    if field == "private":  # what no person can hide from advocates by a tap, they cannot add by one either
        found = {span[2] for span in seen.private}
        return tuple(kind for kind in every if kind in found or kind in SENSITIVE), ()
    if field != "topic":
        return every, ()
    likely = sorted(seen.sure.get("topic", {}), key=lambda topic: -seen.sure["topic"][topic])
    first = tuple(dict.fromkeys((seen.topic, *(topic for topic in likely if topic in every), *every)))[:_AT_ONCE]
    return tuple(topic for topic in every if topic in first), tuple(topic for topic in every if topic not in first)


def stands(field: str, seen: AssessmentView) -> str:
    """What the judgement says of a field, as a chip says it."""
    columns = {
        "language": seen.language,
        "intent": seen.intent,
        "topic": seen.topic,
        "mood": seen.mood,
        "anger": seen.anger,
        "urgency": seen.urgency,
        "account_specific": seen.account_specific,
        "must_staff": seen.must_staff,
        "detail": {
            "risks": seen.risks,
            "private": seen.private,
            "expertise_level": seen.level,
            "outcome": seen.outcome,
            "skill": seen.skill_id,
        },
    }
    return said(field, columns, g.brand.policy.suggest_bar)


def turned(field: str, seen: AssessmentView, one: str) -> str:
    """What a judgement says of a field that can be several things, with this one turned over, as its chip sends it."""
    return ",".join(sorted((set(stands(field, seen).split(",")) - {NONE}) ^ {one})) or NONE


def how_sure(field: str, seen: AssessmentView) -> float | None:
    """The chance that a model gives to what stands there; None where a rule, a person or a like text decided."""
    if field in seen.corrected or field in seen.like or field not in ANSWERED_AS:
        return None
    chances = seen.sure.get(ANSWERED_AS[field], {})
    if field == "route":
        return max(seen.must_staff, 1 - seen.must_staff) if chances else None
    if field == "account_specific":
        return chances.get("yes" if seen.account_specific else "no")
    return chances.get(stands(field, seen))


def how_judged(field: str, seen: AssessmentView) -> How | None:
    """By what method the rules answered a field, in words, and how sure that is; None where no rule did."""
    how = seen.how.get(_KEPT_AS.get(field, field))
    if how is None or how.method == "model":
        return None
    return How(str(METHODS.get(how.method, gettext("our list of words"))), how.confidence)


def sure_word(chance: float) -> str:
    """A chance in words: doubt is shown as doubt."""
    if chance >= SURE:
        return str(gettext("sure"))
    if chance >= FAIRLY:
        return str(gettext("fairly sure"))
    return str(gettext("not sure") if chance >= HARDLY else gettext("hardly more than a guess"))


_GLOBALS: dict[str, Callable[..., object]] = {
    "track_records": track_records,
    "choices": choices,
    "stands_as": stands,
    "turned": turned,
    "how_sure": how_sure,
    "how_judged": how_judged,
    "sure_word": sure_word,
}
for _name, _thing in _GLOBALS.items():
    pages.add_app_template_global(_thing, _name)


@pages.app_context_processor
def _words() -> dict[str, object]:
    """What every judgement is shown with."""
    return {
        "judged_fields": formats.JUDGED,
        "several": SEVERAL,
        "least_known": LEAST_KNOWN,
        "kept_as": _KEPT_AS,
        "properties": PROPERTIES,
    }
