from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project, project_again, whole_config
from pipeline_lib.config.snapshot import WholeConfig
from pipeline_lib.errors import ConfigError

Files = dict[str, Any]


@pytest.mark.parametrize("is_inline", [True, False])
def test_a_project_is_the_same_from_what_was_kept_of_it(
    files: Files, write: Callable[..., Path], is_inline: bool
) -> None:
    if is_inline:
        files["pipeline.json"]["CodingPlans"] = files["coding_plans.json"]
    path = write(files)
    project = load_project(path)
    again = project_again(whole_config(check(path).reading), path)
    assert again.plans == project.plans
    assert (again.path, again.folder, again.name) == (project.path, project.folder, project.name)
    assert again.config.model_copy(update={"coding_plans": project.config.coding_plans}) == project.config


def test_what_was_kept_is_read_as_critically_as_files(files: Files, write: Callable[..., Path]) -> None:
    path = write(files)
    whole = whole_config(check(path).reading)
    with pytest.raises(ConfigError, match=r"pipeline\.json: Odd: is not a known key"):
        project_again(WholeConfig({**whole.config, "Odd": 1}, whole.code_schemes), path)


def test_no_name_of_a_scheme_leads_out_of_the_folder(files: Files, write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(files)
    whole = whole_config(check(path).reading)
    outside = tmp_path / "outside"
    kept = WholeConfig(whole.config, {**whole.code_schemes, str(outside): {}, "../outside": {}})
    assert project_again(kept, path).plans == project_again(whole, path).plans
    assert not outside.with_suffix(".json").exists()
