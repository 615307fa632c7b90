from pathlib import Path

import pytest

from pipeline_lib.profiling.cpu import cpu_profile


def slow_sum() -> int:
    return sum(number * number for number in range(2_000_000))


def test_the_page_names_the_function_that_took_the_time(tmp_path: Path) -> None:
    with cpu_profile(tmp_path / "process.html"):
        slow_sum()
    page = (tmp_path / "process.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "slow_sum" in page


def fail_slowly() -> None:
    slow_sum()
    raise LookupError


def test_work_that_fails_has_its_page_too(tmp_path: Path) -> None:
    with pytest.raises(LookupError), cpu_profile(tmp_path / "process.html"):
        fail_slowly()
    assert "slow_sum" in (tmp_path / "process.html").read_text(encoding="utf-8")
