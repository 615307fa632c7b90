"""What a container looks for is in the image: checked by reading, since no engine is needed for that."""

import os
import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (REPOSITORY / "docker-compose.yaml").read_text(encoding="utf-8")
NAMED = {path.split("/")[0] for path in re.findall(r"/opt/pipeline/([\w./-]+)", DOCKERFILE + COMPOSE)}
"""What settings, commands and checks name below /opt/pipeline."""
MOUNTED = set(re.findall(r":/opt/pipeline/(\w+):ro", COMPOSE))
COPIED = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE))


def test_every_folder_that_is_named_is_copied_or_mounted() -> None:
    assert {"dags", "plugins", "deploy", "configs"} <= NAMED
    assert sorted(MOUNTED) == ["configs"]
    assert NAMED - MOUNTED <= COPIED
    assert all((REPOSITORY / name).is_dir() for name in COPIED)


def test_what_is_copied_reaches_the_builder() -> None:
    allowed = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in COPIED} <= set(allowed)


def test_what_a_container_begins_with_may_be_executed() -> None:
    scripts = re.findall(r"/opt/pipeline/(deploy/\w+\.sh)", DOCKERFILE + COMPOSE)
    assert {*scripts} == {"deploy/entrypoint.sh", "deploy/init.sh"}
    assert all(os.access(REPOSITORY / script, os.X_OK) for script in scripts)


def test_code_that_its_owner_alone_may_read_can_be_read_by_every_user_of_the_image() -> None:
    copies, opened = DOCKERFILE.rindex("\nCOPY "), DOCKERFILE.index("chmod -R go+rX . ")
    assert copies < opened < DOCKERFILE.index("\nUSER ")
