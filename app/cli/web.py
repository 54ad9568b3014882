"""`web`: serve the pages with gunicorn."""

from __future__ import annotations

import os
import sys

import click

from app.cli.ports import refuse_taken
from app.kernel.settings import PROJECT, Settings


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on; put a TLS proxy in front of any other.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000)
@click.option("--workers", type=click.IntRange(1, 64), default=2, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, help="Threads per process.")
def command(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages."""
    Settings.from_environment()  # a wrong setting is told here, in one line
    refuse_taken(host, port)
    words = ["-k", "gthread", "-w", str(workers), "--threads", str(threads), "-b", f"{host}:{port}"]
    quiet = ["--log-level", "warning", "--graceful-timeout", "5", "--no-control-socket"]
    os.execv(  # noqa: S606  no shell, our own words
        sys.executable, [sys.executable, "-m", "gunicorn", "--chdir", str(PROJECT), *words, *quiet, "wsgi:app"]
    )
