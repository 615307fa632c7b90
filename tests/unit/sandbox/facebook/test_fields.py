import pytest

from sandbox.facebook.errors import GraphRefusal
from sandbox.facebook.fields import Field, parsed_fields, written_fields


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", ()),
        ("id", (Field("id", "id"),)),
        (" id , message ", (Field("id", "id"), Field("message", "message"))),
        ("from{id,name}", (Field("from", "from", {}, (Field("id", "id"), Field("name", "name"))),)),
        (
            "reactions.type(LOVE).limit(0).summary(total_count).as(love)",
            (Field("reactions", "love", {"type": "LOVE", "limit": "0", "summary": "total_count"}),),
        ),
        (
            "comments.filter(stream){from{id},parent},id",
            (
                Field(
                    "comments",
                    "comments",
                    {"filter": "stream"},
                    (Field("from", "from", {}, (Field("id", "id"),)), Field("parent", "parent")),
                ),
                Field("id", "id"),
            ),
        ),
        ("from.fields(id,name)", (Field("from", "from", {}, (Field("id", "id"), Field("name", "name"))),)),
        ("a.b(c(d)e)", (Field("a", "a", {"b": "c(d)e"}),)),
    ],
)
def test_fields_have_modifiers_aliases_and_fields_of_their_own(text: str, fields: tuple[Field, ...]) -> None:
    assert parsed_fields(text) == fields


@pytest.mark.parametrize("text", ["id,", ",id", "from{id", "from{}", "from}", "a.b", "a.b(c", "a b", "a.(c)", "{id}"])
def test_what_is_not_well_formed_is_refused(text: str) -> None:
    with pytest.raises(GraphRefusal) as refused:
        parsed_fields(text)
    assert refused.value.error.code == 2500


def test_fields_are_written_as_they_were_read() -> None:
    text = "id,comments.filter(stream).limit(2).as(all){from{id,name},parent},attachments{type}"
    assert written_fields(parsed_fields(text)) == text
