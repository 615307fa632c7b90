import pytest
from pydantic import ValidationError

from pipeline_lib.model.frozen import Frozen, key_of


@pytest.mark.parametrize(
    ("attribute", "key"),
    [
        ("token_file_url", "TokenFileURL"),
        ("activation_flow_urls", "ActivationFlowURLs"),
        ("test_contact_uuids", "TestContactUUIDs"),
        ("page_id", "PageID"),
        ("post_ids", "PostIDs"),
        ("icr_filename", "ICRFilename"),
        ("sqlite_file", "SQLiteFile"),
        ("move_ws_messages", "MoveWSMessages"),
        ("is_activation_message", "IsActivationMessage"),
    ],
)
def test_keys_are_spelt_as_the_predecessors_spelt_them(attribute: str, key: str) -> None:
    assert key_of(attribute) == key


class _Address(Frozen):
    postal_code: int


def test_an_error_never_repeats_what_was_read() -> None:
    with pytest.raises(ValidationError) as caught:
        _Address.model_validate({"PostalCode": "near +252610000001"})
    assert "252610000001" not in str(caught.value)


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        _Address.model_validate({"PostalCode": 5, "Postalcode": 5})
