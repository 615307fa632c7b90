"""Code schemes as Coda's own clients write them; the clients refuse or lose anything else (sources.md B.4).

They require a display text and a visibility for every code, refuse empty texts, and drop unknown keys: the schemes of a
segment that they open would then differ from those of the segment before.
"""

from typing import Any

from pipeline_lib.label_store.base import CodaScheme
from pipeline_lib.model.code_scheme import Code, CodeScheme


def encode_scheme(scheme: CodeScheme, scheme_id: str) -> CodaScheme:
    """A scheme with the keys that Coda knows, with defaults filled in and without empty values.

    Args:
        scheme: The project's.
        scheme_id: Its id, or that of a further column of it.
    """
    documentation = scheme.documentation
    return {
        "SchemeID": scheme_id,
        "Name": scheme.name,
        "Version": scheme.version,
        "Codes": [_written_code(code) for code in scheme.codes],
    } | ({"Documentation": {"URI": documentation.uri}} if documentation is not None and documentation.uri else {})


def _written_code(code: Code) -> dict[str, Any]:
    always = {
        "CodeID": code.code_id,
        "CodeType": str(code.code_type),
        "DisplayText": code.shown_text,
        "NumericValue": code.numeric_value,
        "StringValue": code.string_value,
        "VisibleInCoda": code.visible_in_coda,
    }
    where_given = {
        "ControlCode": code.control_code,
        "MetaCode": code.meta_code,
        "Shortcut": code.shortcut,
        "Color": code.color,
        "MatchValues": [value for value in code.match_values if value],
    }
    return always | {key: value for key, value in where_given.items() if value}
