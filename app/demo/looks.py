"""What the demo's staff say of mentions of the past: one look at each, so that the ears have something to learn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import cycle
from typing import Final

from app.demo import traffic
from app.desk.rules.hand import Hand
from app.kernel import clock
from app.kernel.db import brand_scope, session, transaction
from listeners import corrections, listing

INTENTS: Final[Mapping[str, str]] = {
    "question": "question",
    "technical": "question",
    "complaint": "complaint",
    "sarcasm": "complaint",
    "fury": "complaint",
    "praise": "praise",
    "crisis": "crisis",
    "spam": "spam",
    "chatter": "other",
}
"""What each kind of text of the demo asks for; of the others nobody says anything."""
TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "product": (
        *(
            "thomas_bikes",
            "clara_commutes",
            "jonah_pdx",
            "pannier_pat",
            "cargo_mum_leeds",
            "ebike_sceptic",
            "slow_pour",
        ),
        *(
            "rainyday_ruth",
            "squeaky_sid",
            "tube_or_not",
            "tall_tim_2m",
            "dog_trailer_dan",
            "chain_reaction",
            "moka_mare",
        ),
        *("tandem_tom", "eu_plug", "oldtown_courier", "decaf_dad", "freezer_beans", "frenchpress_fi", "linh_caphe"),
        *("phin_chau", "mudguard_max", "ask_a_barista", "crema_chaser", "moka_mare", "slow_pour"),
    ),
    "tech": (
        *("lost_settings", "hill_street_hal", "kt_rides_late", "gearless_joe", "mapless_mia", "locked_out_liv"),
        *("firstbike_fay", "dusk_rider", "second_hand_sue", "old_bolt", "firmware_fan", "sunny_side_ali", "nadia_k"),
        *("descale_dodger", "grind_jam", "den_cam_nhap"),
    ),
    "account": ("skipweek_sky", "bean_counter_", "tam_dung_box", "gift_giver_g"),
}
SPACED: Final = timedelta(seconds=20)


def look_over(brand_id: int, staff: list[Hand], before: datetime) -> None:
    """Staff looks at what the brand heard, the oldest first, and says what it asks for and what it is about.

    What follows from it is left for the worker: learning takes seconds that the past need not wait for.
    """
    kinds = {text.handle: text.kind for text in traffic.texts()}
    topics = {handle: topic for topic, handles in TOPICS.items() for handle in handles}
    with brand_scope(brand_id):
        heard = listing.lines(listing.Wish(kinds=("mention",)), limit=200).lines
        session.rollback()
    at, hands = before - SPACED * (len(heard) + 1), cycle(staff)
    for line in reversed(heard):
        hand, at = next(hands), at + SPACED
        follow_up = line.mention is not None and line.mention.in_reply_to is not None
        intent = None if follow_up else INTENTS.get(kinds.get(line.handle, ""))
        told = {"intent": intent, "topic": None if follow_up else topics.get(line.handle)}
        with clock.lived_at(at), transaction(), brand_scope(brand_id):
            for field, value in told.items():
                if value is not None:
                    corrections.correct(line.id, field, value, by=hand.member_id)
