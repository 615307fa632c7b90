"""What docker-compose.yaml promises of every container: checked by reading, since no engine is needed for that."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
OVERLAYS = ("docker-compose.yaml", "docker-compose.tls.yaml", "docker-compose.oidc.yaml")
TEXTS = {name: (REPOSITORY / name).read_text(encoding="utf-8") for name in OVERLAYS}
SERVICES: dict[str, Any] = {
    **yaml.safe_load(TEXTS["docker-compose.yaml"])["services"],
    "proxy": yaml.safe_load(TEXTS["docker-compose.tls.yaml"])["services"]["proxy"],
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_limits_and_no_privilege_that_it_does_not_need(service: str) -> None:
    asked = SERVICES[service]
    assert asked["mem_limit"]
    assert asked["cap_drop"] == ["ALL"]
    assert asked["security_opt"] == ["no-new-privileges:true"]
    assert asked["logging"]["options"].keys() == {"max-size", "max-file"}
    if "cap_add" in asked:  # who begins as root, or opens port 443
        assert service in {"postgres", "init", "proxy"}


def test_no_secret_is_in_an_environment() -> None:
    told = {name: value for asked in SERVICES.values() for name, value in asked.get("environment", {}).items()}
    secret = {
        name: value for name, value in told.items() if re.search(r"SECRET|PASSWORD|FERNET|CONN(_|$)|BROKER_URL", name)
    }
    assert len(secret) >= 7
    assert {name for name, value in secret.items() if "/run/secrets/" not in value} == set()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_that_somebody_has_written_with_an_editor_is_read_without_its_last_line_break(
    tmp_path: Path, end: str
) -> None:
    commands = [str(each) for name, each in SERVICES["scheduler"]["environment"].items() if name.endswith("_CMD")]
    assert len(commands) == 6
    secret = "postgresql+psycopg2://airflow:with space@postgres/airflow"  # noqa: S105 - invented
    for command in commands:
        *program, path = shlex.split(command.replace("$$", "$"))
        held = tmp_path / Path(path).name
        held.write_bytes(f"{secret}{end}".encode())
        assert subprocess.run([*program, held], capture_output=True, text=True, check=True).stdout == secret


def test_the_secret_of_an_identity_provider_is_verified_before_the_login_needs_it() -> None:
    services = yaml.safe_load(TEXTS["docker-compose.oidc.yaml"])["services"]
    assert {name: asked["secrets"] for name, asked in services.items()} == {
        "init": ["oidc_client_secret"],
        "api-server": ["oidc_client_secret"],
    }


def test_every_secret_is_declared_and_made() -> None:
    declared = yaml.safe_load(TEXTS["docker-compose.yaml"])["secrets"]
    named = {name for asked in SERVICES.values() for name in asked.get("secrets", ())}
    made = re.findall(r"^hold (\w+) ", (REPOSITORY / "deploy/make_secrets.sh").read_text(), re.MULTILINE)
    assert named == declared.keys() == {*made}
    assert {*re.findall(r"/run/secrets/(\w+)", TEXTS["docker-compose.yaml"])} == {*made}


def test_containers_are_told_every_setting_that_the_code_reads() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "pipeline_lib").rglob("*.py"))
    read = {*re.findall(r'"(PIPELINE_[A-Z_]+)"', code)}
    assert len(read) >= 10
    # Configs are mounted beside the package, the image knows its commit, and the secret is a file.
    known = {"PIPELINE_CONFIGS", "PIPELINE_GIT_COMMIT", "PIPELINE_UUID_CACHE_SECRET"}
    assert read - known - SERVICES["scheduler"]["environment"].keys() == set()


def test_the_example_has_every_setting_that_has_no_default() -> None:
    example = re.findall(r"^(\w+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE)
    wanted = {name for text in TEXTS.values() for name in re.findall(r"\$\{(\w+):\?", text)}
    assert wanted
    assert wanted <= {*example}


def test_a_setting_whose_empty_value_the_example_explains_may_be_empty() -> None:
    example = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
    explained = [
        name
        for block in example.split("\n\n")
        if "Empty:" in block
        for name in re.findall(r"^\w+(?==)", block, re.MULTILINE)
    ]
    assert {"PIPELINE_RETENTION_DAYS", "PIPELINE_NOTICES"} <= {*explained}
    # In Compose `:-` gives its default to an empty setting, too, and `-` only to one that is not there.
    wrong = [name for name in explained for text in TEXTS.values() if re.search(rf"\$\{{{name}:-[^}}]", text)]
    assert wrong == []


def test_secrets_are_made_once_for_their_owner_alone_and_addresses_hold_the_same_passwords(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    for _again in range(2):
        subprocess.run([REPOSITORY / "deploy/make_secrets.sh", folder], check=True, capture_output=True)
        held = {file.name: file.read_text() for file in folder.iterdir()}
        assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    assert held["database_url"] == f"postgresql+psycopg2://airflow:{held['postgres_password']}@postgres/airflow"
    assert held["result_backend_url"] == f"db+postgresql://airflow:{held['postgres_password']}@postgres/airflow"
    assert held["broker_url"] == f"redis://:{held['redis_password']}@redis:6379/0"
    assert len(held["jwt_secret"]) >= 64
    (folder / "broker_url").unlink()
    subprocess.run([REPOSITORY / "deploy/make_secrets.sh", folder], check=True, capture_output=True)
    assert {file.name: file.read_text() for file in folder.iterdir()} == held


def test_no_secret_is_made_without_the_program_that_makes_them(tmp_path: Path) -> None:
    folder, programs = tmp_path / "secrets", tmp_path / "bin"
    programs.mkdir()
    for name in ("cat", "mkdir", "sh", "tr"):
        (programs / name).symlink_to(shutil.which(name) or name)
    command, without = [REPOSITORY / "deploy/make_secrets.sh", folder], {"PATH": str(programs)}
    failed = subprocess.run(command, env=without, check=False, capture_output=True, text=True)
    assert failed.returncode == 1
    assert f"make_secrets: {folder}/postgres_password was not made, since openssl failed; install it" in failed.stderr
    assert [*folder.iterdir()] == []
    subprocess.run(command, check=True, capture_output=True)
    assert (folder / "postgres_password").read_text() in (folder / "database_url").read_text()


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed")
def test_caddy_understands_its_file() -> None:
    command = ["caddy", "adapt", "--config", str(REPOSITORY / "deploy/proxy/Caddyfile"), "--adapter", "caddyfile"]
    environment = {"PIPELINE_HOST": "pipelines.example.org", "HOME": "/nonexistent"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "pipelines.example.org" in ended.stdout
