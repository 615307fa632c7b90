"""Does what a guide tells its readers to type, and says what came out otherwise than the guide shows.

Blocks of `console` are commands, each after `$ `, with what they print; a block after a line `file name`: is that file.
"""

import io
import logging
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.cli import main
from tests.docs.markdown import ROOT

PYTHON = "python -m pipeline_lib "
ACTIVATE = ". .venv/bin/activate"
_BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Written(NamedTuple):
    """A file that the reader writes."""

    name: str
    text: str


class Command(NamedTuple):
    """What the reader types, and what is shown of what it prints."""

    line: str
    shown: str


def blocks(guide: str) -> list[tuple[str, str, str]]:
    """A guide's fenced blocks: the file that each is, or an empty text; its kind; and its text."""
    return _BLOCK.findall(guide)


def steps(guide: str) -> Iterator[Written | Command]:
    """What a reader does, in its order."""
    for name, kind, text in blocks(guide):
        if name:
            yield Written(name, text)
        elif kind == "console":
            for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                line, _, shown = command.partition("\n")
                yield Command(line, shown)


def agrees(shown: str, printed: str) -> bool:
    """Whether that was printed: `…` is the rest of a line or, on a line of its own, any lines."""
    lines = ("(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in shown.splitlines())
    return re.fullmatch("".join(lines), printed) is not None


@contextmanager
def logging_as_in_a_shell() -> Iterator[None]:
    """As where nothing has set up logging yet: `main` does."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    root.handlers = []
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)


def in_bash(line: str) -> subprocess.CompletedProcess[str]:
    """What a command line did, its output and its errors as one text."""
    return subprocess.run(
        ["bash", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def carry_out(line: str) -> tuple[int, str]:
    """The exit code of a command, and what a person sees of it."""
    if line.startswith(PYTHON):
        seen = io.StringIO()
        words = in_bash(f"printf '%s\\0' {line.removeprefix(PYTHON)}").stdout.split("\0")[:-1]
        with logging_as_in_a_shell(), redirect_stdout(seen), redirect_stderr(seen):
            return main(words), seen.getvalue()
    done = in_bash(line)
    return done.returncode, done.stdout


def differences(guide: str) -> list[str]:
    """Do all that the guide says, in the current folder; gives what came out otherwise than it shows.

    What it says to `make` changes the checkout or starts servers: of that, only that make knows it."""
    found = []
    for step in steps(guide):
        if isinstance(step, Written):
            Path(step.name).parent.mkdir(parents=True, exist_ok=True)
            Path(step.name).write_text(step.text, encoding="utf-8")
        elif step.line.startswith("make "):
            done = in_bash(f"make --dry-run -C {shlex.quote(str(ROOT))} {step.line.removeprefix('make ')}")
            found += [f"$ {step.line}\n{done.stdout}"] if done.returncode else []
        elif step.line != ACTIVATE:
            code, printed = carry_out(step.line)
            differs = step.line.startswith(f"{PYTHON}diff ") and step.shown != ""
            expected_code = int(differs or "  error: " in step.shown)
            if code != expected_code or not agrees(step.shown, printed):
                found.append(f"$ {step.line}\n{printed}exit code {code}")
    return found
