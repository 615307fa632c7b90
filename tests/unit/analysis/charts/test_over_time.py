"""Messages and people by week, day and hour."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from pipeline_lib.analysis.charts.over_time import Range, slots_of, weeks_of
from pipeline_lib.analysis.charts.traffic import Slot
from pipeline_lib.analysis.charts.weeks import Week
from pipeline_lib.analysis.codings import episodes
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.model.coding_plan import CodingPlans, Dataset, DatasetKind

MOGADISHU = timedelta(hours=3)
MONDAY, NEXT, LAST = date(2025, 9, 1), date(2025, 9, 8), date(2025, 9, 15)

Make = Callable[..., Frames]


def frames_of(make: Make, plans: CodingPlans, *messages: tuple[int, str, str]) -> Frames:
    """Of three people, of whom nobody withdrew."""
    people = [{"e01": ["water"], "gender": ["man"]}] * 3
    return make(plans, people, [(who, "e01", at, [code], "text") for who, at, code in messages])


def shown(weeks: list[Week]) -> list[tuple[date, str, str]]:
    return [(week.start, week.messages.text, week.individuals.text) for week in weeks]


def told(slots: list[Slot]) -> list[tuple[datetime, str, str]]:
    return [(slot.start, slot.opted_in.text, slot.relevant.text) for slot in slots]


def test_a_week_begins_on_monday_where_the_show_is(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(
        make_frames,
        plans,
        (0, "2025-09-07T20:59:59Z", "water"),  # Sunday, a second before midnight in Mogadishu
        (1, "2025-09-07T21:00:00Z", "water"),  # Monday there
    )
    assert shown(weeks_of(frames.messages, episodes(plans), MOGADISHU, None)) == [
        (MONDAY, "1", "1"),
        (NEXT, "1", "1"),
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
    assert shown(weeks_of(frames.messages, episodes(plans), MOGADISHU, None)) == [
        (MONDAY, "3", "2"),
        (NEXT, "0", "0"),
        (LAST, "1", "1"),
    ]


def test_what_is_no_opt_in_is_not_counted(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(make_frames, plans, (0, "2025-09-01T12:00Z", "NS"))
    assert weeks_of(frames.messages, episodes(plans), MOGADISHU, None) == []
    assert slots_of(frames.messages, [episodes(plans)], MOGADISHU, None) == []


def test_no_messages_are_no_weeks(plans: CodingPlans, make_frames: Make) -> None:
    frames = make_frames(plans, [{}])
    assert weeks_of(frames.messages, episodes(plans), MOGADISHU, None) == []
    assert slots_of(frames.messages, [episodes(plans)], MOGADISHU, None) == []


def test_days_have_the_relevant_beside_all(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(
        make_frames,
        plans,
        (0, "2025-09-01T12:00Z", "water"),
        (1, "2025-09-01T13:00Z", "NC"),
        (1, "2025-09-12T22:00Z", "health"),  # the 13th in Mogadishu
    )
    slots = told(slots_of(frames.messages, [episodes(plans)], MOGADISHU, None))
    assert slots[0] == (datetime(2025, 9, 1), "2", "1")  # noqa: DTZ001 - as a clock there shows it
    assert slots[1:12] == [(datetime(2025, 9, day), "0", "0") for day in range(2, 13)]  # noqa: DTZ001
    assert slots[12:] == [(datetime(2025, 9, 13), "1", "1")]  # noqa: DTZ001


def test_a_few_days_are_shown_hour_by_hour(plans: CodingPlans, make_frames: Make) -> None:
    frames = frames_of(make_frames, plans, (0, "2025-09-01T12:10Z", "water"), (1, "2025-09-01T14:50Z", "NC"))
    assert told(slots_of(frames.messages, [episodes(plans)], MOGADISHU, None)) == [
        (datetime(2025, 9, 1, 15), "1", "1"),  # noqa: DTZ001
        (datetime(2025, 9, 1, 16), "0", "0"),  # noqa: DTZ001
        (datetime(2025, 9, 1, 17), "1", "0"),  # noqa: DTZ001
    ]


@pytest.mark.parametrize(
    ("people_by_week", "expected"),
    [
        ([3, 3, 3], [("3", "3"), ("3", "3"), ("3", "3")]),
        # One week alone would be the total less the others, so that the smallest of these goes with it.
        ([2, 3, 3], [("*", "<3"), ("*", "3"), ("3", "3")]),
        ([2, 3, 1], [("*", "<3"), ("3", "3"), ("*", "<3")]),
        ([2], [("*", "<3")]),
    ],
)
def test_weeks_of_few_people_do_not_tell_how_much_they_wrote(
    people_by_week: list[int], expected: list[tuple[str, str]], plans: CodingPlans, make_frames: Make
) -> None:
    messages = [
        (who, f"2025-09-{1 + 7 * week:02}T12:00Z", "water")
        for week, people in enumerate(people_by_week)
        for who in range(people)
    ]
    weeks = weeks_of(frames_of(make_frames, plans, *messages).messages, episodes(plans), MOGADISHU, 3)
    assert [(messages, people) for _, messages, people in shown(weeks)] == expected


def test_hours_of_few_people_do_not_follow_from_their_week(plans: CodingPlans, make_frames: Make) -> None:
    # Two weeks, of each an hour in which fewer than three wrote: the week less its other hours. It is Monday at 21:00Z.
    hours = {"07T18": 3, "07T19": 1, "07T20": 3, "07T21": 3, "07T22": 2}
    messages = [(who, f"2025-09-{hour}:00Z", "water") for hour, people in hours.items() for who in range(people)]
    slots = slots_of(frames_of(make_frames, plans, *messages).messages, [episodes(plans)], MOGADISHU, 3)
    shown = {slot.start: slot.opted_in.text for slot in slots if slot.opted_in.text != "*"}
    assert shown == {datetime(2025, 9, 7, 23): "3"}  # noqa: DTZ001 - as a clock there shows it


def test_a_day_of_few_people_does_not_follow_from_a_promotion(plans: CodingPlans, make_frames: Make) -> None:
    days = {1: 3, 2: 1, 3: 3, 4: 2, 14: 3}
    messages = [(who, f"2025-09-{day:02}T12:00Z", "water") for day, people in days.items() for who in range(people)]
    frames = frames_of(make_frames, plans, *messages)
    promotion = Range(datetime(2025, 9, 1), datetime(2025, 9, 3), is_told=True, is_relevant_told=True)  # noqa: DTZ001

    def shown(*ranges: Range) -> list[int]:
        slots = slots_of(frames.messages, [episodes(plans)], MOGADISHU, 3, ranges)
        return [slot.start.day for slot in slots if slot.opted_in.count is not None]

    assert shown() == [1, 3, 14]
    # The week less the promotion and the third: the fourth, since days without messages are no cover.
    assert shown(promotion) == [14]


def test_relevant_messages_of_few_people_are_hidden_beside_all(plans: CodingPlans, make_frames: Make) -> None:
    hours = {12: (["water"] * 6 + ["NC"] * 4), 13: (["water"] + ["NC"] * 7), 14: (["water"] * 2 + ["NC"] * 6)}
    messages = [
        (who, "e01", f"2025-09-01T{hour}:10Z", [code], "text")
        for hour, codes in hours.items()
        for who, code in enumerate(codes)
    ]
    frames = make_frames(plans, [{"e01": ["water"]}] * 10, messages)
    at_noon = Range(datetime(2025, 9, 1, 15), datetime(2025, 9, 1, 16), is_told=True, is_relevant_told=False)  # noqa: DTZ001

    def shown(*ranges: Range) -> list[tuple[str, str]]:
        slots = slots_of(frames.messages, [episodes(plans)], MOGADISHU, 5, ranges)
        return [(slot.opted_in.text, slot.relevant.text) for slot in slots]

    assert shown() == [("10", "6"), ("8", "*"), ("8", "*")]
    assert shown(at_noon) == [("10", "*"), ("8", "*"), ("8", "*")]


def test_a_week_that_is_hidden_of_one_season_does_not_follow_from_its_days(
    make_survey: Callable[..., Dataset], make_frames: Make
) -> None:
    question = DatasetKind.RESEARCH_QUESTION
    first, second = (make_survey(name, question, name, "water") for name in ("s01e01", "s02e01"))
    plans = CodingPlans(research_questions=(first, second), demographics=())
    days = [("s01e01", 1, 20), ("s01e01", 8, 20), ("s01e01", 16, 3), ("s02e01", 15, 20), ("s02e01", 16, 7)]
    messages = [
        (who, key, f"2025-09-{day:02}T12:00Z", ["water"], "text") for key, day, people in days for who in range(people)
    ]
    frames = make_frames(plans, [{"s01e01": ["water"]}] * 20, messages)
    by_season = [[episode] for episode in episodes(plans)]
    assert [shown(weeks_of(frames.messages, season, MOGADISHU, 5)) for season in by_season] == [
        [(MONDAY, "*", "20"), (NEXT, "20", "20"), (LAST, "*", "<5")],
        [(LAST, "27", "20")],
    ]
    slots = slots_of(frames.messages, by_season, MOGADISHU, 5)
    # Of the last week the 16th is hidden, of all seasons ten messages: thirty in all less 27 would be season 1's three.
    assert {slot.start.day: slot.opted_in.text for slot in slots if slot.opted_in.text != "*"} == {8: "20", 15: "20"}
