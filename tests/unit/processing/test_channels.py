from datetime import UTC, datetime

import polars as pl

from pipeline_lib.model.channels import Channel, Channels, TimeRange
from pipeline_lib.processing.channels import channels_of_people, with_channels


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2018, 12, number, hour, tzinfo=UTC)


CHANNELS = Channels(
    channels=(
        Channel("sms_ad", (TimeRange(day(2), day(3)), TimeRange(day(9), day(10)))),
        Channel("radio_show", (TimeRange(day(3), day(4)),)),
    ),
    no_channel_key="no_channel",
    weeks=(Channel("week_1", (TimeRange(day(2), day(9)),)), Channel("week_2", (TimeRange(day(9), day(16)),))),
)


def came_by(*sent: tuple[str, datetime]) -> pl.DataFrame:
    return with_channels(pl.DataFrame(sent, schema=["uid", "sent_at"], orient="row"), CHANNELS)


def names(frame: pl.DataFrame) -> list[set[str]]:
    """The channels that are true in each row."""
    return [{key.removeprefix("channel ") for key, value in row.items() if value is True} for row in frame.to_dicts()]


def test_a_range_begins_at_its_start_and_is_over_at_its_end() -> None:
    sent = [day(2), day(2, 23), day(3), day(3, 23), day(4), day(9)]
    assert names(came_by(*(("p1", each) for each in sent))) == [
        {"sms_ad", "week_1"},
        {"sms_ad", "week_1"},
        {"radio_show", "week_1"},
        {"radio_show", "week_1"},
        {"no_channel", "week_1"},
        {"sms_ad", "week_2"},
    ]


def test_a_time_in_no_range_at_all_is_only_without_a_channel() -> None:
    assert names(came_by(("p1", day(20)))) == [{"no_channel"}]


def test_a_person_has_every_channel_that_any_of_their_messages_came_by() -> None:
    messages = came_by(("p2", day(4)), ("p1", day(2)), ("p1", day(9)))
    people = channels_of_people(messages, CHANNELS)
    assert people["uid"].to_list() == ["p2", "p1"]
    assert names(people) == [{"no_channel", "week_1"}, {"sms_ad", "week_1", "week_2"}]


def test_without_channels_there_are_no_columns() -> None:
    messages = pl.DataFrame([("p1", day(2))], schema=["uid", "sent_at"], orient="row")
    assert with_channels(messages, Channels()).columns == ["uid", "sent_at"]
