"""The example of a pilot runs as it stands, and what it says of the later study holds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from resist_epi.cli.main import main
from resist_epi.io.tables import read_table
from tests.support.texts import TOP, blocks

NUMBER = re.compile(r"\d+(?:\.\d+)?")
PAGE = TOP / "docs" / "examples" / "pilot_power.md"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The names of the page's code after all of it has run, in its own order."""
    held: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("pilot"))
        for block in sorted(blocks(PAGE.read_text("utf-8")), key=lambda b: b.position):
            if block.language == "python":
                exec(compile(block.text, PAGE.name, "exec"), held)
            for line in block.text.splitlines() if block.language == "bash" else ():
                assert main(shlex.split(line)[1:]) == 0, line
        assert Path("power.png").exists()
        held["sentence"] = read_table("power.tsv").attrs["header"]["power"]
    return held


@pytest.mark.slow
def test_the_sentence_of_the_page_is_that_of_the_table(told: dict[str, Any]) -> None:
    quoted = re.findall(r"^> (.*)$", PAGE.read_text("utf-8"), re.M)
    written, said = " ".join(quoted), told["sentence"]
    assert NUMBER.sub("N", written) == NUMBER.sub("N", said)
    # Other versions of numpy draw and round a little otherwise.
    for one, other in zip(NUMBER.findall(written), NUMBER.findall(said), strict=True):
        assert float(one) == pytest.approx(float(other), abs=3)


@pytest.mark.slow
def test_the_later_study_finds_what_the_pilot_foretold(told: dict[str, Any]) -> None:
    row = told["power"].loc[12]
    assert row["power_low"] <= told["found"] <= row["power_high"]
    assert told["found"] == pytest.approx(row["power"], abs=0.06)
    assert told["false"] <= 0.05
    (written,) = re.findall(r"^(\d+) % of the 75 changes", PAGE.read_text("utf-8"), re.M)
    assert told["found"] == pytest.approx(float(written) / 100, abs=0.02)
    assert told["power"]["power"].is_monotonic_increasing
