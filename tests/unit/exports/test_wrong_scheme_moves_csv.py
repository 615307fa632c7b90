"""Which texts moved from where to where."""

from collections.abc import Callable
from pathlib import Path

from pipeline_lib.exports.wrong_scheme_moves_csv import write_wrong_scheme_moves_csv
from pipeline_lib.processing.processed import Processed

DAY = "2021-10-02T00:00:00Z"


def test_moves_are_counted_by_pair_and_say_which_would_not_come_to_rest(
    processed_of: Callable[..., Processed], tmp_path: Path
) -> None:
    texts = {"20 jir": "age", "back": "e02", "on": "e02", "rest": "e02", "other": "elsewhere", "here": "e01"}
    messages = [("p1", "e01", text, DAY) for text in texts] + [("p2", "e01", "back", DAY)]
    opinions = {
        "e01": {text: ("e01-WS", f"ws-{target}") for text, target in texts.items()},
        "e02": {"back": ("e02-WS", "ws-e01"), "on": ("e02-WS", "ws-elsewhere")},
        "age": {"20": ("age-WS", "ws-e02")},
    }
    processed = processed_of(messages, {"p1": {"age": "20"}}, opinions, moves=True)
    assert write_wrong_scheme_moves_csv(tmp_path / "moves.csv", processed) == 5
    assert (tmp_path / "moves.csv").read_text().splitlines() == [
        "from,to,in_plans,messages,would_move_on,in_cycle",
        "e01,e01,true,1,1,1",
        "e01,e02,true,4,3,2",
        "e01,age,true,1,0,0",
        "e01,elsewhere,false,1,0,0",
        "age,e02,true,1,0,0",
    ]


def test_without_moves_there_is_a_header(processed_of: Callable[..., Processed], tmp_path: Path) -> None:
    processed = processed_of([("p1", "e01", "x", DAY)], moves=True)
    assert write_wrong_scheme_moves_csv(tmp_path / "moves.csv", processed) == 0
    assert (tmp_path / "moves.csv").read_text() == "from,to,in_plans,messages,would_move_on,in_cycle\n"
