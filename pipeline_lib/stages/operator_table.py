"""The mobile networks of participants by a table of their numbers, for raw data that does not tell them."""

import msgspec

from pipeline_lib.config import Project
from pipeline_lib.config.pipeline import JSONUuidTable
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import read_data
from pipeline_lib.model.deidentified import is_participant

DIGITS = 5
"""How many digits of a number tell its network, and are kept."""


def read_operators(project: Project) -> dict[str, str]:
    """The first digits of participants' numbers, by their uuid, from the table that the config names.

    Nothing where the config names none. The numbers themselves go no further.

    Raises:
        DataError: The file is not there, or is no table of numbers and participant uuids.
    """
    table = project.config.uuid_table
    if not isinstance(table, JSONUuidTable):
        return {}
    try:
        uuids = msgspec.json.decode(read_data(project.folder / table.json_file, table.json_file), type=dict[str, str])
    except (ValueError, RecursionError):
        raise DataError(Problem(table.json_file, *_NO_TABLE)) from None
    if not all(map(is_participant, uuids.values())):
        raise DataError(Problem(table.json_file, *_NO_TABLE))
    return {uuid: number.removeprefix("tel:").removeprefix("+")[:DIGITS] for number, uuid in uuids.items()}


_NO_TABLE = (
    "is no table of participants",
    "write a JSON object whose keys are numbers, with the country's code, and whose values are participant uuids",
)
