"""The tables of a few people, worked out by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline_lib.analysis.coverage import Coverage
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, tables_of, write_tables
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable, maximum_entropy
from pipeline_lib.model.coding_plan import AnalysisFile, CodingPlans, Dataset, DatasetKind

PEOPLE = [
    {"e01": ["water"], "gender": ["man"], "region": ["awdal"], "state": ["somaliland"]},
    {"e01": ["water", "health"], "e02": ["health"], "gender": ["woman"], "region": ["awdal"], "state": ["somaliland"]},
    {"e01": ["NR"], "gender": ["woman"]},
    {"e01": ["NC"], "e02": ["water", "NR"]},
    {},  # withdrew
    {"e01": ["NS"], "gender": ["man"], "region": ["NC"], "state": ["south west"]},
]

MESSAGES = [
    (0, "e01", "2025-09-06T09:00+03:00", ["water"], "wells, please"),
    (1, "e01", "2025-09-06T10:00+03:00", ["water"], 'the "big" well'),
    (1, "e01", "2025-09-07T00:00+03:00", ["health"], "a\rnurse"),
    (1, "e02", "2025-09-07T09:00+03:00", ["health"], "line\nbreak"),
    (2, "e01", "2025-09-07T10:00+03:00", ["NR"], "who reads this"),
    (3, "e01", "2025-09-07T11:00+03:00", ["NC"], ""),
    (3, "e02", "2025-09-08T09:00+03:00", ["water"], "cr\rhere"),
    (3, "e02", "2025-09-08T10:00+03:00", ["NR"], "later"),
    (4, "e01", "2025-09-08T11:00+03:00", ["STOP"], "stop"),
    (5, "e01", "2025-09-08T12:00+03:00", ["NS"], "push"),
]

LABELS = [
    {"StartDate": "2025-09-06T00:00+03:00", "EndDate": "2025-09-06T24:00+03:00", "Label": "Promo, first day"},
    {"StartDate": "2025-09-07T00:00+03:00", "EndDate": "2025-09-08T10:00+03:00", "Label": "Radio"},
    {"StartDate": "2025-09-09T00:00+03:00", "EndDate": "2025-09-08T00:00+03:00", "Label": "reversed"},
]

Rows = list[list[str]]


@pytest.fixture
def tables(make_frames: Callable[..., Frames]) -> Callable[..., dict[str, Rows]]:
    """The rows of each table, headers included, by file."""

    def make(
        plans: CodingPlans,
        people: Sequence[Any],
        messages: Sequence[Any] | None = None,
        *,
        as_predecessor: bool = False,
        table: PerturbationTable | None = None,
        **asked: Any,
    ) -> dict[str, Rows]:
        frames, analysis = make_frames(plans, people, messages), AutomatedAnalysis.model_validate(asked)
        published = release_numbers(frames, plans, analysis, table=table, as_predecessor=as_predecessor)
        contents = Contents(published, plans, analysis, as_predecessor)
        return {each.filename: [list(row) for row in each.rows] for each in tables_of(contents)}

    return make


Tables = Callable[..., dict[str, Rows]]


def test_an_episode_counts_who_opted_in_was_labelled_and_is_relevant(tables: Tables, plans: CodingPlans) -> None:
    assert tables(plans, PEOPLE, MESSAGES)["engagement_counts.csv"] == [
        [
            "Dataset",
            "Total Messages",
            "Total Messages with Opt-Ins",
            "Total Labelled Messages",
            "Total Relevant Messages",
            "Total Participants",
            "Total Participants with Opt-Ins",
            "Total Relevant Participants",
            "Partly Reviewed Participants",
        ],
        ["e01", "-", "5", "4", "3", "-", "4", "2", "0"],
        ["e02", "-", "3", "2", "2", "-", "2", "1", "1"],
        ["Total", "10", "8", "6", "5", "6", "4", "2", "1"],
    ]


def test_people_are_counted_by_how_often_they_came(tables: Tables, plans: CodingPlans) -> None:
    assert tables(plans, PEOPLE, MESSAGES)["repeat_participations.csv"][1:] == [
        ["1", "2", "50.0"],
        ["2", "2", "50.0"],
    ]


def test_loyalty_lists_each_combination_of_episodes_once(tables: Tables, plans: CodingPlans) -> None:
    assert tables(plans, PEOPLE, MESSAGES)["loyalty.csv"] == [
        ["Episode Combination", "Participants"],
        ["episode e01", "2"],
        ["episode e02", "0"],
        ["episode e01, episode e02", "2"],
    ]


@pytest.mark.slow
def test_of_many_episodes_loyalty_lists_only_the_combinations_that_occur(
    tables: Tables, make_plans: Callable[..., CodingPlans]
) -> None:
    people = [{"e13": ["water"]}, {"e02": ["water"], "e10": ["NC"]}, {"e13": ["NR"]}, {"gender": ["man"]}]
    assert tables(make_plans(13, "water"), people)["loyalty.csv"][1:] == [
        ["episode e13", "2"],
        ["episode e02, episode e10", "1"],
    ]


def test_themes_are_broken_down_by_every_survey(tables: Tables, plans: CodingPlans) -> None:
    header, *rows = tables(plans, PEOPLE, MESSAGES)["theme_distributions.csv"]
    assert header[:8] == [
        "Dataset",
        "Theme",
        "Total Participants",
        "Total Participants %",
        "gender:man",
        "gender:man %",
        "gender:woman",
        "gender:woman %",
    ]
    assert [name for name in header if "STOP" in name] == []
    assert [row[:8] for row in rows[:8]] == [
        ["e01", "Total Relevant Participants", "2", "100.0", "1", "100.0", "1", "100.0"],
        ["", "water", "2", "100.0", "1", "100.0", "1", "100.0"],
        ["", "health", "1", "50.0", "0", "0.0", "1", "100.0"],
        ["", "NA", "0", "", "0", "", "0", ""],
        ["", "NS", "0", "", "0", "", "0", ""],
        ["", "NC", "1", "", "0", "", "0", ""],
        ["", "NR", "1", "", "0", "", "1", ""],
        ["", "gratitude", "0", "", "0", "", "0", ""],
    ]
    north = header.index("state:somaliland")
    assert [row[north] for row in rows[8:12]] == ["1", "0", "1", "1"]  # e02: relevant, water, health, NA


PARTLY_REVIEWED = [
    {"e01": ["water"], "gender": ["woman"]},
    {"e01": ["water", "health"], "gender": ["woman"]},
    {"e01": ["water", "NR"], "gender": ["woman"]},
    {"e01": ["water", "health", "NR"], "gender": ["man"]},
    {"e01": ["health", "NR", "gratitude"], "gender": ["man"]},
    {"e01": ["NC", "NR"], "gender": ["man"]},
]


def test_a_theme_counts_relevant_people_and_the_partly_reviewed_have_a_column(
    tables: Tables, make_plans: Callable[..., CodingPlans]
) -> None:
    header, *rows = tables(make_plans(1, "water", "health"), PARTLY_REVIEWED)["theme_distributions.csv"]
    assert [[*row[:8], row[-1]] for row in [header, *rows]] == [
        [*header[:8], "Partly Reviewed Participants"],
        ["e01", "Total Relevant Participants", "2", "100.0", "0", "-", "2", "100.0", "3"],
        ["", "water", "2", "100.0", "0", "-", "2", "100.0", "2"],
        ["", "health", "1", "50.0", "0", "-", "1", "50.0", "2"],
        ["", "NA", "0", "", "0", "", "0", "", ""],
        ["", "NS", "0", "", "0", "", "0", "", ""],
        ["", "NC", "1", "", "1", "", "0", "", ""],
        ["", "NR", "4", "", "3", "", "1", "", ""],
        ["", "gratitude", "1", "", "1", "", "0", "", ""],
    ]


def test_no_share_of_a_theme_is_above_all_in_any_table(tables: Tables, make_plans: Callable[..., CodingPlans]) -> None:
    cross_tabs = [{"Rows": "gender", "Columns": "e01"}, {"Rows": "e01", "Columns": "gender"}]
    found = tables(make_plans(1, "water", "health"), PARTLY_REVIEWED, CrossTabs=cross_tabs)
    shares = [
        float(row[place])
        for header, *rows in found.values()
        for place, name in enumerate(header)
        if name.endswith(" %")
        for row in rows
        if row[place] not in {"", "-"}
    ]
    assert len(shares) > 20
    assert max(shares) == 100.0
    of_water = found["cross_tab_gender_by_e01.csv"][1][4:6]
    assert of_water == ["2", "100.0"]


def test_the_predecessors_counted_the_partly_reviewed_among_the_themes(
    tables: Tables, make_plans: Callable[..., CodingPlans]
) -> None:
    found = tables(make_plans(1, "water", "health"), PARTLY_REVIEWED, as_predecessor=True)
    header, *rows = found["theme_distributions.csv"]
    assert header[-1] == "state:NR %"
    assert [row[:4] for row in rows[:3]] == [
        ["e01", "Total Relevant Participants", "2", "100.0"],
        ["", "water", "4", "200.0"],
        ["", "health", "3", "150.0"],
    ]
    assert found["engagement_counts.csv"][0][-1] == "Total Relevant Participants"
    assert {len(row) for row in found["engagement_counts.csv"]} == {8}


def test_samples_of_a_theme_are_by_people_whom_it_counts(
    tables: Tables, make_plans: Callable[..., CodingPlans]
) -> None:
    people = [{"e01": ["water"]}, {"e01": ["water", "NR", "gratitude"]}]
    messages = [
        (0, "e01", "2025-09-06T12:00Z", ["water"], "counted"),
        (1, "e01", "2025-09-06T12:00Z", ["water", "gratitude"], "beside one that waits"),
        (1, "e01", "2025-09-06T13:00Z", ["NR"], "one that waits"),
    ]
    plans = make_plans(1, "water", "health")
    assert [row[2:] for row in tables(plans, people, messages)["sample_messages.csv"][1:]] == [
        ["water", "counted"],
        ["gratitude", "beside one that waits"],
    ]
    as_predecessor = tables(plans, people, messages, as_predecessor=True)["sample_messages.csv"][1:]
    assert sorted(row[3] for row in as_predecessor if row[2] == "water") == ["beside one that waits", "counted"]


def test_what_nobody_said_has_no_share(tables: Tables, plans: CodingPlans) -> None:
    header, *rows = tables(plans, PEOPLE, MESSAGES)["theme_distributions.csv"]
    bay = header.index("region:bay")
    assert [row[bay : bay + 2] for row in rows[:2]] == [["0", "-"], ["0", "-"]]


def test_demographics_are_of_who_answered_any_of_them(tables: Tables, plans: CodingPlans) -> None:
    rows = tables(plans, PEOPLE, MESSAGES)["demographic_distributions.csv"]
    assert rows[:5] == [
        ["Dataset", "Theme", "Total Participants", "Total Participants %"],
        ["gender", "Total Relevant Participants", "4", "100.0"],
        ["", "man", "2", "50.0"],
        ["", "woman", "2", "50.0"],
        ["", "NA", "0", ""],
    ]
    assert ["region", "Total Relevant Participants", "2", "100.0"] in rows
    assert ["state", "Total Relevant Participants", "3", "100.0"] in rows


def test_traffic_counts_messages_within_each_label(tables: Tables, plans: CodingPlans) -> None:
    assert tables(plans, PEOPLE, MESSAGES, TrafficLabels=LABELS)["traffic_analysis.csv"] == [
        ["Start Date", "End Date", "Label", "Messages with Opt-Ins", "Relevant Messages"],
        ["2025-09-06T00:00:00+03:00", "2025-09-07T00:00:00+03:00", "Promo, first day", "2", "2"],
        ["2025-09-07T00:00:00+03:00", "2025-09-08T10:00:00+03:00", "Radio", "5", "3"],
        ["2025-09-09T00:00:00+03:00", "2025-09-08T00:00:00+03:00", "reversed", "0", "0"],
    ]


def test_a_label_that_reaches_beyond_the_project_says_how_much_of_it_is_covered(
    make_frames: Callable[..., Frames], plans: CodingPlans
) -> None:
    analysis, frames = AutomatedAnalysis.model_validate({"TrafficLabels": LABELS}), make_frames(plans, PEOPLE, MESSAGES)
    began = Coverage(datetime.fromisoformat("2025-09-06T18:00+03:00"), datetime.fromisoformat("2025-09-14T00:00+03:00"))
    contents = Contents(release_numbers(frames, plans, analysis), plans, analysis, as_predecessor=False, coverage=began)
    rows = {table.filename: list(table.rows) for table in tables_of(contents)}["traffic_analysis.csv"]
    assert [row[-1] for row in rows] == ["Range Covered %", "25.0", "100.0", "-"]
    predecessor = contents._replace(as_predecessor=True)
    rows = {table.filename: list(table.rows) for table in tables_of(predecessor)}["traffic_analysis.csv"]
    assert [len(row) for row in rows] == [5, 5, 5, 5]


def test_an_episode_with_two_codings_is_one_episode(
    tables: Tables, make_plans: Callable[..., CodingPlans], make_survey: Callable[..., Dataset]
) -> None:
    plans = make_plans(2, "water")
    tone = make_survey("tone", DatasetKind.RESEARCH_QUESTION, "tone", "angry").codings
    first, second = plans.research_questions
    plans = replace(plans, research_questions=(replace(first, codings=(*first.codings, *tone)), second))
    people = [{"e01": ["water"], "tone": ["angry"]}, {"e01": ["NC"], "tone": ["NC"], "e02": ["water"]}]
    assert tables(plans, people, [])["repeat_participations.csv"][1:] == [["1", "1", "50.0"], ["2", "1", "50.0"]]
    counted_each = tables(plans, people, [], as_predecessor=True)["repeat_participations.csv"][1:]
    assert counted_each == [["1", "0", "0.0"], ["2", "1", "50.0"], ["3", "1", "50.0"]]


def test_without_labels_there_is_no_traffic_table(tables: Tables, plans: CodingPlans) -> None:
    assert "traffic_analysis.csv" not in tables(plans, PEOPLE, MESSAGES)


def test_samples_show_what_was_labelled_and_nobody_who_withdrew(tables: Tables, plans: CodingPlans) -> None:
    header, *rows = tables(plans, PEOPLE, MESSAGES)["sample_messages.csv"]
    assert header == ["Episode", "Code Scheme", "Code", "Message"]
    assert sorted(rows) == [
        ["e01", "Scheme e01", "NC", ""],
        ["e01", "Scheme e01", "health", "a\rnurse"],
        ["e01", "Scheme e01", "water", 'the "big" well'],
        ["e01", "Scheme e01", "water", "wells, please"],
        ["e02", "Scheme e02", "health", "line\nbreak"],
    ]
    assert [row[2] for row in rows] == ["water", "water", "health", "NC", "health"]


def test_a_sample_leaves_out_codes_of_few_people_and_says_no_more_of_others_than_their_released_number(
    tables: Tables, plans: CodingPlans
) -> None:
    people = [{"e01": ["water", "health"] if number < 3 else ["water"]} for number in range(30)]
    messages = [(number, "e01", "2025-09-06T12:00Z", ["water"], "wells") for number in [*range(30), *range(20)]]
    messages += [(number, "e01", "2025-09-06T12:00Z", ["health"], "nurses") for number in (0, 0, 0, 1, 1, 2)]
    found = tables(plans, people, messages, table=maximum_entropy(5, 5, 4.0))
    released = int(found["theme_distributions.csv"][2][2])
    assert released != 30
    rows = found["sample_messages.csv"][1:]
    assert {row[2] for row in rows} == {"water"}
    assert len(rows) == released - 5


def test_a_code_with_fewer_labelled_messages_than_its_sample_would_have_has_none(
    tables: Tables, plans: CodingPlans
) -> None:
    people = [{"e01": ["water"]} for _ in range(30)]
    messages = [(number, "e01", "2025-09-06T12:00Z", ["water"], "wells") for number in range(15)]
    found = tables(plans, people, messages, table=maximum_entropy(5, 5, 4.0))
    assert int(found["theme_distributions.csv"][2][2]) - 5 > len(messages)
    assert len(found["sample_messages.csv"]) == 1


def test_small_numbers_zeros_and_their_shares_are_not_released(
    tables: Tables, plans: CodingPlans, fewer_than_five: PerturbationTable
) -> None:
    people = [{"e01": ["water"], "gender": ["woman" if number < 2 else "man"]} for number in range(12)]
    header, *rows = tables(plans, people, table=fewer_than_five)["theme_distributions.csv"]
    of = {row[1]: dict(zip(header, row, strict=True)) for row in rows[:8]}
    assert of["water"]["Total Participants"] == "12"
    assert of["water"]["gender:man"] == "10"
    assert of["water"]["gender:woman"] == of["health"]["gender:woman"] == "<5"
    assert of["water"]["gender:man %"] == "100.0"
    assert of["water"]["gender:woman %"] == "*"


@pytest.mark.slow
def test_of_many_episodes_only_combinations_of_enough_people_are_listed(
    tables: Tables, make_plans: Callable[..., CodingPlans], fewer_than_five: PerturbationTable
) -> None:
    people = [{f"e{number:02}": ["water"]} for number in range(1, 14) for _ in range(6)]
    people += [{"e01": ["water"], "e02": ["water"]}] * 6 + [{"e02": ["water"], "e03": ["water"]}] * 2
    rows = tables(make_plans(13, "water"), people, table=fewer_than_five)["loyalty.csv"][1:]
    assert len(rows) == 14
    assert {row[1] for row in rows} == {"6"}


def test_a_code_has_a_hundred_samples_at_most_and_the_same_ones_every_time(tables: Tables, plans: CodingPlans) -> None:
    messages = [(0, "e01", "2025-09-06T12:00Z", ["water"], f"message {number}") for number in range(101)]
    people = [{"e01": ["water"]}]
    first, second = (tables(plans, people, messages)["sample_messages.csv"] for _ in range(2))
    assert len(first) == 101
    assert first == second
    # The first three that random.Random(0).sample(range(101), 100) draws.
    assert [row[3] for row in first[1:4]] == ["message 49", "message 97", "message 53"]


def test_impact_messages_are_those_about_the_conversation(tables: Tables, plans: CodingPlans) -> None:
    asked = CodingPlans(
        research_questions=plans.research_questions, analysis_files=(AnalysisFile.IMPACT_MESSAGES,), demographics=()
    )
    messages = [
        (0, "e01", "2025-09-06T12:00Z", ["water", "gratitude"], "thanks for the wells"),
        (1, "e01", "2025-09-06T12:00Z", ["NR", "gratitude"], "not reviewed"),
    ]
    people = [{"e01": ["water", "gratitude"]}, {"e01": ["NR", "gratitude"]}]
    assert tables(asked, people, messages) == {
        "impact_messages.csv": [
            ["Episode", "Code Scheme", "Code", "Message"],
            ["e01", "Scheme e01", "gratitude", "thanks for the wells"],
        ]
    }


def test_the_predecessors_found_no_impact(make_frames: Callable[..., Frames], plans: CodingPlans) -> None:
    asked, analysis = [{"e01": ["gratitude"]}], AutomatedAnalysis()
    only = CodingPlans(
        research_questions=plans.research_questions, analysis_files=(AnalysisFile.IMPACT_MESSAGES,), demographics=()
    )
    frames = make_frames(only, asked)
    contents = Contents(
        release_numbers(frames, only, analysis, as_predecessor=True), only, analysis, as_predecessor=True
    )
    assert [len(list(table.rows)) for table in tables_of(contents)] == [1]


def _columns(*names: str) -> list[str]:
    return [column for name in names for column in (name, f"{name} %")]


def test_a_cross_tab_has_any_two_datasets(tables: Tables, plans: CodingPlans) -> None:
    asked = [{"Rows": "gender", "Columns": "e01"}, {"Rows": "e01", "Columns": "e02"}]
    found = tables(plans, PEOPLE, MESSAGES, CrossTabs=asked)
    assert [row[:8] for row in found["cross_tab_gender_by_e01.csv"][:4]] == [
        ["Dataset", "Theme", "Total Participants", "Total Participants %", *_columns("e01:water", "e01:health")],
        ["gender", "Total Relevant Participants", "3", "100.0", "2", "100.0", "1", "100.0"],
        ["", "man", "1", "33.3", "1", "50.0", "0", "0.0"],
        ["", "woman", "2", "66.7", "1", "50.0", "1", "100.0"],
    ]
    assert [row[:8] for row in found["cross_tab_e01_by_e02.csv"][1:4]] == [
        ["e01", "Total Relevant Participants", "2", "100.0", "0", "-", "1", "100.0"],
        ["", "water", "2", "100.0", "0", "-", "1", "100.0"],
        ["", "health", "1", "50.0", "0", "-", "1", "100.0"],
    ]


def test_messages_are_counted_by_how_their_senders_take_part(
    tables: Tables, plans: CodingPlans, make_survey: Callable[..., Dataset]
) -> None:
    types = make_survey("how e01", DatasetKind.ENGAGEMENT, "types", "alone", "in a group")
    asked = CodingPlans(
        research_questions=plans.research_questions,
        engagement=(types,),
        analysis_files=(AnalysisFile.ESTIMATED_ENGAGEMENT_TYPES,),
    )
    people = [{"e01": ["water"], "types": ["alone"]}, {"e01": ["NC"], "types": ["in a group"]}, {"e01": ["health"]}]
    messages = [
        (0, "e01", "2025-09-06T12:00Z", ["water"], "one"),
        (0, "e01", "2025-09-06T12:00Z", ["NR"], "two"),
        (0, "e02", "2025-09-06T12:00Z", ["water"], "to the episode without such a plan"),
        (1, "e01", "2025-09-06T12:00Z", ["NC"], "three"),
        (2, "e01", "2025-09-06T12:00Z", ["health"], "four"),
        (2, "e01", "2025-09-06T12:00Z", ["NS"], "five"),
    ]
    assert tables(asked, people, messages)["estimated_engagement_types.csv"] == [
        ["Episode", "Estimated Engagement Type", "Messages with Opt-Ins", "Relevant Messages"],
        ["how e01", "alone", "2", "1"],
        ["how e01", "in a group", "1", "0"],
        ["how e01", "NA", "1", "1"],
        ["how e01", "NS", "0", "0"],
        ["how e01", "NC", "0", "0"],
        ["how e01", "NR", "0", "0"],
    ]


def test_files_quote_only_what_they_must(
    make_frames: Callable[..., Frames], plans: CodingPlans, tmp_path: Path
) -> None:
    analysis = AutomatedAnalysis.model_validate({"TrafficLabels": LABELS})
    frames = make_frames(plans, PEOPLE, MESSAGES)
    contents = Contents(release_numbers(frames, plans, analysis), plans, analysis, as_predecessor=False)
    row_counts = write_tables(tmp_path, contents)
    assert row_counts["sample_messages.csv"] == 5
    samples = (tmp_path / "sample_messages.csv").read_bytes().decode()
    assert 'e01,Scheme e01,water,"the ""big"" well"\n' in samples
    assert 'e01,Scheme e01,water,"wells, please"\n' in samples
    assert 'e02,Scheme e02,health,"line\nbreak"\n' in samples
    assert 'e01,Scheme e01,health,"a\rnurse"\n' in samples
    assert "e01,Scheme e01,NC,\n" in samples
    assert ',"Promo, first day",2,2\n' in (tmp_path / "traffic_analysis.csv").read_text()


def test_the_plans_say_which_tables_there_are_and_in_which_order(tables: Tables, plans: CodingPlans) -> None:
    some = CodingPlans(
        research_questions=plans.research_questions,
        demographics=plans.demographics,
        analysis_files=(AnalysisFile.LOYALTY, AnalysisFile.ENGAGEMENT_COUNTS),
    )
    assert list(tables(some, PEOPLE, MESSAGES)) == ["loyalty.csv", "engagement_counts.csv"]


ODD = [(0, "e01", "2025-09-06T09:00+03:00", ["water"], text) for text in ("=1+1", "waa\x00 biyo", "'-", "biyo")]


@pytest.mark.parametrize(
    ("as_predecessor", "are_guarded", "begins", "texts"),
    [
        (False, True, b"\xef\xbb\xbfEpisode,", {"'=1+1", "waa\ufffd biyo", "''-", "biyo"}),
        (False, False, b"Episode,", {"=1+1", "waa\ufffd biyo", "'-", "biyo"}),
        (True, False, b"Episode,", {"=1+1", "waa\x00 biyo", "'-", "biyo"}),
    ],
)
def test_sample_messages_are_safe_to_open_unless_they_are_the_predecessors(
    as_predecessor: bool,
    are_guarded: bool,
    begins: bytes,
    texts: set[str],
    plans: CodingPlans,
    make_frames: Callable[..., Frames],
    tmp_path: Path,
) -> None:
    frames, analysis = make_frames(plans, PEOPLE, ODD), AutomatedAnalysis()
    write_tables(
        tmp_path, Contents(release_numbers(frames, plans, analysis), plans, analysis, as_predecessor, are_guarded)
    )
    content = (tmp_path / "sample_messages.csv").read_bytes()
    assert content.startswith(begins)
    assert {line.split(",")[-1] for line in content.decode().splitlines()[1:]} == texts
    assert (tmp_path / "engagement_counts.csv").read_bytes().startswith(b"Dataset,")


@pytest.mark.parametrize(("withdrawn", "shown"), [(0, "<5"), (3, "<5"), (7, "7")])
def test_how_many_withdrew_is_a_number_of_people_as_others_are(
    withdrawn: int,
    shown: str,
    plans: CodingPlans,
    make_frames: Callable[..., Frames],
    fewer_than_five: PerturbationTable,
) -> None:
    people = [{"e01": ["water"], "gender": ["man"]}] * 12 + [dict[str, list[str]]()] * withdrawn
    published = release_numbers(make_frames(plans, people), plans, AutomatedAnalysis(), table=fewer_than_five)
    assert published.participation.withdrawn.text == shown
    assert release_numbers(make_frames(plans, people), plans, AutomatedAnalysis()).participation.withdrawn.text == str(
        withdrawn
    )


def test_the_messages_of_all_who_withdrew_are_not_protected_as_if_one_person_had_sent_them(
    plans: CodingPlans, make_frames: Callable[..., Frames], fewer_than_five: PerturbationTable
) -> None:
    table = replace(fewer_than_five, perturbations=fewer_than_five.perturbations + np.array([[0]] * 5 + [[1]]))
    people = [{"e01": ["water"]}] * 20 + [dict[str, list[str]]()] * 6
    sent = [
        (who, "e01", "2025-09-06T12:00Z", ["water"], "text")
        for who in range(len(people))
        for _ in range(2 if people[who] else 4)
    ]
    frames = make_frames(plans, people, sent)
    assert release_numbers(frames, plans, AutomatedAnalysis()).participation.messages.cell(2, 0).text == "64"
    released = release_numbers(frames, plans, AutomatedAnalysis(), table=table).participation.messages
    assert [cell.text for cell in released.cells(2)] == ["68", "42", "42", "42"]
