"""What goes wrong on purpose: settable while the server runs, and the same every time."""

from dataclasses import dataclass
from typing import Literal

from sandbox.faults import Recurrence

FaultKind = Literal["refuse", "cut", "lose-answer", "cut-upload", "expire"]
"""`refuse`: an error is answered; `cut`: the connection ends before anything is done; `lose-answer`: it is done, then
the connection ends; `cut-upload`: of what is uploaded half comes, then the connection ends; `expire`: the session of an
upload is not known any more."""


@dataclass
class Fault(Recurrence):
    """Something that goes wrong with requests of one method."""

    kind: FaultKind
    method: str
    """`files.list`, `files.create`, …; `upload` for the pieces of a resumable one, `token` for OAuth's."""
    status: int = 503
    reason: str = "backendError"
    """Google's word for it."""
    retry_after: str | None = None
    """The header `Retry-After` of a refusal."""
