"""What a brand's policy says, in numbers: the defaults, and what a brand may set differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.brands.hours import Hours


class Policy(BaseModel):
    """The brand's choices; each default is traceable to a study of what works (docs/decisions)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    staff_bar: float = Field(default=0.45, ge=0, le=1, description="P(must go to staff) from which staff answers.")
    suggest_bar: float = Field(default=0.25, ge=0, le=1, description="From here staff decides, with a suggestion.")
    promise_angry_minutes: int = Field(default=60, ge=5, description="Angry, risky and critical cases.")
    promise_minutes: int = Field(default=120, ge=5, description="Questions and complaints.")
    promise_praise_minutes: int = Field(default=24 * 60, ge=5, description="Praise and other friendly words.")
    hours: Hours | None = Field(default=None, description="When promises count; without hours, always.")
    lease_minutes: int = Field(default=20, ge=1, description="How long a claim lasts.")
    lease_most_minutes: int = Field(default=40, ge=1, description="How far typing can extend it.")
    lease_step_minutes: int = Field(default=10, ge=1, description="By how much typing extends it.")
    claims_at_once_advocate: int = Field(default=1, ge=1)
    claims_at_once_staff: int = Field(default=5, ge=1)
    sign_replies: bool = Field(default=True, description='End every reply with the author\'s alias, as in "^maya".')
    allow_links: bool = Field(default=False, description="Links in replies (on X they cost, and look like spam).")
    require_second_factor_for_staff: bool = Field(
        default=False, description="Moderators and managers need a second factor to do anything."
    )

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Policy:
        """The policy with the brand's own values over the defaults."""
        return cls(**stored)
