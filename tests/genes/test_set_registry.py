"""One record is a gene-set test: `enrich`, the verb, a run and mechanisms take it.

That the report names and cites it: `tests/report/test_words.py`.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import DesignError
from resist_epi.genes.enrichment import enrich
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.set_methods import METHODS, SetInputs, SetMethod, SetPvalues
from resist_epi.io.tables import read_table, write_table
from resist_epi.mechanism.expectations import Expectation, Mechanism
from resist_epi.mechanism.layers import Layer
from resist_epi.mechanism.mechanisms import mechanism_table
from resist_epi.samples.question import Question
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.steps.sets import write_gene_sets
from tests.support.builders import regions

N = 40
SETS = {
    "UP": GeneSet("UP", "test", tuple(f"S{i}" for i in range(8))),
    "QUIET": GeneSet("QUIET", "test", tuple(f"S{i}" for i in range(20, 30))),
}


def mean_of_scores(inputs: SetInputs) -> SetPvalues:
    """P of .01 where the mean score of a set is beyond 2: a test nobody should use."""
    mean = np.array([inputs.level.z[m].mean() for m in inputs.members.values()])
    return SetPvalues(np.where(np.abs(mean) > 2, 0.01, 0.9), np.sign(mean), "toy means")


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    record = SetMethod("is the mean large?", "nothing", mean_of_scores, relabels=True)
    monkeypatch.setitem(METHODS, "toy", record)


@pytest.fixture
def results() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    change = np.r_[np.full(8, 3.0), rng.normal(0, 0.1, N - 8)]
    p = np.r_[np.full(8, 1e-4), np.full(N - 8, 0.5)]
    return regions(N, width=100_000).assign(
        baseMean=1.0, log2FoldChange=change, lfcSE=1.0, ci_low=0.0, ci_high=0.0, stat=change * 2,
        df=20.0, pvalue=p, padj=p, direction=np.where(p < 0.05, "gain", "none"),
    )  # fmt: skip


def test_enrich_takes_it_as_the_test_and_beside(results: pd.DataFrame) -> None:
    found = enrich(results, SETS, test="toy")
    assert found["pvalue"].tolist() == [0.01, 0.9]
    assert found["direction"].tolist() == ["gain", "none"]
    assert found.attrs["header"]["gene set test"] == "toy"
    assert "toy means" in found.attrs["header"]["gene sets"]
    beside = enrich(results, SETS, beside=["toy"])
    assert beside["toy_pvalue"].tolist() == [0.01, 0.9]
    assert beside.attrs["header"]["beside, toy"] == "toy means"
    with pytest.raises(DesignError, match="toy: is the mean large"):
        enrich(results, SETS, test="fisher")


def test_where_nothing_can_be_tested_no_test_is_named(results: pd.DataFrame) -> None:
    found = enrich(results.assign(stat=np.nan), SETS, test="toy")
    assert found.attrs["header"]["gene set test"] == "none"


def test_the_verb_takes_it(
    results: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path / "r.tsv", results, header={"contrast": "poor minus good"})
    lines = ["\t".join([s.name, s.source, *s.genes]) for s in SETS.values()]
    (tmp_path / "sets.gmt").write_text("\n".join(lines) + "\n")
    command = ["enrich", str(tmp_path / "r.tsv"), "--gene-sets", str(tmp_path / "sets.gmt")]
    command += ["-o", str(tmp_path / "out.tsv")]
    assert main([*command, "--test", "toy"]) == 0
    assert read_table(tmp_path / "out.tsv")["pvalue"].tolist() == [0.01, 0.9]
    assert "toy means" in (tmp_path / "out.tsv").read_text()
    assert main([*command, "--test", "fisher"]) == 1
    assert "toy: is the mean large" in capsys.readouterr().err


def test_mechanisms_take_it(results: pd.DataFrame) -> None:
    signs = {"H3K36me3": Expectation.parse("gain")}
    stated = [Mechanism("up", "Up", "UP", signs, "a caveat")]
    found = mechanism_table([Layer("H3K36me3", results)], stated, SETS, test="toy", n_random=50)
    assert found.loc[0, "pvalue"] == 0.01
    assert "marks and assays by toy" in found.attrs["header"]["tests"]


def test_a_run_shows_it_beside_where_it_could_relabel(
    results: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genes = pd.DataFrame({"gene_id": results["gene_id"], "start": 0, "end": 1000})
    annotation = SimpleNamespace(genes=genes, assembly=None, source="a file")
    study: Any = SimpleNamespace(
        gene_sets=SETS,
        own_sets=True,
        reference=SimpleNamespace(annotation=annotation),
    )
    own: Any = SimpleNamespace(
        results=results, tested=True, fit=None, contrast=None, design=None, matrix=None
    )
    own.header, own.facts = {}, {}
    own.question, own.about = Question(), lambda path: {}
    write_gene_sets(study, own, Outputs(tmp_path, "A"))
    assert "toy_pvalue" not in read_table(tmp_path / "gene_sets" / "A.tsv")
    for name in [n for n, method in METHODS.items() if method.relabels and n != "toy"]:
        monkeypatch.delitem(METHODS, name)  # they need a fit
    own.facts = {"relabelling": {"complete": True}}
    write_gene_sets(study, own, Outputs(tmp_path, "B"))
    assert read_table(tmp_path / "gene_sets" / "B.tsv")["toy_pvalue"].tolist() == [0.01, 0.9]
