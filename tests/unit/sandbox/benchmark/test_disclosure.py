from pathlib import Path

import pytest

from sandbox.benchmark import inputs
from sandbox.benchmark.disclosure import Deviations, counted_and_released, deviations, main
from sandbox.benchmark.inputs import demo_input

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(inputs, "SHARED", tmp_path / "shared")


def test_a_line_has_the_mean_and_the_largest_deviation_of_what_is_released() -> None:
    line = Deviations("people", 1_200, [0, 1, 2, 5], zero_count=9).line()
    assert line.split() == ["people", "1,204", "1,200", "9", "2.00", "5.0"]
    assert Deviations("people", 7, []).line().split() == ["people", "7", "7", "0", "0.00", "0.0"]


def test_numbers_of_people_are_off_by_the_largest_deviation_at_most_and_the_same_every_time() -> None:
    counted, released = counted_and_released(demo_input(120))
    assert (counted.threshold, released.threshold) == (None, 5)
    people, messages, *_ = deviations(counted, released)
    assert 0 < max(people.deviations) <= 5
    assert people.not_released_count > people.zero_count > 0
    assert len(people.deviations) > 10
    assert max(messages.deviations) > 5
    assert next(deviations(*counted_and_released(demo_input(120)))) == people


def test_the_demo_comes_first_and_then_each_size(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.benchmark.disclosure.demo_input", lambda: demo_input(60))
    main(["80"])
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [
        "demo-60",
        *["people", "messages", "messages,", "shares,", "shares"],
        "demo-80",
        *["people", "messages", "messages,", "shares,", "shares"],
    ]
