"""What The Interface reads, byte for byte."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.config.exports import Interface
from pipeline_lib.exports.interface import write_interface_files
from pipeline_lib.processing.processed import Processed

DAY = "2021-10-02T"


def test_a_message_is_a_row_with_its_date_and_time_in_nairobi(
    processed_of: Callable[..., Processed], tmp_path: Path
) -> None:
    messages = [("p2", "e01", "Biyo", f"{DAY}21:30:09Z"), ("p1", "e02", "", "2021-10-02T01:00:00.5+03:00")]
    assert write_interface_files(tmp_path, processed_of(messages), Interface()) == {"inbox": 2, "demo": 2}
    assert (tmp_path / "inbox").read_bytes() == (
        b"phone\tdate\ttime\tmessage\np1\t10/02/2021\t01:00:00\t\np2\t10/03/2021\t00:30:09\tBiyo\n"
    )


def test_the_config_chooses_names_zone_and_prefix(processed_of: Callable[..., Processed], tmp_path: Path) -> None:
    interface = Interface(
        InboxFilename="csap_inbox", DemographicsFilename="csap_demo", Timezone="UTC", PrefixDataset=True
    )
    messages = [("p1", "e01", "Biyo", f"{DAY}21:30:00+03:00"), ("p1", "e02", "haa", f"{DAY}21:31:00+03:00")]
    assert write_interface_files(tmp_path, processed_of(messages), interface) == {"csap_inbox": 2, "csap_demo": 1}
    assert (tmp_path / "csap_inbox").read_text().splitlines()[1:] == [
        "p1\t10/02/2021\t18:30:00\te01 Biyo",
        "p1\t10/02/2021\t18:31:00\te02 haa",
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("two\nlines", "two lines"),
        ("two\r\nlines", "two lines"),
        ("old\rMac", "old Mac"),
        ("a\tb", "a b"),
        ("a\u2028b\u2029c\u0085d\vf\fg", "a b c d f g"),
        ("end\n\n", "end  "),
        ('say "haa"', '"say ""haa"""'),
        ("ø, haa", "ø, haa"),
    ],
)
def test_a_line_break_or_a_tab_is_a_space(
    text: str, written: str, processed_of: Callable[..., Processed], tmp_path: Path
) -> None:
    write_interface_files(tmp_path, processed_of([("p1", "e01", text, f"{DAY}00:00:00Z")]), Interface())
    assert (tmp_path / "inbox").read_text(encoding="utf-8") == (
        f"phone\tdate\ttime\tmessage\np1\t10/02/2021\t03:00:00\t{written}\n"
    )


def test_a_participant_is_a_row_with_what_was_answered_and_na_for_all_else(
    processed_of: Callable[..., Processed], tmp_path: Path
) -> None:
    messages = [(who, "e01", "x", f"{DAY}00:00:0{n}Z") for n, who in enumerate(["p2", "p1", "p2", "p3"])]
    surveys = {"p1": {"gender": "naag", "age": "19", "county": "Kisumu"}, "p2": {"gender": "?", "county": "new"}}
    opinions = {
        "gender": {"naag": "gender-woman", "?": "gender-NC"},
        "age": {"19": "age-19"},
        "county": {"Kisumu": "county-kisumu"},
    }
    interface = Interface(Gender="gender", Age="age", County="county")
    write_interface_files(tmp_path, processed_of(messages, surveys, opinions), interface)
    assert (tmp_path / "demo").read_text().splitlines() == [
        "phone\tgender\tage\tcounty",
        "p2\tNA\tNA\tNA",
        "p1\twoman\t15-19\tkisumu",
        "p3\tNA\tNA\tNA",
    ]


@pytest.mark.parametrize(
    ("age", "group"),
    [
        ("10", "<15"), ("14", "<15"), ("15", "15-19"), ("19", "15-19"), ("20", "20-24"), ("24", "20-24"),
        ("25", "25-29"), ("29", "25-29"), ("30", "30+"), ("99", "30+"), ("NC", "NA"), ("NR", "NA"),
    ],
)  # fmt: skip
def test_an_age_is_told_by_its_group(
    age: str, group: str, processed_of: Callable[..., Processed], tmp_path: Path
) -> None:
    processed = processed_of(
        [("p1", "e01", "x", f"{DAY}00:00:00Z")], {"p1": {"age": "said"}}, {"age": {"said": f"age-{age}"}}
    )
    write_interface_files(tmp_path, processed, Interface(Age="age"))
    assert (tmp_path / "demo").read_text().splitlines()[1] == f"p1\tNA\t{group}\tNA"


@pytest.mark.parametrize("as_predecessor", [True, False])
def test_the_withdrawn_are_in_neither_file(
    as_predecessor: bool, processed_of: Callable[..., Processed], tmp_path: Path
) -> None:
    messages = [(who, "e01", text, f"{DAY}00:00:00Z") for who, text in (("p1", "x"), ("p2", "jooji"), ("p2", "x"))]
    processed = processed_of(messages, opinions={"e01": {"jooji": "e01-STOP"}}, as_predecessor=as_predecessor)
    assert write_interface_files(tmp_path, processed, Interface()) == {"inbox": 1, "demo": 1}
    assert "p2" not in (tmp_path / "inbox").read_text() + (tmp_path / "demo").read_text()
