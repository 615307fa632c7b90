"""The file of a code scheme, changed without touching what nobody asked to change."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_lib.config.checks.code_schemes import findings
from pipeline_lib.config.files import as_model
from pipeline_lib.config.json_text import read_json
from pipeline_lib.config.reading import Reading
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.errors import ConfigError, Problem, did_you_mean
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.storage import Located, located
from pipeline_lib.storage.base import Versioned

Scheme = dict[str, Any]
"""A code scheme as its file has it, with the keys of other tools."""


@dataclass(frozen=True)
class SchemeFile:
    """A file that may not be there yet."""

    path: Path
    scheme: Scheme | None
    """None: there is no file."""
    before: Versioned | None

    @property
    def name(self) -> str:
        """What coding plans call the scheme."""
        return self.path.stem

    @property
    def _located(self) -> Located:
        return located(self.path.absolute().as_uri())

    def present(self) -> Scheme:
        """The scheme.

        Raises:
            ConfigError: There is no file.
        """
        if self.scheme is None:
            known = [path.stem for path in self.path.parent.glob("*.json")]
            wrong = f'there is no code scheme "{self.name}" in {self.path.parent.name}'
            raise ConfigError(Problem(self.path.name, wrong, did_you_mean(self.name, known)))
        return self.scheme

    def write(self, scheme: Scheme) -> None:
        """Replaces the file as a whole.

        Raises:
            ConfigError: The scheme would not validate; the file stays as it is.
            StorageConflictError: Somebody else changed the file meanwhile.
        """
        read = as_model(CodeScheme, WrittenFile(self.path.name, scheme))
        errors = [found.problem for found in findings({self.name: read}) if found.is_error]
        if read.problems or errors:
            raise ConfigError(*read.problems, *errors)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        storage, name = self._located
        storage.replace(name, text_of(scheme).encode(), expected=self.before)


def text_of(content: Any) -> str:
    """What a file of JSON holds."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def open_scheme_file(path: Path) -> SchemeFile:
    """The file of a code scheme, which may not be there.

    Raises:
        ConfigError: The file holds no code scheme.
    """
    storage, name = located(path.absolute().as_uri())
    before = storage.read_versioned(name)
    if before is None:
        return SchemeFile(path, None, None)
    file, problems = read_json(path, path.name, {})
    if file is None or problems:
        raise ConfigError(*problems)
    read = as_model(CodeScheme, file)
    if read.problems:
        raise ConfigError(*read.problems)
    return SchemeFile(path, file.content, before)


def schemes_folder(reading: Reading) -> Path:
    """The folder of a project's code schemes.

    Raises:
        ConfigError: The project's files do not tell, or cannot be read.
    """
    plans = reading.plans.model
    if plans is None:
        raise ConfigError(*(reading.problems or (Problem(reading.path.name, "has no coding plans that can be read"),)))
    is_inline = bool(reading.plans.file.part)
    beside = reading.path if is_inline else reading.path.parent / reading.plans.file.name
    return beside.parent / plans.code_schemes_dir


def ids_in(folder: Path) -> set[str]:
    """Every id of the schemes in a folder, of schemes and of codes; files that are none are passed over."""
    taken: set[str] = set()
    for scheme in schemes_in(folder):
        taken.add(str(scheme.get("SchemeID")))
        taken |= {str(code.get("CodeID")) for code in codes_of(scheme)}
    return taken


def schemes_in(folder: Path) -> Iterable[Scheme]:
    """The schemes in a folder, by the names of their files."""
    for path in sorted(folder.glob("*.json")):
        file, _ = read_json(path, path.name, {})
        if file is not None and isinstance(file.content, dict):
            yield file.content


def codes_of(scheme: Scheme) -> list[dict[str, Any]]:
    """The codes of a scheme, however broken it is."""
    codes = scheme.get("Codes")
    return [code for code in codes if isinstance(code, dict)] if isinstance(codes, list) else []
