"""A mark is one record: a toy one gets regions, is tested, finds its opposite, and is drawn."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from resist_epi.io.tables import read_results, read_table
from resist_epi.mechanism.assays import ASSAYS
from resist_epi.mechanism.find_switches import is_opposing, opposing_pairs
from resist_epi.mechanism.switches import third_marks
from resist_epi.pipeline import run_study
from resist_epi.report.gather import gather
from resist_epi.report.methods import methods
from resist_epi.samples.presets import GENERIC, PRESETS, MarkPreset, find_preset, preset, role
from resist_epi.stats.literature import Reference
from resist_epi.study.settings import StudySettings
from tests.support.cohort import CHANGED, make_cohort
from tests.support.few_figures import draw_only

PAPER = Reference("Toy A", "A mark that is a toy", "J Toys 2026;1:3")

TOY = MarkPreset(
    "H9K9toy",
    ("promoters",),
    "promoters",
    upstream=1500,
    downstream=500,
    role="repressive",
    third=("toyish", 1),
    aliases=("h9toy",),
    caution="A gain of H9K9toy is no evidence of play",
    references=(PAPER,),
)


def test_names_are_matched_without_case_and_by_alias() -> None:
    assert preset(" h3k27ME3").mark == "H3K27me3"
    assert preset("ESR1").mark == "ER"
    assert preset("H4K20me1") is GENERIC
    assert find_preset("H4K20me1") is None
    assert (role("h3k27me3"), role("H3K36me3"), role("ER")) == ("repressive", "active", None)


def test_no_name_belongs_to_two_marks() -> None:
    said = [n for known in PRESETS.values() for n in (known.mark.lower(), *known.aliases)]
    assert len(said) == len(set(said))
    assert all(name == known.mark for name, known in PRESETS.items())


def test_pairs_and_third_marks_follow_from_the_records() -> None:
    assert list(opposing_pairs())[:4] == [
        ("H3K27me3", "H3K36me3"),
        ("H3K27me3", "H3K36me2"),
        ("H3K27me3", "H3K27ac"),
        ("H3K27me3", "H3K4me3"),
    ]
    assert list(third_marks().items())[:2] == [
        ("H3K4me3", ("bivalent", 1)),
        ("H3K27ac", ("poised", -1)),
    ]
    assert is_opposing("h3k27ac")
    assert not is_opposing("ER")
    assert not is_opposing("H4K20me1")
    expected = {
        "H3K27me3": -1,
        "H3K36me3": 1,
        "H3K36me2": 1,
        "H3K4me3": 1,
        "H3K27ac": 1,
        "ER": 0,
    }
    assert {mark: ASSAYS["expression"].sign(mark) for mark in expected} == expected


def test_a_record_is_plain_values() -> None:
    """A run writes it into the digest of its steps."""
    assert asdict(TOY)["third"] == ("toyish", 1)


def test_a_registered_mark_goes_through_a_whole_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRESETS, TOY.mark, TOY)
    draw_only(monkeypatch, ".promoters.volcano")
    cohort = make_cohort(tmp_path)
    text = cohort.sheet.read_text().replace(",H3K27me3,", f",{TOY.mark},")
    cohort.sheet.write_text(text)
    out = tmp_path / "out"
    run_study(
        StudySettings(sheet=cohort.sheet, genes=cohort.genes, gene_sets=cohort.gene_sets), out
    )
    table = read_results(out / "differential" / f"{TOY.mark}.promoters.tsv.gz")
    assert (table["end"] - table["start"]).eq(2000).all()
    assert set(table.loc[table["direction"] == "gain", "symbol"]) == set(CHANGED["H3K27me3"])
    assert not (out / "differential" / f"{TOY.mark}.genes.tsv.gz").exists()
    switches = read_table(out / "marks" / "switches.tsv")
    told = switches.attrs["header"]["switches"]
    assert told == (
        f"{TOY.mark} at promoters (repressive) against H3K36me3 over gene bodies (active)"
    )
    assert (out / "figures" / "study.switch.png").is_file()
    assert (out / "figures" / f"{TOY.mark}.promoters.volcano.png").is_file()
    said = methods(gather(out))
    assert "A gain of H9K9toy is no evidence of play [" in said.paragraphs[-1]
    assert PAPER in said.references
