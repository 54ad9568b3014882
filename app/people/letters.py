"""What the house writes to people: subject and text of every letter about their account."""

from __future__ import annotations

from typing import NamedTuple


class Letter(NamedTuple):
    """A letter's two parts."""

    subject: str
    text: str


_FOOT = "\n\nPeerline\n"


def way_in(link: str, minutes: int) -> Letter:
    """To a member who cannot get in."""
    return Letter(
        "Your way back into Peerline",
        "Hello,\n\nsomebody asked for a way into your account, we hope it was you. Open this link to choose a new "
        f"password, or to keep yours and let your browser in:\n\n{link}\n\nIt works once, for {minutes} minutes. "
        f"If it was not you, leave it: nothing was changed, and nobody else has this link.{_FOOT}",
    )


def password_changed(link: str) -> Letter:
    """To a member whose password is another one now."""
    return Letter(
        "Your Peerline password was changed",
        "Hello,\n\nyour password was changed just now. Other browsers that were signed in are signed out.\n\n"
        f"If it was not you, take your account back here, at once:\n\n{link}{_FOOT}",
    )


def second_factor(*, is_on: bool, link: str) -> Letter:
    """To a member whose second factor was turned on or off."""
    return Letter(
        f"Your second factor is {'on' if is_on else 'off'}",
        "Hello,\n\n"
        + (
            "from now on, signing in asks for a code of your authenticator app. Keep the recovery codes where you find "
            "them without your phone."
            if is_on
            else "from now on, signing in asks for your password alone."
        )
        + f"\n\nIf it was not you, take your account back here, at once:\n\n{link}{_FOOT}",
    )


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
