"""`figures`: recount what the reports show from the rows themselves."""

from __future__ import annotations

import click

from app.brands import queries as brands
from app.cli.house import entered
from app.desk import figures as answered
from app.kernel.db import brand_scope, transaction
from listeners import figures as heard


@click.group()
def command() -> None:
    """Recount what the reports show from the rows themselves."""


@command.command()
def rebuild() -> None:
    """Count every brand's mentions, answers and verdicts anew. What is heard or answered meanwhile waits for it."""
    with entered():
        for brand in brands.all_brands():
            for counted in (heard, answered):
                with transaction(), brand_scope(brand.id):
                    counted.rebuild()
            print(f"@{brand.handle} is counted anew.")
