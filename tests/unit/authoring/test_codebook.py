from pathlib import Path

import pytest

from pipeline_lib.authoring.codebook import codebook_of, import_codebook
from pipeline_lib.authoring.scheme_drafts import Ids, draft_scheme, normal_code
from pipeline_lib.authoring.scheme_file import Scheme
from pipeline_lib.errors import ConfigError

UNMATCHED = (
    "the quotes of the row that begins here do not match; close every quoted text, and write a quote inside one twice "
    '("")'
)
TOO_MANY = "has more cells than there are columns; put quotes around a text that has a comma or a semicolon"


@pytest.fixture
def roads() -> Scheme:
    ids = Ids()
    codes = [normal_code(ids, 1, "bad_roads"), normal_code(ids, 2, "bridges", match_values=["bridge", "brij"])]
    return draft_scheme(ids, "Roads", codes, controls=("NR",))


def _written(folder: Path, text: str) -> Path:
    path = folder / "codebook.csv"
    path.write_bytes(text.encode())
    return path


def test_a_codebook_has_a_row_for_each_code(roads: Scheme) -> None:
    first, second = (code["CodeID"] for code in roads["Codes"][:2])
    assert codebook_of(roads).splitlines() == [
        "CodeID,CodeType,StringValue,DisplayText,NumericValue,MatchValues,Shortcut",
        f"{first},Normal,bad_roads,bad roads,1,,",
        f"{second},Normal,bridges,bridges,2,bridge;brij,",
        "code-NR-83c43e49,Control,NR,NR (not reviewed),-40,,",
    ]


def test_a_codebook_that_was_exported_changes_nothing(roads: Scheme, tmp_path: Path) -> None:
    made = import_codebook(roads, _written(tmp_path, codebook_of(roads)), "Roads", Ids())
    assert made.scheme == roads
    assert (made.added, made.changed, made.not_in_codebook) == ([], [], [])


def test_a_cell_that_a_spreadsheet_would_run_is_guarded_and_comes_back_as_it_was(tmp_path: Path) -> None:
    ids = Ids()
    code = normal_code(ids, 1, "sum", "=1+1", match_values=["@all"])
    scheme = draft_scheme(ids, "Sums", [code], controls=("NR",))
    assert codebook_of(scheme).splitlines()[1] == f"{code['CodeID']},Normal,sum,'=1+1,1,'@all,"
    made = import_codebook(scheme, _written(tmp_path, codebook_of(scheme)), "Sums", Ids())
    assert made.scheme == scheme


def test_a_codebook_makes_a_scheme_with_control_codes(tmp_path: Path) -> None:
    path = _written(tmp_path, "\ufeffStringValue;DisplayText;MatchValues\r\ndams;new dams;dam; weir\r\n\r\n")
    made = import_codebook(
        None, _written(tmp_path, path.read_text().replace("dam; weir", '"dam; weir"')), "Dams", Ids()
    )
    assert made.scheme["Name"] == "Dams"
    first = made.scheme["Codes"][0]
    assert (first["StringValue"], first["DisplayText"], first["NumericValue"]) == ("dams", "new dams", 1)
    assert first["MatchValues"] == ["dam", "weir"]
    assert {"NA", "NC", "NR", "STOP", "WS", "CE"} <= {code["StringValue"] for code in made.scheme["Codes"]}


def test_known_codes_keep_their_ids_new_ones_are_added_and_none_goes(roads: Scheme, tmp_path: Path) -> None:
    first, second = (code["CodeID"] for code in roads["Codes"][:2])
    made = import_codebook(
        roads, _written(tmp_path, f"CodeID,StringValue\n{second},crossings\n,signs\n"), "Roads", Ids()
    )
    codes = made.scheme["Codes"]
    assert [code["StringValue"] for code in codes] == ["bad_roads", "crossings", "signs", "NR"]
    assert [code["CodeID"] for code in codes[:2]] == [first, second]
    assert codes[1]["MatchValues"] == ["bridge", "brij"]
    assert codes[2]["NumericValue"] == 3
    assert made.scheme["Version"] == "0.0.0.2"
    assert (made.changed, made.not_in_codebook) == (["crossings"], ["bad_roads"])


def test_everything_that_is_wrong_with_a_codebook_is_named(roads: Scheme, tmp_path: Path) -> None:
    text = "CodeID,StringValue,NumericValue\ncode-1,dams,\n,signs,two\n,,7\n"
    with pytest.raises(ConfigError) as raised:
        import_codebook(roads, _written(tmp_path, text), "Roads", Ids())
    assert [str(problem) for problem in raised.value.problems] == [
        "codebook.csv, line 2, CodeID: no code of the scheme has it; leave it empty for a new code",
        "codebook.csv, line 3, NumericValue: must be a whole number",
        "codebook.csv, line 4, StringValue: is empty; name the code",
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_codebook_may_come_from_any_system(line_end: str, tmp_path: Path) -> None:
    lines = ["\ufeffStringValue;DisplayText;", "dams;Dams;", "roads;Roads; ", ""]
    made = import_codebook(None, _written(tmp_path, line_end.join(lines)), "Works", Ids())
    assert [code["DisplayText"] for code in made.added] == ["Dams", "Roads"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"StringVale\nx\n",
            'codebook.csv, line 1: "StringVale" is no column of a codebook; did you mean "StringValue"?',
        ),
        (b"DisplayText\nx\n", 'codebook.csv, line 1: has no column StringValue; it has "DisplayText"'),
        (b"", "codebook.csv: is empty; its first line names the columns, such as StringValue"),
        (b"StringValue,StringValue\nx,y\n", 'codebook.csv, line 1: has the column "StringValue" twice; keep one'),
        (
            b'StringValue,DisplayText\na,"A\nb"\nx,"X\ny,Y\n',
            f"codebook.csv, line 4: {UNMATCHED}",
        ),
        (
            b'StringValue,DisplayText\nx,"' + b"X" * 200_000,
            f"codebook.csv, line 2: {UNMATCHED}",
        ),
        (
            b"StringValue,DisplayText\nx,rain, sun\ny,Y\nz,dust, wind\n",
            f"codebook.csv, line 4: {TOO_MANY}",
        ),
        ("StringValue\n\u00e9".encode("cp1252"), 'codebook.csv: is not UTF-8; save it as "CSV UTF-8"'),
    ],
)
def test_a_file_that_is_no_codebook_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "codebook.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        import_codebook(None, path, "Dams", Ids())
    assert said in str(raised.value).splitlines()
