"""What is known of everybody without a question, as datasets that everybody answered: groups and channels."""

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode, Dataset, DatasetKind

MEMBERSHIP = ("True", "False")
"""The codes of a group: whether somebody is in it."""

CAME_BY = ("true", "false")
"""The codes of a channel: whether any of somebody's messages came by it. Written as their CSVs write it."""


def dataset_of(column: str, values: tuple[str, str]) -> Dataset:
    """The dataset that stands for a column of people."""
    codes = [
        {"CodeID": value, "CodeType": "Normal", "StringValue": value, "NumericValue": number}
        for number, value in enumerate(values)
    ]
    scheme = {"SchemeID": column, "Name": column, "Version": "1", "Codes": codes}
    coding = Coding(
        code_scheme=CodeScheme.model_validate(scheme),
        mode=CodingMode.SINGLE,
        coded_field=column,
        analysis_file_key=column,
    )
    return Dataset(
        name=column,
        kind=DatasetKind.DEMOGRAPHIC,
        raw_field=column,
        time_field="",
        run_id_field=None,
        message_id_field=None,
        coda_filename="",
        icr_filename=None,
        ws_code_match_value=None,
        imputation=None,
        codings=(coding,),
    )
