"""The supervisor and the servers beneath it: real processes, really killed; nothing may stay behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg
import pytest
import redis

from app.supervise import (
    SuperviseError,
    Supervisor,
    embedded_redis,
    find_postgres_bindir,
    temporary_postgres,
    temporary_redis,
    wait_until,
)
from app.supervise import servers as servers_module
from app.supervise.children import last_line, spawn
from tests.ports import free_ports

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds that a busy machine may take for what an idle one does at once."""

# A child that says who it is, starts one more in a process group of its own, and then ends as it is told to.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[2] == "deaf" else signal.SIG_DFL)
other = os.fork()
if other == 0:
    os.setpgrp()
open(f"{sys.argv[1]}.{os.getpid()}", "w").close()
time.sleep(600)
"""


class Family:
    """A supervisor in a process of its own, with the children a test asks for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        (folder / "stubborn.py").write_text(STUBBORN)

    def start(self, body: str, *, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        script = self.folder / "family.py"
        head = "import sys; from pathlib import Path; from app.supervise import *; folder = Path(sys.argv[1])\n"
        script.write_text(head + body)
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(self.folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.process

    def pids(self, name: str, count: int) -> list[int]:
        """The ids that children called `name` left, once there are `count` of them."""

        def found() -> list[int]:
            return [int(path.suffix[1:]) for path in self.folder.glob(f"{name}.*") if path.suffix[1:].isdigit()]

        wait_until(lambda: len(found()) >= count, PATIENCE)
        return found()


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    made = Family(tmp_path)
    yield made
    if made.process and made.process.poll() is None:
        made.process.terminate()
        made.process.wait(timeout=PATIENCE)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def gone(processes: list[int], within: float = PATIENCE) -> None:
    wait_until(lambda: not any(alive(process) for process in processes), within)


TWO_STUBBORN = """
stub = [sys.executable, str(folder / "stubborn.py")]
with Supervisor(folder, grace=1.0) as family:
    family.start(Child("deaf", [*stub, str(folder / "deaf"), "deaf"]))
    family.start(Child("meek", [*stub, str(folder / "meek"), "meek"]))
    sys.exit(family.run())
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_however_the_supervisor_ends_nothing_it_started_stays(family: Family, signum: int) -> None:
    process = family.start(TWO_STUBBORN)
    started = family.pids("deaf", 2) + family.pids("meek", 2)
    assert all(alive(one) for one in started)
    process.send_signal(signum)
    gone(started)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == (-signal.SIGKILL if signum == signal.SIGKILL else 0)
    assert said == ""


def test_a_second_ctrl_c_does_not_wait_for_the_grace(family: Family) -> None:
    process = family.start(TWO_STUBBORN.replace("grace=1.0", "grace=600.0"))
    started = family.pids("deaf", 2) + family.pids("meek", 2)
    process.send_signal(signal.SIGINT)
    gone(family.pids("meek", 2))
    process.send_signal(signal.SIGINT)
    gone(started)
    assert process.wait(timeout=PATIENCE) == 0


GUNICORN = """
with Supervisor(folder) as family:
    app = "def app(environ, start):\\n    start('200 OK', [])\\n    return [str(__import__('os').getpid()).encode()]"
    (folder / "hello.py").write_text(app)
    family.start(Child("web", [sys.executable, "-m", "gunicorn", "-w", "2", "-b", "127.0.0.1:" + {port!r},
        "--chdir", str(folder), "-p", str(folder / "master"), "--control-socket", str(folder / "c.sock"), "hello:app"]))
    family.wait_until("http://127.0.0.1:{port}/", 60)
    print("ready", flush=True)
    sys.exit(family.run())
"""


def test_web_workers_die_with_the_supervisor_and_with_their_master(family: Family) -> None:
    port = str(free_ports())
    process = family.start(GUNICORN.format(port=port))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    master = int((family.folder / "master").read_text())
    wait_until(lambda: len(with_children(master)) == 3, PATIENCE)
    before = with_children(master)
    os.kill(master, signal.SIGKILL)
    gone(before)
    wait_until(f"http://127.0.0.1:{port}/", PATIENCE)
    wait_until(lambda: int((family.folder / "master").read_text() or master) != master, PATIENCE)
    again = with_children(int((family.folder / "master").read_text()))
    process.kill()
    gone(again)
    process.communicate()


def with_children(process: int) -> list[int]:
    return [process, *map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())]


def test_a_child_that_ends_is_started_again(family: Family) -> None:
    family.start("""
once = "import os, sys; here = sys.argv[1]; open(f'{here}.{os.getpid()}', 'w').close(); sys.stdin.read()"
with Supervisor(folder) as family:
    family.start(Child("short", [sys.executable, "-c", once, str(folder / "short")]))
    family.run()
""")
    assert len(set(family.pids("short", 2))) == 2


def test_a_child_that_keeps_failing_stops_everything_in_one_line(family: Family) -> None:
    process = family.start("""
with Supervisor(folder) as family:
    stub = [sys.executable, str(folder / "stubborn.py"), str(folder / "meek"), "meek"]
    family.start(Child("meek", stub))
    family.wait_until(lambda: len(list(folder.glob("meek.[0-9]*"))) == 2, 60)
    family.start(Child("worker", ["sh", "-c", "echo no such table: mention >&2; exit 3"]))
    family.run()
""")
    started = family.pids("meek", 2)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    gone(started)
    last = said.splitlines()[-1]
    assert last.startswith("worker ended 5 times within 30 s (exit code 3)")
    assert last.endswith("no such table: mention")
    assert "Traceback" not in said


def test_what_may_end_is_left_ended_and_the_rest_goes_on(family: Family) -> None:
    process = family.start("""
with Supervisor(folder) as family:
    family.start(Child("once", ["sh", "-c", "echo done; echo $WORD"], env={"WORD": "given"}, restart="never"))
    sys.exit(family.run())
""")
    assert process.wait(timeout=PATIENCE) == 0
    assert (family.folder / "once.log").read_text() == "done\ngiven\n"


def test_a_program_that_is_not_there_is_named_in_the_log(tmp_path: Path) -> None:
    assert spawn(["/no/such/program"], output=tmp_path / "log").wait(timeout=PATIENCE) == 1
    assert last_line(tmp_path / "log") == "/no/such/program: No such file or directory"


class _Teapot(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


def test_waiting_ends_when_the_page_answers_and_gives_up_when_it_does_not() -> None:
    with HTTPServer(("127.0.0.1", 0), _Teapot) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/health"
        wait_until(address, PATIENCE)
        _Teapot.status = 503
        with pytest.raises(SuperviseError, match=r"health was not ready within 0\.2 s"):
            wait_until(address, 0.2)
        server.shutdown()
    with pytest.raises(SuperviseError):
        wait_until(address, 0.1)


# --- Redis ---------------------------------------------------------------------------------------------------------

OWN_REDIS = """
with Supervisor(folder / "logs") as family:
    server = embedded_redis(folder / "data")
    family.start(server.child)
    family.wait_until(server.answers, 60)
    print(server.url, flush=True)
    sys.exit(family.run())
"""


@pytest.fixture
def no_redis_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.mark.usefixtures("no_redis_given")
def test_our_own_redis_keeps_its_data_through_a_crash_and_admits_one_start_at_a_time(family: Family) -> None:
    first = family.start(OWN_REDIS)
    assert first.stdout is not None
    url = first.stdout.readline().strip()
    assert url.startswith("unix:///")
    with redis.from_url(url) as client:
        client.set("kept", "yes")
        server = int(client.info("server")["process_id"])
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert (family.folder / "data" / "redis").stat().st_mode & 0o777 == 0o700

    second = family.start(OWN_REDIS)
    _, said = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert said.startswith("Peerline already runs on ")
    assert said.count("\n") == 1

    first.kill()
    gone([server])
    first.communicate()
    third = family.start(OWN_REDIS)
    assert third.stdout is not None
    with redis.from_url(third.stdout.readline().strip()) as client:
        assert client.get("kept") == b"yes"


@pytest.mark.usefixtures("no_redis_given")
@pytest.mark.parametrize("name", ["with a space", "deep-" * 30])
def test_a_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    server = embedded_redis(tmp_path / name)
    assert server.child is not None
    with Supervisor(tmp_path) as family:
        family.start(server.child)
        family.wait_until(server.answers, PATIENCE)
        with redis.from_url(server.url) as client:
            assert client.ping()
    assert not server.answers()
    assert server.socket is not None
    shutil.rmtree(server.socket.parent)


@pytest.mark.usefixtures("no_redis_given")
def test_a_short_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    first = embedded_redis(tmp_path / ("deep-" * 30))
    assert first.socket is not None
    first.socket.parent.chmod(0o777)
    with pytest.raises(SuperviseError, match="belongs to somebody else"):
        servers_module._private(tmp_path.resolve() / ("deep-" * 30) / "redis")
    first.socket.parent.rmdir()


def test_a_redis_that_is_given_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6399/2")
    server = embedded_redis(tmp_path)
    assert (server.url, server.child, list(tmp_path.iterdir())) == ("redis://127.0.0.1:6399/2", None, [])


def test_a_temporary_redis_is_real_and_leaves_nothing() -> None:
    with temporary_redis() as url, redis.from_url(url) as client:
        assert client.ping()
        folder = Path(client.connection_pool.connection_kwargs["path"]).parent
        server = int(client.info("server")["process_id"])
    gone([server], within=1)
    assert not folder.exists()


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.mark.postgres
def test_a_temporary_postgres_is_real_and_leaves_nothing() -> None:
    with temporary_postgres() as url, psycopg.connect(plain(url)) as connection:
        shown = connection.execute("SELECT current_setting('fsync'), current_setting('listen_addresses')").fetchone()
        assert shown == ("off", "")
        folder = Path(connection.info.host)
        assert folder.stat().st_mode & 0o077 == 0
        server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        assert Path(f"/proc/{server}").stat().st_uid != 0
    gone([server], within=1)
    assert not folder.exists()


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_temporary_servers_do_not_outlive_a_killed_parent(family: Family, kind: str) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # what a killed parent leaves lies in here
        Path(folder).chmod(0o755)
        process = family.start(
            f"with temporary_{kind}() as url:\n    print(url, flush=True)\n    sys.stdin.read()\n",
            env={"TMPDIR": folder},
        )
        assert process.stdout is not None
        assert folder in process.stdout.readline()
        _, *started = with_children(process.pid)
        assert started
        process.kill()
        gone(started)
        process.communicate()


def test_postgres_is_looked_for_where_it_is_named_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    assert find_postgres_bindir() == tmp_path
    with pytest.raises(SuperviseError, match="initdb"), temporary_postgres():
        pass
