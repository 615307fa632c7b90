"""What an Airflow works on that several modules share: small projects, and who is told of them."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.airflow_api import AirflowApi
from sandbox.airflow_server import REPOSITORY, AirflowServer
from sandbox.demo_world import write_demo_world
from sandbox.drive.world import write_key
from sandbox.rapid_pro.server import RapidProServer
from tests.receivers import MailServer, WebServer
from tests.toy import change_config

FOLDERS = ("Outputs", "Automated Analysis", "Raw Data", "Coded Coda Files")
MESSAGE_COUNT = 60
KEYS_OF_SMALL_SHOW = r"avf_phone_id|message|run_id|received_on|S01E01.*"
PUBLISHES = ("DriveUpload", "DataArchiveUploadBucket", "MemoryProfileUploadBucket", "BucketDirPath")


@dataclass(frozen=True)
class Operated:
    root: Path
    server: AirflowServer
    api: AirflowApi
    rapid_pro: RapidProServer
    mails: MailServer
    office: WebServer

    def read_configs(self) -> None:
        """Has the DAG processor read the projects now, rather than when it next looks."""
        for file in (self.root / "dags").glob("*.py"):
            file.touch()

    def run(self, dag_id: str, run_id: str, **params: Any) -> str:
        """How a run by hand ends."""
        self.api.trigger(dag_id, run_id, params)
        return self.api.wait_until_ended(dag_id, run_id)

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """How each task ended; of a mapped one, one of its instances."""
        return {task.task_id: task.state for task in self.api.tasks(dag_id, run_id)}

    def logged(self, dag_id: str, run_id: str, task_id: str) -> str:
        """What the last try of a task logged."""
        (task,) = [task for task in self.api.tasks(dag_id, run_id) if task.task_id == task_id and task.map_index <= 0]
        return "\n".join(self.api.log_tail(dag_id, run_id, task, lines=1000))

    def made(self, dag_id: str, key: str) -> dict[str, bytes]:
        """The bytes of all files of a run."""
        return bytes_below(*(self.root / "data" / dag_id / "runs" / key / name for name in FOLDERS))

    def manifest(self, dag_id: str, key: str) -> dict[str, dict[str, Any]]:
        """What a run's tasks say of themselves."""
        content = json.loads((self.root / "data" / dag_id / "runs" / key / "manifest.json").read_bytes())
        return {task["task"]: task for task in content["tasks"]}

    def told_of(self, project: str) -> list[dict[str, Any]]:
        """What the address on the web was told of a project."""
        return [got for _, _, got in self.office.requests if got["project"] == project]


def bytes_below(*folders: Path) -> dict[str, bytes]:
    files = ((folder, file) for folder in folders for file in folder.rglob("*") if file.is_file())
    return {f"{folder.name}/{file.relative_to(folder)}": file.read_bytes() for folder, file in files}


def write_show(root: Path, name: str, **keys: Any) -> Path:
    """The config of the demo's project in a world of its own: graphs are drawn, maps, which take long, are not."""
    write_demo_world(root / name, message_count=MESSAGE_COUNT)
    write_key(root / name / "drive_key.json")
    folder = root / "configs" / name
    shutil.copytree(REPOSITORY / "configs/demo", folder)
    config = folder / "pipeline.json"
    written = config.read_text(encoding="utf-8").replace("../../.demo/world", str(root / name))
    config.write_text(written.replace("../../.demo", str(root)), encoding="utf-8")
    plans = {key: plan for key, plan in json.loads(written)["CodingPlans"].items() if key != "BreakdownMaps"}
    fits_few_people = {"QuarantineShareLimit": 0.05, "AutomatedAnalysis": None, "DataRoot": None}
    change_config(config, PipelineName=name, CodingPlans=plans, **fits_few_people, **keys)
    return config


def write_small_show(root: Path, name: str, source_count: int = 1) -> Path:
    """The same with one question, one source or two, and no more tasks than every project has."""
    config = write_show(root, name, **dict.fromkeys(PUBLISHES))
    recovered = root / name / "recovered.csv"
    shutil.copy(root / name / "recovered/geedka_recovered_september.csv", recovered)
    written = json.loads(config.read_text(encoding="utf-8"))
    rapid_pro, *_ = written["RawDataSources"]
    del rapid_pro["SurveyFlowNames"], rapid_pro["ActivationFlowNames"][1:]
    sources = [rapid_pro, {"SourceType": "RecoveryCSV", "ActivationFlowURLs": [str(recovered)]}]
    keys = [each for each in written["SourceKeyRemappings"] if re.fullmatch(KEYS_OF_SMALL_SHOW, each["SourceKey"])]
    rules, questions = written["TimestampRemappings"], written["CodingPlans"]["ResearchQuestions"]
    change_config(
        config,
        RawDataSources=sources[:source_count],
        SourceKeyRemappings=keys,
        TimestampRemappings=rules[:1],
        MoveWSMessages=False,
        CodingPlans={"ResearchQuestions": questions[:1]},
    )
    return config
