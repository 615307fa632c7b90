"""The errors of the Graph API, as data (sources.md D.3; codes re-read on 2026-11-29)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class GraphError:
    """An answer that is an error."""

    code: int
    message: str
    subcode: int | None = None
    type: str = "OAuthException"
    status: int = 400
    is_transient: bool | None = None
    """Said only where Meta says it."""

    def about(self, detail: str) -> "GraphError":
        """The error with a detail in its message's place for one."""
        return replace(self, message=self.message.replace("{}", detail))

    def body(self, trace_id: str) -> dict[str, object]:
        """The answer's JSON."""
        told = {"message": self.message, "type": self.type}
        transient = {} if self.is_transient is None else {"is_transient": self.is_transient}
        subcode = {} if self.subcode is None else {"error_subcode": self.subcode}
        return {"error": {**told, **transient, "code": self.code, **subcode, "fbtrace_id": trace_id}}


class GraphRefusal(Exception):  # noqa: N818 - the error is what it carries
    """A request that is answered with an error."""

    def __init__(self, error: GraphError) -> None:
        self.error = error
        super().__init__(error.code)


UNKNOWN = GraphError(1, "An unknown error has occurred.", status=500, is_transient=True)
TOO_MUCH = GraphError(1, "Please reduce the amount of data you're asking for, then retry your request", status=500)
UNAVAILABLE = GraphError(
    2, "An unexpected error has occurred. Please retry your request later.", status=500, is_transient=True
)
APP_THROTTLED = GraphError(4, "(#4) Application request limit reached", status=403, is_transient=True)
APP_THROTTLED_BY_BUSINESS = replace(APP_THROTTLED, subcode=1504022)
USER_THROTTLED = GraphError(17, "(#17) User request limit reached", 2446079, status=403, is_transient=True)
PAGE_THROTTLED = GraphError(32, "(#32) Page request limit reached", status=403, is_transient=True)
CUSTOM_THROTTLED = GraphError(613, "(#613) Calls to this api have exceeded the rate limit.", is_transient=True)
BUSINESS_THROTTLED = GraphError(
    80001, "(#80001) There have been too many calls to this Page account. Wait a bit and try again.", 2446079
)
BLOCKED = GraphError(368, "(#368) The action attempted has been deemed abusive or is otherwise disallowed", 1390008)

NO_TOKEN = GraphError(104, "An access token is required to request this resource.")
TOKEN_UNREADABLE = GraphError(190, "Invalid OAuth access token - Cannot parse access token")
TOKEN_DEAD: Mapping[int, GraphError] = {
    458: GraphError(190, "Error validating access token: The user has not authorized the application.", 458),
    460: GraphError(190, "Error validating access token: The session has been invalidated by a new password.", 460),
    463: GraphError(190, "Error validating access token: Session has expired.", 463),
    467: GraphError(190, "Error validating access token: This access token is invalid.", 467),
}
"""By subcode."""

PERMISSION_NEEDED = GraphError(
    10,
    "(#10) This endpoint requires the '{}' permission or the 'Page Public Content Access' feature.",
    status=403,
)
PERMISSION_DENIED = GraphError(200, "(#200) The '{}' permission is required to read this.", status=403)
PAGE_TOKEN_NEEDED = GraphError(210, "(#210) A page access token is required to request this resource.", status=403)

INVALID_PARAMETER = GraphError(100, "(#100) {}")
INVALID_METRIC = GraphError(100, "(#100) The value must be a valid insights metric")
INVALID_CURSOR = GraphError(100, "(#100) Invalid cursor")
DEBUGGER_NEEDED = GraphError(
    100, "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app"
)
NO_SUCH_FIELD = GraphError(100, "(#100) Tried accessing nonexisting field ({})")
NO_SUCH_OBJECT = GraphError(
    100,
    "Unsupported get request. Object with ID '{}' does not exist, cannot be loaded due to missing permissions, or does "
    "not support this operation",
    33,
    "GraphMethodException",
)
UNSUPPORTED_METHOD = GraphError(100, "Unsupported {} request.", 33, "GraphMethodException")
NO_SUCH_ALIAS = GraphError(803, "(#803) Some of the aliases you requested do not exist: {}", status=404)
NO_SUCH_PATH = GraphError(2500, "Unknown path components: {}")
SYNTAX = GraphError(2500, 'Syntax error "{}"')
