"""Configs that cannot be used, among others and while a run is under way, with a real scheduler."""

import shutil

import pytest

from sandbox.world import AS_OF
from tests.journeys.shared_airflow import Operated
from tests.toy import change_config, write_toy

pytestmark = pytest.mark.airflow


def test_each_broken_config_is_told_and_keeps_no_other_project_from_running(operated: Operated) -> None:
    api, configs = operated.api, operated.root / "configs"
    for name in ("typo", "no_scheme", "twin"):
        config = write_toy(configs, name)
        change_config(config, PipelineName="toy" if name == "twin" else name)
    change_config(configs / "typo/pipeline.json", Shedule={})
    (configs / "no_scheme/code_schemes/show.json").unlink()
    for name, content in (("no_json", '{"PipelineName": '), ("empty", "")):
        (configs / name).mkdir()
        (configs / name / "pipeline.json").write_text(content)
    (configs / "no_config/code_schemes").mkdir(parents=True)
    broken = {
        "typo": "typo/pipeline.json: Shedule: is not a known key",
        "no_scheme": "Codings[0].CodeScheme: there is no code scheme",
        "twin": 'twin/pipeline.json: PipelineName: "toy" is already the name of toy/pipeline.json',
        "no_json": "no_json/pipeline.json: line 1, column 18: is not JSON",
        "empty": "empty/pipeline.json: is empty; write a JSON object",
    }
    operated.read_configs()
    try:
        api.wait_for("the broken configs to be told", lambda: "twin/" in api.import_error_of("config_health.py"))
        told = api.import_error_of("config_health.py")
        assert [sentence for sentence in broken.values() if sentence not in told] == []
        assert "no_config" not in told
        for name in broken:
            api.wait_for(f"the DAG {name}", lambda name=name: api.tags(name) == {"config-error"})  # type: ignore[misc]
        for name in ("full", "days", "hand", "toy", "paused"):
            assert "config-error" not in api.tags(name)
        assert operated.run("toy", "among_broken_ones") == "success"
        assert operated.run("empty", "red") == "failed"
        assert broken["empty"] in operated.logged("empty", "red", "config_error")
    finally:
        for name in (*broken, "no_config"):
            shutil.rmtree(configs / name)
        operated.read_configs()
    api.wait_for("the configs to be well", lambda: not api.import_error_of("config_health.py"))


def test_a_run_outlives_its_config_the_next_is_red_and_clearing_it_once_all_is_mended_helps(operated: Operated) -> None:
    api, config = operated.api, operated.root / "configs/outlived/pipeline.json"
    good = config.read_text(encoding="utf-8")
    asked = {"as_of": AS_OF.isoformat(), "publish": "no"}
    assert operated.run("outlived", "before", **asked) == "success"
    expected = operated.made("outlived", "before")
    try:
        api.trigger("outlived", "under_way", asked)
        api.wait_for("a task to end", lambda: "success" in operated.states("outlived", "under_way").values())
        config.write_text(good.replace('"LabelStore"', '"LabelStoer"'), encoding="utf-8")
        operated.read_configs()
        api.wait_for("the broken config to be seen", lambda: api.tags("outlived") == {"config-error"})
        assert api.wait_until_ended("outlived", "under_way") == "success"
        assert operated.made("outlived", "under_way") == expected

        assert operated.run("outlived", "red", **asked) == "failed"
        states = operated.states("outlived", "red")
        failed = {task_id for task_id, state in states.items() if state == "failed"}
        assert failed == {"coda_pull", "fetch", "upload_logs", "outcome"}
        told = "outlived/pipeline.json: LabelStoer: is not a known key"
        assert told in operated.logged("outlived", "red", "coda_pull")
    finally:
        config.write_text(good, encoding="utf-8")
        operated.read_configs()
    api.wait_for("the mended config to be seen", lambda: "config-error" not in api.tags("outlived"))
    api.clear("outlived", "red", *states)
    assert api.wait_until_ended("outlived", "red") == "success"
    assert operated.made("outlived", "red") == expected
