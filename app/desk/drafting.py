"""Looking at a draft while it is written: what it would be in public, how long, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.channels.base import Length
from app.channels.lengths import has_link, length_of
from app.desk.models import Case
from app.desk.rules.approval import Check, checks, public_text
from app.desk.rules.hand import Hand
from app.kernel.errors import RefusedError
from listeners import private

SENTENCES = {
    "not_empty": "There is no text yet.",
    "length": "The text is longer than the network takes. Shorten it a little.",
    "no_link": "Links are not allowed in this brand's replies. Say in words where to find it.",
    "no_private_data": "There is private data in the text (a number or an address). Take it out.",
    "no_invisible_letters": "There are invisible letters in the text. Type it again instead of pasting it.",
    "few_mentions": "A reply may address at most two people.",
}
"""The sentence with its fix, for each check that fails."""


@dataclass(frozen=True, slots=True)
class Look:
    """A draft as it stands: exactly what would be public, its length on the network, and every check."""

    public: str
    length: Length
    checks: tuple[Check, ...]

    @property
    def first_problem(self) -> str | None:
        """The sentence of the first check that stands in the way."""
        return next((SENTENCES[check.name] for check in self.checks if not check.ok), None)


def look(case: Case, text: str, signature: str) -> Look:
    """Look a text over, as a reply to this case."""
    return look_over(brands.brand(case.brand_id), case.channel, text, signature)


def look_over(brand: BrandView, channel: str, text: str, signature: str) -> Look:
    """Look a text over, as this brand would say it there. Asks the database nothing."""
    public = public_text(text, signature)
    length = length_of(channel, public)
    found = checks(
        text,
        length_left=length.left,
        has_link=has_link(text),
        links_allowed=brand.policy.allow_links,
        holds_private=any(span.kind != "order" for span in private.found(text, brand)),
    )
    return Look(public, length, tuple(found))


def refuse_bad(case: Case, text: str, signature: str) -> None:
    """Stop a text that may not go out.

    Raises:
        RefusedError: the first check that stands in its way, in words.

    """
    problem = look(case, text, signature).first_problem
    if problem:
        raise RefusedError(problem)


def signature_of(brand_id: int, hand: Hand) -> str:
    """What a reply of this person ends with, as in "^maya"; empty when the brand does not sign."""
    return signature(brands.brand(brand_id), hand)


def signature(brand: BrandView, hand: Hand) -> str:
    """As `signature_of`, for a brand that is known."""
    return f"^{hand.alias}" if brand.policy.sign_replies else ""
