"""Groups as the analysis sees them: datasets that everybody answered with True or False."""

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode, Dataset, DatasetKind
from pipeline_lib.model.groups import Group

MEMBERSHIP = ("True", "False")
"""The codes: whether somebody is in the group."""


def dataset_of(group: Group) -> Dataset:
    """The dataset that stands for a group."""
    codes = [
        {"CodeID": value, "CodeType": "Normal", "StringValue": value, "NumericValue": number}
        for number, value in enumerate(MEMBERSHIP)
    ]
    scheme = {"SchemeID": group.column, "Name": group.column, "Version": "1", "Codes": codes}
    coding = Coding(
        code_scheme=CodeScheme.model_validate(scheme),
        mode=CodingMode.SINGLE,
        coded_field=group.column,
        analysis_file_key=group.column,
    )
    return Dataset(
        name=group.column,
        kind=DatasetKind.DEMOGRAPHIC,
        raw_field=group.column,
        time_field="",
        run_id_field=None,
        message_id_field=None,
        coda_filename="",
        icr_filename=None,
        ws_code_match_value=None,
        imputation=None,
        codings=(coding,),
    )
