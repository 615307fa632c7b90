"""Which channels messages came by, by the time at which they were sent (semantics.md 13)."""

import polars as pl

from pipeline_lib.model.channels import Channel, Channels


def channel_column(key: str) -> str:
    """The column of a channel beside a message's own columns."""
    return f"channel {key}"


def with_channels(messages: pl.DataFrame, channels: Channels) -> pl.DataFrame:
    """Messages with a Boolean column `channel_column(key)` per key of the channels, by their `sent_at`."""
    by_channel = {each.key: _is_within(each) for each in channels.channels}
    if channels.no_channel_key is not None:
        by_channel[channels.no_channel_key] = ~pl.any_horizontal(pl.lit(value=False), *by_channel.values())
    flags = by_channel | {each.key: _is_within(each) for each in channels.weeks}
    return messages.with_columns(flag.alias(channel_column(key)) for key, flag in flags.items())


def channels_of_people(messages: pl.DataFrame, channels: Channels) -> pl.DataFrame:
    """`uid` and for each channel whether any of a person's messages came by it, in order of their first message.

    Args:
        messages: As `with_channels` gives them.
        channels: The same.
    """
    any_of_them = [pl.col(channel_column(key)).any() for key in channels.keys]
    return messages.group_by("uid", maintain_order=True).agg(*any_of_them)


def _is_within(channel: Channel) -> pl.Expr:
    sent_at = pl.col("sent_at")
    within = [(sent_at >= each.start) & (sent_at < each.end) for each in channel.ranges]
    return pl.any_horizontal(pl.lit(value=False), *within)
