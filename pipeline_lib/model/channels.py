"""What had just been on air, or out by SMS, when a message was sent (semantics.md 13)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class TimeRange(NamedTuple):
    """From an instant until before another."""

    start: datetime
    end: datetime


class Channel(NamedTuple):
    """A column that is true for the messages sent in any of some time ranges."""

    key: str
    ranges: Sequence[TimeRange]


class Channels(NamedTuple):
    """The channels that messages may have come by, and the weeks that they may have been sent in."""

    channels: Sequence[Channel] = ()
    no_channel_key: str | None = None
    """Column that is true for a message that came by none of the channels."""
    weeks: Sequence[Channel] = ()

    @property
    def keys(self) -> list[str]:
        """The columns, in their order."""
        none = [] if self.no_channel_key is None else [self.no_channel_key]
        return [*(each.key for each in self.channels), *none, *(each.key for each in self.weeks)]


NO_CHANNELS = Channels()
