"""One customer as staff knows them: where they are met, what they asked, and how it ended."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.customers import queries as customers
from app.desk import context
from app.kernel import audit
from app.kernel.errors import NotFoundError
from app.people import queries as people
from app.web import seats
from app.web.refs import name_of, number_of
from app.web.seats import STAFF, open_to

pages = Blueprint("customers", __name__)
PER_PAGE = 20


@pages.get("/customers/<customer:customer_id>")
@open_to(*STAFF)
def show(customer_id: int) -> ResponseReturnValue:
    """Their cases, newest first, with private data masked."""
    return _drawn(customer_id, whole=False)


@pages.post("/customers/<customer:customer_id>/reveal")
@open_to(*STAFF)
def reveal(customer_id: int) -> ResponseReturnValue:
    """The same page with their words whole, this once, on record. It has no address that could be kept or passed on."""
    page = _drawn(customer_id, whole=True)
    here = seats.seat()
    audit.record(here.brand_id, seats.person().member_id, "customer.reveal", f"customer:{customer_id}")
    return page


def _drawn(customer_id: int, *, whole: bool) -> ResponseReturnValue:
    known = customers.customer(customer_id)
    if known is None:
        raise NotFoundError("There is no such customer.")
    before = number_of("case", request.values.get("before", ""))
    found = context.cases_of(customer_id, before=before, limit=PER_PAGE + 1)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    return render_template(
        "customers/page.html",
        customer=known,
        cases=shown,
        notes=context.notes_of_customer(customer_id),
        members=people.members(),
        whole=whole,
        before=request.values.get("before", ""),
        older=name_of("case", shown[-1].case.id) if more else None,
    )
