"""What the house writes to people: subject and text of every letter about their account."""

from __future__ import annotations

from typing import NamedTuple


class Letter(NamedTuple):
    """A letter's two parts."""

    subject: str
    text: str


_FOOT = "\n\nPeerline\n"


def invitation(brand: str, role: str, inviter: str | None, link: str, days: int) -> Letter:
    """To somebody who is asked to join a brand."""
    by = f"{inviter} asks" if inviter else "The team asks"
    part = {
        "advocate": "You know the product; customers ask questions about it in public. You choose the ones you can "
        "answer, and the team reads every answer before it goes out.",
        "moderator": "You would read what advocates wrote before it goes out, and answer what only staff can answer.",
        "manager": "You would see how customers are answered, and decide by which rules.",
    }[role]
    return Letter(
        f"{brand} invites you to Peerline",
        f"Hello,\n\n{by} you to join {brand} on Peerline as {role}.\n\n{part}\n\n"
        f"Open this link to accept:\n\n{link}\n\n"
        f"It works once, for {days} days, and for this address only. If you did not expect it, leave it: nothing "
        f"happens then.{_FOOT}",
    )
