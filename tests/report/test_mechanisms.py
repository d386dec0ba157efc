"""The report's section on mechanisms: sentences, controls, context."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.io.tables import write_table
from resist_epi.report.mechanisms import _controls, _row
from resist_epi.report.page import write_report
from resist_epi.schema import MECHANISMS, MECHANISMS_MORE, names


@pytest.fixture(scope="module")
def page(study: Path) -> str:
    return (study / "report.html").read_text(encoding="utf-8")


def mechanisms(path: Path) -> None:
    """Write a table of mechanisms as a run on human genes has it."""
    row = dict.fromkeys(names(MECHANISMS), "")
    own = row | {
        "mechanism": "Glycolysis",
        "layer": "H3K36me3",
        "set": "GLYCOLYSIS_CORE",
        "kind": "mechanism",
        "expected": "gain",
        "n_genes": 40,
        "n_tested": 22,
        "n_loci": 21,
        "n_gain": 2,
        "n_loss": 0,
        "effect": 0.4,
        "pvalue": 0.001,
        "padj": 0.01,
        "matched_low": -0.2,
        "matched_high": 0.2,
        "direction": "gain",
        "verdict": "as expected",
        "genes": "HK2,PFKP",
        "warnings": "hypoxia raises it too",
        "context": "no established therapy",
        "references": "Somebody 2020",
    }
    control = own | {"mechanism": "Ribosome", "kind": "control", "verdict": "moved at P < .05"}
    write_table(
        path, pd.DataFrame([own, control]), header={"contrast": "poor minus good; as stated"}
    )


@pytest.mark.usefixtures("few_figures")
def test_therapies_stand_beside_a_mechanism_that_was_not_called(
    study: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(study, folder)
    path = folder / "mechanisms.tsv"
    mechanisms(path)
    told = path.read_text(encoding="utf-8")
    other = told.replace("Glycolysis", "Polycomb repression").replace("as expected", "opposite")
    path.write_text(other, encoding="utf-8")
    page = write_report(folder)[0].read_text(encoding="utf-8")
    section = page[page.index('<section id="mechanisms"') :]
    assert "Therapies beside the mechanisms, as of 20" in section
    assert "tazemetostat" in section
    assert "no advice, and no statement about a patient" in section


@pytest.mark.usefixtures("few_figures")
def test_mechanisms_have_a_section_with_sentences_controls_and_context(
    study: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(study, folder)
    mechanisms(folder / "mechanisms.tsv")
    page = write_report(folder)[0].read_text(encoding="utf-8")
    section = page[page.index('<section id="mechanisms"') :]
    section = section[: section.index("</section>")]
    seen = "Glycolysis: gain of H3K36me3 (HK2, PFKP; 21 loci tested)"
    assert f"{seen}, consistent with what was stated." in section
    assert "P is below 0.05 for Ribosome in H3K36me3" in section
    assert "Therapies beside the mechanisms" not in section  # none is listed for glycolysis
    assert "without glycolysis (not verified)" in section
    assert "hypoxia raises it too" in section
    assert "data:image/webp" in section
    assert (folder / "figures" / "study.mechanisms.svg").is_file()
    assert "HK2, PFKP (called)" in section  # what the control rests on
    assert "Glycolysis: more H3K36me3 (HK2, PFKP)" in page[: page.index('<section id="mechanisms"')]
    assert '<section id="mechanisms"' not in (study / "report.html").read_text()


def test_a_row_names_the_genes_that_carry_others_and_never_says_nan() -> None:
    row = dict.fromkeys((*names(MECHANISMS), *names(MECHANISMS_MORE)), "")
    numbers = [c.name for c in (*MECHANISMS, *MECHANISMS_MORE) if c.dtype != "str"]
    row |= dict.fromkeys(numbers, float("nan"))
    row |= {"layer": "switches", "verdict": "not tested", "untested": "no gene", "genes": ""}
    untested = _row(row, 0.05)
    assert untested["effect"] == "–"
    shared = row | {"mechanism": "NSD2", "finding": "NSD2", "shared_genes": "G6PD,HK2"}
    assert _row(shared, 0.05)["finding"] == "also behind other mechanisms here: G6PD, HK2"
    other = shared | {"finding": "Pentose phosphate", "pvalue_unshared": 0.2}
    assert _row(other, 0.05)["finding"].startswith("one finding with Pentose phosphate")


def test_a_direction_that_its_members_carry_says_so_and_by_which_p() -> None:
    row = dict.fromkeys((*names(MECHANISMS), *names(MECHANISMS_MORE)), "")
    numbers = [c.name for c in (*MECHANISMS, *MECHANISMS_MORE) if c.dtype != "str"]
    row |= dict.fromkeys(numbers, float("nan"))
    row |= {"layer": "H3K36me3", "verdict": "as expected", "direction": "gain", "padj": 0.17}
    row |= {"mixed_padj": 0.04, "n_called": 2, "n_called_matched": 0.23}
    said = "as expected, by its members: 2 loci called, 0.2 in sets like it (adjusted P 0.04)"
    assert _row(row, 0.05)["verdict"] == said
    assert _row(row | {"padj": 0.03}, 0.05)["verdict"] == "as expected"  # the effect carries it
    assert _row(row | {"direction": "none"}, 0.05)["verdict"] == "as expected"
    assert _row(row | {"mixed_padj": float("nan")}, 0.05)["verdict"] == "as expected"


def test_a_share_less_that_of_other_loci_is_no_share_of_loci() -> None:
    columns = (*MECHANISMS, *MECHANISMS_MORE)
    row = {c.name: "" if c.dtype == "str" else float("nan") for c in columns}
    row["layer"] = "switches"
    # All loci of the set are activating, and 1 % of the others are repressive on balance.
    assert _row(row | {"effect": 1.01}, 0.05)["effect"] == "+101.0 points"
    assert _row(row | {"effect": -0.667}, 0.05)["effect"] == "−66.7 points"


def test_controls_that_move_stand_beside_how_many_would_by_chance() -> None:
    rows = [("Olfactory receptors", 0.028, "moved at P < .05"), ("Ribosome", 0.6, "quiet")]
    table = pd.DataFrame(rows, columns=["mechanism", "pvalue", "verdict"])
    table = table.assign(layer="H3K36me3", n_tested=20)
    said = _controls(table, table.iloc[:1])
    assert "Olfactory receptors in H3K36me3 (of 2 tests 0.1 would have that by chance)" in said


def test_a_control_set_without_a_p_is_no_test() -> None:
    rows = [
        ("Ribosome", 0.6, "too few to reassure"),
        ("Adipose markers", float("nan"), "not tested"),
    ]
    table = pd.DataFrame(rows, columns=["mechanism", "pvalue", "verdict"])
    table = table.assign(layer="H3K36me3", n_tested=1)
    said = _controls(table, table.iloc[:0])
    assert said.startswith("1 test of control and marker sets rides along (all of fewer than")
    assert "could be tested" in _controls(table.iloc[1:], table.iloc[:0])
