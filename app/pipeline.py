"""The story on one page: ON what follows what, EVERY what the clock starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.alerts import mailing, reading, telling, watching
from app.channels import consents
from app.desk import addressed, answered, cases, changed, claims, notes, publishing, rerouting, settling, thanks, waking
from app.kernel import audit, bus, mail, statistics
from app.kernel.bus import Subscriber
from app.kernel.facts import (
    AppealAsked,
    AppealDecided,
    CaseGiven,
    ColleaguesNamed,
    CustomerThanked,
    Fact,
    MailDue,
    MentionCorrected,
    MentionsAssessed,
    MentionsChanged,
    MentionsHeard,
    OwnPostsHeard,
    PostsChanged,
    PostsNamed,
    PostsSetAside,
    ReplyApproved,
    ReplyJudged,
    ReplyPublished,
    ReplyTakenDown,
    SummonsHeard,
    TakeDownAsked,
    WayInAsked,
)
from app.people import tickets, way_in
from gamification import ledger
from listeners import alarms, assess, changing, handed, hear, indexing, teaching

ON: dict[type[Fact], tuple[Subscriber, ...]] = {
    MentionsHeard: (Subscriber(assess.assess_heard),),
    MentionsAssessed: (Subscriber(cases.open_or_join), Subscriber(indexing.index_assessed)),
    OwnPostsHeard: (Subscriber(cases.own_posts_heard),),
    SummonsHeard: (Subscriber(addressed.summons_heard),),
    PostsSetAside: (Subscriber(indexing.index_set_aside),),
    PostsChanged: (Subscriber(changing.follow),),
    PostsNamed: (Subscriber(handed.look_up, alone=True),),
    MentionsChanged: (Subscriber(changed.mentions_changed),),
    MentionCorrected: (Subscriber(rerouting.mention_corrected), Subscriber(teaching.learn, alone=True)),
    ReplyApproved: (Subscriber(publishing.publish, alone=True),),
    ReplyPublished: (Subscriber(ledger.award_published), Subscriber(answered.remember), Subscriber(telling.published)),
    CustomerThanked: (Subscriber(ledger.thank), Subscriber(thanks.keep), Subscriber(telling.thanked)),
    TakeDownAsked: (Subscriber(publishing.take_down, alone=True),),
    ReplyTakenDown: (Subscriber(ledger.reverse), Subscriber(telling.taken_back)),
    ColleaguesNamed: (Subscriber(notes.lay_before), Subscriber(telling.named)),
    CaseGiven: (Subscriber(telling.given),),
    ReplyJudged: (Subscriber(telling.judged),),
    AppealAsked: (Subscriber(telling.appealed),),
    AppealDecided: (Subscriber(telling.looked_again),),
    MailDue: (Subscriber(mail.deliver, alone=True),),
    WayInAsked: (Subscriber(way_in.answer),),
}
"""What follows from each fact. Every subscriber is stored, delivered and retried by itself."""


@dataclass(frozen=True, slots=True)
class Beat:
    """Something the clock starts again and again; running it twice, or late, is harmless."""

    seconds: float
    verb: Callable[[], None]
    what: str


EVERY: tuple[Beat, ...] = (
    Beat(5, claims.expire, "claims that ran out fall back to the queue"),
    Beat(15, waking.wake_due, "cases that slept long enough need an answer again"),
    Beat(5, settling.settle, "replies that wait are sent, unknown outcomes are read back"),
    Beat(15, bus.sweep, "deliveries that the queue lost are rung for again"),
    Beat(15, statistics.refresh, "tables that grew fast are measured anew, so that their queries stay quick"),
    Beat(60, ledger.vest_due, "points that have lasted become their member's own"),
    Beat(300, audit.prove, "the audit's chain is proved unbroken: what is new, and once a day all of it"),
    Beat(60, alarms.look, "whether every account is heard, and whether its silence can be chance"),
    Beat(60, watching.look, "whoever could help is told how much waits, and of promises about to be missed"),
    Beat(30, mailing.post_due, "what nobody has read goes out as one mail each, when their hours allow it"),
    Beat(3600, reading.forget, "alerts that were read 30 days ago, or are 90 days old, are dropped"),
    Beat(3600, hear.forget_envelopes, "raw envelopes older than 30 days are dropped"),
    Beat(3600, handed.forget, "what networks handed over 30 days ago need not be known again"),
    Beat(3600, tickets.forget, "links and half-finished sign-ins that ended a day ago are dropped"),
    Beat(3600, consents.forget, "questions to networks that ended a day ago are dropped"),
    Beat(3600, mail.forget, "records of mails that left 30 days ago are dropped"),
)
"""What the clock process does, under its lease."""
