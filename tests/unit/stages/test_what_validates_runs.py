"""What `validate` lets pass, `process` and `analyse` run: of any scheme and plan, and of answers of all kinds."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pipeline_lib.analysis.frames import read_frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, write_tables
from pipeline_lib.config import Project, check
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.config.checks.fields import OWN_FIELDS
from pipeline_lib.model.coding_plan import CleanerName, Dataset
from pipeline_lib.model.compatibility import Predecessor
from pipeline_lib.processing.message_ids import message_ids
from pipeline_lib.stages.disclosure import perturbation_table
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, make_outputs

Draw = Any
Scheme = dict[str, Any]

DEMO = Path(__file__).parents[3] / "configs" / "demo" / "code_schemes"
SCHEMES: dict[str, Scheme] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in DEMO.glob("*.json")}
LEVELS = ("mogadishu_sub_district", "district", "region", "state", "zone")
KENYA = ("kenya_ward", "kenya_constituency", "kenya_county")


def _kenyan(level: str, names: list[str]) -> Scheme:
    """A scheme of places in Kenya with the control codes that the demo's places have."""
    others = [code for code in SCHEMES["region"]["Codes"] if code["CodeType"] != "Normal"]
    normal = [
        {"CodeID": f"code-{n}", "CodeType": "Normal", "StringValue": name, "NumericValue": n, "MatchValues": [name]}
        for n, name in enumerate(names, start=1)
    ]
    return {"SchemeID": f"Scheme-{level}", "Name": level, "Version": "0.0.0.1", "Codes": [*normal, *others]}


SCHEMES |= {
    "kenya_ward": _kenyan("kenya_ward", ["kipevu", "tharaka", "iria ini"]),
    "kenya_constituency": _kenyan("kenya_constituency", ["changamwe", "kiambu", "mbita", "lang`ata", "other"]),
    "kenya_county": _kenyan("kenya_county", ["mombasa", "kiambu", "homa_bay", "nairobi", "kitui"]),
}

ANSWERS = (
    *("nin", "gabar", "haa", "maya", "25", "ishirini na tano", "Hodan", "Garowe", "STOP", "", " ", "=1+1", "\0", "a;b"),
    *(str(years) for years in range(8, 101, 3)),
    *("Xamar Weyne", "Mombasa", "{}", '{"id": "1"}', "\u202e\U0001f600", "baidoa", "kaxda", "ndio", "mke", "a" * 3000),
)
PEOPLE = [f"avf-phone-uuid-{number:08d}-0000-4000-8000-000000000000" for number in range(len(ANSWERS))]
NAMES = st.sampled_from(
    [
        *sorted(OWN_FIELDS),
        *(f"own_{number}" for number in range(25)),
        "raw",
        "a b",
        "x_time",
        "q1_raw",
        "gender_time",
        "s01e01_water_raw",
        "NA",
        "automatic x",
    ]
)
CONTROLS = ("NA", "NC", "NR", "STOP", "WS", "CE", "NS", "NIC")


def _without(draw: Draw, codes: list[dict[str, Any]], _code: dict[str, Any]) -> None:
    gone = draw(st.sampled_from(CONTROLS))
    codes[:] = [each for each in codes if each.get("ControlCode") != gone]


def _halved(_draw: Draw, codes: list[dict[str, Any]], _code: dict[str, Any]) -> None:
    """A scheme of some places, ages or bands only."""
    codes[:] = [each for number, each in enumerate(codes) if number % 2 or each["CodeType"] != "Normal"]


OTHER_NAMES = ("male", "Man", "F", "Yes", "15 to 18", "55+", "under 20", "Homa Bay", "Bu_aale", "atlantis")
ODD_META = {"CodeID": "code-odd", "CodeType": "Meta", "MetaCode": "odd", "StringValue": "odd", "NumericValue": -77}
ODD_CODE = {"CodeID": "code-odd", "CodeType": "Normal", "StringValue": "odd", "NumericValue": 5}
ODD_TEXTS = st.text(min_size=1, max_size=8)
CHANGES: tuple[Callable[[Draw, list[dict[str, Any]], dict[str, Any]], object], ...] = (
    _without,
    lambda _, codes, code: codes.remove(code),
    lambda draw, _, code: code.update(NumericValue=draw(st.integers(-(10**6), 10**6))),
    lambda draw, _, code: code.update(MatchValues=draw(st.lists(st.sampled_from(["man", "25", "x", ""]), max_size=2))),
    lambda draw, _, code: code.update(MatchValues=[draw(st.sampled_from(OTHER_NAMES))]),
    _halved,
    lambda draw, _, code: code.update(StringValue=draw(ODD_TEXTS | NAMES)),
    lambda draw, _, code: code.update(CodeID=draw(ODD_TEXTS)),
    lambda _draw, _, code: code.pop("MatchValues", None),
    lambda _draw, codes, _: codes.append(dict(ODD_META)),
    lambda _draw, codes, _: codes.append(dict(ODD_CODE)),
)
"""What people do to a code scheme."""


@st.composite
def schemes(draw: Draw, name: str) -> Scheme:
    """One of the demo's, with a change or two."""
    scheme = copy.deepcopy(SCHEMES[name])
    for _ in range(draw(st.integers(1, 2))):
        change, code = draw(st.sampled_from(CHANGES)), draw(st.sampled_from(scheme["Codes"]))
        if code in scheme["Codes"]:
            change(draw, scheme["Codes"], code)
    return scheme


OWN_PLACES = {"CSV": "ward,constituency,county\nkipevu,changamwe,mombasa\n,kiambu,kiambu\n,lang'ata,nairobi"}
PLACES = ["somali.mogadishu_sub_district", "somali.district_unless_mogadishu_sub_district", None, None, None]
USUAL: tuple[tuple[tuple[str, ...], str | None, list[str | None]], ...] = (
    (("gender",), None, ["somali.gender"]),
    (("age", "age_category"), "age_category", ["somali.age_10_to_99", None]),
    (LEVELS, "somalia_location", PLACES),
    (("recently_displaced",), None, ["somali.yes_no"]),
    (KENYA, "kenya_location", [None, "kenya.constituency", "kenya.county"]),
)
"""Schemes, imputation and cleaners of surveys."""

QUESTIONS = (("s01e01_water", "s01e01 water"), ("s01e02_health", "s01e02 health"))
MODES = st.sampled_from(["SINGLE", "MULTIPLE"])
FLOWS = ("show", "later", "survey")


SWITCHES = ("RequiresManualVerification", "IncludeInIndividualsFile", "IncludeInThemeDistribution")


Odd = Callable[..., st.SearchStrategy[dict[str, Any]]]


def seldom_odd(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Seldom another name than the usual one."""
    changed = st.dictionaries(st.sampled_from(keys), NAMES, min_size=1, max_size=1)
    return st.one_of(*[st.just(dict[str, Any]())] * 29, changed)


def never_odd(*_keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Always the usual name."""
    return st.just({})


@st.composite
def survey_plans(draw: Draw, number: int, odd: Odd) -> dict[str, Any]:
    """A survey as the demo has it, or changed a little."""
    names, imputation, cleaners = USUAL[number]
    if draw(st.integers(0, 19)) == 0:
        imputation = draw(st.sampled_from(["age_category", "somalia_location", "kenya_location", "location", None]))
    if draw(st.integers(0, 19)) == 0:
        cleaners = [draw(st.sampled_from([*map(str, CleanerName), None])) for _ in names]
    if imputation == "kenya_location" and draw(st.integers(0, 3)) == 0:
        imputation = "location"
    if imputation is not None and imputation.endswith("location"):
        some = draw(st.lists(st.sampled_from(range(len(names))), unique=True, min_size=1))
        names, cleaners = tuple(names[number] for number in some), [cleaners[number] for number in some]
    codings = []
    for name, cleaner in zip(names, cleaners, strict=True):
        coding: dict[str, Any] = {"CodeScheme": name, "AnalysisFileKey": name}
        coding |= {"Cleaner": cleaner} if cleaner else {}
        coding |= {key: draw(st.booleans()) for key in draw(st.sets(st.sampled_from(SWITCHES), max_size=2))}
        codings.append(coding | draw(odd("AnalysisFileKey", "CodedField", "RawField")))
    stem = USUAL[number][0][0]
    plan = {"RawField": f"{stem}_raw", "WSCodeMatchValue": None, "Codings": codings}
    return (
        plan
        | ({"Imputation": imputation} if imputation else {})
        | draw(st.sampled_from([{}, {}, {}, {"AgeBands": [[10, 14], [15, 17], [18, 35], [36, 54], [55, None]]}]))
        | draw(st.sampled_from([{}, {"ImputeZoneFromOperator": False}]))
        | draw(odd("TimeField", "MessageIDField", "RunIDField"))
    )


POLICIES: dict[str, list[Any]] = {
    "CodingErrors": [False],
    "ColumnLayout": ["by_kind"],
    "ConflictControlCode": ["NIC"],
    "ConsentScope": ["message"],
    "EmptySurveyAnswer": ["NA"],
    "FoldStyle": ["matrix"],
    "NoiseFilter": [{"MinLength": 4}],
    "NoiseOtherChannelFilter": [True],
    "Operator": [{"CodeScheme": "gender"}, {"CodeScheme": "recently_displaced", "AnalysisFileKey": "uid"}],
    "SingleCodingColumns": ["primary_only"],
    "WSNotCodedDropsAnswer": [True],
}
"""What plans may decide for all of a project."""

_DAYS = {"RangeStartInclusive": "2026-01-05T00:00Z", "RangeEndExclusive": "2026-01-09T00:00Z"}
CHANNELS = (
    {"Channels": [{"Key": "show", "Ranges": [_DAYS]}], "NoChannelKey": "none"},
    {"Weeks": [{"Key": "gender", "Ranges": [_DAYS]}, {"Key": "record_key", "Ranges": [_DAYS]}]},
)


def policies() -> st.SearchStrategy[list[tuple[str, list[Any]]]]:
    """Mostly none, else a few."""
    some = st.lists(st.sampled_from(sorted(POLICIES.items(), key=str)), max_size=3, unique_by=lambda each: each[0])
    return st.one_of(st.just([]), some)


@st.composite
def analyses(draw: Draw, keys: list[str]) -> dict[str, Any]:
    """What the analysis may be asked for."""
    label = {"StartDate": "2026-01-05T00:00Z", "EndDate": "2026-01-09T00:00Z", "Label": "Promo"}
    pairs = st.fixed_dictionaries({"Rows": st.sampled_from(keys or ["x"]), "Columns": st.sampled_from(keys or ["x"])})
    return {
        "DisclosureControl": draw(st.sampled_from([None, {"KeyFileURL": "disclosure.key"}])),
        "TrafficLabels": draw(st.sampled_from([None, [], [label]])),
        "CrossTabs": draw(st.lists(pairs, max_size=1)) if keys and draw(st.integers(0, 3)) == 0 else [],
    }


@st.composite
def projects(draw: Draw, *, tidy: bool) -> dict[str, Any]:
    """The files of a project, by name.

    Args:
        draw: Hypothesis's.
        tidy: Whether all that is odd is in the code schemes.
    """
    odd: Odd = never_odd if tidy else seldom_odd
    asked = draw(st.lists(st.integers(0, len(USUAL) - 1), unique=True, max_size=3))
    surveys = [draw(survey_plans(number, odd)) for number in asked]
    raw = [USUAL[number][0][0] for number in asked]
    questions: list[dict[str, Any]] = [
        {
            "RawField": f"{name}_raw",
            "WSCodeMatchValue": value,
            "Codings": [
                {"CodeScheme": name, "AnalysisFileKey": f"{name}_key", "CodingMode": draw(MODES)}
                | draw(st.sampled_from([{}, {}, {"AmbivalentStringValue": "other"}]))
                | draw(odd("AnalysisFileKey", "CodedField", "RawField"))
            ],
        }
        | draw(odd("TimeField", "RunIDField", "MessageIDField", "DatasetName"))
        for name, value in QUESTIONS[: draw(st.integers(1, 2))]
    ]
    remappings: list[dict[str, Any]] = [
        {"SourceKey": "avf_phone_id", "PipelineKey": "uid"},
        {"SourceKey": "W (Text) - show", "PipelineKey": "s01e01_water_raw", "IsActivationMessage": True},
        {"SourceKey": "W (Time) - show", "PipelineKey": "sent_on"},
        {"SourceKey": "W (Run ID) - show", "PipelineKey": "s01e01_water_run_id"},
        {"SourceKey": "H (Text) - later", "PipelineKey": "s01e02_health_raw", "IsActivationMessage": True},
        {"SourceKey": "H (Time) - later", "PipelineKey": "sent_on"},
    ]
    for name in raw:
        remappings.append({"SourceKey": f"{name} (Value) - survey", "PipelineKey": f"{name}_raw"})
        remappings.append({"SourceKey": f"{name} (Time) - survey", "PipelineKey": f"{name}_time"})
    if not tidy and draw(st.integers(0, 5)) == 0:
        remapping = draw(st.sampled_from(remappings))
        match draw(st.integers(0, 3)):
            case 0:
                remappings.remove(remapping)
            case 1:
                remapping["PipelineKey"] = draw(NAMES)
            case 2:
                remapping["IsActivationMessage"] = draw(st.booleans())
            case _:
                remappings.append({**remapping, "PipelineKey": draw(NAMES)})
    config: dict[str, Any] = {
        "PipelineName": "any",
        "RawDataSources": [
            {
                "SourceType": "RapidPro",
                "Domain": "textit.com",
                "TokenFileURL": "token.txt",
                "ActivationFlowNames": ["show", "later"],
                "SurveyFlowNames": ["survey"],
            }
        ],
        "UUIDTable": {"SQLiteFile": "uuids.sqlite", "TableName": "any"},
        "LabelStore": {"StoreType": "Directory", "DirectoryURL": "labels"},
        "SourceKeyRemappings": remappings,
        "ProjectStartDate": "2026-01-01T00:00Z",
        "ProjectEndDate": "2026-02-01T00:00Z",
        "FilterTestMessages": draw(st.booleans()),
        "MoveWSMessages": draw(st.booleans()),
        "HoldBackUnreviewedStops": draw(st.booleans()),
        "QuarantineShareLimit": 1.0,
        "CodingPlans": {
            "ResearchQuestions": questions,
            "Demographics": surveys,
            "WSCorrectDatasetScheme": "ws_correct_dataset",
            "SortMessages": draw(st.booleans()),
            "Locations": draw(st.sampled_from([OWN_PLACES, {"CSV": "district,zone\ngarowe,nez\nhodan,scz"}])),
        },
    }
    config["AutomatedAnalysis"] = draw(
        analyses([coding["AnalysisFileKey"] for each in surveys for coding in each["Codings"]])
    )
    if draw(st.integers(0, 3)) == 0:
        config["Compatibility"] = draw(st.sampled_from([str(each) for each in Predecessor]))
    config["CodingPlans"] |= {key: draw(st.sampled_from(values)) for key, values in draw(policies())}
    if draw(st.integers(0, 3)) == 0:
        config["Channels"] = draw(st.sampled_from(CHANNELS))
    names = {coding["CodeScheme"] for each in (*questions, *surveys) for coding in each["Codings"]}
    if "Operator" in config["CodingPlans"]:
        names.add(config["CodingPlans"]["Operator"]["CodeScheme"])
    files: dict[str, Any] = {"pipeline.json": config}
    changed = draw(st.sets(st.sampled_from(sorted(names)), max_size=3 if tidy else 1))
    for name in sorted(names | {"ws_correct_dataset"}):
        files[f"code_schemes/{name}.json"] = draw(schemes(name)) if name in changed else SCHEMES[name]
    return files


def labels_of(dataset: Dataset, ws_scheme: Any, texts: tuple[str, ...]) -> list[dict[str, Any]]:
    """A label of each scheme on each text, so that every code comes up where there are as many texts."""
    ids = message_ids(pl.Series("text", texts))
    messages = []
    schemes = [coding.code_scheme for coding in dataset.codings] + ([ws_scheme] if ws_scheme else [])
    for number, message_id in enumerate(dict.fromkeys(ids)):
        labels = [
            {
                "SchemeID": scheme.scheme_id,
                "CodeID": scheme.codes[(number + 7 * place) % len(scheme.codes)].code_id,
                "DateTimeUTC": "2026-01-20T00:00:00Z",
                "Checked": True,
                "Origin": {"OriginType": "Manual", "Name": "coder"},
            }
            for place, scheme in enumerate(schemes)
            if (number + place) % 3
        ]
        messages.append({"MessageID": message_id, "Labels": labels})
    return messages


def write_inputs(project: Project, folder: Path) -> ProcessInputs:
    """Everybody says one thing to the show, and the same to every survey."""
    keys = [remapping.source_key for remapping in project.config.source_key_remappings]
    for name in FLOWS:
        lines = []
        for number, (person, said) in enumerate(zip(PEOPLE, ANSWERS, strict=True)):
            time = f"2026-01-{1 + number % 30:02d}T10:00:00+00:00"
            fields = {key: time if "(Time)" in key else said for key in keys if key.endswith(f" - {name}")}
            lines.append(json.dumps({"avf_phone_id": person, "operator_raw": "25290", **fields}) + "\n")
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    coded = folder / "coded"
    coded.mkdir()
    for dataset in project.plans.datasets:
        labels = labels_of(dataset, project.plans.ws_correct_dataset_scheme, ANSWERS)
        (coded / dataset.coda_filename).write_text(json.dumps(labels), encoding="utf-8")
    return ProcessInputs({name: folder / f"{name}.jsonl" for name in FLOWS}, coded)


@pytest.mark.slow
@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(files=projects(tidy=False) | projects(tidy=True))
def test_what_validates_is_processed_and_analysed(files: dict[str, Any]) -> None:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "any" / "code_schemes").mkdir(parents=True)
        for name, content in files.items():
            (folder / "any" / name).write_text(json.dumps(content), encoding="utf-8")
        (folder / "any" / "disclosure.key").write_text("0" * 64, encoding="utf-8")
        found = check(folder / "any" / "pipeline.json")
        event("runs" if found.is_usable else "does not validate")
        if not found.is_usable or found.project is None:
            return
        outputs, analysis = folder / "outputs", folder / "analysis"
        outputs.mkdir()
        analysis.mkdir()
        made = make_outputs(found.project, write_inputs(found.project, folder), outputs, ProcessRequest(None, "tester"))
        frames, asked = (
            read_frames(outputs / "Processed"),
            found.project.config.automated_analysis or AutomatedAnalysis(),
        )
        published = release_numbers(frames, found.project.plans, asked, table=perturbation_table(found.project))
        quirks = found.project.config.keeps_predecessor_quirks
        rows = write_tables(analysis, Contents(published, found.project.plans, asked, quirks))
        assert made.row_counts.keys() >= {"messages.csv", "individuals.csv", "production.csv", "quality.csv"}
        assert rows.keys() >= {"engagement_counts.csv", "theme_distributions.csv", "sample_messages.csv"}
