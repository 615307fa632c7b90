"""What the report says of each file of a run."""

import pytest

from pipeline_lib.storage import storage_at
from pipeline_lib.web.artifacts import artifact, is_reachable


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("Automated Analysis/loyalty.csv", "Participants by the combination of episodes that they took part in."),
        ("Automated Analysis/graphs/traffic.png", "A graph of the analysis."),
        ("Automated Analysis/maps/regions/regions_total_participants.png", "A map of the analysis."),
        ("Coded Coda Files/age.json", "A dataset's labels, as they were pulled from the label store."),
        (
            "Coded Coda Files/withdrawals.jsonl",
            "What coders have said about withdrawals, even after the run's as-of time, by ids of messages.",
        ),
        ("Outputs/messages.csv", "A row per message, with its codes."),
        ("Outputs/everybody.csv", "A table of messages or participants, under the name that the config gives it."),
        ("Outputs/inbox", "A table of messages or participants, under the name that the config gives it."),
        ("Outputs/notes.txt", "What readers of the numbers have to know."),
        ("Outputs/ICR/health.csv", "A sample of messages to measure whether coders agree."),
        ("Quarantine/Coda/age.jsonl", "Records that were set aside: where they are, and why."),
        (
            "Shards/1 of 4/texts.arrow",
            "What one shard of participants sent, for `process` to merge with the other shards.",
        ),
        ("config.json", "The config that the run began with."),
    ],
)
def test_every_file_has_a_sentence_that_says_what_it_is(path: str, what: str) -> None:
    assert artifact(path).what == what


@pytest.mark.parametrize(
    "path",
    ["Outputs/everybody.csv", "Outputs/inbox", "Coded Coda Files/withdrawals.jsonl", "Shards/1 of 4/texts.arrow"],
)
def test_what_is_not_known_to_hold_counts_only_may_hold_texts(path: str) -> None:
    assert artifact(path).holds_texts


def test_a_name_that_no_storage_takes_is_not_asked_for() -> None:
    storage = storage_at("memory://names/water")
    assert is_reachable(storage, "runs/a", "Outputs/messages.csv")
    assert not is_reachable(storage, "runs/a", "x" * 256)
    assert not is_reachable(storage, "runs/a", "/".join(["x" * 250] * 5))
