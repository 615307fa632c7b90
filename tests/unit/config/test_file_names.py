import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.config.file_names import safe_file_name
from pipeline_lib.config.name_rules import MOST_BYTES, RAW_DATA
from pipeline_lib.storage import storage_at


@pytest.mark.parametrize(
    "name",
    ["s01e01", "What is water?", 'what "is" it', "a:b*c", "50%2F", "100%", "CON", "s01.e01", "\U0001f49a", "x" * 200],
)
def test_a_name_that_a_file_can_have_is_kept(name: str) -> None:
    assert safe_file_name(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b", "a%2Fb_c14cddc0"),
        ("a\\b", "a%5Cb_c62016d0"),
        ("../../etc/passwd", "%2E%2E%2F..%2Fetc%2Fpasswd_3754d6cb"),
        (".hidden", "%2Ehidden_16924190"),
        ("..", "%2E%2E_5ec1f7e7"),
        (" a. ", "%20a%2E%20_c2c255be"),
        ("tab\tnull\0", "tab%09null%00_ffb83ec7"),
        ("\u2764\ufe0f", "\u2764%EF%B8%8F_16e81418"),
        ("{{ a }}", "%7B%7B a }}_4bc3b22b"),
        ("half \ud83d", "half %ED%A0%BD_2cb902fc"),
        ("x" * 240, "x" * 191 + "_718df670"),
        ("\u0635" * 120, "\u0635" * 95 + "_d94f044f"),
    ],
)
def test_other_names_are_percent_encoded_or_cut_and_end_in_a_digest(name: str, safe: str) -> None:
    assert safe_file_name(name) == safe


@pytest.mark.slow
@given(st.text(min_size=1) | st.text("ab./\\%{ \0\ud800", min_size=1) | st.text("x\u0635/", min_size=150))
def test_whatever_the_name_a_file_can_be_called_so_and_the_name_of_a_file_stays(name: str) -> None:
    safe = safe_file_name(name)
    assert list(RAW_DATA.faults(safe)) == []
    assert safe_file_name(safe) == safe
    assert len(safe.encode()) <= MOST_BYTES


def test_names_that_would_become_equal_stay_apart() -> None:
    names = ["a/b", "a%2Fb", "a%2fb", "a\\b", " a", "a", "a ", "A", *("x" * 230 + end for end in "ab")]
    assert len({safe_file_name(name) for name in names}) == len(names)


def test_a_file_of_the_longest_name_can_be_published(tmp_path: object) -> None:
    storage = storage_at(f"file://{tmp_path}")
    name = f"Raw Data/{safe_file_name('x' * 5000)}_quarantine.jsonl"
    with storage.publish_file(name) as path:
        path.write_text("{}")
    assert storage.read(name) == b"{}"
