"""`members`: add people to a brand, list them, or help them back in."""

from __future__ import annotations

import click

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.cli.house import entered
from app.kernel import mail
from app.kernel.db import brand_scope, transaction
from app.kernel.errors import UsageError
from app.kernel.settings import Settings
from app.people import account, aliases, members, queries, way_in
from app.people.rules import ROLES


@click.group()
def command() -> None:
    """Add people to a brand, list them, or help them back in."""


@command.command()
@click.argument("email")
@click.option("--brand", required=True, help="Handle of the brand.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", help="Needed for a new person.")
@click.option("--alias", help="Needed for a new person; signs replies.")
@click.option("--languages", default="en", help="ISO codes, with commas between them.")
@click.option("--topics", default="", help="Topics, with commas between them.")
def add(email: str, brand: str, role: str, name: str | None, alias: str | None, languages: str, topics: str) -> None:
    """Give a person a role in a brand; makes the account when there is none, and asks for its password."""
    with entered():
        into = _brand(brand)
        member_id = queries.by_email(email)
        password = None
        if member_id is None:
            if not alias:
                raise UsageError(f"{email} has no account yet: give --alias (and --name) to make one.")
            password = click.prompt("A password", hide_input=True, confirmation_prompt=True)
        with transaction():
            member_id = member_id or members.add(email, name or alias or "", alias or "", password or "")
            members.join(into.id, member_id, role, languages=_words(languages), topics=_words(topics))
            _refuse_a_colleagues_alias(into, member_id)
        print(f"{email} is {role} of @{into.handle}.")


@command.command("list")
@click.option("--brand", required=True, help="Handle of the brand.")
def list_(brand: str) -> None:
    """List the people of a brand."""
    with entered():
        of = _brand(brand)
        with brand_scope(of.id):
            for member in sorted(queries.members().values(), key=lambda member: (member.role, member.alias)):
                print(f"{member.role:<10} ^{member.alias:<20} {member.name}")


@command.command("reset-link")
@click.argument("email")
def reset_link(email: str) -> None:
    """Print a link by which a person gets back into their account: works once, for 30 minutes. Hand it over safely."""
    settings = Settings.from_environment()
    with entered(settings):
        member_id = queries.by_email(email)
        if member_id is None:
            raise UsageError(f"{email} has no account.")
        with transaction():
            path = way_in.link_for(member_id)
        print((settings.portal_url or "").rstrip("/") + path)
        if not settings.portal_url:
            print("Open it behind the portal's own address (set PEERLINE_PORTAL_URL, and it is printed whole).")


@command.command("second-factor-off")
@click.argument("email")
def second_factor_off(email: str) -> None:
    """Turn a person's second factor off, once you have made sure that it is them who lost phone and codes."""
    with entered():
        member_id = queries.by_email(email)
        if member_id is None:
            raise UsageError(f"{email} has no account.")
        with transaction():
            account.take_second_factor_off(member_id)
        told = "a mail tells them" if mail.is_set_up() else "no mail is set up, so tell them yourself"
        print(f"Signing in asks {email} for the password alone. The change is on record; {told}.")


def _refuse_a_colleagues_alias(into: BrandView, member_id: int) -> None:
    with brand_scope(into.id):
        alias = queries.members([member_id])[member_id].alias
    if aliases.is_taken(alias, [into.id], but_by=member_id):
        raise UsageError(
            f"Somebody at @{into.handle} already signs as ^{alias}, and public replies tell people apart by it. "
            "Nothing was changed. Whoever has an account chooses another alias under Me first."
        )


def _brand(handle: str) -> BrandView:
    found = brands.by_handle(handle)
    if found is None:
        raise UsageError(f"There is no brand with the handle @{handle.lstrip('@')}.")
    return found


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
