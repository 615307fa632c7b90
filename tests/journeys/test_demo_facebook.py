"""The demo's project of comments from a shell: fetched from the sandbox's page, labelled, analysed, shown."""

import csv
import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.sources.facebook.client import STAND_IN_SETTING
from sandbox.airflow_server import REPOSITORY
from sandbox.demo_world import write_demo_world
from sandbox.facebook.invented import invented_page
from sandbox.facebook.server import FacebookServer
from sandbox.world import AS_OF

DATASETS = ("facebook_s01e01", "facebook_s01e02")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of all its stages."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(REPOSITORY / "configs/demo/code_schemes", root / "configs/demo/code_schemes")
    config = shutil.copytree(REPOSITORY / "configs/demo_facebook", root / "configs/demo_facebook")
    write_demo_world(root / ".demo/world", message_count=10)
    with FacebookServer(invented_page().world) as server, pytest.MonkeyPatch.context() as settings:
        settings.setenv(STAND_IN_SETTING, server.host)
        assert main(["run", "--config", str(config), "--as-of", AS_OF.isoformat()]) == 0
    (folder,) = (root / ".demo/data/demo_facebook/runs").iterdir()
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_episodes_comments_are_a_dataset(run: Path) -> None:
    assert [(row["dataset"], row["fetched"]) for row in rows(run / "Outputs/quality.csv")] == [
        ("facebook_s01e01", "223"),
        ("facebook_s01e02", "172"),
    ]
    assert not (run / "Quarantine").exists()


def fetched(run: Path, dataset: str) -> set[str]:
    """A dataset's comments, as Coda knows them."""
    lines = (run / f"Raw Data/{dataset}_GeedkaHoostiisa.jsonl").read_text(encoding="utf-8").splitlines()
    return {sha256(json.loads(line)[f"{dataset}.id"].encode()).hexdigest() for line in lines}


def in_coda(file: Path) -> set[str]:
    return {message["MessageID"] for message in json.loads(file.read_bytes())}


@pytest.mark.parametrize("dataset", DATASETS)
def test_what_coders_labelled_are_comments_that_were_fetched(run: Path, dataset: str) -> None:
    labelled = in_coda(run / f"Coded Coda Files/{dataset}.json")
    assert len(labelled) > 100
    assert labelled < fetched(run, dataset)


@pytest.mark.parametrize(("dataset", "other"), [DATASETS, DATASETS[::-1]])
def test_comments_that_moved_to_the_other_episode_are_there_for_coders_by_their_ids(
    run: Path, dataset: str, other: str
) -> None:
    moved_in = in_coda(run / f"Outputs/Coda Files/{dataset}.json") - fetched(run, dataset)
    (row,) = (row for row in rows(run / "Outputs/quality.csv") if row["dataset"] == dataset)
    assert len(moved_in) == int(row["moved_in"]) > 1
    assert moved_in < fetched(run, other)


def test_most_comments_are_coded_by_morning(run: Path) -> None:
    for row in rows(run / "Outputs/quality.csv"):
        assert int(row["coded"]) > int(row["messages"]) / 2


def test_the_report_shows_how_the_posts_were_received(run: Path) -> None:
    metrics = rows(run / "Automated Analysis/facebook_metrics.csv")
    shown = ("Dataset", "Post Type", "Visible (analysed) Comments")
    assert [tuple(row[key] for key in shown) for row in metrics] == [
        ("facebook_s01e01", "video", "108"),
        ("facebook_s01e01", "photo", "115"),
        ("facebook_s01e02", "video", "83"),
        ("facebook_s01e02", "photo", "89"),
    ]
    assert all(0 < int(row["Unique Post Impressions"]) < int(row["Post Impressions"]) for row in metrics)
    _, section = (
        (run / "Automated Analysis/index.html").read_text(encoding="utf-8").split(">Engagement on Facebook</h2>")
    )
    table = section.partition("</table>")[0]
    assert [table.count(f">{dataset}<") for dataset in DATASETS] == [2, 2]
    assert table.count(">115<") == 2  # of the picture that was asked about water with, all comments are shown
