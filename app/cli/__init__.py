"""The command line: `python3 -m app` alone runs the demo, `python3 -m app COMMAND` everything else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from app.kernel.errors import PeerlineError
from app.supervise import SuperviseError

COMMANDS = {
    "demo": "Run everything on this machine with a demo world (the default).",
    "init": "Make the first manager and brand of an empty, real database.",
    "members": "Add people to a brand, or list them.",
    "secrets": "Seal what is stored anew after the house's secret has changed.",
    "migrate": "Bring the database to the newest migration.",
    "web": "Serve the pages.",
    "worker": "Do what follows from facts: assess, open cases, publish, score.",
    "listen": "Hear the connected accounts.",
    "clock": "Start what is due: lapsed claims, waiting replies, vesting points, lost deliveries.",
    "sandbox": "Run the sandbox network, a stand-in for X on this machine.",
    "customers": "Let the demo's customers write on the sandbox network.",
    "plant": "Live through three weeks of the demo's past, once.",
    "replay": "Hear an archive of real threads, the same way as live ones.",
    "assess": "Judge every text of a file, to measure the ears by.",
    "learn": "Learn from our own examples, once for each version of them.",
    "reassess": "Judge history anew with the version that judges now; shows the differences first.",
    "figures": "Recount what the reports show from the rows themselves.",
    "doctor": "Say what is wrong, and whether an hour was heard whole.",
    "bench": "Measure, and print JSON.",
    "pipeline": "Print the story: what follows what, and what the clock starts.",
}
"""Every command with its one line of help. A command's module is imported only when it is called."""


class _Lazy(click.Group):
    """A group that imports a command's module when the command is called, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order of the story."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"app.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


STOPPED = 130
"""Exit code of a command that Ctrl-C ended."""


@click.group(cls=_Lazy, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", type=click.IntRange(1, 65535), default=8000, help="Port of the demo's portal (8000).")
@click.option("--fresh", is_flag=True, help="Forget the demo's world and start over.")
@click.pass_context
def cli(context: click.Context, port: int, *, fresh: bool) -> None:
    """Peerline: a brand's most enthusiastic customers answer its social mentions, safely.

    Without a command it runs the demo on this machine: portal, worker, clock, listener and a sandbox network.
    """
    if context.invoked_subcommand is None:
        context.invoke(import_module("app.cli.demo").command, port=port, fresh=fresh)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; its exit code. A person's mistake ends in one line and 2, never in a traceback."""
    try:
        words = list(argv) if argv is not None else None
        result = cli.main(args=words, prog_name="python3 -m app", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        return STOPPED
    except Exception as error:
        line = _line_for(error)
        if line is None:
            raise
        return _say(line)
    return result if isinstance(result, int) else 0


def _line_for(error: Exception) -> str | None:
    """One line that a person can act on; None for what only a programmer can mend."""
    if isinstance(error, click.ClickException):
        return f"{error.format_message()} (`python3 -m app --help` lists what there is.)"
    if isinstance(error, PeerlineError | SuperviseError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}." if error.filename else str(error)
    from sqlalchemy.exc import OperationalError  # loading it takes longer than most commands need

    if isinstance(error, OperationalError):
        return f"The database cannot be used: {str(error.orig).strip().splitlines()[0]}."
    return None


def _say(line: str) -> int:
    sys.stderr.write(line + "\n")
    return 2
