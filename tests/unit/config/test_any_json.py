import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_lib.config import check, load_project
from pipeline_lib.errors import ConfigError

KEYS = st.sampled_from(["SourceType", "RawField", "CodingPlans", "$schema", "PipelineName", "", "\ud800"]) | st.text()
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.just("\0")
JSON = st.recursive(
    LEAVES, lambda items: st.lists(items, max_size=4) | st.dictionaries(KEYS, items, max_size=4), max_leaves=12
)

SETTINGS = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def containers(value: Any) -> list[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) and value else []
    return own + [found for item in items for found in containers(item)]


@pytest.mark.slow
@SETTINGS
@given(JSON)
def test_any_json_is_a_config_error_and_nothing_else(tmp_path: Path, written: Any) -> None:
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(written))
    with pytest.raises(ConfigError) as caught:
        load_project(path)
    assert caught.value.problems
    assert check(path).errors


@pytest.mark.slow
@SETTINGS
@given(data=st.data())
def test_any_change_of_a_good_project_is_understood_or_a_config_error(
    tmp_path: Path, files: dict[str, Any], data: st.DataObject
) -> None:
    changed = copy.deepcopy(files)
    for _ in range(data.draw(st.integers(1, 3))):
        holder = data.draw(st.sampled_from(containers(list(changed.values()))))
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        holder[data.draw(st.sampled_from(keys))] = data.draw(JSON)
    for name, content in changed.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    check(tmp_path / "pipeline.json")
    with suppress(ConfigError):
        load_project(tmp_path / "pipeline.json")
