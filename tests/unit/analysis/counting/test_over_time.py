"""Messages and people by week, day and hour."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from pipeline_lib.analysis.codings import episodes
from pipeline_lib.analysis.counting.over_time import WEEK, OverTime, over_time, slot_length
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.model.coding_plan import CodingPlans

MOGADISHU = timedelta(hours=3)
MONDAY, NEXT, LAST = date(2025, 9, 1), date(2025, 9, 8), date(2025, 9, 15)

Make = Callable[..., Frames]


def frames_of(make: Make, plans: CodingPlans, *messages: tuple[int, str, str]) -> Frames:
    """Of three people, of whom nobody withdrew."""
    people = [{"e01": ["water"], "gender": ["man"]}] * 3
    return make(plans, people, [(who, "e01", at, [code], "text") for who, at, code in messages])


def weeks(frames: Frames, plans: CodingPlans) -> list[tuple[date, int, int]]:
    """The messages of each week, and who sent them."""
    counted = over_time(frames, episodes(plans), MOGADISHU, WEEK)
    numbers = zip(counted.starts, counted.counts.messages[:, 0], counted.counts.senders.people[:, 0], strict=True)
    return [(start.date(), int(messages), int(people)) for start, messages, people in numbers]


def slots(frames: Frames, plans: CodingPlans) -> list[tuple[datetime, int, int]]:
    """The messages of each day or hour, and the relevant ones."""
    counted: OverTime = over_time(frames, episodes(plans), MOGADISHU, slot_length(frames.messages))
    rows = zip(counted.starts, counted.counts.messages.tolist(), strict=True)
    return [(start, opted_in, relevant) for start, (opted_in, relevant) in rows]


def test_a_week_begins_on_monday_where_the_show_is(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(
        make_frames,
        plans,
        (0, "2025-09-07T20:59:59Z", "water"),  # Sunday, a second before midnight in Mogadishu
        (1, "2025-09-07T21:00:00Z", "water"),  # Monday there
    )
    assert weeks(frames, plans) == [
        (MONDAY, 1, 1),
        (NEXT, 1, 1),
    ]


def test_somebody_counts_once_a_week_and_a_week_of_silence_is_shown(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(
        make_frames,
        plans,
        (0, "2025-09-01T12:00Z", "water"),
        (0, "2025-09-02T12:00Z", "NC"),
        (1, "2025-09-03T12:00Z", "NR"),
        (0, "2025-09-15T12:00Z", "water"),
    )
    assert weeks(frames, plans) == [
        (MONDAY, 3, 2),
        (NEXT, 0, 0),
        (LAST, 1, 1),
    ]


def test_what_is_no_opt_in_is_not_counted(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(make_frames, plans, (0, "2025-09-01T12:00Z", "NS"))
    assert weeks(frames, plans) == []
    assert slots(frames, plans) == []


def test_no_messages_are_no_weeks(plans: CodingPlans, make_frames: Make) -> None:
    frames = make_frames(plans, [{}])
    assert weeks(frames, plans) == []
    assert slots(frames, plans) == []


def test_days_have_the_relevant_beside_all(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(
        make_frames,
        plans,
        (0, "2025-09-01T12:00Z", "water"),
        (1, "2025-09-01T13:00Z", "NC"),
        (1, "2025-09-12T22:00Z", "health"),  # the 13th in Mogadishu
    )
    found = slots(frames, plans)
    assert found[0] == (datetime(2025, 9, 1), 2, 1)  # noqa: DTZ001 - as a clock there shows it
    assert found[1:12] == [(datetime(2025, 9, day), 0, 0) for day in range(2, 13)]  # noqa: DTZ001
    assert found[12:] == [(datetime(2025, 9, 13), 1, 1)]  # noqa: DTZ001


def test_a_few_days_are_shown_hour_by_hour(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(make_frames, plans, (0, "2025-09-01T12:10Z", "water"), (1, "2025-09-01T14:50Z", "NC"))
    assert slots(frames, plans) == [
        (datetime(2025, 9, 1, 15), 1, 1),  # noqa: DTZ001
        (datetime(2025, 9, 1, 16), 0, 0),  # noqa: DTZ001
        (datetime(2025, 9, 1, 17), 1, 0),  # noqa: DTZ001
    ]
