"""The first start on a fresh machine, in a copy of the project whose installer is ours to steer."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.supervise import wait_until
from tests.ports import closed_port

ROOT = Path(__file__).parents[2]
BASE = getattr(sys, "_base_executable", sys.executable)

CLI = """
import sys
def main(argv=None):
    print("ran in", sys.prefix, argv)
    return 7 if argv == ["seven"] else 0
"""

# Stands for uv: makes a real environment, notes what it was asked, and fails or hangs as it is told.
UV = f"""#!/bin/sh
echo "$@" >> "$CALLS"
for last; do :; done
if [ "$1" = venv ]; then exec "{BASE}" -m venv --without-pip --clear "$last"; fi
[ -z "$UV_SAYS" ] || {{ echo "$UV_SAYS"; exit 1; }}
while [ -n "$UV_WAITS" ] && [ ! -e "$UV_WAITS" ]; do sleep 0.05; done
[ -z "$UV_TAKES" ] || exec "{BASE}" -c "import time; time.sleep($UV_TAKES); open('$CALLS', 'a').write('done\\n')"
"""


class Copy:
    """A copy of the project, just large enough to be set up."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.venv, self.calls = folder / "project", folder / "project" / ".venv", folder / "calls"
        (self.folder / "app" / "cli").mkdir(parents=True)
        for name in ("__init__.py", "__main__.py", "bootstrap.py"):
            shutil.copy(ROOT / "app" / name, self.folder / "app" / name)
        (self.folder / "app" / "cli" / "__init__.py").write_text(CLI)
        (self.folder / "checks.py").write_text(
            "from app import bootstrap\nbootstrap.start('requirements.txt', 'requirements-dev.txt')\nprint('checked')\n"
        )
        for name in ("", "-dev", "-postgres", "-setup"):
            (self.folder / f"requirements{name}.txt").write_text("")
        tools = folder / "tools"
        tools.mkdir()
        (tools / "uv").write_text(UV)
        (tools / "uv").chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PEERLINE_", "UV_", "PIP_"))}
        self.env = {**kept, "PATH": f"{tools}:/usr/bin:/bin", "CALLS": str(self.calls)}

    def without_pip(self) -> None:
        """As on a machine whose Python has neither pip nor venv: what uv says is the last word."""
        script = self.folder / "app" / "bootstrap.py"
        has = "    def _has(self, module: str) -> bool:\n"
        assert has in script.read_text()
        script.write_text(script.read_text().replace(has, f"{has}        return False\n\n"))

    def argv(self, *words: str) -> list[str]:
        return [BASE, "-m", *words]

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words), cwd=self.folder, env={**self.env, **env}, capture_output=True, text=True, check=False
        )

    def open(self, *words: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.argv(*words),
            cwd=self.folder,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def asked(self) -> list[str]:
        """What the installer was asked since the last look: "venv", or the locks to install ("done" after a while)."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return [line.split()[0] if line.startswith(("venv", "done")) else locks(line) for line in lines]


def locks(line: str) -> str:
    return " ".join(Path(word).name for word in line.split() if word.endswith(".txt"))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a start that ended with code 2, under what it said it was doing."""
    *before, line = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert all(one.startswith("Setting up Peerline") for one in before)
    return line


def test_the_first_start_sets_up_and_the_next_ones_say_nothing(copy: Copy) -> None:
    first = copy.run("app", "a", "b c")
    assert first.stdout == f"ran in {copy.venv} ['a', 'b c']\n"
    assert first.stderr.startswith("Setting up Peerline (once): packages of requirements.txt into .venv\n")
    assert copy.asked() == ["venv", "requirements.txt"]
    again = copy.run("app", "seven")
    assert (again.returncode, again.stderr, copy.asked()) == (7, "", [])


def test_the_checks_add_their_packages_and_neither_set_disturbs_the_other(copy: Copy) -> None:
    copy.run("app")
    assert copy.asked() == ["venv", "requirements.txt"]
    assert copy.run("checks").stdout == "checked\n"
    assert copy.asked() == ["requirements-dev.txt"]
    copy.run("app")
    copy.run("checks")
    assert copy.asked() == []
    (copy.folder / "requirements.txt").write_text("# a newer lock\n")
    copy.run("app")
    assert copy.asked() == ["requirements.txt"]


def test_packages_are_installed_by_hash_and_no_python_is_downloaded(copy: Copy) -> None:
    copy.run("checks")
    asked = copy.calls.read_text().splitlines()[-1]
    assert "--require-hashes" in asked
    assert locks(asked) == "requirements.txt requirements-dev.txt"


def test_two_starts_at_once_set_up_once(copy: Copy) -> None:
    go_on = copy.folder / "go on"
    first = copy.open("app", UV_WAITS=str(go_on))
    wait_until(lambda: copy.calls.exists() and "install" in copy.calls.read_text(), 60)
    second = copy.open("app")
    assert second.stderr is not None
    assert "Another start is setting up Peerline; waiting for it" in second.stderr.readline()
    go_on.touch()
    for process in (first, second):
        process.communicate()
    assert [first.returncode, second.returncode] == [0, 0]
    assert copy.asked() == ["venv", "requirements.txt"]


def test_a_killed_set_up_is_done_again_from_the_start(copy: Copy) -> None:
    process = copy.open("app", UV_TAKES="0.5")
    wait_until(lambda: copy.calls.exists() and "install" in copy.calls.read_text(), 60)
    process.kill()
    process.communicate()
    assert not list(copy.venv.glob(".stamp-*"))
    assert copy.run("app").returncode == 0
    # The installer that was left behind came to its end before the second start touched anything.
    assert copy.asked() == ["venv", "requirements.txt", "done", "venv", "requirements.txt"]


@pytest.fixture
def _heeds_ctrl_c() -> Iterator[None]:
    """A shell that starts something in the background has it ignore Ctrl-C, and all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heeds_ctrl_c")
def test_ctrl_c_during_the_set_up_is_one_line(copy: Copy) -> None:
    process = copy.open("app", UV_TAKES="600")
    wait_until(lambda: copy.calls.exists() and "install" in copy.calls.read_text(), 60)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (130, "Set-up stopped. The next start takes it up again.")


@pytest.mark.parametrize("lost", ["bin/python", "pyvenv.cfg", "lib"])
def test_a_broken_environment_is_made_anew(copy: Copy, lost: str) -> None:
    copy.run("app")
    (copy.venv / lost).rename(copy.venv / "away")
    if lost == "lib":
        (copy.folder / "requirements.txt").write_text("# a newer lock: the stamps alone cannot tell this loss\n")
    copy.asked()
    assert copy.run("app").returncode == 0
    assert copy.asked() == ["venv", "requirements.txt"]


def test_another_folder_may_hold_the_environment(copy: Copy, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else" / "where"
    assert str(elsewhere) in copy.run("app", PEERLINE_VENV=str(elsewhere)).stdout
    assert not list(copy.folder.glob(".venv*"))


def test_a_warm_start_imports_almost_nothing(copy: Copy) -> None:
    copy.run("app")
    script = "import sys; before = set(sys.modules); from app import bootstrap; bootstrap.start('requirements.txt'); "
    script += "print(*sorted(set(sys.modules) - before))"
    python = str(copy.venv / "bin" / "python")
    done = subprocess.run([python, "-c", script], cwd=copy.folder, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"app", "app.bootstrap", "__future__", "errno", "fcntl"}


@pytest.mark.parametrize(
    ("says", "line"),
    [
        ("error: Failed to fetch: tcp connect error: Connection refused", "no network"),
        ("error: failed to copy file: No space left on device (os error 28)", "The disk is full"),
        ("error: failed to create directory: Permission denied (os error 13)", "No write access"),
        ("error: Hash mismatch for `flask==3.1.3`", "not the one our lock names"),
        ("error: something new", "The set-up failed: error: something new"),
    ],
)
def test_what_goes_wrong_is_one_line_and_the_next_start_tries_again(copy: Copy, says: str, line: str) -> None:
    copy.without_pip()
    assert line in refused(copy.run("app", UV_SAYS=says))
    done = copy.run("app")
    assert (done.returncode, done.stderr.splitlines()[-1][:19]) == (0, "Peerline is set up ")


def test_without_uv_pip_and_venv_the_line_says_what_to_install(copy: Copy) -> None:
    copy.without_pip()
    (copy.calls.parent / "tools" / "uv").unlink()
    user = "import os; os.geteuid = lambda: 1000\n"
    distribution = "import sys; sys._base_executable = '/usr/bin/python3'\n"
    (copy.folder / "app" / "__init__.py").write_text(user + distribution)
    line = refused(copy.run("app"))
    if shutil.which("apt-get"):
        assert line == "This Python cannot make an environment yet; run: sudo apt-get install -y python3-venv"
    else:
        assert line == "/usr/bin/python3 has neither venv nor pip, and there is no uv; install one of them."


def test_an_extra_that_cannot_be_had_leaves_the_rest_as_it_was(copy: Copy) -> None:
    copy.without_pip()
    copy.run("app")
    (copy.folder / "extra.py").write_text("""
from app import bootstrap
bootstrap.start("requirements.txt")
try:
    bootstrap.ensure_extra("requirements-postgres.txt")
except bootstrap.SetupError as error:
    print("without:", error)
""")
    copy.asked()
    assert "without: The first start fetches" in copy.run("extra", UV_SAYS="error: dns error").stdout
    assert copy.asked() == ["requirements-postgres.txt"]
    again = copy.run("app")
    assert (again.returncode, again.stderr) == (0, "")
    copy.run("extra")
    assert copy.asked() == ["requirements-postgres.txt"]
    assert (copy.run("extra").stdout, copy.asked()) == ("", [])


def test_an_older_python_is_told_so_in_one_line(copy: Copy) -> None:
    pretend = (
        "import sys, runpy; sys.version_info = (3, 10, 1, 'final', 0); runpy.run_module('app', run_name='__main__')"
    )
    done = subprocess.run([BASE, "-c", pretend], cwd=copy.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "Peerline needs Python 3.11 or newer; this is 3.10.\n")


def test_a_start_that_would_go_on_for_ever_stops(copy: Copy) -> None:
    copy.run("app")
    assert "remove it and start again" in refused(copy.run("app", PEERLINE_STARTS="2"))


def test_a_folder_of_somebody_else_is_named() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the unprivileged user must be able to come here
        copy = Copy(Path(folder).resolve())
        copy.folder.chmod(0o555)
        done = copy.run("app") if os.geteuid() else as_nobody(copy)
        copy.folder.chmod(0o755)
    assert refused(done).startswith(f"No write access to {copy.folder} as user ")


def as_nobody(copy: Copy) -> subprocess.CompletedProcess[str]:
    """Run `-m app` as an unprivileged user; imports first, since that user may not be able to read our Python."""
    become = "import __future__, errno, fcntl, os, runpy, subprocess, sys, time; os.setgroups([]); "
    become += "os.setgid(65534); os.setuid(65534); "
    become += "runpy.run_module('app', run_name='__main__')"
    argv = [BASE, "-c", become]
    return subprocess.run(argv, cwd=copy.folder, env=copy.env, capture_output=True, text=True, check=False)


# --- with the real pip ---------------------------------------------------------------------------------------------


@pytest.fixture
def wheel(copy: Copy) -> Path:
    """A package of one module, locked by its hash in the copy's requirements."""
    (copy.calls.parent / "tools" / "uv").unlink()
    made = copy.calls.parent / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("greeting.py", "word = 'hello'\n")
        info = "greeting-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    (copy.folder / "requirements.txt").write_text(f"greeting==1.0 --hash=sha256:{digest}\n")
    (copy.folder / "app" / "cli" / "__init__.py").write_text(
        "def main(argv=None):\n    import greeting\n    print(greeting.word)\n    return 0\n"
    )
    return made


@pytest.mark.slow
def test_pip_alone_sets_up_from_a_folder_of_wheels_and_refuses_another_hash(copy: Copy, wheel: Path) -> None:
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel.parent)}
    assert copy.run("app", **offline).stdout == "hello\n"
    (copy.folder / "requirements.txt").write_text(f"greeting==1.0 --hash=sha256:{'0' * 64}\n")
    shutil.rmtree(copy.venv)
    assert "not the one our lock names" in refused(copy.run("app", **offline))


@pytest.mark.slow
@pytest.mark.usefixtures("wheel")
def test_without_a_network_the_first_start_says_so(copy: Copy) -> None:
    with closed_port() as port:
        nowhere = f"http://127.0.0.1:{port}/simple"
        line = refused(copy.run("app", PIP_INDEX_URL=nowhere, UV_INDEX_URL=nowhere))
    assert "found no network" in line


def test_every_lock_names_hashes_and_no_address() -> None:
    for lock in ROOT.glob("requirements*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index-url" not in text
