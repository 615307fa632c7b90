"""`Channels` of a `pipeline.json`: which times belong to which adverts, promos and shows."""

from typing import Self

from pydantic import Field, model_validator

from pipeline_lib.config.name_rules import Column
from pipeline_lib.model.channels import Channel, TimeRange
from pipeline_lib.model.channels import Channels as ChannelColumns
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant


class ChannelRange(Frozen):
    """A time range."""

    range_start_inclusive: Instant
    """From then on."""
    range_end_exclusive: Instant
    """Until before then."""

    @model_validator(mode="after")
    def _is_forwards(self) -> Self:
        if self.range_end_exclusive <= self.range_start_inclusive:
            raise ValueError("RangeEndExclusive is not after RangeStartInclusive, so that no message is within both")
        return self


class TimedColumn(Frozen):
    """A column that is true for the messages sent in its time ranges."""

    key: Column
    """Name of the column in the CSVs."""
    ranges: tuple[ChannelRange, ...] = Field(min_length=1)
    """When a message must have been sent."""

    def as_channel(self) -> Channel:
        """What processing needs to know of it."""
        ranges = (TimeRange(each.range_start_inclusive, each.range_end_exclusive) for each in self.ranges)
        return Channel(self.key, tuple(ranges))


class Channels(Frozen):
    """Columns that say what had just been on air, or out by SMS, when a message was sent.

    They stand after `consent_withdrawn`: `true` or `false` for each message, and for a participant `true` if any of
    their messages has it. Themes are broken down by them.
    """

    channels: tuple[TimedColumn, ...] = ()
    """Adverts, promos, shows. Their time ranges must not overlap: a message comes by one channel."""
    no_channel_key: Column | None = None
    """Name of the column that is true where none of the channels is. Without it there is none."""
    weeks: tuple[TimedColumn, ...] = ()
    """Weeks of the project, whatever show a message belongs to; they may overlap channels and one another."""

    def as_columns(self) -> ChannelColumns:
        """What processing needs to know of them."""
        return ChannelColumns(
            tuple(each.as_channel() for each in self.channels),
            self.no_channel_key,
            tuple(each.as_channel() for each in self.weeks),
        )
