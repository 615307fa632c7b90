"""An object's history in plain words: which step set a value, which coder's label it was, and when."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pipeline_lib.model.lenient_json import whole_text
from pipeline_lib.trace.history import HIDDEN_VALUE, encoded
from pipeline_lib.trace.reader import Updates

_WORDS = {
    "fetch": "came from the source",
    "archive": "was corrected from the server's archive",
    "translate": "got its name in the pipeline",
    "move_wrong_scheme": "moved, since a coder said which question it answers",
    "auto_code": "was suggested by a cleaner",
    "manual_codes": "was taken from Coda",
    "filter_noise": "was set because the text holds no answer",
    "synchronise_reasons": "was set because a coder gave the yes or no and no reason",
    "groups": "was read from the files of the group",
    "not_available": "was set because there is no answer",
    "impute": "was derived from other codes",
    "impute_coding_errors": "was set because wrong scheme and right dataset do not agree",
    "consent": "was set by the participant's consent",
    "fold": "was folded from the participant's messages",
}


def explain(updates: Updates, fields: Collection[str] | None, code_names: Mapping[str, str]) -> Iterator[str]:
    """The history of an object, oldest first: who ran what and when, then a line per value.

    Args:
        updates: The object's.
        fields: The keys to tell of; None: all.
        code_names: What a CodeID is called; others are shown as they are.
    """
    signed = ""
    for update in reversed(updates):
        for name, nested in sorted(update["NestedTracedData"].items()):
            lines = list(explain(nested, fields, code_names))
            if lines:
                yield f"{name}:"
                yield from (f"  {line}" for line in lines)
        told = _told(update, fields)
        signature = f"{update['Metadata']['User']}, {update['Metadata']['Timestamp']}:"
        if told and signature != signed:
            yield signature
            signed = signature
        source = update["Metadata"]["Source"]
        for key, value in told:
            yield f"  {key}: {_said(value, source, code_names)} ({source})"


def _told(update: Mapping[str, Any], fields: Collection[str] | None) -> list[tuple[str, Any]]:
    """What to show of an update; all of a move, since it says where the text was and who says it belongs here."""
    items = sorted(update["Data"].items())
    if fields is None or (update["Metadata"]["Source"].startswith("move_") and any(key in fields for key, _ in items)):
        return items
    return [(key, value) for key, value in items if key in fields]


def _said(value: Any, source: str, code_names: Mapping[str, str]) -> str:
    if value == HIDDEN_VALUE:
        return "is gone"
    return f"{_shown(value, code_names)} {_how(source, value)}"


def _how(source: str, value: Any) -> str:
    step, _, _ = source.partition(" ")
    if step == "manual_codes" and not _is_from_coda(value):
        return "was set because no coder has checked it"
    return _WORDS.get(step, "was set")


def _is_from_coda(value: Any) -> bool:
    labels = value if isinstance(value, list) else [value]
    return any(isinstance(label, dict) and label.get("Origin", {}).get("Name") != "Pipeline" for label in labels)


def _shown(value: Any, code_names: Mapping[str, str]) -> str:
    if isinstance(value, list) and value and all(map(_is_label, value)):
        return ", ".join(_label(each, code_names) for each in value)
    if _is_label(value):
        return _label(value, code_names)
    if isinstance(value, str):
        return f"code {code_names[value]}" if value in code_names else f'"{whole_text(value)}"'
    return encoded(value)


def _is_label(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("CodeID"), str) and "DateTimeUTC" in value


def _label(label: Mapping[str, Any], code_names: Mapping[str, str]) -> str:
    code = code_names.get(label["CodeID"], label["CodeID"])
    origin = label.get("Origin", {})
    checked = "checked" if label.get("Checked") else "unchecked"
    if origin.get("OriginType") == "Manual":
        return f"code {code} (by {origin.get('Name')}, {label['DateTimeUTC']}, {checked})"
    return f"code {code} (automatic, {checked})"
