"""A source or a dataset that collapses, from the command line: what is refused, and how it is accepted once."""

import json
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.errors import ConfigError
from pipeline_lib.stages.shrink_limit import shrink_limit
from tests.toy import change_config, write_toy

ROWS = [f"avf-phone-uuid-3f5f0b0e-0000-4000-8000-{n:012},biyo,01/01/2026 10:00\n" for n in range(6)]
LINES = [json.dumps({"avf_phone_id": f"avf-phone-uuid-3f5f0b0e-0000-4000-8000-{n:012}"}) + "\n" for n in range(6)]
HOW = (
    "have them restored; or, if they are gone for good, accept it once with --accept-shrink {name} or the run's "
    "parameter accept_shrink (SourceShrinkLimit: at least 50% must be there)"
)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy project with six rows in a CSV, six lines in a bucket's file and six labelled messages in Coda."""
    monkeypatch.setenv("PIPELINE_DATA_ROOT", str(tmp_path / "data"))
    config = write_toy(tmp_path / "configs")
    write_csv(config, 6)
    write_bucket_file(config, 6)
    write_dataset(config, message_count=6, label_count=6)
    return config


def write_csv(config: Path, count: int) -> None:
    (config.parent / "sources/toy_recovered.csv").write_text("Sender,Message,ReceivedOn\n" + "".join(ROWS[:count]))


def write_bucket_file(config: Path, count: int) -> None:
    (config.parent / "sources/toy_age.jsonl").write_text("".join(LINES[:count]))


def write_dataset(config: Path, *, message_count: int, label_count: int) -> None:
    labels = [
        {"SchemeID": "Scheme-show", "CodeID": "code-water", "DateTimeUTC": "2026-01-03T00:00:00Z", "Checked": True}
    ]
    messages = [
        {
            "MessageID": f"{number:064x}",
            "Text": f"text {number}",
            "CreationDateTimeUTC": "2026-01-02T00:00:00Z",
            "Labels": labels if number < label_count else [],
        }
        for number in range(message_count)
    ]
    (config.parent / "coda" / f"{dataset(config)}.json").write_text(json.dumps(messages))


def sources(config: Path) -> str:
    """The URI of the folder with the files."""
    return (config.parent / "sources").as_uri()


def dataset(config: Path) -> str:
    (only,) = load_project(config).plans.datasets
    return only.coda_filename.removesuffix(".json")


def fetch(config: Path, *more: str) -> int:
    to = [] if "--dry-run" in more else ["--raw-data", str(config.parents[2] / "fetched/Raw Data")]
    return main(["fetch", "--config", str(config), *to, *more])


def coda_pull(config: Path, *more: str) -> int:
    to = [] if "--dry-run" in more else ["--coded", str(config.parents[2] / "coded")]
    return main(["coda-pull", "--config", str(config), *to, *more])


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_that_lost_most_of_their_rows_are_refused_with_exit_code_2_and_accepted_once(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(toy) == 0
    write_csv(toy, 0)
    assert fetch(toy) == 2
    refusal = f"{sources(toy)}/toy_recovered.csv: had 6 records when it was last read, and has none now; {HOW}"
    assert said(capsys) == [refusal.format(name="toy_recovered")]
    assert fetch(toy) == 2
    assert fetch(toy, "--accept-shrink", "toy_recovered") == 0
    capsys.readouterr()
    assert fetch(toy) == 0
    assert said(capsys) == []


def test_an_emptied_file_of_a_bucket_is_refused_and_what_was_published_stays(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(toy) == 0
    before = contents(toy.parents[2] / "fetched")
    write_bucket_file(toy, 0)
    assert fetch(toy) == 2
    refusal = f"{sources(toy)}/toy_age.jsonl: had 6 records when it was last read, and has none now; {HOW}"
    assert said(capsys) == [refusal.format(name="toy_age")]
    assert contents(toy.parents[2] / "fetched") == before


def test_a_dry_run_says_the_same_and_keeps_nothing(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(toy) == 0
    before = contents(toy.parents[2] / "data")
    write_bucket_file(toy, 2)
    assert fetch(toy, "--dry-run") == 2
    assert said(capsys) == [
        f"{sources(toy)}/toy_age.jsonl: had 6 records when it was last read, and has 2 now; {HOW}".format(
            name="toy_age"
        )
    ]
    assert fetch(toy, "--dry-run", "--accept-shrink", "toy_age.jsonl") == 0
    assert contents(toy.parents[2] / "data") == before
    assert fetch(toy) == 2


def test_a_run_refuses_makes_nothing_and_accepts_once(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "--config", str(toy), "--mode", "auto-code-only"]
    assert main(run) == 0
    write_csv(toy, 1)
    write_bucket_file(toy, 2)
    capsys.readouterr()
    assert main([*run, "--accept-shrink", "toy_age"]) == 2
    assert said(capsys) == [
        f"{sources(toy)}/toy_recovered.csv: had 6 records when it was last read, and has 1 now; {HOW}".format(
            name="toy_recovered"
        )
    ]
    assert main([*run, "--accept-shrink", "toy_age", "--accept-shrink", "toy_recovered"]) == 0
    assert main(run) == 0


def test_the_share_is_the_configs(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_config(toy, SourceShrinkLimit=0.9)
    assert fetch(toy) == 0
    write_csv(toy, 5)
    assert fetch(toy) == 2
    assert "had 6 records when it was last read, and has 5 now" in capsys.readouterr().err
    change_config(toy, SourceShrinkLimit=0.8)
    assert fetch(toy) == 0


@pytest.mark.parametrize(
    ("message_count", "label_count", "lost"), [(2, 2, "message"), (6, 1, "label"), (6, 0, "label")]
)
def test_labels_that_vanish_from_coda_are_refused_and_accepted_once(
    toy: Path, capsys: pytest.CaptureFixture[str], message_count: int, label_count: int, lost: str
) -> None:
    assert coda_pull(toy) == 0
    before = contents(toy.parents[2] / "coded")
    write_dataset(toy, message_count=message_count, label_count=label_count)
    capsys.readouterr()
    for more in ((), ("--dry-run",), ()):
        assert coda_pull(toy, *more) == 2
        (first, *_) = said(capsys)
        assert first.startswith(f'dataset "{dataset(toy)}": had 6 {lost}s when it was last read, and has ')
        assert first.endswith(HOW.format(name=dataset(toy)))
    assert contents(toy.parents[2] / "coded") == before
    assert coda_pull(toy, "--accept-shrink", dataset(toy)) == 0
    assert coda_pull(toy) == 0


def test_messages_that_cannot_be_used_are_told_as_such_and_not_as_lost(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert coda_pull(toy) == 0
    path = toy.parent / "coda" / f"{dataset(toy)}.json"
    broken = [{**message, "Text": None} for message in json.loads(path.read_text())]
    path.write_text(json.dumps([*broken[:3], *({**message, "MessageID": None} for message in broken[3:])]))
    capsys.readouterr()
    assert coda_pull(toy) == 2
    assert "6 of its 6 messages cannot be used" in said(capsys)[0]


@pytest.mark.parametrize("command", [fetch, coda_pull])
def test_a_name_that_the_project_does_not_have_is_refused_with_the_nearest(
    toy: Path, capsys: pytest.CaptureFixture[str], command: type[object]
) -> None:
    assert command(toy, "--accept-shrink", "toy_recoverd") == 2  # type: ignore[call-arg]
    assert said(capsys) == [
        'accept-shrink: names neither raw data nor a dataset of this project; did you mean "toy_recovered"?'
    ]


def test_every_unknown_name_is_told_and_none_is_repeated(toy: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        shrink_limit(load_project(toy), ["+252612345678", "toy_age", "xyz"])
    assert len(raised.value.problems) == 2
    assert "252612345678" not in str(raised.value)
