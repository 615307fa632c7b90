"""What every model that is read from a file has in common."""

from pydantic import BaseModel, ConfigDict

_SPELLINGS = ("CSV", "ICR", "ID", "IDs", "SQLite", "URL", "URLs", "UUID", "UUIDs", "WS")
_ACRONYMS = {acronym.lower(): acronym for acronym in _SPELLINGS}


def key_of(attribute: str) -> str:
    """The spelling in a file of an attribute: `token_file_url` is `TokenFileURL`."""
    return "".join(_ACRONYMS.get(word, word.capitalize()) for word in attribute.split("_"))


class Frozen(BaseModel):
    """An immutable value read from a file: unknown keys are refused, and no error repeats what was read."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=key_of,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        validate_default=True,
    )
