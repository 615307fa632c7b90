"""A project's disclosure control, ready for use, and the project's secret key."""

import os

from pipeline_lib.config import Project
from pipeline_lib.config.automated_analysis import DisclosureControl
from pipeline_lib.config.checks.file_locations import CREATE_DISCLOSURE_KEY
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable, maximum_entropy, ten_five_rule
from pipeline_lib.disclosure.record_keys import SECRET_BYTES, new_secret
from pipeline_lib.errors import ConfigError, Problem, StorageConflictError
from pipeline_lib.storage import as_uri, located
from pipeline_lib.storage.local import LocalStorage
from pipeline_lib.storage.secrets import names_connection, read_secret

_CONTROL = "AutomatedAnalysis.DisclosureControl"
_REPLACE = f"remove it, and {CREATE_DISCLOSURE_KEY}"
_IS_THERE = Problem("", "there is a file already", "keep it: another key would give other numbers for the same people")


def perturbation_table(project: Project) -> PerturbationTable | None:
    """The table that perturbs the project's numbers; None if they are shown as they are."""
    control = _control(project)
    if control is None:
        return None
    if control.perturbation_table == "10-5 rule":
        return ten_five_rule()
    return maximum_entropy(control.threshold, control.deviation, control.variance_of_perturbation)


def read_disclosure_key(project: Project) -> str | None:
    """The project's secret key; None where it needs none.

    Raises:
        ConfigError: The config names a place without a key, or the key cannot be read or is too short.
    """
    control = _control(project)
    if control is None:
        return None
    url, place = control.key_file_url.get_secret_value(), _place(project)
    key = read_secret(url, project.folder, place, remedy=CREATE_DISCLOSURE_KEY, remedy_if_empty=_REPLACE)
    if len(key) < SECRET_BYTES:
        wrong = f"the key has fewer than {SECRET_BYTES} characters: somebody could try all such keys"
        raise ConfigError(Problem(place, wrong, _REPLACE))
    return key


def create_disclosure_key(project: Project) -> str | None:
    """Makes the project's secret key, in a file that only its owner reads.

    Returns:
        The key, if Airflow is to keep it, since only a person can give it to Airflow; None if it is in its file.

    Raises:
        ConfigError: The config has no disclosure control, there is a key already, or the file cannot be written.
    """
    control = _control(project)
    if control is None:
        right = f'add {_CONTROL}, such as {{"KeyFileURL": "disclosure.key"}}'
        raise ConfigError(Problem(project.path.name, "asks for no disclosure control", right))
    url = control.key_file_url.get_secret_value()
    if names_connection(url):
        return new_secret()
    try:
        storage, name = located(as_uri(url, project.folder))
    except ConfigError:  # its text would quote the URL, which may be the key itself
        wrong = "names no place that there is a storage for"
        raise ConfigError(Problem(_place(project), wrong, "name a file, by a URL or a path")) from None
    content = f"{new_secret()}\n".encode()
    try:
        if isinstance(storage, LocalStorage):
            path = storage.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
                file.write(content)
        else:
            storage.create(name, content)
    except (FileExistsError, StorageConflictError):
        raise ConfigError(_IS_THERE._replace(place=_place(project))) from None
    return None


def _control(project: Project) -> DisclosureControl | None:
    asked = project.config.automated_analysis
    return None if asked is None else asked.disclosure_control


def _place(project: Project) -> str:
    return f"{project.path.name}: {_CONTROL}.KeyFileURL"
