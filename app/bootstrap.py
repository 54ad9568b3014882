"""What both commands do first: make, once, a Python environment with our locked packages, and go on inside it.

Standard library only, since a fresh machine has nothing else. The first way that works: uv on PATH; uv fetched by pip
(this Python's, else that of an environment made by venv, for which root adds Debian's python3-venv); pip alone.
Every package is checked against the hashes of its lock.
"""
# This runs before every command, and importing pathlib alone would triple what a warm start costs.
# ruff: noqa: PTH100, PTH103, PTH104, PTH105, PTH107, PTH110, PTH112, PTH118, PTH120, PTH123

from __future__ import annotations

import errno
import fcntl
import os
import sys

TYPE_CHECKING = False  # typing's own constant would cost the import of typing
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.abspath(os.environ.get("PEERLINE_VENV") or os.path.join(ROOT, ".venv"))
PYTHON = os.path.join(VENV, "bin", "python")
SETTINGS = os.path.join(VENV, "pyvenv.cfg")  # without it bin/python is just another Python
TOOLS = VENV + "-tools"
LOG = os.path.join(TOOLS, "setup.log")
UNFINISHED = os.path.join(VENV, ".unfinished")
STARTS = "PEERLINE_STARTS"  # how often this command has replaced itself; more than twice means it would go on for ever

APT = "apt-get install -y python3-venv"
NO_SPACE = ("No space left on device", "Disk quota exceeded", "os error 28")
NO_ACCESS = ("Permission denied", "Read-only file system", "os error 13", "os error 30")
NO_NETWORK = (
    "onnection refused", "NewConnectionError", "NameResolutionError", "dns error", "Name or service not known",
    "emporary failure", "Network is unreachable", "No route to host", "timed out", "ConnectTimeout", "ReadTimeout",
    "ProxyError", "tunnel error", "tcp connect error", "error sending request", "certificate",
    "from versions: none",
)  # fmt: skip
WRONG_HASH = ("Hash mismatch", "DO NOT MATCH THE HASHES")


class SetupError(Exception):
    """The set-up cannot go on; its text is the one line a person needs."""


class NoNetworkError(SetupError):
    """Nothing could be fetched, and so nothing was changed either."""


def start(*locks: str) -> None:
    """Return only inside the project's environment with the packages of `locks` (file names) installed.

    Anywhere else this process is replaced by the same command run there, after installing what is missing. Ends the
    process with code 2 and one line on stderr when that cannot be done.
    """
    if _inside() and _ready(locks, f"{sys.version_info[0]}.{sys.version_info[1]}"):
        os.environ.pop(STARTS, None)
        return
    starts = int(os.environ.get(STARTS, "0"))
    try:
        if starts > 1:
            _stop(f"{VENV} does not work as a Python environment; remove it and start again.", 2)
        if _inside() or not _ready(locks):
            _set_up(locks)
    except SetupError as error:
        _stop(str(error), 2)
    except OSError as error:
        _stop(_os_error(error), 2)
    except KeyboardInterrupt:
        _stop("Set-up stopped. The next start takes it up again.", 130)
    os.environ[STARTS] = str(starts + 1)
    _keep_bytecode()
    os.execv(PYTHON, [PYTHON, *sys.orig_argv[1:]])  # noqa: S606 - our own Python with the arguments it was given


def _keep_bytecode() -> None:
    """Where Python may not write beside its sources, let it keep its bytecode in the environment's own folder.

    Compiling every package anew takes each process seven times as long as loading it, and the demo has seven.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", os.path.join(VENV, "pycache"))


def ensure_extra(lock: str) -> None:
    """Add the packages of one more lock to the environment this process runs in; `SetupError` if that fails."""
    if _ready((lock,)):
        return
    try:
        _set_up((lock,))
    except OSError as error:
        raise SetupError(_os_error(error)) from error
    import importlib

    importlib.invalidate_caches()


def _inside() -> bool:
    return os.path.realpath(sys.prefix) == os.path.realpath(VENV)


def _stamp(lock: str) -> str:
    return os.path.join(VENV, ".stamp-" + lock)


def _ready(locks: Sequence[str], version: str | None = None) -> bool:
    """Whether every lock's stamp holds the lock as it is today, and (if given) the version of Python it was made for.

    A stamp holds the lock itself: comparing is exact, and cheaper than importing a hash function.
    """
    if os.path.exists(UNFINISHED) or not (os.path.exists(PYTHON) and os.path.exists(SETTINGS)):
        return False
    for lock in locks:
        try:
            with open(_stamp(lock), "rb") as file:
                made_for, _, installed = file.read().partition(b"\n")
        except OSError:
            return False
        if installed != _read(lock) or (version and made_for.decode() != version):
            return False
    return True


def _read(lock: str) -> bytes:
    with open(os.path.join(ROOT, lock), "rb") as file:
        return file.read()


def _set_up(locks: Sequence[str]) -> None:
    import time

    began = time.monotonic()
    with _Alone() as held:
        base = getattr(sys, "_base_executable", "") or sys.executable
        version = _version_of(PYTHON)
        fresh = version is None or os.path.exists(UNFINISHED)
        if version is not None and not fresh and _ready(locks, version):
            return  # another start has just done it
        wanted = [lock for lock in locks if fresh or not _ready((lock,), version)]
        _say(f"Setting up Peerline (once): packages of {' and '.join(wanted)} into {os.path.relpath(VENV)}")
        os.makedirs(TOOLS, exist_ok=True)
        with open(LOG, "wb"):
            pass  # the log tells of this set-up only
        for lock in wanted:
            _remove(_stamp(lock))
        _Installer(base, fresh, held).install(wanted)
        made_for = _version_of(PYTHON) or ""
        for lock in wanted:
            _write(_stamp(lock), made_for.encode() + b"\n" + _read(lock))
        _remove(UNFINISHED)
    _say(f"Peerline is set up ({time.monotonic() - began:.1f} s).")


class _Alone:
    """Hold the set-up lock; its descriptor is given to the installers, so that it outlives us if we are killed."""

    def __enter__(self) -> int:
        os.makedirs(os.path.dirname(VENV), exist_ok=True)
        self.held = os.open(VENV + ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another start is setting up Peerline; waiting for it")
            fcntl.flock(self.held, fcntl.LOCK_EX)
        return self.held

    def __exit__(self, *error: object) -> None:
        os.close(self.held)


class _Installer:
    """The ways to an environment with packages in it, tried from the quickest to the most patient."""

    def __init__(self, base: str, fresh: bool, held: int) -> None:  # noqa: FBT001 - one caller, in this module
        self.base, self.fresh, self.held = base, fresh, held

    def install(self, locks: Sequence[str]) -> None:
        """Install `locks`; the mark of an unfinished environment stays if this is interrupted on the way."""
        requirements = [word for lock in locks for word in ("-r", os.path.join(ROOT, lock))]
        # An index named for pip alone (a mirror, a folder of wheels) is honoured by pip alone.
        pip_only = any(f"PIP_{name}" in os.environ for name in ("INDEX_URL", "EXTRA_INDEX_URL", "NO_INDEX"))
        pip_only = pip_only and not any(name.startswith(("UV_INDEX", "UV_DEFAULT_INDEX")) for name in os.environ)
        uv = None if pip_only and self._has("ensurepip") else self._uv()
        if uv is None:
            self._with_pip(requirements)
            return
        try:
            self._with_uv(uv, requirements)
        except NoNetworkError:
            # pip knows mirrors and certificates from its own configuration, which uv does not read.
            if not self._has("ensurepip"):
                raise
            self._with_pip(requirements)

    def _with_uv(self, uv: str, requirements: list[str]) -> None:
        if self.fresh:
            self._run(uv, "venv", "--clear", "--no-project", "--python", self.base, VENV)
        self._fill(uv, "pip", "install", "--python", PYTHON, "--require-hashes", *requirements)

    def _with_pip(self, requirements: list[str]) -> None:
        self._make_with_pip()
        self._fill(PYTHON, "-m", "pip", "install", "--require-hashes", *requirements)

    def _make_with_pip(self) -> None:
        if not self._has("ensurepip"):
            self._add_venv()
        self._run(self.base, "-m", "venv", *(["--clear"] if self.fresh else []), VENV)
        self.fresh = False

    def _fill(self, *command: str) -> None:
        _write(UNFINISHED, b"")
        try:
            self._run(*command)
        except NoNetworkError:
            _remove(UNFINISHED)  # both installers fetch everything before they change anything
            raise

    def _uv(self) -> str | None:
        """The path of uv, found or fetched by a pip; it installs in a tenth of the time that pip takes."""
        import shutil

        fetched = os.path.join(TOOLS, "uv", "bin", "uv")
        if found := shutil.which("uv") or shutil.which(fetched):
            return found
        fetcher = self.base
        if not self._has("pip"):
            self._make_with_pip()
            fetcher = PYTHON
        lock = os.path.join(ROOT, "requirements-setup.txt")
        try:
            self._run(fetcher, "-m", "pip", "install", "--require-hashes", "--target", f"{TOOLS}/uv.new", "-r", lock)
        except NoNetworkError:
            raise
        except SetupError:
            return None  # no uv for this machine, or a pip that may not install here: pip itself remains
        os.rename(f"{TOOLS}/uv.new", f"{TOOLS}/uv")
        return shutil.which(fetched)

    def _add_venv(self) -> None:
        import shutil

        if not self.base.startswith("/usr/bin/") or shutil.which("apt-get") is None:
            raise SetupError(f"{self.base} has neither venv nor pip, and there is no uv; install one of them.")
        if os.geteuid() != 0:
            raise SetupError(f"This Python cannot make an environment yet; run: sudo {APT}")
        _say(f"Setting up Peerline (once): {APT}")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            self._run("apt-get", "update", **quiet)
            self._run(*APT.split(), **quiet)
        except NoNetworkError:
            raise
        except SetupError as error:
            raise SetupError(f"This Python cannot make an environment yet; run: {APT} (it failed: {error})") from error

    def _has(self, module: str) -> bool:
        import subprocess

        look = f"import sys, importlib.util as u; sys.exit(u.find_spec({module!r}) is None)"
        return subprocess.call([self.base, "-I", "-c", look]) == 0  # noqa: S603 - our own words

    def _run(self, *command: str, **more: str) -> None:
        import subprocess

        env = {**os.environ, **more, "UV_PYTHON_DOWNLOADS": "never", "PIP_USER": "0"}  # a personal "user" breaks venvs
        env.setdefault("PIP_RETRIES", "2")
        env.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
            env.setdefault("UV_SYSTEM_CERTS", "1")  # trust whom this machine trusts
        with open(LOG, "a+b") as log:
            began = log.seek(0, os.SEEK_END)
            code = subprocess.call(  # noqa: S603 - our own words
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, pass_fds=(self.held,)
            )
            log.seek(began)
            said = log.read().decode(errors="replace")
        if code:
            raise _explained(said)


def _explained(said: str) -> SetupError:
    """The one line for what an installer said before it gave up."""
    if any(words in said for words in NO_SPACE):
        return SetupError(_disk_full())
    if any(words in said for words in WRONG_HASH):
        return SetupError(f"A package is not the one our lock names, so nothing of it was used; see {LOG}.")
    if any(words in said for words in NO_NETWORK):
        return NoNetworkError(
            "The first start fetches Peerline's packages and found no network (or no package index); "
            f"connect, or name your index in PIP_INDEX_URL, and start again; see {LOG}."
        )
    if any(words in said for words in NO_ACCESS):
        return SetupError(_no_access(VENV))
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["no reason given"]
    telling = [line for line in lines if line.lower().startswith(("error", "e:"))] or lines[-1:]
    return SetupError(f"The set-up failed: {telling[0]}; see {LOG}.")


def _os_error(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _disk_full()
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return _no_access(os.path.dirname(VENV))
    return f"The set-up failed: {error}."


def _disk_full() -> str:
    folder = os.path.dirname(VENV)
    return f"The disk is full: Peerline's packages need about 500 MB in {folder}; free some and start again."


def _no_access(folder: str) -> str:
    return (
        f"No write access to {folder} as user {os.geteuid()}: "
        "start as its owner, or name a folder of your own in PEERLINE_VENV."
    )


def _version_of(python: str) -> str | None:
    """Such as "3.11", for a Python that starts and is an environment of ours; None for anything else."""
    import subprocess

    if not os.path.exists(SETTINGS):
        return None
    look = "import sys; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))"
    try:
        done = subprocess.run([python, "-I", "-c", look], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return None
    version = done.stdout.strip()
    usable = done.returncode == 0 and os.path.isdir(os.path.join(VENV, "lib", "python" + version, "site-packages"))
    return version if usable else None


def _write(path: str, content: bytes) -> None:
    """All of it or nothing: a stamp that exists is whole."""
    with open(path + ".new", "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def _remove(path: str) -> None:
    if os.path.exists(path):
        os.remove(path)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _stop(line: str, code: int) -> NoReturn:
    _say(line)
    sys.exit(code)
