import hashlib
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline_lib.profiling import cpu
from pipeline_lib.profiling.cpu import cpu_profile


def slow_sum() -> int:
    return sum(number * number for number in range(2_000_000))


def hold_the_interpreter() -> int:
    """One call into C, in which no other thread has a turn."""
    return sum(range(30_000_000))


def let_the_interpreter_go() -> bytes:
    """One call into C, beside which other threads work."""
    return hashlib.sha256(bytes(100_000_000)).digest()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A thread's number for each look at it, the first of which is no sample."""
    told = []

    def look(thread: int) -> list[str]:
        told.append(thread)
        return stack(thread)

    stack = cpu._stack
    monkeypatch.setattr(cpu, "_stack", look)
    return told


def work(part: Callable[[], object], looks: list[int]) -> None:
    """Does the part until there are samples, on however busy a machine."""
    while len(looks) < 6:
        part()


def session(page: Path) -> dict[str, Any]:
    """What pyinstrument's page draws."""
    text = page.read_text(encoding="utf-8")
    start = text.index("const sessionData = ") + len("const sessionData = ")
    told: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
    return told


def frames(frame: dict[str, Any]) -> list[dict[str, Any]]:
    return [frame, *(inner for child in frame["children"] for inner in frames(child))]


def test_the_page_is_titled_with_what_was_profiled(tmp_path: Path) -> None:
    with cpu_profile(tmp_path / "process.html", "process"):
        slow_sum()
    assert (tmp_path / "process.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert session(tmp_path / "process.html")["session"]["target_description"] == "process"


@pytest.mark.slow
@pytest.mark.parametrize("part", [slow_sum, hold_the_interpreter, let_the_interpreter_go])
def test_time_goes_to_the_function_that_took_it_whether_or_not_it_lets_others_work(
    tmp_path: Path, looks: list[int], part: Callable[[], object]
) -> None:
    with cpu_profile(tmp_path / "process.html", "process"):
        work(part, looks)
    told = session(tmp_path / "process.html")
    seconds = {frame["identifier"].partition("\0")[0]: frame["time"] for frame in frames(told["frame_tree"])}
    assert seconds[part.__name__] > told["session"]["duration"] / 2


@pytest.mark.slow
def test_methods_are_named_with_their_class(tmp_path: Path, looks: list[int]) -> None:
    class Slow:
        def sums(self) -> int:
            return slow_sum()

    with cpu_profile(tmp_path / "process.html", "process"):
        work(Slow().sums, looks)
    assert "Slow.sums" in (tmp_path / "process.html").read_text(encoding="utf-8")


def fail_slowly(looks: list[int]) -> None:
    work(slow_sum, looks)
    raise LookupError


@pytest.mark.slow
def test_work_that_fails_has_its_page_too(tmp_path: Path, looks: list[int]) -> None:
    with pytest.raises(LookupError), cpu_profile(tmp_path / "process.html", "process"):
        fail_slowly(looks)
    assert "slow_sum" in (tmp_path / "process.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_page_shows_nothing_that_functions_were_given_or_hold(tmp_path: Path, looks: list[int]) -> None:
    said = "kanaari hadal gaar ah"

    class Said(str):
        __slots__ = ()

        def repeat(self, number: str) -> str:
            text = self + number
            work(slow_sum, looks)
            raise LookupError(text)

    with pytest.raises(LookupError, match=said), cpu_profile(tmp_path / "process.html", "process"):
        Said(said).repeat("252617654321")
    page = (tmp_path / "process.html").read_text(encoding="utf-8")
    assert "Said.repeat" in page
    assert "kanaari" not in page
    assert "252617654321" not in page


def test_work_too_short_for_a_sample_has_a_page(tmp_path: Path) -> None:
    with cpu_profile(tmp_path / "process.html", "process"):
        pass
    assert (tmp_path / "process.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_samples_become_coarser_rather_than_more_and_keep_all_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "_MOST_SAMPLES", 4)
    monkeypatch.setattr(cpu, "time", SimpleNamespace(perf_counter=count().__next__))
    monkeypatch.setattr(cpu, "_stack", lambda _: [])
    intervals, samples = list[float](), list[Any]()

    def wait(interval: float) -> bool:
        intervals.append(interval)
        return len(intervals) == 8

    cpu._sample(0, samples, cast("Any", SimpleNamespace(wait=wait)))
    assert intervals == [0.02, 0.02, 0.02, 0.02, 0.04, 0.04, 0.08, 0.08]
    assert [seconds for _, seconds in samples] == [4, 2, 1]
