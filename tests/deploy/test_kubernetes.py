"""The values for Airflow's Helm chart agree with the image, with docker-compose.yaml and with the guide."""

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pipeline_lib.orchestration.maintenance import TABLES

REPOSITORY = Path(__file__).parents[2]
VALUES: dict[str, Any] = yaml.safe_load((REPOSITORY / "deploy/kubernetes/values.yaml").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text(encoding="utf-8"))
GUIDE = (REPOSITORY / "docs/deployment.md").read_text(encoding="utf-8")


class _OneOfEach(yaml.SafeLoader):
    """Refuses a mapping with a key twice, of which YAML takes the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT002 - as it is called
        keys = [self.construct_object(key, deep=deep) for key, _value in node.value]
        assert len(keys) == len({*keys}), f"{node.start_mark}: a key stands there twice"
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def test_no_key_stands_there_twice() -> None:
    yaml.load((REPOSITORY / "deploy/kubernetes/values.yaml").read_text(encoding="utf-8"), _OneOfEach)  # noqa: S506


def test_the_versions_are_those_of_the_lock() -> None:
    locked = re.search(r"^apache-airflow==([\d.]+)", (REPOSITORY / "requirements.txt").read_text(), re.MULTILINE)
    assert locked is not None
    assert VALUES["airflowVersion"] == locked[1]


def test_no_secret_stands_in_it_and_the_guide_tells_how_to_make_each() -> None:
    text = (REPOSITORY / "deploy/kubernetes/values.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r'ecretName: "(pipelines-[\w-]+)"', text)) - {"pipelines-tls"}
    assert len(named) == 7
    assert {name for name in named if f"| `{name}` |" not in GUIDE} == set()
    assert not re.search(r"password|://\w+:", text)


def test_settings_of_airflow_are_those_of_the_compose_file() -> None:
    environment = {
        name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value)  # what it is where .env says nothing
        for name, value in COMPOSE["services"]["scheduler"]["environment"].items()
    }
    ours = {
        f"AIRFLOW__{section.upper()}__{name.upper()}": value
        for section, settings in VALUES["config"].items()
        for name, value in settings.items()
    }
    only_here = {"AIRFLOW__FAB__COOKIE_SECURE", "AIRFLOW__API__BASE_URL"} | {
        name for name in ours if name.startswith("AIRFLOW__LOGGING__")
    }
    assert {name: value for name, value in ours.items() if name not in only_here} == {
        name: environment[name] for name in ours.keys() - only_here
    }


def test_settings_of_airflow_in_the_compose_file_are_here_too_unless_the_chart_has_its_own_key_for_them() -> None:
    ours = {f"AIRFLOW__{section}__{name}".upper() for section, names in VALUES["config"].items() for name in names}
    of_the_chart = {
        *("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "AIRFLOW__CORE__EXECUTOR"),
        *(f"AIRFLOW__{name}_CMD" for name in ("API__SECRET_KEY", "API_AUTH__JWT_SECRET", "CORE__FERNET_KEY")),
        *(f"AIRFLOW__{name}_CMD" for name in ("CELERY__BROKER_URL", "CELERY__RESULT_BACKEND")),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
    }
    environment = COMPOSE["services"]["scheduler"]["environment"]
    switched_off = {name for name in environment if name.startswith(("AIRFLOW__METRICS__", "AIRFLOW__OPENLINEAGE__"))}
    asked = {name for name in environment if name.startswith("AIRFLOW__")}
    assert asked - of_the_chart - switched_off - ours == set()


def test_a_request_comes_by_the_ingress_as_it_comes_by_the_proxy_of_the_compose_files() -> None:
    api_server = COMPOSE["services"]["api-server"]
    assert VALUES["apiServer"]["args"] == ["bash", "-c", f"exec airflow {' '.join(api_server['command'])}"]
    (name, value) = VALUES["apiServer"]["env"][0].values()
    assert api_server["environment"][name] == value


def test_what_the_chart_runs_by_path_is_in_the_image() -> None:
    """Its probes run `/entrypoint`, and containers that remove logs `/clean-logs`, unless the values say otherwise."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    (entrypoint,) = re.findall(r'^ENTRYPOINT \["(.+)"\]$', dockerfile, re.MULTILINE)
    assert f"ln -s {entrypoint} /entrypoint\n" in dockerfile
    for part in ("workers", "scheduler", "dagProcessor", "triggerer"):
        assert VALUES[part]["logGroomerSidecar"]["args"][0] == "bash"
        assert "/clean-logs" not in VALUES[part]["logGroomerSidecar"]["args"][2]


def test_copies_of_logs_are_removed_after_two_weeks(tmp_path: Path) -> None:
    old, new = tmp_path / "old/attempt=1.log", tmp_path / "new.log"
    for path, days in ((old, 15), (new, 13)):
        path.parent.mkdir(exist_ok=True)
        path.write_text("", encoding="utf-8")
        os.utime(path, (time.time() - days * 24 * 3600,) * 2)
    shell, option, script = VALUES["workers"]["logGroomerSidecar"]["args"]
    once = script.replace("/opt/airflow/logs", str(tmp_path)).replace("sleep 3600", "exit 0")
    subprocess.run([shell, option, once], check=True, timeout=10)
    assert (old.exists(), new.exists()) == (False, True)


def test_pods_are_told_what_containers_are_told() -> None:
    environment = COMPOSE["services"]["scheduler"]["environment"]
    told = {each["name"] for each in VALUES["env"]} | {each["envName"] for each in VALUES["secret"]}
    # The user, as the clean-up of the database, is the chart's; the secret is no file there; pods have an account.
    otherwise = {"PIPELINE_UID", "PIPELINE_RETENTION_DAYS", "PIPELINE_UUID_CACHE_SECRET_FILE"}
    otherwise |= {"PIPELINE_DASHBOARD_SECONDS", "PIPELINE_GOOGLE_CONNECTION"}
    assert {name for name in environment if name.startswith("PIPELINE_")} - otherwise <= told


def test_links_of_notices_lead_to_an_address_that_people_can_open() -> None:
    assert VALUES["config"]["api"]["base_url"].startswith("https://")
    assert "`config.api.base_url`" in GUIDE


def test_pods_run_as_a_user_of_group_0_without_any_privilege() -> None:
    contexts = VALUES["securityContexts"]
    assert (contexts["pod"]["runAsNonRoot"], contexts["pod"]["runAsGroup"]) == (True, 0)
    assert contexts["containers"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


PARTS = ("workers", "apiServer", "scheduler", "dagProcessor", "triggerer")


def test_every_part_has_a_limit_of_memory() -> None:
    assert all(VALUES[part]["resources"]["limits"]["memory"] for part in PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_what_the_chart_hands_on_as_it_is_kubernetes_understands(part: str) -> None:
    container = {
        "name": "base",
        "image": VALUES["images"]["airflow"]["repository"],
        "env": VALUES["env"],
        "resources": VALUES[part]["resources"],
        "securityContext": VALUES["securityContexts"]["containers"],
        "volumeMounts": VALUES["volumeMounts"],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pipelines"},
        "spec": {
            "containers": [container],
            "securityContext": VALUES["securityContexts"]["pod"],
            "terminationGracePeriodSeconds": VALUES["workers"]["terminationGracePeriodSeconds"],
            "volumes": VALUES["volumes"],
        },
    }
    kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)


def test_the_chart_cleans_what_the_dag_would() -> None:
    assert tuple(VALUES["databaseCleanup"]["tables"]) == TABLES
