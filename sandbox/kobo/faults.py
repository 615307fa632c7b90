"""What goes wrong on purpose: settable while the server runs, and the same every time."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sandbox import faults
from sandbox.kobo.model import World

Endpoint = Literal["form", "data", ""]

FaultKind = Literal[
    "401", "403", "404", "429", "500", "502", "503", "504", "cut", "early-json", "truncate", "count-lies",
    "page-repeated", "order-lost",
]  # fmt: skip
"""A status, of which the 5xx are pages of HTML; `cut`: the connection is reset; `early-json`: a whole answer whose JSON
ends in the middle; `truncate`: the connection ends too early; `count-lies`: there are said to be more submissions than
there are; `page-repeated`: the submissions of the request before come again; `order-lost`: a page is upside down."""

Change: TypeAlias = faults.Change[World]
"""What happens to the forms while clients read."""


@dataclass
class Fault(faults.Recurrence):
    """Something that goes wrong with requests to one endpoint."""

    kind: FaultKind
    endpoint: Endpoint = "data"
    """`form` for a form and its questions, `data` for its submissions."""
    retry_after: int | None = 1
    """Seconds in a 429's `Retry-After`; None for an answer without one."""
