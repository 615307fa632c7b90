"""Projects of which there is hardly anything to tell."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.analysis.filenames import filename
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, write_tables
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable
from pipeline_lib.model.coding_plan import CodingPlans

LABEL = {"StartDate": "2025-09-06T00:00Z", "EndDate": "2025-09-07T00:00Z", "Label": "Promo"}
ASKED: dict[str, Any] = {"TrafficLabels": [LABEL], "CrossTabs": [{"Rows": "e01", "Columns": "region"}]}

Write = Callable[..., dict[str, str]]


@pytest.fixture
def write(make_frames: Callable[..., Frames], tmp_path: Path) -> Write:
    """The texts of all tables, by file."""

    def make(plans: CodingPlans, people: Any, table: PerturbationTable | None = None) -> dict[str, str]:
        frames, analysis = make_frames(plans, people), AutomatedAnalysis.model_validate(ASKED)
        contents = Contents(
            release_numbers(frames, plans, analysis, table=table), plans, analysis, as_predecessor=False
        )
        names = write_tables(tmp_path, contents)
        return {name: (tmp_path / name).read_text(encoding="utf-8") for name in names}

    return make


@pytest.mark.parametrize("people", [[], [{}], [{}, {}]], ids=["nobody", "one withdrew", "everybody withdrew"])
def test_nobody_gives_tables_of_zeros(people: Any, write: Write, plans: CodingPlans) -> None:
    written = write(plans, people)
    assert set(written) == {
        "engagement_counts.csv",
        "repeat_participations.csv",
        "theme_distributions.csv",
        "demographic_distributions.csv",
        "sample_messages.csv",
        "traffic_analysis.csv",
        "estimated_engagement_types.csv",
        "loyalty.csv",
        "cross_tab_e01_by_region.csv",
    }
    assert written["engagement_counts.csv"].splitlines()[1] == "e01,-,0,0,0,-,0,0,0"
    assert written["repeat_participations.csv"].splitlines()[1:] == ["1,0,-", "2,0,-"]
    assert written["theme_distributions.csv"].splitlines()[1].startswith("e01,Total Relevant Participants,0,-,0,-")
    assert written["sample_messages.csv"] == "Episode,Code Scheme,Code,Message\n"
    assert "2025-09-06T00:00:00+00:00,2025-09-07T00:00:00+00:00,Promo,0,0\n" in written["traffic_analysis.csv"]
    assert "Promo" not in written["loyalty.csv"]


def test_one_person_s_tables_are_theirs(write: Write, plans: CodingPlans) -> None:
    written = write(plans, [{"e01": ["water"], "gender": ["man"]}])
    assert written["engagement_counts.csv"].splitlines()[1:] == [
        "e01,-,1,1,1,-,1,1,0",
        "e02,-,0,0,0,-,0,0,0",
        "Total,1,1,1,1,1,1,1,0",
    ]


@pytest.mark.parametrize("people", [[], [{"e01": ["NR"]}] * 3], ids=["nobody", "three who wait for a coder"])
def test_an_episode_whose_scheme_has_no_theme_yet_has_only_its_total(
    people: Any, write: Write, make_plans: Callable[..., CodingPlans]
) -> None:
    written = write(make_plans(1), people)
    lines = written["theme_distributions.csv"].splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == [
        "Total Relevant Participants",
        "NA",
        "NS",
        "NC",
        "NR",
        "gratitude",
    ]


@pytest.mark.parametrize("people", [[], [{"e01": ["water"], "gender": ["man"]}]], ids=["nobody", "somebody"])
def test_one_person_is_nobody_s_business(
    people: Any, write: Write, plans: CodingPlans, fewer_than_five: PerturbationTable
) -> None:
    written = write(plans, people, fewer_than_five)
    assert written["engagement_counts.csv"].splitlines()[1] == "e01,-,<5,<5,<5,-,<5,<5,<5"
    assert written["sample_messages.csv"] == "Episode,Code Scheme,Code,Message\n"
    numbers = [cell for text in written.values() for line in text.splitlines()[1:] for cell in line.split(",")]
    assert [cell for cell in numbers if cell == "1" and cell] == ["1"]  # one episode: a name of repeat participations


def test_an_episode_without_messages_looks_like_one_of_few(
    write: Write, plans: CodingPlans, fewer_than_five: PerturbationTable
) -> None:
    written = write(plans, [{"e01": ["water"]}] * 7, fewer_than_five)
    assert written["engagement_counts.csv"].splitlines()[1:] == [
        "e01,-,7,7,7,-,7,7,<5",
        "e02,-,<5,<5,<5,-,<5,<5,<5",
        "Total,7,7,7,7,7,7,7,<5",
    ]


@pytest.mark.parametrize("theme", ["wells/boreholes", 'the "best" well', "x" * 200, "ceel, biyo\nroob", "../../up"])
def test_a_theme_may_be_called_anything(
    theme: str, write: Write, make_plans: Callable[..., CodingPlans], tmp_path: Path
) -> None:
    written = write(make_plans(1, theme, "other"), [{"e01": [theme], "gender": ["woman"]}])
    quoted = '"' + theme.replace('"', '""') + '"' if any(sign in theme for sign in ',"\n') else theme
    assert f"\n,{quoted},1,100.0," in written["theme_distributions.csv"]
    assert f"e01,Scheme e01,{quoted},text\n" in written["sample_messages.csv"]
    assert {path.name for path in tmp_path.iterdir()} == set(written)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("s01e01", "s01e01.csv"),
        ("wells/boreholes", "wells_boreholes_bb987220.csv"),
        ("..", "_5ec1f7e7.csv"),
        ("ee" * 100, f"{'ee' * 40}_8afd3e3a.csv"),
        ("\u1230" * 80, "\u1230" * 80 + ".csv"),
        ("\U00010480" * 80, "\U00010480" * 60 + "_014d6287.csv"),
    ],
)
def test_a_file_has_a_name_that_every_system_takes(name: str, file: str) -> None:
    assert filename(name, ".csv") == file


def test_names_that_differ_give_files_that_differ() -> None:
    names = ["a/b", "a:b", "a_b", "x" * 100, "x" * 101]
    assert len({filename(name, ".csv") for name in names}) == 5


def test_a_name_in_a_script_of_four_bytes_a_letter_fits_into_a_files_name() -> None:
    assert max(len(filename("\U00010480" * count, ".json").encode()) for count in (60, 61, 80, 300)) <= 255
