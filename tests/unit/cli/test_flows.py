import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.model import Flow, Result, Workspace
from sandbox.rapid_pro.server import TOKEN, RapidProServer
from tests.toy import change_config

DEMO = Path(__file__).parents[3] / "configs" / "demo"
MADE_ON = datetime(2025, 5, 1, tzinfo=UTC)


def flow(number: int, name: str, *keys: str) -> Flow:
    results = tuple(Result(key, key.title(), f"0de0de00-0000-4000-8000-{place:012}") for place, key in enumerate(keys))
    return Flow(f"f10f10f1-0000-4000-8000-{number:012}", name, MADE_ON, MADE_ON, results)


FLOWS = [
    flow(1, "geedka_s01e01_activation", "s01e01_water"),
    flow(2, "geedka_s01e02_activation", "s01e02_health", "s01e02_roads"),
    flow(3, "geedka_demog", "gender", "age", "recently_displaced", "location", "livelihood"),
    flow(4, "another_show", "opinion"),
    flow(5, "call +252612345678", "opinion"),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the demo whose server is running."""
    folder = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    (folder / "token.txt").write_text(TOKEN, encoding="utf-8")
    workspace = Workspace("0a0a0a0a-0000-4000-8000-000000000001", "Geedka")
    with RapidProServer(Database(workspace, flows=FLOWS)) as server:
        monkeypatch.setenv(STAND_IN_SETTING, server.host)
        _use(folder, [*FLOW_NAMES])
        yield folder


FLOW_NAMES = ("geedka_s01e01_activation", "geedka_s01e02_activation")


def _use(folder: Path, activations: list[str]) -> None:
    source = {
        "SourceType": "RapidPro",
        "Domain": "rapidpro.example.org",
        "TokenFileURL": "token.txt",
        "ActivationFlowNames": activations,
        "SurveyFlowNames": ["geedka_demog"],
    }
    change_config(folder / "pipeline.json", RawDataSources=[source])


def test_results_that_nothing_takes_are_offered_as_lines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flows", str(project)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "geedka_s01e01_activation: 1 result",
        "geedka_s01e02_activation: 2 results; no remapping takes these:",
        (
            '    {"SourceKey": "S01E02_Roads (Text) - geedka_s01e02_activation", "PipelineKey": "s01e02_roads_raw", '
            '"IsActivationMessage": true},'
        ),
        '    {"SourceKey": "S01E02_Roads (Time) - geedka_s01e02_activation", "PipelineKey": "sent_on"},',
        '    {"SourceKey": "S01E02_Roads (Run ID) - geedka_s01e02_activation", "PipelineKey": "s01e02_roads_run_id"},',
        "geedka_demog: 5 results; no remapping takes these:",
        '    {"SourceKey": "Livelihood (Text) - geedka_demog", "PipelineKey": "livelihood_raw"},',
        '    {"SourceKey": "Livelihood (Time) - geedka_demog", "PipelineKey": "livelihood_time"},',
        "pipeline.json: RawDataSources[0]: other flows on the server",
        "    another_show: opinion",
    ]


def test_misspelt_flows_and_results_are_named_with_the_nearest(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _use(project, [FLOW_NAMES[0], "geedka_s01e02_activaton"])
    keys = [
        {"SourceKey": "avf_phone_id", "PipelineKey": "uid"},
        {"SourceKey": "S01E01_Watr (Text) - geedka_s01e01_activation", "PipelineKey": "s01e01_water_raw"},
        {"SourceKey": "S01E01_Water (Time) - geedka_s01e01_activation", "PipelineKey": "sent_on"},
    ]
    change_config(project / "pipeline.json", SourceKeyRemappings=keys)
    assert main(["flows", str(project)]) == 1
    errors = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error: ")]
    place = "error: pipeline.json: RawDataSources[0].ActivationFlowNames"
    assert errors == [
        (
            f'{place}: flow "geedka_s01e02_activaton" does not exist on '
            'the server; did you mean "geedka_s01e02_activation"?'
        ),
        (
            'error: pipeline.json: SourceKeyRemappings[1].SourceKey: flow "geedka_s01e01_activation" has no result '
            '"S01E01_Watr"; did you mean "S01E01_Water"?'
        ),
    ]


def test_what_a_template_misspells_is_said_of_the_template(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = {
        "Flow": "geedka_s01e{n:02}_activation",
        "Numbers": [2, 2],
        "Field": "S01E{n:02}_Road",
        "RawField": "roads_s01e{n:02}_raw",
        "WSCodeMatchValue": None,
        "Codings": [{"CodeScheme": "s01e02_health", "AnalysisFileKey": "roads"}],
    }
    change_config(project / "pipeline.json", Episodes=[template])
    assert main(["flows", str(project)]) == 1
    errors = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error: ")]
    assert errors[0] == (
        'error: pipeline.json: Episodes[0]: flow "geedka_s01e02_activation" has no result "S01E02_Road"; '
        'did you mean "S01E02_Roads"?'
    )


def test_a_name_that_may_be_somebodys_number_is_not_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["flows", str(project)])
    assert "2526" not in capsys.readouterr().out


def test_a_project_without_flows_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flows", str(DEMO.parent / "demo_facebook")]) == 2
    assert "RawDataSources: has no RapidPro source, so no flows" in capsys.readouterr().err
