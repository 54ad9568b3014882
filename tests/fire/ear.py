"""A process that hears an account when told to: `python -m tests.fire.ear BRAND ACCOUNT`, the house in its environment.

Each line it reads is a word; each answer is a line. `hear`: look once, if the account's lease can be had, and say
`heard`, `not mine`, or `lost` when another process took it over meanwhile.
"""

from __future__ import annotations

import sys
from functools import partial

from app.channels import accounts
from app.factory import create_app
from app.kernel import clock, leases
from app.kernel.db import brand_scope, session, transaction
from app.kernel.settings import Settings
from listeners.listen import listen


def main(brand_id: int, account_id: int) -> None:
    """Obey until the input ends."""
    name = f"listen:{account_id}"
    with create_app(Settings.from_environment()).app_context():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for _line in sys.stdin:
            clock.forget()  # the tests move time faster than a process looks at it
            leases._held_until.clear()
            with transaction():
                pass
            with brand_scope(brand_id):
                account = accounts.account(account_id)
                session.rollback()
            said = "not mine"
            if leases.hold(name):
                try:
                    listen(account, partial(leases.keep, name))
                    said = "heard"
                except leases.LostLeaseError:
                    said = "lost"
            session.remove()
            sys.stdout.write(f"{said}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
