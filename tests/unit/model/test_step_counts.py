from pipeline_lib.model.step_counts import Outcome, StepCount, in_words, step_counts, step_counts_by_kind, total

COUNTS = [
    StepCount(step="translate_messages", measure="activations", count=12),
    StepCount(step="drop", measure="messages", count=2, outcome=Outcome.DROPPED, dataset="e01", reason="test_contact"),
    StepCount(step="drop", measure="messages", count=3, outcome=Outcome.DROPPED, dataset="e02", reason="test_contact"),
    StepCount(step="move", measure="answers", count=4, outcome=Outcome.MOVED, dataset="gender", target="e01"),
    StepCount(step="move", measure="answers", count=1, outcome=Outcome.MERGED, dataset="age"),
    StepCount(step="r", measure="lines", count=5, outcome=Outcome.QUARANTINED, file="a.jsonl", reason="is no object"),
    StepCount(step="r", measure="messages_mended", count=9, dataset="e01", reason="stands twice"),
    *step_counts("fetch", {"runs_listed": 6, "pages": 1}, file="a.jsonl"),
    *step_counts_by_kind("fetch", "requests_for", {"runs": 8, "flows": 7}),
]

DATASETS = (("e01", 8), ("e02", 4))


def test_people_read_words_and_datasets_added_up() -> None:
    assert in_words(COUNTS) == {
        "activations": 12,
        "messages dropped: test contact": 5,
        "answers moved from gender to e01": 4,
        "answers merged with another to the same dataset": 1,
        "lines set aside, a.jsonl: is no object": 5,
        "messages mended, e01: stands twice": 9,
        "a.jsonl: runs listed": 6,
        "a.jsonl: pages": 1,
        "requests for flows": 7,
        "requests for runs": 8,
    }


def test_what_steps_count_one_after_the_other_is_told_as_the_last_one_found_it() -> None:
    fetched = [StepCount(step="translate_messages", measure="messages", count=n, dataset=d) for d, n in DATASETS]
    left = [StepCount(step="select", measure="messages", count=n - 1, dataset=d) for d, n in DATASETS]
    assert in_words([*fetched, *left]) == {"messages": 10}


def test_what_a_manifest_of_version_1_lost_is_told_in_its_own_words() -> None:
    lost = {Outcome.DROPPED: "messages of test contacts", Outcome.QUARANTINED: "a.jsonl: is no object"}
    assert in_words(StepCount(step="process", measure=said, count=1, outcome=of) for of, said in lost.items()) == {
        "dropped: messages of test contacts": 1,
        "set aside: a.jsonl: is no object": 1,
    }


def test_a_total_is_of_those_with_all_the_facts() -> None:
    assert total(COUNTS, outcome=Outcome.DROPPED) == 5
    assert total(COUNTS, outcome=Outcome.DROPPED, dataset="e02") == 3
    assert total(COUNTS, dataset="elsewhere") == 0


def test_a_document_has_the_facts_that_apply() -> None:
    assert COUNTS[0].model_dump(mode="json") == {
        "step": "translate_messages",
        "measure": "activations",
        "count": 12,
        "outcome": "counted",
    }
    assert StepCount.model_validate_json(COUNTS[3].model_dump_json()) == COUNTS[3]


def test_what_coders_are_given_is_told_for_each_dataset() -> None:
    added = [StepCount(step="push_messages", measure="messages_added", count=n, dataset=d) for d, n in DATASETS]
    assert in_words(added) == {f"messages added to {name}": count for name, count in DATASETS}
