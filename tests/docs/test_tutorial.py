"""docs/tutorial.md shows what its commands really print: all of it is done here, block by block, in a copy."""

from pathlib import Path

from tests.docs.console import blocks, differences
from tests.docs.markdown import ROOT

GUIDE = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")


def test_whoever_follows_the_tutorial_sees_what_it_shows(checkout: Path) -> None:
    found = differences(GUIDE)
    assert not found, "\n\n".join(found)
    assert not (checkout / "configs/wells").exists()


def test_every_block_is_carried_out() -> None:
    kinds = [(bool(name), kind) for name, kind, _ in blocks(GUIDE)]
    assert len(kinds) * 2 == GUIDE.count("```")
    assert {kind for named, kind in kinds if not named} == {"console"}
    assert sum(line.startswith("$ python -m pipeline_lib") for line in GUIDE.splitlines()) == 19
