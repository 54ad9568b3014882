"""`init`: the first manager and brand of an empty, real database."""

from __future__ import annotations

import click

from app.brands.founding import found
from app.cli.house import entered
from app.kernel.db import transaction
from app.kernel.errors import UsageError
from app.kernel.settings import Settings
from app.people import members
from app.people.queries import somebody_exists


@click.command()
@click.option("--brand", prompt="Handle of the brand on the networks", help="As written on the networks, without @.")
@click.option("--brand-name", prompt="Name of the brand", help="As people say it.")
@click.option("--email", prompt="Your e-mail address")
@click.option("--name", prompt="Your name")
@click.option("--alias", prompt="Your alias (signs replies, as in ^maya)")
@click.option("--password", prompt="A password", hide_input=True, confirmation_prompt=True, envvar="PEERLINE_PASSWORD")
def command(brand: str, brand_name: str, email: str, name: str, alias: str, password: str) -> None:
    """Make the first manager and brand. Asks for what is not given; refuses a database that has people."""
    settings = Settings.from_environment()
    if settings.embedded:
        raise UsageError("DATABASE_URL is not set: `init` is for a real database, the demo makes its own people.")
    with entered(settings):
        if somebody_exists():
            raise UsageError("This database has people already: use `python3 -m app members add`.")
        with transaction():
            brand_id = found(brand, brand_name)
            members.join(brand_id, members.add(email, name, alias, password), "manager")
    print(f"{name} is the manager of @{brand.lstrip('@')}. Start `web`, `worker`, `clock` and `listen`, then sign in.")
