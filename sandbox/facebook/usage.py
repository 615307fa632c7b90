"""How much of its allowance a client has used, and when that is gone (sources.md D.3)."""

import json
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.facebook.errors import APP_THROTTLED, BUSINESS_THROTTLED, GraphError

_APP_WINDOW_SECONDS = 3600
_PAGE_WINDOW_SECONDS = 24 * 3600
_WHOLE = 100


@dataclass
class Allowance:
    """So many calls in the seconds that have just passed; None for as many as come."""

    calls: int | None
    seconds: int
    percent: int = 0
    """What is said to have been used at least, whatever came."""
    regain_minutes: int = 0
    """How long to wait is said to be, at least."""
    _came: deque[float] = field(default_factory=deque, repr=False)

    def is_gone(self, now: float) -> bool:
        """Whether there is none left for the request that has just come, which is counted if there is."""
        if self.calls is None:
            return False
        while self._came and self._came[0] <= now - self.seconds:
            self._came.popleft()
        if len(self._came) >= self.calls:
            return True
        self._came.append(now)
        return False

    def used_percent(self) -> int:
        """How much of it is used, in percent."""
        counted = 0 if self.calls is None else math.ceil(_WHOLE * len(self._came) / max(1, self.calls))
        return max(self.percent, counted)

    def minutes_to_wait(self, now: float) -> int:
        """0, or how long until something can be asked again."""
        if self.calls is None or len(self._came) < self.calls or not self._came:
            return self.regain_minutes
        return max(self.regain_minutes, math.ceil((self._came[0] + self.seconds - now) / 60))


class Usage:
    """The allowances of the app and of the page: both may be changed while the server runs."""

    def __init__(self, clock: Callable[[], float], app_calls: int | None, page_calls: int | None) -> None:
        self._clock = clock
        self.app = Allowance(app_calls, _APP_WINDOW_SECONDS)
        """An hour's, for the tokens of apps and users."""
        self.page = Allowance(page_calls, _PAGE_WINDOW_SECONDS)
        """A day's, for those of pages."""

    def refusal(self, *, is_page: bool) -> GraphError | None:
        """The error for a request that comes too many; all others are counted."""
        if (self.page if is_page else self.app).is_gone(self._clock()):
            return BUSINESS_THROTTLED if is_page else APP_THROTTLED
        return None

    def headers(self, business: str) -> Mapping[str, str]:
        """What an answer tells of them. There is no header where next to nothing is used."""
        told = {}
        if percent := self.app.used_percent():
            told["X-App-Usage"] = json.dumps({"call_count": percent, "total_cputime": percent, "total_time": percent})
        if percent := self.page.used_percent():
            used = {
                "type": "pages",
                "call_count": percent,
                "total_cputime": percent // 2,
                "total_time": percent // 2,
                "estimated_time_to_regain_access": self.page.minutes_to_wait(self._clock()),
            }
            told["X-Business-Use-Case-Usage"] = json.dumps({business: [used]})
        return told
