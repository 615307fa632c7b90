"""What files say that cannot be, or hardly: each mistake alone in a project that is right otherwise."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

import copy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check
from pipeline_lib.config.source_document import WrittenFile

Files = dict[str, Any]
Write = Callable[..., Path]
Change = Callable[[Files], object]

CONFIG, PLANS = "pipeline.json", "coding_plans.json"
GENDER, S01E01 = "code_schemes/gender.json", "code_schemes/s01e01.json"


def config(**changes: Any) -> Change:
    return lambda files: files[CONFIG].update(changes)


def question(**changes: Any) -> Change:
    return lambda files: files[PLANS]["ResearchQuestions"][0].update(changes)


def demographic(**changes: Any) -> Change:
    return lambda files: files[PLANS]["Demographics"][0].update(changes)


def coding(**changes: Any) -> Change:
    return lambda files: files[PLANS]["Demographics"][0]["Codings"][0].update(changes)


def code(number: int, scheme: str = GENDER, **changes: Any) -> Change:
    return lambda files: files[scheme]["Codes"][number].update(changes)


def more_codes(*kinds: tuple[str, str, str]) -> Change:
    """Codes after those that are there."""

    def change(files: Files) -> None:
        for number, (code_type, key, value) in enumerate(kinds, start=100):
            own = {"CodeID": f"code-{number}", "NumericValue": number, "StringValue": f"more {number}"}
            files[GENDER]["Codes"].append(own | {"CodeType": code_type, key: value})

    return change


def source(number: int, **changes: Any) -> Change:
    return lambda files: files[CONFIG]["RawDataSources"][number].update(changes)


def remapping(number: int, **changes: Any) -> Change:
    return lambda files: files[CONFIG]["SourceKeyRemappings"][number].update(changes)


def time_remapping(**changes: Any) -> Change:
    return lambda files: files[CONFIG]["TimestampRemappings"][0].update(changes)


def text_remapping(**changes: Any) -> Change:
    """A remapping by the labels of a text, right but for what is said here."""
    right = {
        "CodaFilename": "s01e01.json",
        "SourceKey": "message",
        "WSCodeMatchValue": "s01e01",
        "ShowPipelineKeyToRemapTo": "s01e01_raw",
    }
    return config(WSTextRemappings=[right | changes])


def second_gender(**changes: Any) -> Change:
    """Another demographic, equal but for its names and what is said here."""

    def change(files: Files) -> None:
        dataset = copy.deepcopy(files[PLANS]["Demographics"][0]) | {"RawField": "sex_raw", "WSCodeMatchValue": None}
        dataset["Codings"][0]["AnalysisFileKey"] = "sex"
        files[PLANS]["Demographics"].append(dataset | changes)
        files[CONFIG]["SourceKeyRemappings"] += [
            {"SourceKey": "Sex (Value) - water_demographics", "PipelineKey": "sex_raw"},
            {"SourceKey": "Sex (Time) - water_demographics", "PipelineKey": "sex_time"},
        ]

    return change


def without(name: str, number: int, key: str) -> Change:
    def change(files: Files) -> None:
        del files[name][key][number]

    return change


def two_codings(files: Files) -> None:
    codings = files[PLANS]["Demographics"][0]["Codings"]
    codings.append(codings[0] | {"CodedField": "sex_coded", "AnalysisFileKey": "sex"})


def moves_without_a_scheme(files: Files) -> None:
    files[CONFIG]["MoveWSMessages"] = True
    del files[PLANS]["WSCorrectDatasetScheme"]


LATE = {"StartDate": "2025-10-01T00:00+03:00", "EndDate": "2025-10-02T00:00+03:00", "Label": "Late"}
EARLY = {"StartDate": "2025-08-01T00:00+03:00", "EndDate": "2025-09-01T00:00+03:00", "Label": "Early"}

ERRORS = [
    # Code schemes by themselves.
    (code(1, CodeID="code-man"), 'gender.json: Codes[1].CodeID: "code-man" is already Codes[0].CodeID'),
    (code(1, StringValue="man"), 'gender.json: Codes[1].StringValue: "man" is already Codes[0].StringValue'),
    (
        code(1, MatchValues=["woman", "man"]),
        'gender.json: Codes[1].MatchValues[1]: "man" is already Codes[0].MatchValues[0]',
    ),
    (
        more_codes(("Control", "ControlCode", "NS"), ("Control", "ControlCode", "NS")),
        'gender.json: Codes[9].ControlCode: "NS" is already Codes[8].ControlCode',
    ),
    (
        more_codes(("Meta", "MetaCode", "greeting"), ("Meta", "MetaCode", "greeting")),
        'gender.json: Codes[9].MetaCode: "greeting" is already Codes[8].MetaCode',
    ),
    (
        more_codes(("Control", "ControlCode", "")),
        "gender.json: Codes[8].ControlCode: is missing; a Control code needs one",
    ),
    (code(0, ControlCode="NS"), "gender.json: Codes[0].ControlCode: belongs to Control codes; this code is Normal"),
    (code(0, CodeType="Meta"), "gender.json: Codes[0].MetaCode: is missing; a Meta code needs one"),
    (
        lambda files: [code.update(DisplayText="x") for code in files[GENDER]["Codes"][:2]],
        'gender.json: Codes[1].DisplayText: "x" is already Codes[0].DisplayText',
    ),
    (code(1, DisplayText="man"), 'gender.json: Codes[1].DisplayText: "man" is already Codes[0].DisplayText'),
    (code(0, Color=5), "gender.json: Codes[0].Color: must be a text, not a number"),
    (
        lambda files: files[GENDER].update(Documentation="https://example.org"),
        "gender.json: Documentation: must be an object, not a text",
    ),
    (lambda files: files[GENDER].update(Documentation={"URI": None}), "gender.json: Documentation.URI: must be a text"),
    (code(0, Shortcut="mm"), "gender.json: Codes[0].Shortcut: must be one character"),
    # What the plans need of the schemes.
    (
        without(GENDER, 4, "Codes"),
        'gender.json: Codes: lacks the control code "NR"; add what is missing in Coda and here',
    ),
    (
        without("code_schemes/ws_correct_dataset.json", 7, "Codes"),
        'ws_correct_dataset.json: Codes: lacks the control code "CE"; add what is missing in Coda and here',
    ),
    (
        demographic(WSCodeMatchValue="gendr"),
        (
            "coding_plans.json: Demographics[0].WSCodeMatchValue: no code of code_schemes/ws_correct_dataset.json has the "
            'match value "gendr"; did you mean "gender"?'
        ),
    ),
    (
        demographic(WSCodeMatchValue="s01e01"),
        'coding_plans.json: Demographics[0].WSCodeMatchValue: "s01e01" is already ResearchQuestions[0].WSCodeMatchValue',
    ),
    (
        demographic(Imputation="age_category"),
        (
            'coding_plans.json: Demographics[0].Codings: the imputation "age_category" needs 2 codings, there are 1; '
            "in this order: age, age category"
        ),
    ),
    (
        moves_without_a_scheme,
        "coding_plans.json: WSCorrectDatasetScheme: is missing; MoveWSMessages needs it",
    ),
    (
        lambda files: files["code_schemes/ws_correct_dataset.json"]["Codes"][0].update(
            CodeType="Meta", MetaCode="question"
        ),
        'coding_plans.json: Demographics[0].WSCodeMatchValue: "gender" is a Meta code of code_schemes/ws_correct_dataset.json; name a normal one',
    ),
    # Names in the coding plans.
    (
        two_codings,
        'coding_plans.json: Demographics[0].Codings[1].CodeScheme: "gender" is already the scheme of Demographics[0].Codings[0]: their labels cannot be told apart',
    ),
    (
        coding(AnalysisFileKey=""),
        "coding_plans.json: Demographics[0].Codings[0].AnalysisFileKey: is empty; write a name",
    ),
    (
        second_gender(DatasetName="gender", CodaFilename="sex.json"),
        (
            'coding_plans.json: Demographics[1].DatasetName: "gender" is already Demographics[0].DatasetName; '
            "give each a name of its own"
        ),
    ),
    (
        second_gender(CodaFilename="gender.json"),
        (
            'coding_plans.json: Demographics[1].CodaFilename: "gender.json" is already Demographics[0].CodaFilename; '
            "give each a name of its own"
        ),
    ),
    (
        coding(CodedField="s01e01_coded"),
        (
            'coding_plans.json: Demographics[0].Codings[0].CodedField: "s01e01_coded" is already '
            "ResearchQuestions[0].Codings[0].CodedField; give each a name of its own"
        ),
    ),
    (
        coding(AnalysisFileKey="s01e01"),
        (
            'coding_plans.json: Demographics[0].Codings[0].AnalysisFileKey: "s01e01" is already '
            "ResearchQuestions[0].Codings[0].AnalysisFileKey; give each a name of its own"
        ),
    ),
    (
        coding(AnalysisFileKey="uid"),
        (
            'coding_plans.json: Demographics[0].Codings[0].AnalysisFileKey: "uid" is already a column of every CSV; '
            "give each a name of its own"
        ),
    ),
    (
        demographic(CodaFilename="../gender.json"),
        "coding_plans.json: Demographics[0].CodaFilename: must be a file's name, without a folder",
    ),
    (question(ICRFilename="s01e01"), "coding_plans.json: ResearchQuestions[0].ICRFilename: must end in .csv"),
    (
        lambda files: files[PLANS].update(BreakdownMaps=[{"Level": "regions", "AnalysisFileKey": "gendre"}]),
        (
            'coding_plans.json: BreakdownMaps[0].AnalysisFileKey: no coding has the AnalysisFileKey "gendre"; '
            'did you mean "gender"?'
        ),
    ),
    # Dates.
    (
        config(ProjectEndDate="2025-08-01T00:00+03:00"),
        "pipeline.json: ProjectEndDate: is not after ProjectStartDate, so that no message is within both",
    ),
    (
        time_remapping(RangeEndExclusive="2025-08-01T00:00+03:00"),
        (
            "pipeline.json: TimestampRemappings[0].RangeEndExclusive: is not after RangeStartInclusive, so that no message "
            "is within both"
        ),
    ),
    (
        config(AutomatedAnalysis={"TrafficLabels": [LATE]}),
        (
            'pipeline.json: AutomatedAnalysis.TrafficLabels[0]: "Late" lies outside ProjectStartDate to ProjectEndDate, so '
            "that it counts no messages; correct its dates, or leave it out"
        ),
    ),
    # Remappings by text.
    (
        text_remapping(CodaFilename="s01e02.json"),
        'pipeline.json: WSTextRemappings[0].CodaFilename: no dataset has the file "s01e02.json"; did you mean "s01e01.json"?',
    ),
    (
        text_remapping(WSCodeMatchValue="s01e02"),
        'pipeline.json: WSTextRemappings[0].WSCodeMatchValue: no normal code of code_schemes/ws_correct_dataset.json has the match value "s01e02"; did you mean "s01e01"?',
    ),
    (
        text_remapping(ShowPipelineKeyToRemapTo="s01e02_raw"),
        'pipeline.json: WSTextRemappings[0].ShowPipelineKeyToRemapTo: no research question has the raw field "s01e02_raw"; did you mean "s01e01_raw"?',
    ),
    (
        lambda files: [text_remapping()(files), files[PLANS].pop("WSCorrectDatasetScheme")],
        "coding_plans.json: WSCorrectDatasetScheme: is missing; WSTextRemappings need it",
    ),
    # Sources.
    (
        source(1, ActivationFlowURLs=["recovered.csv", "old/recovered.september.csv"]),
        (
            'pipeline.json: RawDataSources[1].ActivationFlowURLs[1]: "recovered" is already the raw data of '
            "RawDataSources[1].ActivationFlowURLs[0]; the file names of all sources must differ, up to the first dot"
        ),
    ),
    (
        source(0, SurveyFlowNames=["water_demographics", " "]),
        "pipeline.json: RawDataSources[0].SurveyFlowNames[1]: is empty; write a name",
    ),
    # Fields.
    (
        remapping(7, PipelineKey="gender_tyme"),
        (
            'coding_plans.json: Demographics[0].TimeField: no remapping fills "gender_time": messages have no time; '
            'did you mean "gender_tyme"?'
        ),
    ),
    (
        question(MessageIDField="comment_id"),
        (
            'coding_plans.json: ResearchQuestions[0].MessageIDField: no remapping fills "comment_id": messages cannot be '
            "told apart"
        ),
    ),
    # Locations.
    (
        config(DataRoot="s3://bucket/runs"),
        'pipeline.json: DataRoot: "s3" is no known storage; write a path, or "file://", "gs://"',
    ),
    (config(DataRoot=" "), "pipeline.json: DataRoot: is empty; write a URL or a path"),
    (
        config(DataRoot="gs:///"),
        "pipeline.json: DataRoot: names no place on Cloud Storage; write gs://<bucket>/<folder>",
    ),
    (
        source(1, ActivationFlowURLs=["gs://water_s01e01.csv"]),
        (
            "pipeline.json: RawDataSources[1].ActivationFlowURLs[0]: names no place on Cloud Storage; "
            "write gs://<bucket>/<file>"
        ),
    ),
    (
        config(UUIDTable={"SQLiteFile": "gs://bucket/uuids.sqlite", "TableName": "water"}),
        "pipeline.json: UUIDTable.SQLiteFile: gs:// is no local disk; write a path, or use Firestore",
    ),
]

TRAFFIC = {"StartDate": "2025-09-02T00:00+03:00", "EndDate": "2025-09-01T24:00+03:00", "Label": "Promo"}

WARNINGS = [
    (code(0, MetaCode="greeting"), "gender.json: Codes[0].MetaCode: belongs to Meta codes; this code is Normal"),
    (
        config(UUIDTable={"SQLiteFile": "none.sqlite", "TableName": "water"}),
        (
            "pipeline.json: UUIDTable.SQLiteFile: there is no such file now: a run would fail; "
            "make it: python -m pipeline_lib create-uuid-table --config …"
        ),
    ),
    (
        more_codes(("Control", "ControlCode", "NOCC")),
        'gender.json: Codes[8].ControlCode: "NOCC" is unknown to Coda; did you mean "NOC"?',
    ),
    (
        more_codes(("Control", "ControlCode", "DNS")),
        'gender.json: Codes[8].ControlCode: "DNS" is unknown to Coda; the pipeline treats it as any other control code',
    ),
    (
        coding(Cleaner=None, RequiresManualVerification=False),
        "coding_plans.json: Demographics[0].Codings[0].Cleaner: is missing: neither a cleaner nor Coda gives codes",
    ),
    (
        lambda files: files[PLANS]["ResearchQuestions"][0]["Codings"][0].update(RawField="s01e01_other_raw"),
        'coding_plans.json: ResearchQuestions[0].Codings[0].RawField: no remapping fills "s01e01_other_raw"',
    ),
    (code(0, MatchValue=["m"]), 'gender.json: Codes[0].MatchValue: is not a known key; did you mean "MatchValues"?'),
    (
        config(AutomatedAnalysis={"TrafficLabels": [TRAFFIC]}, Compatibility="predecessor"),
        (
            'pipeline.json: AutomatedAnalysis.TrafficLabels[0].EndDate: "Promo" does not end after its StartDate, so that it '
            "counts no messages"
        ),
    ),
    (
        config(AutomatedAnalysis={"TrafficLabels": [EARLY]}, Compatibility="predecessor"),
        (
            'pipeline.json: AutomatedAnalysis.TrafficLabels[0]: "Early" lies outside ProjectStartDate to ProjectEndDate, so '
            "that it counts no messages; correct its dates, or leave it out"
        ),
    ),
    (
        coding(AnalysisFileKey=None),
        "coding_plans.json: Demographics[0].Codings[0].AnalysisFileKey: is missing: the codes have no column in the CSVs",
    ),
    (
        remapping(6, PipelineKey="gendr_raw"),
        'coding_plans.json: Demographics[0].RawField: no remapping fills "gender_raw"; did you mean "gendr_raw"?',
    ),
    (
        remapping(6, PipelineKey="gendr_raw"),
        'pipeline.json: SourceKeyRemappings[6].PipelineKey: no dataset reads "gendr_raw"; did you mean "gender_raw"?',
    ),
    (
        config(TimestampRemappings=[]),
        (
            'pipeline.json: SourceKeyRemappings[4].PipelineKey: no research question reads "recovered_raw": its messages '
            "are dropped"
        ),
    ),
    (
        time_remapping(ShowPipelineKeyToRemapTo="s01e02_raw"),
        (
            'pipeline.json: TimestampRemappings[0].ShowPipelineKeyToRemapTo: no research question reads "s01e02_raw": the '
            'messages of this range are dropped; did you mean "s01e01_raw"?'
        ),
    ),
    (
        time_remapping(TimeKey="recieved_on"),
        (
            'pipeline.json: TimestampRemappings[0].TimeKey: no remapping knows the raw field "recieved_on"; '
            'did you mean "received_on"?'
        ),
    ),
    (
        text_remapping(SourceKey="mesage"),
        'pipeline.json: WSTextRemappings[0].SourceKey: no remapping knows the raw field "mesage"; did you mean "message"?',
    ),
    (
        remapping(2, PipelineKey="run_id"),
        (
            'coding_plans.json: ResearchQuestions[0].RunIDField: no remapping fills "s01e01_run_id": the first column of its '
            "ICR file stays empty"
        ),
    ),
    (
        remapping(6, SourceKey="Gender (Value) - water_demografics"),
        (
            'pipeline.json: SourceKeyRemappings[6].SourceKey: no source fetches a flow "water_demografics"; '
            'did you mean "water_demographics"?'
        ),
    ),
    (
        source(0, SurveyFlowNames=["water_demographics", "water_follow_up"]),
        (
            'pipeline.json: RawDataSources[0].SurveyFlowNames[1]: no remapping names a field of "water_follow_up": it is not '
            "used"
        ),
    ),
    (
        remapping(4, SourceKey="Message"),
        (
            'pipeline.json: RawDataSources[1].ActivationFlowURLs: no remapping names the raw field "message": the recovered '
            "messages are not used"
        ),
    ),
    (
        source(1, ActivationFlowURLs=[]),
        "pipeline.json: RawDataSources[1]: names nothing to fetch; write ActivationFlowURLs or SurveyFlowURLs",
    ),
    (
        source(1, ActivationFlowURLs=["none.csv"]),
        'pipeline.json: RawDataSources[1].ActivationFlowURLs[0]: there is no file "none.csv" now: a run would fail',
    ),
    (
        source(1, ActivationFlowURLs=["answers\\none.csv"]),
        (
            'pipeline.json: RawDataSources[1].ActivationFlowURLs[0]: there is no file "answers\\none.csv" now: a run would '
            "fail; write / between folders, in place of the backslash"
        ),
    ),
    (
        source(1, ActivationFlowURLs=["file:///no/where/none.csv"]),
        (
            'pipeline.json: RawDataSources[1].ActivationFlowURLs[0]: there is no file "file:///no/where/none.csv" now: a run '
            "would fail"
        ),
    ),
]


def supported(problems: Iterable[object]) -> list[str]:
    return [str(problem) for problem in problems if "in this version" not in str(problem)]


def test_the_project_that_they_start_from_has_nothing_wrong_or_odd(files: Files, write: Write) -> None:
    found = check(write(files))
    assert (supported(found.errors), supported(found.warnings)) == ([], [])
    assert found.project is not None
    assert found.project.name == "water"


@pytest.mark.parametrize(("change", "problem"), ERRORS)
def test_what_cannot_run_is_an_error(change: Change, problem: str, files: Files, write: Write) -> None:
    change(files)
    errors = supported(check(write(files)).errors)
    assert [error.removeprefix("code_schemes/") for error in errors] == [problem]


@pytest.mark.parametrize(("change", "problem"), WARNINGS)
def test_what_is_merely_odd_is_a_warning(change: Change, problem: str, files: Files, write: Write) -> None:
    change(files)
    found = check(write(files))
    assert problem in [warning.removeprefix("code_schemes/") for warning in supported(found.warnings)]
    assert supported(found.errors) == []


def test_a_mistake_in_the_coding_plans_hides_no_unknown_time_key(files: Files, write: Write) -> None:
    files[CONFIG]["TimestampRemappings"] = [{"TimeKey": "recieved_on", "ShowPipelineKeyToRemapTo": "s01e01_raw"}]
    files[PLANS]["ResearchQuestions"][0]["Codings"][0]["Cleaner"] = "somali.gendr"
    assert any("TimeKey" in str(warning) for warning in check(write(files)).warnings)


def test_places_of_codes_with_which_nothing_is_wrong_are_not_worked_out(
    files: Files, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(files)
    asked: list[tuple[str | int, ...]] = []
    at = WrittenFile.at

    def asked_for(file: WrittenFile, *steps: str | int) -> str:
        asked.append(steps)
        return at(file, *steps)

    monkeypatch.setattr(WrittenFile, "at", asked_for)
    assert check(path).is_usable
    assert asked
    assert [steps for steps in asked if steps[0] == "Codes" and len(steps) > 1] == []
