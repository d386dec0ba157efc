"""A mark and another assay: joined, compared, and judged where nothing is shared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import write_counts
from resist_epi.errors import DesignError, InputFormatError
from resist_epi.genes.symbols import SymbolTable
from resist_epi.io.tables import read_table, write_table
from resist_epi.mechanism.assays import ASSAYS, Evidence
from resist_epi.mechanism.compare_assay import compare_assay
from resist_epi.mechanism.concordance import concordance
from resist_epi.mechanism.evidence import Thresholds, join_evidence
from resist_epi.mechanism.patients import patient_correlation, with_contrast
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import SampleSheet, make_sheet
from tests.support.builders import matrix, regions, said, sheet

EXPRESSION = ASSAYS["expression"]


def results(change: np.ndarray, *, called: int = 0, base: np.ndarray | None = None) -> pd.DataFrame:
    """Genes 100 kb apart, of which the first are called."""
    n = len(change)
    p = np.where(np.arange(n) < called, 1e-6, 0.5)
    return pd.DataFrame(
        {
            "chrom": "chr1",
            "start": np.arange(n) * 100_000,
            "end": np.arange(n) * 100_000 + 1000,
            "strand": "+",
            "gene_id": [f"g{i}" for i in range(n)],
            "symbol": [f"S{i}" for i in range(n)],
            "baseMean": np.arange(n) + 1.0 if base is None else base,
            "log2FoldChange": change,
            "pvalue": p,
            "padj": p,
            "direction": np.where(p < 0.05, np.where(change > 0, "gain", "loss"), "none"),
        }
    )


def evidence(effect: np.ndarray, **columns: np.ndarray) -> Evidence:
    table = pd.DataFrame(
        {
            "gene": [f"S{i}" for i in range(len(effect))],
            "effect": effect,
            "pvalue": np.nan,
            "base": np.nan,
        }
    )
    return Evidence(EXPRESSION, table.assign(**columns))


def test_genes_are_found_by_id_symbol_and_alias() -> None:
    table = results(np.array([1.0, 1.0, 1.0, -1.0]))
    table.loc[1, "symbol"] = "NSD2"
    effects = pd.DataFrame(
        {"gene": ["g0", "WHSC1", "absent", "S3"], "effect": [-1.0, -2, 3, 4], "pvalue": 0.01}
    ).assign(base=np.nan)
    symbols = SymbolTable({"NSD2": ("NSD2",), "WHSC1": ("NSD2",)}, "test")
    found = join_evidence(table, Evidence(EXPRESSION, effects), mark="H3K27me3", symbols=symbols)
    assert found["gene_id"].tolist() == ["g0", "g1", "g3"]
    assert found["evidence_effect"].tolist() == [-1, -2, 4]
    assert found["expected"].tolist() == [-1, -1, 1]
    assert found["agrees"].tolist() == [True, True, True]


def test_signs_are_those_of_the_mark_and_none_is_invented() -> None:
    table = results(np.array([1.0, -1.0]), called=2)
    both = evidence(np.array([-2.0, 2.0]))
    active = join_evidence(table, both, mark="H3K36me3")
    assert active["expected"].tolist() == [1, -1]
    assert not active["supported"].any()
    assert join_evidence(table, both, mark="h3k27me3")["supported"].all()
    other = join_evidence(table, both, mark="H4K20me1")
    assert (other["expected"] == 0).all()
    assert other["agrees"].isna().all()
    assert not other["supported"].any()


def test_thresholds() -> None:
    table = results(np.full(4, 1.0), called=4)
    both = evidence(np.array([-0.2, -0.3, -0.3, -0.3]), pvalue=np.array([0.01, 0.01, 0.2, np.nan]))
    usual = join_evidence(table, both, mark="H3K27me3", thresholds=Thresholds(0.05, 1.2))
    assert usual["supported"].tolist() == [False, True, False, True]
    with pytest.raises(DesignError, match="fold change at least 1"):
        Thresholds(min_fold_change=0.5)


def test_no_gene_in_both_is_an_error() -> None:
    nothing = Evidence(
        EXPRESSION,
        pd.DataFrame({"gene": ["Hk2"], "effect": [1.0], "pvalue": [np.nan], "base": [np.nan]}),
    )
    with pytest.raises(InputFormatError, match="same kind of names"):
        join_evidence(results(np.ones(3)), nothing, mark="H3K27me3")


def test_planted_agreement_is_found_and_a_common_shift_is_not_mistaken_for_it() -> None:
    rng = np.random.default_rng(1)
    change = rng.normal(size=800)
    base = rng.permutation(800).astype(float)
    follows = evidence(-change + rng.normal(size=800), base=base)
    found = concordance(
        join_evidence(results(change, called=60), follows, mark="H3K27me3"),
        follows,
        mark="H3K27me3",
    ).iloc[0]
    assert found["matched_pvalue"] < 0.01
    assert found["overlap_opposite_pvalue"] < 0.01
    assert found["change_rho"] < -0.5
    assert "a strong relation" in found["words"]
    # Everything falls, and called genes gain the mark: the signs agree, as they do elsewhere.
    falls = evidence(np.full(800, -1.0) + 0.1 * rng.normal(size=800), base=base)
    shifted = concordance(
        join_evidence(results(np.abs(change), called=60), falls, mark="H3K27me3"),
        falls,
        mark="H3K27me3",
    ).iloc[0]
    assert shifted["share_agree"] == 1
    assert shifted["matched_pvalue"] > 0.5


def test_p_of_the_signs_is_uniform_where_nothing_is_shared() -> None:
    rng = np.random.default_rng(2)
    p = []
    for k in range(60):
        nothing = evidence(rng.normal(size=300), base=rng.random(300))
        joined = join_evidence(results(rng.normal(size=300), called=30), nothing, mark="H3K36me3")
        row = concordance(joined, nothing, mark="H3K36me3", n_random=200, seed=k).iloc[0]
        p.append(row["matched_pvalue"])
    assert np.mean(np.array(p) <= 0.05) <= 0.12
    assert 0.4 < np.mean(p) < 0.75  # discrete, so above one half


def test_a_cluster_counts_once() -> None:
    table = results(np.full(100, 1.0), called=5)
    table["start"] = np.where(np.arange(100) < 5, np.arange(100) * 1000, table["start"])
    table["end"] = table["start"] + 500
    both = evidence(np.r_[np.full(5, -1.0), np.ones(95)])
    row = concordance(join_evidence(table, both, mark="H3K27me3"), both, mark="H3K27me3").iloc[0]
    assert row["n_called"] == 1


def test_nothing_to_compare_says_so() -> None:
    both = evidence(np.array([1.0, np.nan]))
    joined = join_evidence(results(np.array([1.0, 1.0])), both, mark="H3K27me3")
    row = concordance(joined, both, mark="H3K27me3").iloc[0]
    assert "no gene with a called change" in row["words"]
    assert "cannot be compared" in row["words"]
    assert np.isnan(row["change_rho"])


def patients(follow: float, *, n: int = 300, seed: int = 5) -> tuple:
    """Mark and expression of twelve patients that share `follow` of their variation."""
    rng = np.random.default_rng(seed)
    conditions = ["good"] * 6 + ["poor"] * 6
    names = [f"P{i}" for i in range(12)]
    noise = rng.normal(size=(n, 12))
    level = 5 + rng.normal(size=(n, 1)) + 0.4 * noise
    level[:30, 6:] += 2
    expression = 6 - follow * noise + np.sqrt(1 - follow**2) * rng.normal(size=(n, 12))
    expression[:30, 6:] -= 2
    own = sheet(conditions, Patient=names)
    counts = matrix(2.0**level, library_sizes=np.full(12, 1e6))
    values = pd.DataFrame(expression, columns=names)
    effects = pd.DataFrame(
        {"gene": [f"S{i}" for i in range(n)], "effect": np.nan, "pvalue": np.nan, "base": 1.0}
    )
    return counts, own, Evidence(EXPRESSION, effects, values, "levels")


def correlated(follow: float, sign: int = -1) -> dict[str, float]:
    counts, own, both = patients(follow)
    analysis = analyse(counts, own)
    tested = with_contrast(both, analysis.units, formula="~ Condition", contrast=None)
    joined = join_evidence(analysis.results, tested, mark="H3K27me3")
    rows = np.arange(len(joined))
    return patient_correlation(
        joined, tested, analysis.fit, analysis.units, rows=rows, sign=sign, n_permutations=99
    )[1]


def test_the_contrast_of_levels_is_that_of_the_mark() -> None:
    _, own, both = patients(0.0)
    tested = with_contrast(both, own, formula="~ Condition", contrast="poor-good")
    effect = tested.effects["effect"].to_numpy()
    assert effect[:30].mean() == pytest.approx(-2, abs=0.2)
    assert (tested.effects["pvalue"].to_numpy()[:30] < 0.05).mean() > 0.6
    assert 0.01 < (tested.effects["pvalue"].to_numpy()[30:] < 0.05).mean() < 0.1
    assert "poor minus good" in tested.source


def test_patients_correlate_beside_the_groups_only_where_they_do() -> None:
    follows, nothing = correlated(0.8), correlated(0.0)
    assert follows["median_correlation"] < -0.5
    assert follows["pvalue"] == pytest.approx(0.01)
    assert abs(nothing["median_correlation"]) < 0.15  # the groups' own difference is taken out
    assert nothing["pvalue"] > 0.05


def test_too_few_shared_patients() -> None:
    _, own, both = patients(0.0)
    assert both.values is not None
    few = Evidence(EXPRESSION, both.effects, both.values[["P0", "P1", "P7"]], "levels")
    with pytest.raises(DesignError, match="share 3 patients"):
        with_contrast(few, own, formula="~ Condition", contrast=None)


def test_the_verb(tmp_path: Path) -> None:
    counts, own, both = patients(0.8)
    counts = type(counts)(
        counts.values, regions(300, width=100_000), counts.samples, "mean_signal", np.full(12, 1e6)
    )
    write_counts(tmp_path / "counts.parquet", counts)
    own.table.to_csv(tmp_path / "sheet.csv", index=False)
    assert both.values is not None
    levels = both.values.assign(gene=both.effects["gene"])
    levels.to_csv(tmp_path / "levels.csv", index=False)
    common = ["--samples", str(tmp_path / "sheet.csv"), "--normalize", "library_size"]
    found = str(tmp_path / "results.tsv")
    assert main(["diff", str(tmp_path / "counts.parquet"), *common, "-o", found]) == 0
    out, summary = tmp_path / "evidence.tsv", tmp_path / "summary.tsv"
    command = ["evidence", found, str(tmp_path / "levels.csv"), "-o", str(out), *common]
    command += ["--counts", str(tmp_path / "counts.parquet"), "--summary", str(summary)]
    assert main(command) == 0
    table = read_table(out)
    assert len(table) == 300
    assert table["patient_correlation"].median() < -0.5
    header = said(table)
    assert "stated in advance" in header
    assert "over 12 patients" in header
    row = read_table(summary).iloc[0]
    assert row["n_supported"] > 10
    assert row["patient_pvalue"] < 0.01


def test_without_a_mark_the_verb_asks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = results(np.ones(20))
    for name in ("region_id", "lfcSE", "ci_low", "ci_high", "stat", "df"):
        table[name] = "r" if name == "region_id" else 1.0
    write_table(tmp_path / "r.tsv", table)
    effects = table[["symbol", "log2FoldChange"]]
    effects.to_csv(tmp_path / "e.csv", index=False)
    command = ["evidence", str(tmp_path / "r.tsv"), str(tmp_path / "e.csv")]
    assert main([*command, "-o", str(tmp_path / "o.tsv")]) == 2
    assert "--mark" in capsys.readouterr().err
    assert not (tmp_path / "o.tsv").exists()


@pytest.mark.real
def test_the_rat_study_has_a_relation_of_levels_and_hardly_one_of_changes(
    real_data: Path, tmp_path: Path
) -> None:
    from resist_epi.counting.coverage import count_regions
    from resist_epi.genome.read_genes import read_genes
    from resist_epi.genome.regions import promoters
    from resist_epi.tracks.open import open_track

    rat = real_data / "rat_heart_h3k27me3_bn_shr"
    genes = read_genes(rat / "genes_rn4.tsv.gz")
    kept = promoters(genes)
    kept = kept[kept["chrom"] == "chr12"].reset_index(drop=True)
    paths = sorted((rat / "derived_bigwig").glob("H3K27me3-*.bw"))
    names = [p.name.removesuffix(".cpm.bw") for p in paths]
    tracks = {n: open_track(p) for n, p in zip(names, paths, strict=True)}
    counts = count_regions(tracks, kept)
    table = pd.DataFrame(
        {
            "SampleID": names,
            "Factor": "H3K27me3",
            "Condition": [n.split("-")[1] for n in names],
        }
    )
    own: SampleSheet = make_sheet(table)
    analysis = analyse(counts, own, contrast="SHR-BN")
    found = compare_assay(
        analysis.results,
        rat / "expression_lv_bn_shr.tsv.gz",
        assay="expression",
        mark="H3K27me3",
        analysis=analysis,
    )
    row = found.summary.iloc[0]
    assert -0.55 < row["level_rho"] < -0.3
    assert abs(row["change_rho"]) < 0.3
    assert "level of H3K27me3 and of RNA expression: a moderate relation" in row["words"]
    assert "a weak relation" in row["words"] or "hardly any relation" in row["words"]
