"""An object's history in plain words: which step set a value, which coder's label it was, and when."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pipeline_lib.trace.history import HIDDEN_VALUE
from pipeline_lib.trace.reader import Updates

_WORDS = {
    "fetch": "came from the source",
    "translate": "got its name in the pipeline",
    "move_wrong_scheme": "moved, since a coder said which question it answers",
    "auto_code": "was suggested by a cleaner",
    "manual_codes": "was taken from Coda",
    "not_available": "was set because there is no answer",
    "impute": "was derived from other codes",
    "impute_coding_errors": "was set because wrong scheme and right dataset do not agree",
    "consent": "was set by the participant's consent",
    "fold": "was folded from the participant's messages",
}


def explain(updates: Updates, fields: Collection[str] | None, code_names: Mapping[str, str]) -> Iterator[str]:
    """The history of an object, a line per value, oldest first.

    Args:
        updates: The object's.
        fields: The keys to tell of; None: all.
        code_names: What a CodeID is called; others are shown as they are.
    """
    for update in reversed(updates):
        for name, nested in sorted(update["NestedTracedData"].items()):
            lines = list(explain(nested, fields, code_names))
            if lines:
                yield f"{name}:"
                yield from (f"  {line}" for line in lines)
        step, _, _ = update["Metadata"]["Source"].partition(" ")
        how = _WORDS.get(step, f"was set by {update['Metadata']['Source']}")
        for key, value in sorted(update["Data"].items()):
            if fields is None or key in fields:
                yield f"{key}: {_shown(value, code_names)} {how} ({_signed(update['Metadata'])})"


def _signed(metadata: Mapping[str, Any]) -> str:
    return f"{metadata['Source']}, run by {metadata['User']}, {metadata['Timestamp']}"


def _shown(value: Any, code_names: Mapping[str, str]) -> str:
    if value == HIDDEN_VALUE:
        return "nothing:"
    if isinstance(value, list):
        return ", ".join(_shown(each, code_names) for each in value)
    if isinstance(value, dict) and "CodeID" in value:
        return _label(value, code_names)
    return f'"{value}"'


def _label(label: Mapping[str, Any], code_names: Mapping[str, str]) -> str:
    code = code_names.get(label["CodeID"], label["CodeID"])
    origin = label.get("Origin", {})
    checked = "checked" if label.get("Checked") else "unchecked"
    if origin.get("OriginType") == "Manual":
        return f"code {code} (by {origin.get('Name')}, {label['DateTimeUTC']}, {checked})"
    return f"code {code} (automatic, {origin.get('OriginID')}, {checked})"
