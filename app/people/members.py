"""People enter the house and get their roles."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.kernel import audit, clock
from app.kernel.db import brand_scope, session
from app.kernel.errors import ConflictError, RefusedError
from app.people import passwords
from app.people.models import Member, Membership
from app.people.rules import ROLES, alias_problem, email_problem, name_problem, password_problem


def add(email: str, name: str, alias: str, password: str) -> int:
    """Create a member; the id.

    Raises:
        RefusedError: an e-mail address, name, alias or password that cannot be taken.
        ConflictError: the address has an account.

    """
    email, name = email.strip().lower(), " ".join(name.split())
    problems = (email_problem(email), name_problem(name), alias_problem(alias))
    for problem in (*problems, password_problem(password, email=email, name=name)):
        if problem:
            raise RefusedError(problem)
    if session.execute(select(Member.id).where(Member.email == email)).scalar() is not None:
        raise ConflictError(f"{email} already has an account.")
    row = Member(
        email=email,
        name=name,
        alias=alias,
        password_hash=passwords.hashed(password),
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row.id


def join(
    brand_id: int,
    member_id: int,
    role: str,
    *,
    languages: Sequence[str] = ("en",),
    topics: Sequence[str] = (),
    by: int | None = None,
) -> None:
    """Give a member a role in a brand, or change it. Takes effect with the member's next request."""
    if role not in ROLES:
        raise RefusedError(f"A role is one of {', '.join(ROLES)}.")
    with brand_scope(brand_id):
        row = session.execute(select(Membership).where(Membership.member_id == member_id)).scalar_one_or_none()
        if row is None:
            row = Membership(
                brand_id=brand_id,
                member_id=member_id,
                role=role,
                languages=list(languages),
                topics=list(topics),
                created_at=clock.now(),
            )
            session.add(row)
        else:
            row.role, row.languages, row.topics = role, list(languages), list(topics)
        session.flush()
        audit.record(brand_id, by, "member.join", f"member:{member_id}", role=role)
