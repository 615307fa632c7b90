"""What goes wrong on purpose: settable while the server runs, and the same every time."""

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["refuse", "cut", "lose-answer", "cut-upload", "expire"]
"""`refuse`: an error is answered; `cut`: the connection ends before anything is done; `lose-answer`: it is done, then
the connection ends; `cut-upload`: of what is uploaded half comes, then the connection ends; `expire`: the session of an
upload is not known any more."""


@dataclass
class Fault:
    """Something that goes wrong with requests of one method."""

    kind: FaultKind
    method: str
    """`files.list`, `files.create`, …; `upload` for the pieces of a resumable one, `token` for OAuth's."""
    times: float = 1
    """How often; `math.inf` for always."""
    after_requests: int = 0
    """How many requests of the method, from now on, go well before."""
    status: int = 503
    reason: str = "backendError"
    """Google's word for it."""
    retry_after: str | None = None
    """The header `Retry-After` of a refusal."""

    def strikes(self) -> bool:
        """Whether the request that has just come is one of those, which is then counted."""
        if self.times <= 0:
            return False
        if self.after_requests:
            self.after_requests -= 1
            return False
        self.times -= 1
        return True
