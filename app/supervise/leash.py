"""The two small programs between a supervisor and its children, so that no process of ours outlives it.

`leash` becomes the child itself, after asking the kernel to signal it when its parent dies. `keep` waits beside them
for the supervisor's end and then clears away what the children started. Run as a file with `python -I -S`: 15 ms.
"""

from __future__ import annotations

import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def leash(parent: int, signum: int, user: str, argv: list[str]) -> None:
    """Become `argv` (as `user`, if one is named), to be sent `signum` when the process `parent` dies.

    Never returns. The kernel watches the parent's thread: start children from a thread that lives as long as they do.
    """
    import ctypes  # this and pwd before the change of user, who may not be able to read our Python

    libc = ctypes.CDLL(None)
    if user:
        import pwd

        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)  # before the prctl: changing user takes a leash off
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, signum)
    if os.getppid() != parent:
        sys.exit(f"{argv[0]}: the process that asked for it has gone")  # it died before the leash was on
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and what is ignored stays so in a new program
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - the words come from the supervisor
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")


def members(session: int) -> list[int]:
    """Ids of the living processes of a session, found in /proc (elsewhere: none)."""
    found = []
    for name in os.listdir("/proc") if sys.platform == "linux" else []:  # noqa: PTH208 - pathlib would double the start
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                    state, _parent, _group, of_session = file.read().rpartition(b")")[2].split()[:4]
            except OSError:
                continue  # it ended while we looked
            if int(of_session) == session and state not in {b"Z", b"X"}:
                found.append(int(name))
    return found


def signal_session(session: int, signum: int) -> bool:
    """Send `signum` to what is left of a session, and say whether there was anything.

    SIGKILL is sent until nothing is left: what is killed may just have started one more.
    """
    left = found = members(session)
    for _ in range(50):
        for process in left:
            _signal(process, signum)
        if not left or signum != signal.SIGKILL:
            break
        time.sleep(0.01)
        left = members(session)
    return bool(found)


def keep(grace: float) -> None:
    """Read session ids ("12", or "-12" for one that ended) until the supervisor is gone, then end what is left of them.

    A session's first process is asked with SIGTERM; what remains after `grace` seconds is killed.
    """
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin:
        sessions.add(int(line)) if int(line) > 0 else sessions.discard(-int(line))
    for session in sessions:
        _signal(session, signal.SIGTERM)
    end = time.monotonic() + grace
    while time.monotonic() < end and any(members(session) for session in sessions):
        time.sleep(0.05)
    for session in sessions:
        signal_session(session, signal.SIGKILL)


def _signal(process: int, signum: int) -> None:
    try:
        os.kill(process, signum)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    if sys.argv[1] == "leash":
        leash(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:])
    else:
        keep(float(sys.argv[2]))
