"""What people did, in words: one sentence per act of the audit, all in this one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext

from app.reports.lines import Line
from app.web import formats

SENTENCES = {
    "account.acknowledge": lazy_gettext("%(who)s acknowledged a network's rule about rewards for %(what)s."),
    "account.connect": lazy_gettext("%(who)s connected %(what)s."),
    "account.disconnect": lazy_gettext("%(who)s disconnected %(what)s."),
    "alerts.choose": lazy_gettext("%(who)s changed which alerts reach %(what)s, and how."),
    "alerts.pause": lazy_gettext("%(who)s paused the mails about alerts to %(what)s."),
    "alerts.resume": lazy_gettext("%(who)s ended the pause of the mails about alerts to %(what)s."),
    "alerts.stop_mails": lazy_gettext("%(who)s stopped the mails about alerts to %(what)s by the link in one."),
    "appeal.ask": lazy_gettext("%(who)s asked for a second look at %(what)s."),
    "appeal.overturned": lazy_gettext("%(who)s took a second look at %(what)s and overturned the rejection."),
    "appeal.upheld": lazy_gettext("%(who)s took a second look at %(what)s and upheld the rejection."),
    "brand.answer_add": lazy_gettext("%(who)s added %(what)s."),
    "brand.answer_change": lazy_gettext("%(who)s changed %(what)s."),
    "brand.answer_remove": lazy_gettext("%(who)s removed %(what)s."),
    "brand.fact_add": lazy_gettext("%(who)s added %(what)s."),
    "brand.fact_change": lazy_gettext("%(who)s changed %(what)s."),
    "brand.fact_remove": lazy_gettext("%(who)s removed %(what)s."),
    "brand.found": lazy_gettext("%(who)s founded %(what)s."),
    "brand.policy": lazy_gettext("%(who)s changed the rules of %(what)s."),
    "brand.profile": lazy_gettext("%(who)s changed the profile of %(what)s."),
    "brand.reassess": lazy_gettext("%(who)s had the mentions of %(what)s judged anew."),
    "brand.skill_add": lazy_gettext("%(who)s added %(what)s."),
    "brand.skill_change": lazy_gettext("%(who)s changed %(what)s."),
    "brand.skill_remove": lazy_gettext("%(who)s removed %(what)s."),
    "brand.topics": lazy_gettext("%(who)s changed the topics of %(what)s."),
    "brand.watch": lazy_gettext("%(who)s changed what %(what)s listens for."),
    "case.claim": lazy_gettext("%(who)s claimed %(what)s."),
    "case.close": lazy_gettext("%(who)s closed %(what)s without an answer."),
    "case.give": lazy_gettext("%(who)s gave %(what)s to a colleague."),
    "case.hand_over": lazy_gettext("%(who)s handed %(what)s to the advocates."),
    "case.move": lazy_gettext("%(who)s moved %(what)s to another lane."),
    "case.pass": lazy_gettext("%(who)s passed %(what)s to staff."),
    "case.set_aside": lazy_gettext("%(who)s set %(what)s aside as none of ours."),
    "case.snooze": lazy_gettext("%(who)s let %(what)s sleep."),
    "customer.reveal": lazy_gettext("%(who)s looked at the private data of %(what)s."),
    "invitation.accept": lazy_gettext("%(who)s accepted %(what)s."),
    "invitation.revoke": lazy_gettext("%(who)s revoked %(what)s."),
    "invitation.send": lazy_gettext("%(who)s sent %(what)s."),
    "member.change": lazy_gettext("%(who)s changed the role, languages or topics of %(what)s."),
    "member.join": lazy_gettext("%(who)s gave a role to %(what)s."),
    "member.narrow": lazy_gettext("%(who)s changed what is offered to %(what)s."),
    "member.pause": lazy_gettext("%(who)s paused %(what)s."),
    "member.reinstate": lazy_gettext("%(who)s let %(what)s in again."),
    "member.rename": lazy_gettext("%(who)s changed the name of %(what)s."),
    "member.resume": lazy_gettext("%(who)s ended the pause of %(what)s."),
    "member.suspend": lazy_gettext("%(who)s suspended %(what)s."),
    "mention.rescue": lazy_gettext("%(who)s found that %(what)s is ours after all."),
    "mention.correct": lazy_gettext("%(who)s said what %(what)s is."),
    "mention.uncorrect": lazy_gettext("%(who)s took back what was said of %(what)s."),
    "model.promote": lazy_gettext("%(who)s let %(what)s judge from then on, because it was better on trial."),
    "model.take_back": lazy_gettext("%(who)s took %(what)s back; the one before it judges again."),
    "note.drop": lazy_gettext("%(who)s dropped %(what)s."),
    "note.rewrite": lazy_gettext("%(who)s rewrote %(what)s."),
    "note.write": lazy_gettext("%(who)s wrote %(what)s."),
    "password.change": lazy_gettext("%(who)s changed the password of %(what)s."),
    "password.reset": lazy_gettext("%(who)s set a new password for %(what)s."),
    "reply.give_up": lazy_gettext("%(who)s gave %(what)s up; it was not said."),
    "reply.publish": lazy_gettext("%(what)s of %(who)s went out to the network."),
    "reply.send_again": lazy_gettext("%(who)s sent %(what)s once more."),
    "reply.submit": lazy_gettext("%(who)s handed %(what)s in for review."),
    "reply.take_down": lazy_gettext("%(who)s asked the network to take %(what)s down."),
    "reply.withdraw": lazy_gettext("%(who)s withdrew %(what)s."),
    "review.approve": lazy_gettext("%(who)s approved %(what)s."),
    "review.edit": lazy_gettext("%(who)s approved %(what)s with an edit."),
    "review.reject": lazy_gettext("%(who)s rejected %(what)s."),
    "review.return": lazy_gettext("%(who)s returned %(what)s to its author."),
    "second_factor.codes": lazy_gettext("%(who)s made new recovery codes for %(what)s."),
    "second_factor.off": lazy_gettext("%(who)s turned the second factor of %(what)s off."),
    "second_factor.on": lazy_gettext("%(who)s turned the second factor of %(what)s on."),
    "way_in.send": lazy_gettext("%(who)s made a link that lets %(what)s back in."),
    "way_in.unlock": lazy_gettext("%(who)s let a new browser try the password of %(what)s."),
}
"""Act → what happened. %(who)s is the person, or the house itself; %(what)s is the subject."""
SUBJECTS = {
    "account": lazy_gettext("an account"),
    "answer": lazy_gettext("a short answer"),
    "brand": lazy_gettext("the brand"),
    "case": lazy_gettext("a case"),
    "customer": lazy_gettext("a customer"),
    "fact": lazy_gettext("a brand fact"),
    "invitation": lazy_gettext("an invitation"),
    "member": lazy_gettext("a member"),
    "mention": lazy_gettext("a mention"),
    "model": lazy_gettext("a model"),
    "note": lazy_gettext("a note"),
    "reply": lazy_gettext("a reply"),
    "skill": lazy_gettext("a skill"),
}
"""Kind of subject → how a sentence names it when it has no name of its own."""
_OTHERWISE = lazy_gettext("%(who)s did something with %(what)s.")
_NUMBERS = frozenset({"version", "days"})
"""Numbers of a line's detail that are no numbers of rows; that something is the first or only one goes unsaid."""
_FIRST = ("field", "was", "now")
"""What is said first of a line's detail, in this order."""
_NAMES = {
    "channel": lazy_gettext("network"),
    "field": lazy_gettext("about"),
    "now": lazy_gettext("now"),
    "until": lazy_gettext("until"),
    "was": lazy_gettext("before"),
}
_WORDS: dict[str, Callable[[str], Any]] = {
    "channel": formats.named(formats.NETWORKS),
    "field": formats.named(formats.JUDGED),
    "intent": formats.named(formats.INTENTS),
    "lane": formats.named(formats.LANES),
    "language": formats.language_name,
    "reason": formats.named(formats.CLOSED),
    "role": formats.named(formats.ROLES),
    "route": formats.named(formats.LANES),
    "topic": formats.topic_name,
}
_SLOT = re.compile(r"%\((who|what)\)s")


def choices() -> list[tuple[str, str]]:
    """Every act that the record can be searched for, with its sentence in short, by its words."""
    found = []
    for act, sentence in SENTENCES.items():
        what = str(SUBJECTS[_kind_of(act)])
        words = _SLOT.sub(lambda slot, what=what: what if slot[1] == "what" else "…", str(sentence))  # type: ignore[misc]
        found.append((act, words.removeprefix("… ").rstrip(".")))
    return sorted(found, key=lambda each: each[1])


def _kind_of(act: str) -> str:
    """What kind of subject an act is about: of a brand's, the fact, short answer or skill that its verb names first."""
    room, _, verb = act.partition(".")
    if room in {"review", "appeal"}:
        return "reply"
    part = verb.partition("_")[0]
    if room == "brand" and part in SUBJECTS:
        return part
    return room if room in SUBJECTS else "member"


def detail(line: Line) -> str:
    """What the line says besides, in words, without the numbers of rows, which mean nothing outside."""
    told = {
        name: value
        for name, value in sorted(line.detail.items(), key=lambda pair: (_place(pair[0]), pair[0]))
        if isinstance(value, str) or (name in _NUMBERS and value != 1)
    }
    if "now" in told and told["now"] == told.get("was"):
        del told["was"]
    field = str(told.get("field", "lane"))
    said = ((_NAMES.get(name, name.replace("_", " ")), _value(name, value, field)) for name, value in told.items())
    return ", ".join(f"{name}: {value}" for name, value in said)


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _value(name: str, value: Any, field: str) -> str:
    """What a line's detail holds, as people say it; `field` is what "was" and "now" speak of."""
    if name == "until":
        return formats.moment(datetime.fromisoformat(value))
    if name in {"was", "now"}:
        return str(_WORDS.get(field, formats.named({}))(value))
    words = _WORDS.get(name, str)
    return str(words(value))


def pieces(line: Line) -> Iterator[tuple[str, str]]:
    """The line's sentence in reading order: ("text", words), ("who", "") and ("what", "") where those stand."""
    words = str(SENTENCES.get(line.act, _OTHERWISE))
    for place, piece in enumerate(_SLOT.split(words)):
        if place % 2:
            yield piece, ""
        elif piece:
            yield "text", piece
