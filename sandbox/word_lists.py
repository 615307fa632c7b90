"""The words that the invented listeners use, kept as data beside this module."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data"


@cache
def word_list(name: str) -> dict[str, Any]:
    """The content of `data/<name>.toml`; read once, not to be changed."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
