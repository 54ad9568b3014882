"""The supervisor: starts named processes, starts them again when they end, and ends them all when it ends."""

from __future__ import annotations

import http.client
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

from app.supervise import leash

FAILURES, WINDOW = 5, 30.0  # so many ends of one child within so many seconds stop everything
LONGEST_WAIT = 5.0  # seconds between two tries of a child that keeps ending
BIG_LOG = 5_000_000  # bytes after which a log is set aside when its child is started
CLIENT_ERROR = 400


class SuperviseError(Exception):
    """The processes cannot be started or kept going; its text is the one line a person needs."""


@dataclass(frozen=True)
class Child:
    """One process to keep: `env` is added to ours; `ends_last` marks a server that the others need until their end."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    restart: Literal["always", "never"] = "always"
    ends_last: bool = False


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    output: Path | None = None,
    signum: int = signal.SIGTERM,
    user: str = "",
    cwd: Path | None = None,
    own_session: bool = True,
) -> subprocess.Popen[bytes]:
    """Start `argv` on a leash: the kernel sends it `signum` when this process dies, however it dies.

    Output goes to the end of the file `output`, else where ours goes. To be called from a thread that stays.
    """
    with ExitStack() as stack:
        log = None if output is None else stack.enter_context(output.open("ab"))
        command = [str(os.getpid()), str(int(signum)), user, *argv]
        return subprocess.Popen(  # noqa: S603 - the words come from the house
            _script("leash", *command),
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL if own_session else None,
            stdout=log,
            stderr=log,
            start_new_session=own_session,  # Ctrl-C at the terminal reaches the supervisor alone; it ends them in order
        )


def answer_of(argv: Sequence[str], task: bytes, *, env: Mapping[str, str], cwd: Path) -> bytes:
    """What `argv`, on a leash, writes when it is given `task` to read. `env` is added to ours.

    It ends when this process does, and when this call ends in another way. What it says of trouble goes where ours
    goes. To be called from a thread that stays.

    Raises:
        SuperviseError: it ended in failure.

    """
    ended = subprocess.run(  # noqa: S603 - the words come from the house
        _script("leash", str(os.getpid()), str(int(signal.SIGKILL)), "", *argv),
        input=task,
        stdout=subprocess.PIPE,
        env=os.environ | env,
        cwd=cwd,
        check=False,
    )
    if ended.returncode:
        raise SuperviseError(f"{' '.join(argv)} ended with code {ended.returncode}.")
    return ended.stdout


def wait_until(check: str | Callable[[], bool], timeout: float, pause: Callable[[float], None] = time.sleep) -> None:
    """Return when `check` (a function, or an http address on this machine) says yes; SuperviseError after `timeout`."""
    ready = check if callable(check) else lambda: _answers(check)
    end = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > end:
            raise SuperviseError(f"{check if isinstance(check, str) else 'It'} was not ready within {timeout:g} s.")
        pause(0.05)


class _Kept:
    """A child and what became of it so far."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.process: subprocess.Popen[bytes] | None = None
        self.ends: list[float] = []
        self.due = 0.0


class Supervisor:
    """Keeps children from `with` to its end; what goes wrong leaves the block as one line on stderr and exit code 1.

    Logs go to `<log_dir>/<name>.log`, or with no folder to our own output. To be used in the main thread.
    """

    def __init__(self, log_dir: Path | None = None, grace: float = 5.0) -> None:
        self._log_dir, self._grace = log_dir, grace
        self._kept: list[_Kept] = []
        self._asked = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self._log_dir:
            self._log_dir.mkdir(parents=True, exist_ok=True)
        self._awake, awaken = os.pipe()
        for end in (self._awake, awaken):
            os.set_blocking(end, False)
            self._stack.callback(os.close, end)
        before = signal.set_wakeup_fd(awaken, warn_on_full_buffer=False)
        self._stack.callback(signal.set_wakeup_fd, before)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._stack.callback(signal.signal, signum, signal.signal(signum, self._ask))
        # An end of a child needs no work in the handler: it only has to cut the pause short.
        self._stack.callback(signal.signal, signal.SIGCHLD, signal.signal(signal.SIGCHLD, lambda *_: None))
        self._keeper = subprocess.Popen(  # noqa: S603 - our own words
            _script("keep", str(self._grace)), stdin=subprocess.PIPE, start_new_session=True, text=True
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()
        self._stack.close()
        if isinstance(error, SuperviseError):
            _say(str(error))
            raise SystemExit(1) from error

    def start(self, child: Child) -> None:
        """Start a child now; `run` and `wait_until` look after it."""
        kept = _Kept(child)
        self._kept.append(kept)
        self._start(kept)

    def run(self) -> int:
        """Keep the children until Ctrl-C, SIGTERM or SIGHUP (returns 0) or until none is left (0 as well).

        Raises SuperviseError for a child that ended five times within 30 s.
        """
        while not self._asked:
            seconds = self._look()
            if not self._kept:
                break
            self._pause(seconds)
        return 0

    def wait_until(self, check: str | Callable[[], bool], timeout: float) -> None:
        """As the function of this name, with the children looked after meanwhile; a wish to stop ends the process."""
        wait_until(check, timeout, self._look_and_pause)

    def stop(self) -> None:
        """End every child: asked first, killed after the grace (5 s), with all they started; servers come last."""
        began = time.monotonic()
        self._end([kept for kept in self._kept if not kept.child.ends_last], began + self._grace * 0.8)
        self._end([kept for kept in self._kept if kept.child.ends_last], began + self._grace)
        self._kept.clear()
        if self._keeper.stdin:
            with suppress(BrokenPipeError):
                self._keeper.stdin.close()
        self._keeper.wait()

    def _ask(self, _signum: int, _frame: FrameType | None) -> None:
        self._asked += 1

    def _start(self, kept: _Kept) -> None:
        child = kept.child
        output = self._log(child)
        if output and output.exists() and output.stat().st_size > BIG_LOG:
            output.replace(output.with_suffix(".log.1"))
        kept.process = spawn(child.argv, env={**os.environ, **child.env}, output=output)
        self._tell_keeper(kept.process.pid)

    def _log(self, child: Child) -> Path | None:
        return self._log_dir / f"{child.name}.log" if self._log_dir else None

    def _look(self) -> float:
        """Take note of the ended, start again whose time has come, and say in how many seconds to look again."""
        now = time.monotonic()
        for kept in list(self._kept):
            if kept.process is None and kept.due <= now:
                self._start(kept)
            elif kept.process is not None and (code := kept.process.poll()) is not None:
                self._ended(kept, kept.process.pid, code, now)
        return min((max(kept.due - now, 0.0) for kept in self._kept if kept.process is None), default=60.0)

    def _ended(self, kept: _Kept, session: int, code: int, now: float) -> None:
        leash.signal_session(session, signal.SIGKILL)  # a web worker that outlives its master would keep the port
        self._tell_keeper(-session)
        kept.process = None
        if kept.child.restart == "never":
            self._kept.remove(kept)
            return
        how = f"exit code {code}" if code >= 0 else f"signal {-code}"
        kept.ends = [when for when in kept.ends if now - when < WINDOW] + [now]
        if len(kept.ends) >= FAILURES:
            words = last_line(self._log(kept.child))
            raise SuperviseError(
                f"{kept.child.name} ended {FAILURES} times within {WINDOW:g} s ({how}), so everything was stopped"
                + (f"; its last words: {words}" if words else ".")
            )
        kept.due = now + min(0.1 * 2 ** (len(kept.ends) - 1), LONGEST_WAIT)
        _say(f"{kept.child.name} ended ({how}) and is started again.")

    def _end(self, batch: list[_Kept], deadline: float) -> None:
        running = [kept.process for kept in batch if kept.process is not None]
        for process in running:
            process.terminate()
        left_behind: set[int] = set()
        while any([self._lives(process, left_behind) for process in running]):  # noqa: C419 - each is to be looked at
            if time.monotonic() > deadline or self._asked > 1:  # a second Ctrl-C waits no longer
                break
            self._pause(0.05)
        for process in running:
            leash.signal_session(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
            self._tell_keeper(-process.pid)

    @staticmethod
    def _lives(process: subprocess.Popen[bytes], left_behind: set[int]) -> bool:
        """Whether anything of a child is left; what it leaves behind at its end is asked once to end too."""
        if process.poll() is None:
            return True
        if process.pid not in left_behind:
            left_behind.add(process.pid)
            return leash.signal_session(process.pid, signal.SIGTERM)
        return bool(leash.members(process.pid))

    def _look_and_pause(self, seconds: float) -> None:
        if self._asked:
            raise SystemExit(0)
        self._pause(min(self._look(), seconds))

    def _pause(self, seconds: float) -> None:
        if select.select([self._awake], [], [], seconds)[0]:
            os.read(self._awake, 4096)

    def _tell_keeper(self, session: int) -> None:
        with suppress(BrokenPipeError):  # if the keeper was killed, the leash still holds the children themselves
            print(session, file=self._keeper.stdin, flush=True)


def last_line(log: Path | None) -> str:
    """The last line of a log that says something, or nothing."""
    if log is None or not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _script(*words: str) -> list[str]:
    return [sys.executable, "-I", "-S", leash.__file__, *words]


def _answers(address: str) -> bool:
    """Whether a GET gets an answer below 400; asked directly, since a proxy has no business on this machine."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=2)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status < CLIENT_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
