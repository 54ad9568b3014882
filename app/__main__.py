"""`python3 -m app`: set up once on a machine that has nothing but Python, then do what the command line says."""

import sys


def main() -> int:
    """Exit code of the command; 2 with one line on stderr where the set-up cannot go on."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python is told so
        sys.stderr.write("Peerline needs Python 3.11 or newer; this is {}.{}.\n".format(*sys.version_info[:2]))
        return 2
    from app import bootstrap  # after the check: an older Python may not be able to read it

    bootstrap.start("requirements.txt")
    from app.cli import main as cli  # after the set-up: it needs packages that were not there before

    return cli(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
