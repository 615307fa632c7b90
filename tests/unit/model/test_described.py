from pydantic import Field

from pipeline_lib.model.described import described
from pipeline_lib.model.frozen import Frozen


class Inner(Frozen):
    number: int
    """How many
    there are."""
    name: str


class Widened(Inner):
    more: bool = Field(default=False, description="As it was given.")
    """Not this."""


class Outer(Frozen):
    first: Inner | None
    others: dict[str, tuple[Widened, ...]]
    """By what they are called."""


def test_fields_of_all_models_inside_have_the_texts_behind_them() -> None:
    schema = described(Outer).model_json_schema()
    told = {name: definition["properties"] for name, definition in schema["$defs"].items()} | {
        "Outer": schema["properties"]
    }
    assert {
        (name, key): each["description"]
        for name, of in told.items()
        for key, each in of.items()
        if "description" in each
    } == {
        ("Inner", "Number"): "How many\nthere are.",
        ("Widened", "Number"): "How many\nthere are.",
        ("Widened", "More"): "As it was given.",
        ("Outer", "Others"): "By what they are called.",
    }


def test_what_is_described_reads_as_before() -> None:
    read = described(Outer).model_validate({"First": {"Number": 1, "Name": "x"}, "Others": {}})
    assert read.first == Inner.model_validate({"Number": 1, "Name": "x"})
