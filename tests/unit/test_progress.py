import io
import itertools
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pipeline_lib.progress import Step, step, track, watching_steps


@pytest.fixture(autouse=True)
def _lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pipeline_lib.progress")


@pytest.fixture(autouse=True)
def short_work() -> None:
    """What other tests are spared is tested here."""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def clock_of(*seconds: float) -> Callable[[], float]:
    return iter(seconds).__next__


def test_short_work_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert list(track([1, 2, 3], "Reading", clock=clock_of(0, 1, 2, 3))) == [1, 2, 3]
    assert caplog.messages == []


def test_long_work_says_every_ten_seconds_how_far_it_is_when_nobody_watches(caplog: pytest.LogCaptureFixture) -> None:
    seconds = itertools.count(0, 4)
    assert list(track(range(8), "Reading", clock=lambda: float(next(seconds)))) == list(range(8))
    assert caplog.messages == ["Reading: 2 of 8 (25%)", "Reading: 5 of 8 (62%)"]


def test_work_without_a_known_end_counts_only(caplog: pytest.LogCaptureFixture) -> None:
    endless = iter(range(3000))
    assert sum(1 for _ in track(endless, "Reading", clock=clock_of(0, *[1] * 2000, *[11] * 1000))) == 3000
    assert caplog.messages == ["Reading: 2,000"]


def test_a_watched_terminal_sees_a_bar_and_no_lines(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pipeline_lib.progress.SHORT_SECONDS", 0)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert list(track([1, 2], "Reading")) == [1, 2]
    assert "Reading" in terminal.getvalue()
    assert caplog.messages == []


def test_a_step_tells_how_long_it_took(caplog: pytest.LogCaptureFixture) -> None:
    with step("Folding", clock=clock_of(10, 13.25)):
        pass
    assert caplog.messages == ["Folding: 3.2 s"]


def test_a_short_step_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with step("Folding", clock=clock_of(10, 11)):
        pass
    assert caplog.messages == []


def test_steps_are_watched_with_the_rows_that_they_gave_and_only_as_long_as_asked() -> None:
    seen = []

    @contextmanager
    def watch(watched: Step) -> Iterator[None]:
        seen.append(f"{watched.description} begins")
        yield
        seen.append(f"{watched.description} gave {watched.row_count}")

    with watching_steps(watch), step("Folding"), step("Joining") as joining:
        joining.row_count = 3
    with step("Writing"):
        pass
    assert seen == ["Folding begins", "Joining begins", "Joining gave 3", "Folding gave None"]
