"""Profiles of tasks, where a run asks for them."""

from typing import Any

import pytest

Nights = Any  # conftest.py has it; test modules are not imported


def profiles(nights: Nights) -> list[str]:
    (run,) = nights.runs.iterdir()
    return sorted(path.name for path in run.glob("Profiles/*") if path.name != ".versions")


def test_a_run_that_asks_has_profiles_of_every_task(nights: Nights) -> None:
    nights.night(nights.context(conf={"profile_memory": True, "profile_cpu": True}))
    tasks = ("coda_pull", "fetch-0", "fetch-1", "process")
    assert profiles(nights) == sorted(f"{task}.{end}" for task in tasks for end in ("html", "mprof"))
    (run,) = nights.runs.iterdir()
    memory = (run / "Profiles/process.mprof").read_text()
    assert memory.startswith("CMDLINE process\nMEM ")
    assert "FUNC process.Finding_automatic_codes" in memory
    assert "make_outputs" in (run / "Profiles/process.html").read_text(encoding="utf-8")


def test_a_run_that_does_not_ask_has_none_and_imports_no_profiler(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_lib.stages import profiles as stage  # noqa: PLC0415 - after conftest's settings

    def refuse(*_: object) -> None:
        pytest.fail("profiled")

    monkeypatch.setattr(stage, "profiled", refuse)
    nights.night(nights.context(conf={"profile_memory": False}))
    assert profiles(nights) == []


def test_a_task_that_fails_has_its_profile_too(nights: Nights) -> None:
    from pipeline_lib.errors import PipelineError  # noqa: PLC0415 - after conftest's settings

    context = nights.context(conf={"profile_memory": True})
    nights.task("coda_pull", context)
    with pytest.raises(PipelineError):
        nights.task("process", context, fetch=[["file:///nowhere/a.jsonl"]], coda_pull="file:///nowhere")
    assert profiles(nights) == ["coda_pull.mprof", "process.mprof"]


def test_a_profile_that_cannot_be_kept_fails_nothing(nights: Nights) -> None:
    context = nights.context(conf={"profile_memory": True})
    nights.task("coda_pull", context)
    (run,) = nights.runs.iterdir()
    (run / "Profiles/fetch-0.mprof").mkdir(parents=True)
    assert nights.fetched(context)
    assert profiles(nights) == ["coda_pull.mprof", "fetch-0.mprof", "fetch-1.mprof"]
    assert list((run / "Profiles/fetch-0.mprof").iterdir()) == []


@pytest.mark.parametrize("value", ["yes", 1, "true"])
def test_a_parameter_that_is_neither_true_nor_false_is_refused(nights: Nights, value: object) -> None:
    from pipeline_lib.errors import ConfigError  # noqa: PLC0415 - after conftest's settings

    with pytest.raises(ConfigError, match="parameter profile_cpu: must be true or false"):
        nights.task("coda_pull", nights.context(conf={"profile_cpu": value}))
