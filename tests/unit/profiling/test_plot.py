from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.profiling.plot import draw_memory

PROFILE = """CMDLINE process
MEM 100.0 1000.0
MEM 300.0 1001.0
MEM 200.0 1002.5
FUNC process.Finding_distinct_texts 100.0 1000.5 250.0 1002.0 1
FUNC process.all_of_it 100.0 1000.0 200.0 1002.5 0
"""


@pytest.mark.slow
def test_the_picture_names_each_step_with_its_seconds_and_its_peak(tmp_path: Path) -> None:
    (tmp_path / "process.mprof").write_text(PROFILE)
    draw_memory(tmp_path / "process.mprof", tmp_path / "memory.svg")
    picture = (tmp_path / "memory.svg").read_text()
    texts = [line.strip()[5:-4] for line in picture.splitlines() if line.strip().startswith("<!-- ")]
    for expected in (
        "Memory of process",
        "300 MiB",
        "all of it",
        "Finding distinct texts",
        "2.5 s, 300 MiB",
        "1.5 s, 300 MiB",
    ):
        assert expected in texts


@pytest.mark.slow
def test_a_profile_without_steps_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "other.dat").write_text("CMDLINE python other.py\nMEM 100.0 1000.0\n")
    draw_memory(tmp_path / "other.dat", tmp_path / "memory.png")
    assert (tmp_path / "memory.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("content", [b"CMDLINE process\n", b"", b"MEM x\n", b"\n", b"\xff\xfe"])
def test_what_is_no_profile_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.dat").write_bytes(content)
    with pytest.raises(DataError, match="is no memory profile, or one without samples"):
        draw_memory(tmp_path / "a.dat", tmp_path / "a.png")
