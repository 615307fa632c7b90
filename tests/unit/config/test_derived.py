"""Datasets that nobody is asked about: what validate says of them."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.model.coding_plan import DerivedFrom
from tests.unit.config.conftest import code_scheme

Files = dict[str, Any]
Write = Callable[..., Path]

SOMALI = ("golis", "hormud", "nationlink", "somnet", "somtel", "telesom")


def without_review(scheme: dict[str, Any]) -> dict[str, Any]:
    """The scheme as nobody needs it who codes by hand: without NR, WS and CE."""
    kept = [code for code in scheme["Codes"] if code.get("ControlCode") not in {"NR", "WS", "CE"}]
    return scheme | {"Codes": kept}


@pytest.fixture
def with_dataset(files: Files) -> Callable[..., Files]:
    def add(kind: str, *names: str, **more: Any) -> Files:
        files[f"code_schemes/{kind}.json"] = without_review(code_scheme(f"Scheme-{kind}", *names))
        entry = {"RawField": f"{kind}_raw", "RawFieldFold": "concatenate", **more}
        entry["Codings"] = more.get("Codings", [{"CodeScheme": kind, "AnalysisFileKey": kind}])
        files["coding_plans.json"]["Demographics"].insert(0, entry)
        return files

    return add


def found(files: Files, write: Write) -> tuple[list[str], list[str]]:
    findings = check(write(files))
    return [str(each) for each in findings.errors], [str(each) for each in findings.warnings]


def test_an_operator_needs_no_time_no_file_in_coda_and_no_codes_of_coders(
    with_dataset: Callable[..., Files], write: Write
) -> None:
    files = with_dataset("operator", *SOMALI)
    assert found(files, write) == ([], [])
    dataset = load_project(write(files)).plans.demographics[0]
    assert dataset.derived_from is DerivedFrom.OPERATOR
    assert not dataset.codings[0].requires_manual_verification


def test_whoever_gives_it_a_file_in_coda_or_says_so_asks_people(
    with_dataset: Callable[..., Files], write: Write
) -> None:
    for asked in ({"CodaFilename": "operator.json"}, {"TimeField": "asked_on"}, {"DerivedFrom": None}):
        files = with_dataset("operator", *SOMALI, **asked)
        del files["coding_plans.json"]["Demographics"][1:]
        errors, _ = found(files, write)
        assert (
            'code_schemes/operator.json: Codes: lacks the control codes "CE", "NR", "WS"; add what is missing in Coda and here'
            in errors
        )


def test_operators_of_a_country_that_the_scheme_knows_and_codes_of_none_are_named(
    with_dataset: Callable[..., Files], write: Write
) -> None:
    assert found(with_dataset("operator", "golis", "hormud", "nationlink", "somnet", "somtell"), write) == ([], [
        'code_schemes/operator.json: Codes: no code has the match values "somtel", "telesom": the operator is NC; add a code for each operator',
        'code_schemes/operator.json: Codes[4]: no match value names a known operator: nobody gets this code; known: "hormud", "somtel", "telesom", "nationlink", "somnet", "golis", "ethiopian telephone", "kenyan telephone"',
    ])  # fmt: skip


def test_every_source_needs_a_name_that_a_code_has(with_dataset: Callable[..., Files], write: Write) -> None:
    files = with_dataset("source", "jambo", "ghetto")
    files["pipeline.json"]["RawDataSources"][0]["SourceName"] = "Pamoja"
    assert found(files, write) == (
        [
            "pipeline.json: RawDataSources[1].SourceName: is missing, and a dataset is derived from the source of messages; name the source as the code scheme does"
        ],
        [
            'code_schemes/source.json: Codes: no code has the match value "Pamoja": the source is NC; add a code for each source',
            'code_schemes/source.json: Codes[0]: no match value names a known source: nobody gets this code; known: "Pamoja"',
            'code_schemes/source.json: Codes[1]: no match value names a known source: nobody gets this code; known: "Pamoja"',
        ],
    )


def test_people_with_several_sources_need_a_code(with_dataset: Callable[..., Files], write: Write) -> None:
    files = with_dataset("source", "jambo", "ghetto")
    for source, name in zip(files["pipeline.json"]["RawDataSources"], ("Jambo", "Ghetto"), strict=True):
        source["SourceName"] = name
    warning = 'code_schemes/source.json: Codes: no code has the match value "both" or "several": who has more than one source is NC; add one'
    assert found(files, write) == ([], [warning])
    files["code_schemes/source.json"] = without_review(code_scheme("Scheme-source", "jambo", "ghetto", "both"))
    assert found(files, write) == ([], [])


def test_a_source_that_people_are_asked_for_is_told_from_the_projects_own(
    with_dataset: Callable[..., Files], write: Write
) -> None:
    files = with_dataset("source", "well", "river")
    del files["pipeline.json"]["RawDataSources"][1]
    files["pipeline.json"]["SourceKeyRemappings"].append(
        {"SourceKey": "Source (Value) - water_demographics", "PipelineKey": "source_raw"}
    )
    errors, _ = found(files, write)
    assert (
        'coding_plans.json: Demographics[0].RawField: "source_raw" is derived from the source, and a remapping fills it too; write "DerivedFrom": null if people are asked for it'
        in errors
    )


def test_what_only_coders_need_is_refused(with_dataset: Callable[..., Files], write: Write) -> None:
    coding = {"CodeScheme": "operator", "AnalysisFileKey": "operator", "Cleaner": "somali.gender"}
    files = with_dataset("operator", *SOMALI, ICRFilename="operator.csv", WSCodeMatchValue="gender", Codings=[coding])
    errors, _ = found(files, write)
    assert [error for error in errors if "derived from" in error] == [
        "coding_plans.json: Demographics[0].ICRFilename: means nothing for a dataset derived from the operator: no coder sees it; take it out",
        "coding_plans.json: Demographics[0].WSCodeMatchValue: means nothing for a dataset derived from the operator: no coder sees it; take it out",
        "coding_plans.json: Demographics[0].Codings[0].Cleaner: means nothing for a dataset derived from the operator: no coder sees it; take it out",
    ]


def test_a_filter_names_operators_that_are_known(files: Files, write: Write) -> None:
    files["pipeline.json"]["FilterOperator"] = ["hormud"]
    assert found(files, write) == ([], [])
    files["pipeline.json"]["FilterOperator"] = "hormud"
    assert found(files, write) == ([], [])
    files["pipeline.json"]["FilterOperator"] = []
    assert found(files, write)[0] == ["pipeline.json: FilterOperator: must have an entry"]
    files["pipeline.json"]["FilterOperator"] = ["hormuud"]
    assert found(files, write)[0] == [
        'pipeline.json: FilterOperator[0]: is no mobile network that is known; did you mean "hormud"?'
    ]


def test_codes_by_time_need_their_ranges(with_dataset: Callable[..., Files], write: Write) -> None:
    files = with_dataset("type", "advert", "show", "both", DerivedFrom="sent_on")
    entry = files["coding_plans.json"]["Demographics"][0]
    assert [error for error in found(files, write)[0] if "Ranges" in error] == [
        'coding_plans.json: Demographics[0].Ranges: is missing; write entries such as {"MatchValue": "show", "RangeStartInclusive": …, "RangeEndExclusive": …}'
    ]
    day = {"RangeStartInclusive": "2025-09-01T00:00Z", "RangeEndExclusive": "2025-09-02T00:00Z"}
    entry["Ranges"] = [{"MatchValue": name, **day} for name in ("advert", "show")]
    assert found(files, write) == ([], [])
    entry["Ranges"][0]["RangeEndExclusive"] = "2025-09-01T00:00Z"
    assert "RangeEndExclusive is not after RangeStartInclusive" in found(files, write)[0][0]


def test_a_test_contact_is_no_address(files: Files, write: Write) -> None:
    files["pipeline.json"]["TestParticipantUUIDs"] = ["avf-phone-uuid-a401a33d-a58d-4b1f-82cf-56bbaccb315d"]
    assert found(files, write) == ([], [])
    files["pipeline.json"]["TestParticipantUUIDs"] = ["tel:+252612345678"]
    assert found(files, write)[0] == [
        "pipeline.json: TestParticipantUUIDs[0]: is no participant uuid; write one as the uid of the CSVs, such as avf-phone-uuid-…"
    ]
