"""docs/project_authors.md: its commands print what it shows, and its tables are the code's."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline_lib.config.answer_field_names import PARTS, AnswerNames
from pipeline_lib.config.checks.control_codes import ALWAYS, CODING_ERRORS, VERIFIED_BY_HAND
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import DatasetKind
from pipeline_lib.sources.facebook.fields import raw_data_line
from pipeline_lib.sources.facebook.records import Comment
from pipeline_lib.sources.files.recovery_csv import COLUMNS
from pipeline_lib.sources.rapid_pro.fields import _field_names
from tests.docs.console import differences
from tests.docs.markdown import ROOT

GUIDE = (ROOT / "docs/project_authors.md").read_text(encoding="utf-8")


def rows(header: str) -> list[list[str]]:
    """The cells of the table that has this header."""
    table = GUIDE[GUIDE.index(header) :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def quoted(cells: Iterable[str]) -> list[str]:
    return [name for cell in cells for name in re.findall("`([^`]+)`", cell)]


FIELDS = {row[0]: quoted(row[1:]) for row in rows("| source | participant |")}


@pytest.mark.slow
def test_whoever_follows_the_guide_sees_what_it_shows(checkout: Path) -> None:
    found = differences(GUIDE)
    assert not found, "\n\n".join(found)
    assert not (checkout / "configs/rivers").exists()


def test_every_source_has_its_fields() -> None:
    kinds = quoted(row[1] for row in rows("| answers come from |"))
    schema = json.dumps(PipelineConfig.model_json_schema())
    assert [kind for kind in kinds if f'"const": "{kind}"' not in schema and f'"{kind}"' not in schema] == []
    named = " ".join(FIELDS)
    assert [kind for kind in kinds if kind not in named and kind != "KoboToolbox"] == []


def test_the_fields_of_a_flow_are_those_of_the_code() -> None:
    given = _field_names("<result>", "<flow>")
    assert FIELDS["RapidPro"] == ["avf_phone_id", given[0], given[5], given[6]]
    for part in ("(Value)", "(Category)", "(Name)", "(Text Source)"):
        assert f"`{part}`" in GUIDE
        assert any(part in name for name in given)


def test_the_fields_of_forms_and_of_csv_files_are_those_of_the_code() -> None:
    names = AnswerNames("<Name>", (), ())
    text, time, run_id = (names.raw_field("<Field>", part) for part in PARTS)
    assert FIELDS["KoboToolbox, CSV"] == ["avf_phone_id", text, time, run_id]


def test_the_fields_of_comments_are_those_of_the_code() -> None:
    comment = Comment(id="1_2", participant="p", created_at="2025-09-06T10:01:00Z", message="a", parent=None)
    given = json.loads(raw_data_line(comment, "<Name>", {"id": "1"}, is_to_forget=False))
    assert set(FIELDS["Facebook, FacebookExport"]) | {"<Name>.parent", "<Name>.post"} == set(given)


def test_the_columns_of_recovered_messages_are_those_of_the_code() -> None:
    (row,) = [row for row in rows("| answers come from |") if "RecoveryCSV" in row[1]]
    assert tuple(quoted([row[0]])) == COLUMNS


def test_every_control_code_is_told_and_who_needs_it() -> None:
    told = {quoted(row[:1])[0]: row[2] for row in rows("| control code |")}
    expected = {code.value: "no" for code in ControlCode}
    expected |= {code.value: "if people check its labels" for code in (*VERIFIED_BY_HAND, *CODING_ERRORS)}
    expected |= {code.value: "always" for code in ALWAYS}
    assert told == expected


def test_the_dataset_that_is_shown_is_one_and_the_kinds_are_all_kinds() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    plans = CodingPlansFile.model_validate({"ResearchQuestions": [], "Demographics": [json.loads(shown)]})
    assert plans.demographics[0].raw_field == "gender_raw"
    assert [kind for kind in DatasetKind if f"`{kind.value}`" not in GUIDE] == []
