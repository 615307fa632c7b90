"""What a config says of disclosure control, and that the key stays where it is."""

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.errors import DataError
from pipeline_lib.stages.all_stages import run_all, run_to_outputs
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.disclosure import create_disclosure_key, perturbation_table, read_disclosure_key
from pipeline_lib.stages.run_context import Run, open_run
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, service_account_key
from tests.toy import change_config, write_messages, write_toy

pytestmark = pytest.mark.slow


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """The config of a project of twenty people: each key gives other numbers, and so drawings that none else has."""
    config = write_toy(tmp_path / "configs")
    write_messages(config, 20)
    change_config(config, DataRoot=(tmp_path / "data").as_uri())
    return config


@pytest.fixture
def run_of(toy: Path) -> Callable[..., Run]:
    """A run of the project as its config now is."""
    return lambda key="today": open_run(load_project(toy), key, None, "tester")


def ask(config: Path, **control: object) -> None:
    """Has the project's numbers perturbed."""
    change_config(config, AutomatedAnalysis={"DisclosureControl": {"KeyFileURL": "state/disclosure.key", **control}})


@pytest.mark.parametrize(
    ("control", "threshold", "largest_deviation"),
    [
        ({}, 5, 7),
        ({"Threshold": 3}, 3, 5),
        ({"Threshold": 10}, 10, 11),
        ({"Threshold": 10, "LargestDeviation": 6, "Variance": 3}, 10, 6),
        ({"PerturbationTable": "10-5 rule"}, 10, 2),
    ],
)
def test_the_config_says_how_numbers_are_perturbed(
    control: dict[str, object], threshold: int, largest_deviation: int, toy: Path
) -> None:
    ask(toy, **control)
    table = perturbation_table(load_project(toy))
    assert table is not None
    assert (table.threshold, table.largest_deviation) == (threshold, largest_deviation)


def test_the_key_stands_in_no_file_but_its_own(toy: Path, run_of: Callable[..., Run]) -> None:
    ask(toy)
    project = load_project(toy)
    create_disclosure_key(project)
    key = (read_disclosure_key(project) or "").encode()
    run = run_of()
    folder = Path(unquote(analyse(run, run_to_outputs(run)).removeprefix("file://")))
    having = [path for path in toy.parents[2].rglob("*") if path.is_file() and key in path.read_bytes()]
    assert [path.name for path in having] == ["disclosure.key"]
    assert "numbers are perturbed and need not add up; &lt;5 stands for" in (folder / "index.html").read_text(
        encoding="utf-8"
    )


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[DriveServer]:
    with DriveServer() as server:
        monkeypatch.setenv("DRIVE_EMULATOR_HOST", server.host)
        server.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        server.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        yield server


def test_no_archive_log_or_upload_has_the_key_and_no_pruning_takes_it_away(
    drive: DriveServer,
    toy: Path,
    run_of: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIPELINE_GIT_COMMIT", "0" * 40)
    (toy.parent / "credentials.json").write_text(json.dumps(service_account_key()))
    change_config(
        toy,
        DriveUpload={
            "DriveCredentialsFileURL": "credentials.json",
            "MessagesUploadPath": f"{SHARED_DRIVE}/messages.csv",
            "AutomatedAnalysisDir": f"{SHARED_DRIVE}/analysis",
        },
        DataArchiveUploadBucket=str(tmp_path / "buckets/data"),
        MemoryProfileUploadBucket=str(tmp_path / "buckets/logs"),
        KeepRuns=1,
    )
    # Where the project's state is, which archives take much of, and where its config is.
    places = run_of().storage.root / "state/disclosure.key", toy.parent / "disclosure.key"  # type: ignore[attr-defined]
    ask(toy, KeyFileURL=str(places[0]))
    create_disclosure_key(load_project(toy))
    shutil.copy(*places)
    key = places[0].read_bytes().strip()
    for night in ("first", "second"):
        run_all(run := run_of(night), publish=True)

    archived = [path for path in (tmp_path / "buckets").rglob("*.tar.gz") if path.is_file()]
    assert len(archived) == 4
    assert {name.split("/")[1] for name in run.storage.names("runs")} == {"second"}
    assert any(item.name == "index.html" for item in drive.store.items.values())
    delivered = [gzip.decompress(path.read_bytes()) for path in archived]
    delivered += [item.content or b"" for item in drive.store.items.values()]
    assert not [content for content in delivered if key in content]
    having = [path for path in tmp_path.rglob("*") if path.is_file() and key in path.read_bytes()]
    assert {*having} == {*places}


def test_what_was_processed_without_a_key_has_to_be_processed_again(toy: Path, run_of: Callable[..., Run]) -> None:
    outputs = run_to_outputs(run_of())
    ask(toy)
    with pytest.raises(DataError) as lacking:
        analyse(run_of(), outputs)
    assert str(lacking.value).endswith(
        'individuals.parquet: lacks columns that the config has by now: "record_key"; process the project again'
    )
