"""A test or a normalisation is one record: a toy of each goes through everything that asks one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resist_epi.arrays import FloatArray
from resist_epi.cli.main import main
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import write_counts
from resist_epi.errors import DesignError
from resist_epi.io.tables import read_results, read_table
from resist_epi.model import differential, normalization
from resist_epi.model.agreement import with_agreement
from resist_epi.model.analysis import analyse
from resist_epi.model.differential import contrast_results, f_results
from resist_epi.model.method import Later
from resist_epi.model.normalization import normalize
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.model.normalization_method import Normalization
from resist_epi.model.relabelling import with_relabelling
from resist_epi.pipeline import run_study
from resist_epi.report.gather import gather
from resist_epi.report.methods import methods
from resist_epi.stats.literature import Reference
from resist_epi.study.settings import StudySettings
from tests.support.builders import planted, sheet
from tests.support.cohort import make_cohort
from tests.support.few_figures import draw_only
from tests.support.toys import GROUPS, PAPER, TOY

SCALING = Reference("Toy C", "A scaling that is a toy", "J Toys 2026;1:2")


def sum_of_roots(matrix: CountMatrix, inputs: NormalizationInputs) -> FloatArray:
    factors = np.log(np.sqrt(matrix.values).sum(axis=0) / matrix.library_sizes)
    return np.asarray(np.exp(factors - factors.mean()))


TOY_SCALING = Normalization(
    sum_of_roots,
    "the roots of toys weigh the same in every sample",
    "Toy's own",
    (SCALING,),
    compared="always",
)


@pytest.mark.parametrize("name", [*differential.METHODS, *normalization.METHODS])
def test_records_name_functions_that_there_are(name: str) -> None:
    record = differential.METHODS.get(name) or normalization.METHODS[name]
    named = [value for value in vars(record).values() if isinstance(value, Later)]
    assert named
    for later in named:
        assert later.function.__doc__, later.name


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(differential.METHODS, "toy", TOY)
    monkeypatch.setitem(normalization.METHODS, "toy_scaling", TOY_SCALING)


@pytest.mark.usefixtures("toys")
def test_a_registered_method_is_analysed_compared_and_relabelled() -> None:
    analysis = analyse(planted(), sheet(GROUPS), method="toy")
    assert analysis.header["method"].startswith("toy: a toy's test of log2 signal")
    trend = analyse(planted(), sheet(GROUPS), method="trend", weights="none")
    np.testing.assert_array_equal(analysis.results["pvalue"], trend.results["pvalue"])
    found, agreement = with_agreement(analysis)
    assert agreement.table["n_shared"].gt(30).all()
    assert "high_confidence" in found.results
    said = with_relabelling(analysis).header
    assert said["relabelling"].endswith("(by trend on the same regions, in place of toy)")
    assert f_results(analysis.fit, [analysis.contrast])["F"].dropna().eq(2.0).all()


@pytest.mark.usefixtures("toys")
def test_what_a_record_has_not_is_refused_and_who_has_it_is_named() -> None:
    rows = sheet(GROUPS, Pair=["1", "2", "3", "4"] * 2)
    with pytest.raises(DesignError, match="toy has no test against a threshold; use trend or voom"):
        analyse(planted(), rows, method="toy", lfc_threshold=1.0)
    with pytest.raises(DesignError, match="toy has no random effects; use --method trend or voom"):
        analyse(planted(), rows, method="toy", block="Pair")
    one = analyse(planted(), rows, method="welch")
    with pytest.raises(DesignError, match="welch has no F test; use trend or voom or ql or toy"):
        f_results(one.fit, [one.contrast])


@pytest.mark.usefixtures("toys")
def test_a_registered_normalisation_is_used_and_compared() -> None:
    made = normalize(planted(), "toy_scaling")
    assert made.metadata["normalization"] == "toy_scaling"
    analysis = analyse(planted(), sheet(GROUPS), normalize="toy_scaling")
    assert "the roots of toys weigh the same" in analysis.header["normalization"]
    assert with_agreement(analysis)[1].table["normalization"].iloc[0] == "toy_scaling"
    other = with_agreement(analyse(planted(), sheet(GROUPS)))[1]
    assert "toy_scaling" in set(other.table["normalization"])
    assert np.isfinite(contrast_results(analysis.fit, analysis.contrast)["pvalue"]).all()


def test_a_normalisation_may_be_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = replace(TOY_SCALING, default=("toys are everywhere", ""))
    monkeypatch.setattr(normalization, "METHODS", {"toy_scaling": wanted, **normalization.METHODS})
    analysis = analyse(planted(), sheet(GROUPS))
    assert analysis.header["normalization"].endswith("(chosen: toys are everywhere)")


@pytest.mark.usefixtures("toys")
def test_the_command_line_knows_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts, rows, out = (tmp_path / n for n in ("counts.parquet", "sheet.csv", "results.tsv"))
    write_counts(counts, planted())
    sheet(GROUPS).table.to_csv(rows, index=False)
    command = ["diff", str(counts), "--samples", str(rows), "-o", str(out)]
    assert main([*command, "--method", "toy", "--normalize", "toy_scaling"]) == 0
    said = read_results(out).attrs["header"]
    assert said["method"].startswith("toy: a toy's test")
    assert said["normalization"].startswith("toy_scaling: assumes that the roots")
    assert main(["diff", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "toy" in shown
    assert "toy_scaling" in shown


@pytest.mark.usefixtures("toys")
def test_a_whole_study_and_its_report_know_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, ".normalization")
    cohort = make_cohort(tmp_path, marks=["H3K27me3"])
    settings = StudySettings(
        sheet=cohort.sheet,
        genes=cohort.genes,
        gene_sets=cohort.gene_sets,
        method="toy",
        normalize="toy_scaling",
    )
    out = tmp_path / "out"
    run_study(settings, out)
    called = read_results(out / "differential" / "H3K27me3.promoters.tsv.gz")
    assert called["direction"].eq("gain").any()
    assert "toy_scaling" in set(read_table(out / "normalization/H3K27me3.tsv")["normalization"])
    section = methods(gather(out))
    text = " ".join(section.paragraphs)
    assert re.search(r"Test: a toy's test of log2 signal \[\d+\]\.", text)
    assert "Normalisation was by Toy's own [1], which assumes that the roots of" in text
    assert section.references[0] == SCALING
    assert PAPER in section.references
    assert "A test that is a toy" in (out / "report.html").read_text()
    assert "Toy's own" in (out / "figures/H3K27me3.normalization.svg").read_text()
