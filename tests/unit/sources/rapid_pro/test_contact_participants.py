import pytest

from pipeline_lib.sources.rapid_pro.contact_participants import noted_contacts

Seen = list[tuple[str, str, str, str]]
"""Contact, participant, network, when."""


def first_participants(seen: Seen) -> dict[str, str]:
    with noted_contacts() as contacts:
        for contact, participant, network, at in seen:
            contacts.add({(contact, participant, network): f"0 {at}"})
        return contacts.first_participants()


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        ([], {}),
        ([("amina", "p1", "number", "1")], {}),
        ([("amina", "p1", "number", "1"), ("amina", "p2", "number", "2")], {"amina": "p1"}),
        ([("amina", "p2", "number", "2"), ("amina", "p1", "number", "1")], {"amina": "p1"}),
        ([("amina", "p1", "telegram", "1"), ("amina", "p2", "telegram", "2")], {"amina": "p1"}),
        ([("amina", "p1", "telegram", "1"), ("amina", "p1", "number", "2")], {}),
    ],
)
def test_a_contact_is_the_participant_that_was_seen_first(seen: Seen, first: dict[str, str]) -> None:
    assert first_participants(seen) == first


def test_an_account_that_was_stored_as_somebodys_number_becomes_itself_once_it_is_known() -> None:
    """Accounts were once known by their digits alone, and so had the participant of whoever has that number."""
    seen = [
        ("amina", "p1", "telegram", "1"),
        ("hodan", "p1", "number", "2"),
        ("amina", "p2", "telegram", "3"),
        ("faarax", "p3", "telegram", "1"),
        ("faarax", "p4", "telegram", "3"),
        ("hodan", "p5", "number", "4"),
    ]
    assert first_participants(seen) == {"amina": "p2", "faarax": "p3", "hodan": "p1"}
