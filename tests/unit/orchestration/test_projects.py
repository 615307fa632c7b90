import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.config import Findings, check
from pipeline_lib.orchestration import projects
from pipeline_lib.orchestration.projects import read_projects, read_removed

MakeProject = Callable[..., Path]


def _places(configs: Path) -> dict[str, list[str]]:
    return {folder.dag_id: [problem.place for problem in folder.problems] for folder in read_projects(configs)}


def test_a_good_project_is_read(make_project: MakeProject, tmp_path: Path) -> None:
    (folder,) = read_projects(make_project("toy").parents[1])
    assert folder.problems == ()
    assert folder.plan is not None
    assert folder.plan.pipeline_name == "toy"
    assert folder.config == tmp_path / "configs/toy/pipeline.json"


def test_a_broken_config_is_a_problem_of_its_own_project_only(make_project: MakeProject) -> None:
    make_project("good")
    broken = make_project("broken", MoveWSMessages="perhaps", PipelineName="")
    assert _places(broken.parents[1]) == {
        "broken": ["broken/pipeline.json: PipelineName", "broken/pipeline.json: MoveWSMessages"],
        "good": [],
    }


def test_what_this_version_cannot_run_is_refused(make_project: MakeProject) -> None:
    path = make_project("toy", LabelStore=None)
    assert _places(path.parents[1]) == {"toy": ["toy/pipeline.json: LabelStore"]}


def test_whatever_a_config_file_holds_nothing_is_raised(make_project: MakeProject) -> None:
    path = make_project("toy")
    for content in (b"", b"{", b"null", b"[]", b"3", b"\xff\xfe\x00", b"[" * 100_000, b'{"Schedule": {"Cron": 3}}'):
        path.write_bytes(content)
        (folder,) = read_projects(path.parents[1])
        assert folder.plan is None
        assert folder.problems
    path.unlink()
    path.mkdir()
    assert read_projects(path.parents[1])[0].plan is None


def test_of_two_projects_with_one_pipeline_name_the_copy_is_refused(make_project: MakeProject) -> None:
    make_project("toy")
    copy = make_project("copy", PipelineName="toy")
    assert _places(copy.parents[1]) == {"copy": ["copy/pipeline.json: PipelineName"], "toy": []}


def test_a_folder_whose_name_is_no_dag_id_is_shown_as_broken_under_a_valid_one(make_project: MakeProject) -> None:
    path = make_project("my project")
    assert _places(path.parents[1]) == {"my_project": ["my project/"]}


def test_projects_whose_folders_were_removed_are_known_until_none_is_left(make_project: MakeProject) -> None:
    configs = [make_project(name).parents[1] for name in ("gone", "here", "without_file")].pop()
    assert read_removed(configs) == ()
    before = {folder.dag_id: folder for folder in read_projects(configs)}
    shutil.rmtree(configs / "gone")
    (configs / "without_file/pipeline.json").unlink()
    assert read_removed(configs) == (before["gone"],)
    shutil.rmtree(configs)
    assert read_removed(configs) == ()
    assert [folder.dag_id for folder in read_projects(configs)] == ["gone", "here", "without_file"]


def test_one_project_is_read_without_the_others(make_project: MakeProject) -> None:
    make_project("other").write_bytes(b"{")
    configs = make_project("toy").parents[1]
    assert [folder.dag_id for folder in read_projects(configs, only="toy")] == ["toy"]


def test_processes_that_read_at_the_same_time_share_the_work(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = [make_project(name).parents[1] for name in ("a", "b", "c", "d")].pop()
    looked_at: list[str] = []

    def check_while_another_process_looks(config: Path) -> Findings:
        looked_at.append(config.parent.name)
        if len(looked_at) == 1:
            monkeypatch.setattr("random.sample", lambda paths, _count: list(paths))
            read_projects(configs)
        return check(config)

    monkeypatch.setattr(projects, "check", check_while_another_process_looks)
    monkeypatch.setattr("random.sample", lambda paths, _count: list(reversed(paths)))
    assert [folder.dag_id for folder in read_projects(configs)] == ["a", "b", "c", "d"]
    assert looked_at == ["d", "a", "b", "c", "d"]


def test_a_folder_whose_name_is_no_dag_id_does_not_take_that_of_another(make_project: MakeProject) -> None:
    make_project("my_project")
    places = _places(make_project("my project").parents[1])
    assert places.pop("my_project") == []
    assert list(places.values()) == [["my project/"]]


def test_a_folder_whose_name_is_too_long_for_a_dag_is_shown_as_broken_under_a_shorter_one(
    make_project: MakeProject,
) -> None:
    configs = make_project("good").parents[1]
    make_project("long").parent.rename(configs / ("x" * 251))
    assert _places(configs) == {"good": [], "x" * 200: [f"{'x' * 251}/"]}


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda p: p.symlink_to(p.name)])
@pytest.mark.parametrize("name", ["pipeline.json", "code_schemes/show.json"])
def test_a_config_that_is_no_file_does_not_hold_up_the_others(
    make_project: MakeProject, name: str, make: Callable[[Path], object]
) -> None:
    make_project("good")
    bad = make_project("bad").parent
    (bad / name).unlink()
    make(bad / name)
    places = _places(bad.parent)
    assert places["good"] == []
    assert places["bad"]
