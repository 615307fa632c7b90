"""Every file that a command reads, damaged in every way: a sentence with its whole place, and never a traceback."""

import gzip
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import open_run
from tests.toy import change_config, sender, write_labels, write_messages, write_toy

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_drawings")]


def in_place_of(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def put(path: Path) -> None:
        path.unlink()
        make(path)

    return put


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": rewritten(lambda content: content[: len(content) // 2 - 3]),
    "empty": rewritten(lambda _: b""),
    "a byte order mark alone": rewritten(lambda _: b"\xef\xbb\xbf"),
    "with a byte order mark": rewritten(lambda content: b"\xef\xbb\xbf" + content),
    "UTF-16": rewritten(lambda content: content.decode("latin-1").encode("utf-16")),
    "semicolons": rewritten(lambda content: content.replace(b",", b";")),
    "gzip, cut off": rewritten(lambda content: gzip.compress(content, mtime=0)[:-9]),
    "zeros": rewritten(lambda _: bytes(5000)),
    "a program's": rewritten(lambda _: b"PK\x03\x04 of a program \xff\xfe"),
    "a folder": in_place_of(Path.mkdir),
    "a link to nothing": in_place_of(lambda path: path.symlink_to("nowhere")),
    "a pipe": in_place_of(os.mkfifo),
    "a broken disk": in_place_of(lambda path: path.symlink_to("/proc/self/mem")),
}
MARKED, EMPTY, AS_EXCEL = {"with a byte order mark"}, {"empty", "a byte order mark alone"}, {"UTF-16", "semicolons"}


class Reading(NamedTuple):
    """A command that reads a file."""

    file: str
    """Below the test's folder."""
    command: str
    understood: set[str] = MARKED
    """Damages in spite of which it is read; the empty is read as a file of nothing."""


PROCESS = "process --config CONFIG --raw-data T/run/Raw\0Data --coded T/run/Coded\0Coda\0Files --outputs T/made"
FETCH = "fetch --config CONFIG --raw-data T/made"
READINGS = {
    "raw data": Reading("run/Raw Data/toy_recovered.jsonl", PROCESS, MARKED | EMPTY),
    "labels": Reading("run/Coded Coda Files/show.json", PROCESS, MARKED | EMPTY | {"UTF-16"}),
    "labels of a coder": Reading(
        "run/Coded Coda Files/show.json",
        "agreement --config CONFIG --dataset show --first T/run/Coded\0Coda\0Files/show.json --second T/coder.json",
        MARKED | {"UTF-16"},
    ),
    "frames": Reading(
        "run/Outputs/Processed/messages.parquet",
        "analyse --config CONFIG --outputs T/run/Outputs --analysis T/made",
        set(),
    ),
    "messages for coders": Reading(
        "run/Outputs/Coda Files/show.json",
        "coda-push --config CONFIG --outputs T/run/Outputs",
        MARKED | EMPTY | {"UTF-16"},
    ),
    "traced data": Reading(
        "run/Outputs/messages_traced_data.jsonl", "verify T/run/Outputs/messages_traced_data.jsonl", MARKED | {"empty"}
    ),
    "labelled answers": Reading("answers.csv", "evaluate-cleaners T/answers.csv"),
    "an archive": Reading("today.tar.gz", "restore T/today.tar.gz T/made", set()),
    "a manifest": Reading("run/manifest.json", "manifest T/run/manifest.json", set()),
    "a label store": Reading(
        "configs/toy/coda/show.json",
        "coda-pull --config CONFIG --coded T/made --accept-shrink show",
        MARKED | EMPTY | {"UTF-16", "a folder", "a link to nothing"},
    ),
    "recovered messages": Reading(
        "configs/toy/sources/toy_recovered.csv",
        f"{FETCH} --accept-shrink toy_recovered",
        MARKED | AS_EXCEL,
    ),
    "a bucket's file": Reading(
        "configs/toy/sources/toy_age.jsonl",
        f"{FETCH} --accept-shrink toy_age",
        MARKED | EMPTY,
    ),
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], int]:
    """Runs a command on a small project's run whose files are a person's own, so that they can be damaged."""
    config = write_toy(tmp_path / "configs")
    write_messages(config, 20)
    answers = [{"avf_phone_id": sender(number), "age": str(number)} for number in range(20)]
    (config.parent / "sources" / "toy_age.jsonl").write_text("".join(json.dumps(each) + "\n" for each in answers))
    write_labels(config, 20)
    change_config(config, DataRoot=str(tmp_path / "data"))
    run_to_outputs(open_run(load_project(config), "today", datetime(2026, 1, 16, 23, tzinfo=UTC), "tester"))
    run = tmp_path / "data" / "toy" / "runs" / "today"
    shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns(".versions"))
    shutil.copy(tmp_path / "run" / "Coded Coda Files" / "show.json", tmp_path / "coder.json")
    (tmp_path / "answers.csv").write_text("cleaner,language,text,label,kind\nsomali.yes_no,so,haa,yes,x\n")
    assert main(["archive", "--config", str(config), "--run", "today", "--to", str(tmp_path / "today.tar.gz")]) == 0
    kept = tmp_path / "data"
    shutil.copytree(kept, tmp_path / "kept", symlinks=True)

    def execute(command: str) -> int:
        shutil.rmtree(tmp_path / "made", ignore_errors=True)
        (tmp_path / "made.manifest.json").unlink(missing_ok=True)
        shutil.rmtree(kept)
        shutil.copytree(tmp_path / "kept", kept, symlinks=True)
        words = [word.replace("\0", " ").replace("CONFIG", str(config)) for word in command.split(" ")]
        return main([word.replace("T/", f"{tmp_path}/", 1) if word.startswith("T/") else word for word in words])

    return execute


@pytest.mark.parametrize("name", READINGS)
def test_a_damaged_file_is_named_in_full(
    read: Callable[[str], int], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    reading = READINGS[name]
    path = tmp_path / reading.file
    whole = path.read_bytes()
    assert read(reading.command) == 0
    understood = set()
    for kind, damage in DAMAGES.items():
        damage(path)
        capsys.readouterr()
        exit_code = read(reading.command)
        said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
        if exit_code == 2:
            assert str(path) in said[-1].replace("%20", " "), (kind, said[-1])
            assert "Traceback" not in "".join(said), kind
        else:
            understood.add(kind)
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
        path.write_bytes(whole)
    assert understood == reading.understood
