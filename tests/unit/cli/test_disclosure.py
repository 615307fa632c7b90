"""A project's key for disclosure control, made and missed."""

import errno
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.errors import ConfigError
from pipeline_lib.stages.disclosure import read_disclosure_key
from pipeline_lib.storage import secrets

DEMO = Path(__file__).parents[3] / "configs" / "demo"
PLACE = "pipeline.json: AutomatedAnalysis.DisclosureControl.KeyFileURL"
MAKE = (
    "bring the project's key back; if it has never had one, make it: "
    "python -m pipeline_lib create-disclosure-key --config …"
)

Make = Callable[..., Path]


@pytest.fixture
def demo(tmp_path: Path) -> Make:
    """The demo project with a key at a place, or without disclosure control."""

    def make(url: str | None) -> Path:
        folder = Path(shutil.copytree(DEMO, tmp_path / "demo"))
        path = folder / "pipeline.json"
        control = {} if url is None else {"DisclosureControl": {"KeyFileURL": url}}
        path.write_text(json.dumps(json.loads(path.read_text()) | {"AutomatedAnalysis": control}))
        return folder

    return make


@pytest.mark.parametrize("url", ["state/disclosure.key", "disclosure.key"])
def test_a_key_is_made_once_and_only_its_owner_reads_it(
    url: str, demo: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = demo(url)
    assert main(["create-disclosure-key", "--config", str(folder)]) == 0
    assert stat.S_IMODE((folder / url).stat().st_mode) == 0o600
    key = (folder / url).read_text()
    assert main(["create-disclosure-key", "--config", str(folder)]) == 2
    assert (folder / url).read_text() == key
    told = capsys.readouterr()
    assert (
        told.err
        == f"{PLACE}: there is a file already; keep it: another key would give other numbers for the same people\n"
    )
    assert told.out == ""
    assert read_disclosure_key(load_project(folder / "pipeline.json")) == key.strip()


def test_a_key_for_airflow_is_printed_with_where_to_put_it(demo: Make, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["create-disclosure-key", "--config", str(demo("connection://disclosure"))]) == 0
    told = capsys.readouterr()
    assert len(told.out.strip()) == 64
    assert told.err.startswith("This is a new key, which is kept nowhere yet: unless Airflow has the connection")


def test_a_project_without_disclosure_control_needs_no_key(demo: Make, capsys: pytest.CaptureFixture[str]) -> None:
    folder = demo(None)
    assert main(["create-disclosure-key", "--config", str(folder)]) == 2
    assert capsys.readouterr().err == (
        "pipeline.json: asks for no disclosure control; "
        'add AutomatedAnalysis.DisclosureControl, such as {"KeyFileURL": "disclosure.key"}\n'
    )
    assert read_disclosure_key(load_project(folder / "pipeline.json")) is None


def test_a_place_that_no_storage_has_is_refused_without_saying_it(
    demo: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["create-disclosure-key", "--config", str(demo("https://store.example/canary"))]) == 2
    assert capsys.readouterr().err == (
        f"{PLACE}: names no place that there is a storage for; name a file, by a URL or a path\n"
    )


def test_a_missing_key_is_told_with_the_command_that_makes_it(demo: Make, capsys: pytest.CaptureFixture[str]) -> None:
    folder = demo("disclosure.key")
    main(["validate", str(folder)])
    told = capsys.readouterr()
    assert f"{PLACE}: there is no such file now: a run would fail; {MAKE}" in told.out + told.err
    with pytest.raises(ConfigError) as missing:
        read_disclosure_key(load_project(folder / "pipeline.json"))
    assert str(missing.value) == f"{PLACE}: there is no such file; {MAKE}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", f"the file is empty; remove it, and {MAKE}"),
        (" \n", f"the file is empty; remove it, and {MAKE}"),
        (
            "canary",
            f"the key has fewer than 32 characters: somebody could try all such keys; remove it, and {MAKE}",
        ),
        (b"\xff" * 64, "the file is not text in UTF-8; name a file that can be read"),
    ],
)
def test_a_file_with_another_content_is_refused_without_saying_it(
    content: str | bytes, sentence: str, demo: Make
) -> None:
    folder = demo("disclosure.key")
    (folder / "disclosure.key").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError) as refused:
        read_disclosure_key(load_project(folder / "pipeline.json"))
    assert str(refused.value).startswith(f"{PLACE}: {sentence}")


def test_a_key_that_this_user_may_not_read_is_told(demo: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = demo("disclosure.key")
    main(["create-disclosure-key", "--config", str(folder)])

    def refuse(*_: object) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")  # as root may read whatever it is asked to

    monkeypatch.setattr(secrets, "read_input", refuse)
    with pytest.raises(ConfigError) as refused:
        read_disclosure_key(load_project(folder / "pipeline.json"))
    assert str(refused.value) == f"{PLACE}: cannot be read by this user; give this user the permission to read it"
