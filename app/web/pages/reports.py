"""What is being said and how it is answered, in pictures with their tables; and the same as files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from app.kernel import clock
from app.kernel.errors import NotFoundError
from app.reports import export, funnel, voice
from app.reports.rules.periods import LENGTHS, Part, Period, length_of
from app.web import downloads, pictures
from app.web.formats import NETWORKS, TOPICS
from app.web.seats import open_to

pages = Blueprint("reports", __name__)
FILES = {"heard": (export.HEARD, export.heard), "answered": (export.ANSWERED, export.answered)}


@pages.get("/reports")
@open_to("manager")
def show() -> ResponseReturnValue:
    """Pictures of one period, of all that is said or of a part of it."""
    at, period, part = clock.now(), _period(), _part()
    said, figures = voice.voice(period, part), funnel.funnel(period, part, funnel.live(part, at))
    hours = voice.hours(period, part)
    return render_template(
        "reports/page.html",
        days=len(period.days),
        lengths=LENGTHS,
        period=period,
        part=part,
        networks=NETWORKS,
        languages=(*g.brand.languages, "und"),
        every_topic=TOPICS,
        voice=said,
        funnel=figures,
        topics=voice.topics(period, replace(part, topic=None)),
        spoken=voice.languages(period, replace(part, language=None)),
        hours=hours,
        pictures=pictures,
    )


@pages.get("/reports/<name>.csv")
@open_to("manager")
def file(name: str) -> Response:
    """The figures behind the pictures, row by row."""
    if name not in FILES:
        raise NotFoundError("There is no such file.")
    header, rows = FILES[name]
    period = _period()
    return downloads.table(
        f"{g.brand.handle}-{name}-{period.first}-{period.last}",
        header,
        partial(rows, period, _part()),
        key=header.index("topic") + 1,
    )


def _period() -> Period:
    return Period.ending(clock.now().date(), length_of(request.args.get("days", "")))


def _part() -> Part:
    """The part that was asked for; a word that is none of ours asks for nothing."""
    network, language, topic = (request.args.get(name, "") for name in ("network", "language", "topic"))
    return Part(
        network if network in NETWORKS else None,
        language if language in (*g.brand.languages, "und") else None,
        topic if topic in TOPICS else None,
    )
