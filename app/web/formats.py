"""How values become words and marks on a page: times, names of things, and other people's text made safe to show."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, current_app, g
from flask_babel import format_percent, get_locale, gettext, lazy_gettext, ngettext

from app.desk.rules.away import CLOSE_REASONS
from app.desk.rules.difference import difference
from app.desk.rules.promise import share_used, tale
from app.desk.views import CaseView, ClaimView, ReplyView
from app.kernel import clock
from gamification.rules.points import BASE, RULE_VERSION, VERSIONS, difficulty, quoted, timeliness
from listeners import private
from listeners.queries import MentionView
from listeners.rules import privacy

NETWORKS = {"x": "X", "facebook": "Facebook", "bluesky": "Bluesky"}
TOPICS = {
    "tech": lazy_gettext("technology"),
    "product": lazy_gettext("product"),
    "billing": lazy_gettext("billing"),
    "account": lazy_gettext("account"),
    "delivery": lazy_gettext("delivery"),
    "outage": lazy_gettext("outage"),
    "travel": lazy_gettext("travel"),
    "service": lazy_gettext("service"),
    "store": lazy_gettext("store"),
    "loyalty": lazy_gettext("loyalty"),
    "lostprop": lazy_gettext("lost property"),
    "safety": lazy_gettext("safety"),
    "general": lazy_gettext("general"),
}
INTENTS = {
    "question": lazy_gettext("question"),
    "complaint": lazy_gettext("complaint"),
    "praise": lazy_gettext("praise"),
    "crisis": lazy_gettext("crisis"),
    "other": lazy_gettext("other"),
    "spam": lazy_gettext("spam"),
}
LANES = {
    "advocates": lazy_gettext("Advocates"),
    "staff": lazy_gettext("Staff"),
    "no_reply": lazy_gettext("No reply needed"),
}
CLOSED = {
    "no_question": lazy_gettext("It asks nothing"),
    "answered_elsewhere": lazy_gettext("Answered elsewhere"),
    "duplicate": lazy_gettext("The same matter is another case"),
    "not_for_us": lazy_gettext("It is not for us"),
    "abuse": lazy_gettext("Mere abuse"),
    "cannot_help": lazy_gettext("We cannot help here"),
    "other": lazy_gettext("Something else"),
    "not_ours_by_hand": lazy_gettext("Set aside as none of ours"),
    "nothing_to_answer": lazy_gettext("Nothing here asks for an answer"),
    "answered_outside": lazy_gettext("Answered outside of Peerline"),
    "taken_down": lazy_gettext("The answer was taken down"),
    "source_gone": lazy_gettext("The customer deleted the post"),
}
"""Why a case is closed."""
ENDINGS = {
    "published": lazy_gettext("answered"),
    "thanked": lazy_gettext("thanked for"),
    "rejected": lazy_gettext("an answer was rejected"),
    "taken_down": lazy_gettext("the answer was taken down"),
}
JUDGED = {
    "language": lazy_gettext("Language"),
    "intent": lazy_gettext("What it asks for"),
    "topic": lazy_gettext("Topic"),
    "mood": lazy_gettext("Mood"),
    "anger": lazy_gettext("Anger"),
    "urgency": lazy_gettext("Urgency"),
    "account_specific": lazy_gettext("Needs the customer's account"),
    "route": lazy_gettext("Who should answer"),
    "risks": lazy_gettext("Risks"),
    "level": lazy_gettext("What one must know"),
    "skill": lazy_gettext("Skill asked for"),
    "private": lazy_gettext("Private data"),
    "outcome": lazy_gettext("What came of the answer"),
}
"""What is judged of a mention."""
CASE_STATES = {
    "open": lazy_gettext("Open"),
    "claimed": lazy_gettext("Being answered"),
    "in_review": lazy_gettext("In review"),
    "sending": lazy_gettext("Being sent"),
    "unknown": lazy_gettext("Being looked for in the thread"),
    "answered": lazy_gettext("Answered"),
    "closed": lazy_gettext("Closed"),
}
ROLES = {
    "advocate": lazy_gettext("advocate"),
    "moderator": lazy_gettext("moderator"),
    "manager": lazy_gettext("manager"),
}
MOST_SHOWN = 5000
"""Characters of one post that a page shows; shorter than what the search for private data reads."""
_NEAR_SHARE = 0.75
_DIRECTION = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x061C]
)
"""Letters that turn the reading direction or hide: they have no business in a line of a page."""
_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
_STACKED = re.compile(f"([{_MARKS}]{{3}})[{_MARKS}]+")


def clean(text: str) -> str:
    """Another person's text as it may stand on a page: nothing that hides, turns or overflows, at most MOST_SHOWN."""
    short = text[:MOST_SHOWN] + (" […]" if len(text) > MOST_SHOWN else "")
    plain = _CONTROL.sub("", _TAGS.sub("", short.replace("\r\n", "\n").translate(_DIRECTION)))
    return _STACKED.sub(r"\1", unicodedata.normalize("NFC", plain))


def masked(text: str) -> str:
    """A text without private data, for people who need not see it. Advocates read nothing else."""
    return clean(private.masked(text[: MOST_SHOWN + 1], g.brand))


def words_of(mention: MentionView) -> str:
    """A customer's words for whoever looks: masked for advocates, whole for staff."""
    return clean(mention.text) if g.seat.is_staff else _masked_mention(mention)


def opening_of(mention: MentionView) -> str:
    """A customer's words as a card begins with them: without the brand's own name in front, which all of them have."""
    words = words_of(mention).lstrip()
    handle = f"@{g.brand.handle}".lower()
    while words.lower().startswith(handle):
        words = words[len(handle) :].lstrip(" ,:;.!-\n")
    return words or words_of(mention)


def _masked_mention(mention: MentionView) -> str:
    """With the spans that were found when it was heard, and whatever today's rules find besides.

    A kind of which a person said that it was found by mistake is left alone.
    """
    seen = mention.assessment
    known = [privacy.Span(*span) for span in seen.private] if seen else []
    text, spans = mention.text, [span for span in known if span.end]
    said = seen.corrected.get("private") if seen else None
    none_of = set(said.was.split(",")) - {span.kind for span in known} if said else set()
    for span in private.found(text, g.brand):
        if span.kind not in none_of and all(span.end <= one.start or span.start >= one.end for one in spans):
            spans.append(span)
    return clean(privacy.mask(text[:10_000], tuple(span for span in spans if span.end <= 10_000)))  # noqa: PLR2004


def text_of(text: str) -> str:
    """Any other post's words for whoever looks."""
    return clean(text) if g.seat.is_staff else masked(text)


def span_words(length: timedelta) -> str:
    """A length of time in two units at most, as in "1 h 12 min"."""
    minutes = int(abs(length.total_seconds()) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return str(gettext("%(d)s d %(h)s h", d=days, h=hours) if hours else gettext("%(d)s d", d=days))
    if hours:
        return str(gettext("%(h)s h %(m)s min", h=hours, m=rest) if rest else gettext("%(h)s h", h=hours))
    return str(gettext("%(m)s min", m=rest))


def left(until: datetime) -> str:
    """What is left until a moment, or by how much it is over."""
    rest = until - clock.now()
    if rest.total_seconds() <= 0:
        return str(gettext("over by %(time)s", time=span_words(rest)))
    return str(gettext("%(time)s left", time=span_words(rest)))


def pressing(until: datetime, since: datetime) -> str:
    """calm, near (the last quarter) or over: how a clock looks."""
    used = share_used(since, until, clock.now())
    return "over" if used >= 1 else "near" if used >= _NEAR_SHARE else "calm"


def promise_used(case: CaseView) -> float:
    """The share of a case's promise that has passed; while the brand is closed it stands still."""
    return share_used(case.offered_at, case.due_at, clock.now(), g.brand.policy.hours)


def promise_pressing(case: CaseView) -> str:
    """calm, near or over: how a case's clock looks."""
    used = promise_used(case)
    return "over" if used >= 1 else "near" if used >= _NEAR_SHARE else "calm"


def promise_tale(case: CaseView) -> str:
    """What a case's clock did so far: every minute that counted, and every one that it was paused for."""
    told = tale(case.offered_at, case.due_at, clock.now(), g.brand.policy.hours)
    said = gettext(
        "%(counted)s of the promised %(promised)s have counted.",
        counted=span_words(timedelta(minutes=told.counted)),
        promised=span_words(timedelta(minutes=told.promised)),
    )
    if not told.paused:
        return str(said)
    paused = gettext(
        "It stood still for %(time)s while you were closed.", time=span_words(timedelta(minutes=told.paused))
    )
    return f"{said} {paused}"


def topic_name(topic: str) -> str:
    """A topic as the brand calls it, or as the house does."""
    own = g.brand.topic_names.get(topic) if g.get("brand") else None
    return own or str(named(TOPICS)(topic))


def held_since(claim: ClaimView) -> datetime:
    """From when a claim's clock counts: one whole lease before its end, so that its last quarter is near."""
    since: datetime = claim.expires_at - timedelta(minutes=g.brand.policy.lease_minutes)
    return since


def ago(at: datetime) -> str:
    """How long ago a moment was."""
    passed = clock.now() - at
    if passed < timedelta(minutes=1):
        return str(gettext("just now"))
    return str(gettext("%(time)s ago", time=span_words(passed)))


def moment(at: datetime) -> str:
    """A moment in full, in UTC; the page's script turns it into the reader's own time."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def iso(at: datetime) -> str:
    """A moment for machines."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def gap(before: datetime, after: datetime) -> str:
    """A silence in a thread that is worth showing; empty when it is short."""
    silence = after - before
    return span_words(silence) if silence >= timedelta(hours=1) else ""


def language_name(code: str) -> str:
    """A language in the reader's own."""
    if code == "und":
        return str(gettext("language unclear"))
    return str(get_locale().languages.get(code, code))


def points_quoted(case: CaseView) -> str:
    """What an answer to this case can bring now, as in "8–14 points"."""
    share = promise_used(case)
    least, most = quoted(expertise=case.expertise, promise_share=share)
    if least == most:
        return str(ngettext("%(num)s point", "%(num)s points", most))
    return str(gettext("%(least)s–%(most)s points", least=least, most=most))


@dataclass(frozen=True, slots=True)
class Quote:
    """The factors of what a case can bring now; quality from the least to the most."""

    base: int
    difficulty: float
    timeliness: float
    least: float
    most: float


def quoted_parts(case: CaseView) -> Quote:
    """What `points_quoted` is made of."""
    share, constants = promise_used(case), VERSIONS[RULE_VERSION]
    return Quote(BASE, difficulty(case.expertise), timeliness(share), constants.quality_major, constants.quality_most)


def public_link(case: CaseView, reply: ReplyView) -> str | None:
    """Where a published reply stands on its network; None while it does not, or where no address is known."""
    if reply.state != "published" or not reply.external_id or case.channel != "x":
        return None
    if sandbox_url := current_app.config["SETTINGS"].sandbox_url:
        return f"{sandbox_url}/thread/{reply.external_id}"
    return f"https://x.com/{g.brand.handle}/status/{reply.external_id}"


def number(value: float) -> str:
    """A factor as people write it: two decimals, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def signed(points: int) -> str:
    """Points with their sign, the minus as long as the plus."""
    return f"{points:+d}".replace("-", "\N{MINUS SIGN}")


def share(part: float) -> str:
    """A part of a whole in percent."""
    return str(format_percent(part, "#,##0%"))


def named(names: dict[str, Any]) -> Any:
    """A filter that says a key of ours in words."""
    return lambda key: str(names.get(key, str(key).replace("_", " ")))


def register(app: Flask) -> None:
    """Teach the templates these words."""
    app.jinja_env.filters.update(
        clean=clean,
        left=left,
        ago=ago,
        moment=moment,
        iso=iso,
        language=language_name,
        network=named(NETWORKS),
        topic=topic_name,
        intent=named(INTENTS),
        lane=named(LANES),
        role=named(ROLES),
        closed=named(CLOSED),
        ending=named(ENDINGS),
        case_state=named(CASE_STATES),
        number=number,
        signed=signed,
        share=share,
        span_words=span_words,
    )
    app.jinja_env.globals.update(
        words_of=words_of,
        masked_words=_masked_mention,
        close_reasons=CLOSE_REASONS,
        opening_of=opening_of,
        text_of=text_of,
        pressing=pressing,
        promise_pressing=promise_pressing,
        promise_tale=promise_tale,
        held_since=held_since,
        gap=gap,
        points_quoted=points_quoted,
        quoted_parts=quoted_parts,
        public_link=public_link,
        difference=difference,
        now=clock.now,
        get_locale=get_locale,
    )
