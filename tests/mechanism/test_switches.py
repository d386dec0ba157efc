from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.mechanism.find_switches import mark_test, switches_of_tables
from resist_epi.mechanism.switches import MarkTest, choose_method, mark_switches
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import make_sheet
from resist_epi.schema import switch_columns
from resist_epi.stats.sets.joint import JointCorrelation
from tests.support import builders

REPRESSED, ACTIVATED, SINGLE_GAIN, SINGLE_LOSS = (
    slice(0, 20),
    slice(20, 40),
    slice(40, 60),
    slice(60, 80),
)
N = 800
MARKS = ("H3K27me3", "H3K36me3", "H3K4me3", "H3K27ac")


def one_mark(
    mark: str,
    changes: dict[tuple[int, int], float],
    *,
    patients: list[str],
    error: np.ndarray | None = None,
    contrast: str | None = None,
    seed: int = 1,
) -> MarkTest:
    """Analyse a mark of `len(patients)` tumours, the first half good, with planted changes."""
    rng = np.random.default_rng([seed, MARKS.index(mark)])
    n = len(patients)
    noise = rng.normal(size=(N, n)) if error is None else error
    level = rng.normal(4, 1, size=(N, 1)) + 0.25 * noise
    for (first, last), change in changes.items():
        level[first:last, n // 2 :] += change
    names = [f"{p}_{mark}" for p in patients]
    matrix = builders.matrix(2.0**level, samples=names, library_sizes=np.full(n, 1e6))
    table = {"SampleID": names, "Factor": mark, "Patient": patients}
    table["Condition"] = ["good"] * (n // 2) + ["poor"] * (n - n // 2)
    sheet = make_sheet(pd.DataFrame(table, dtype=object))
    return mark_test(mark, analyse(matrix, sheet, contrast=contrast))


K27 = {(0, 20): 1.5, (20, 40): -1.5, (40, 60): 1.5}
K36 = {(0, 20): -1.5, (20, 40): 1.5, (60, 80): -1.5}
PATIENTS = [f"P{i}" for i in range(12)]


@pytest.fixture(scope="module")
def k27() -> MarkTest:
    return one_mark("H3K27me3", K27, patients=PATIENTS)


@pytest.fixture(scope="module")
def k36() -> MarkTest:
    return one_mark("H3K36me3", K36, patients=PATIENTS)


def test_planted_classes_are_found(k27: MarkTest, k36: MarkTest) -> None:
    table = mark_switches(k27, k36)
    assert list(table.columns[:8]) == switch_columns(["H3K27me3", "H3K36me3"])
    assert len(table) == N
    found = table["class"].to_numpy()
    assert set(found[REPRESSED]) == {"repressive switch"}
    assert set(found[ACTIVATED]) == {"activating switch"}
    assert set(found[SINGLE_GAIN]) == {"H3K27me3 gain"}
    assert set(found[SINGLE_LOSS]) == {"H3K36me3 loss"}
    assert (found[80:] == "none").mean() > 0.98
    switches = np.char.endswith(found.astype(str), "switch")
    assert (table["padj"].to_numpy() <= 0.05).tolist() == switches.tolist()
    header = table.attrs["header"]
    assert header["method"].startswith("adafilter among genes of opposite signs, since the marks'")
    assert "poor minus good" in header["contrast"]
    assert "20 repressive switch" in header["genes"]
    assert header["facts"]["joint test"]["name"] == "adafilter"


def test_values_are_those_of_the_marks(k27: MarkTest, k36: MarkTest) -> None:
    table = mark_switches(k27, k36)
    for test in (k27, k36):
        for name in ("log2FoldChange", "pvalue", "padj"):
            np.testing.assert_array_equal(table[f"{test.mark}_{name}"], test.results[name])
    same_way = (table["H3K27me3_log2FoldChange"] * table["H3K36me3_log2FoldChange"]) > 0
    np.testing.assert_array_equal(table["padj"].isna(), same_way)


def test_swapping_the_groups_swaps_the_switches(k27: MarkTest, k36: MarkTest) -> None:
    table = mark_switches(k27, k36)
    turned = mark_switches(
        one_mark("H3K27me3", K27, patients=PATIENTS, contrast="good-poor"),
        one_mark("H3K36me3", K36, patients=PATIENTS, contrast="good-poor"),
    )
    words = {"repressive": "activating", "activating": "repressive", "gain": "loss", "loss": "gain"}
    expected = [" ".join(words.get(w, w) for w in c.split(" ")) for c in table["class"]]
    assert turned["class"].tolist() == expected
    np.testing.assert_allclose(turned["padj"], table["padj"])


def test_nothing_is_called_where_nothing_changes() -> None:
    calls = 0
    for seed in range(5):
        tests = [one_mark(m, {}, patients=PATIENTS, seed=seed) for m in MARKS[:2]]
        calls += int((mark_switches(*tests)["class"] != "none").sum())
    assert calls <= 2


@pytest.mark.parametrize(("rho", "method"), [(-0.7, "max_p"), (0.0, "adafilter")])
def test_the_residuals_decide(rho: float, method: str) -> None:
    rng = np.random.default_rng(8)
    first = rng.normal(size=(N, 12))
    second = rho * first + np.sqrt(1 - rho**2) * rng.normal(size=(N, 12))
    # The active mark's tumours stand in another order: they are matched by patient.
    order = [3, 1, 0, 5, 4, 2, 8, 6, 7, 11, 10, 9]
    table = mark_switches(
        one_mark("H3K27me3", K27, patients=PATIENTS, error=first),
        one_mark("H3K36me3", K36, patients=[PATIENTS[i] for i in order], error=second[:, order]),
    )
    assert table.attrs["header"]["method"].startswith(method)
    assert f"correlated by {rho:.1f}"[:-1] in table.attrs["header"]["method"] or rho == 0


def test_tumours_with_one_mark_are_used_for_that_mark(k27: MarkTest) -> None:
    others = [f"P{i}" for i in range(6, 20)]
    table = mark_switches(k27, one_mark("H3K36me3", K36, patients=others))
    assert (table["class"] == "repressive switch").sum() >= 20
    apart = mark_switches(k27, one_mark("H3K36me3", K36, patients=[f"Q{i}" for i in range(12)]))
    assert "no tumour has both marks" in apart.attrs["header"]["method"]


def test_without_counts_the_careful_test_is_used(k27: MarkTest, k36: MarkTest) -> None:
    tables = {t.mark: t.results for t in (k27, k36)}
    table = switches_of_tables(tables, {})
    assert table.attrs["header"]["method"].startswith("max_p")
    assert "not known which units" in table.attrs["header"]["method"]
    assert (table["class"] == "repressive switch").sum() == 20
    forced = switches_of_tables(tables, {}, method="adafilter")
    assert "outside of its bounds" in forced.attrs["header"]["method"]


def test_a_gene_of_one_mark_only_has_its_class(k27: MarkTest, k36: MarkTest) -> None:
    rows = np.r_[0:10, 45:N]
    shuffled = k27.results.iloc[rows[::-1]].reset_index(drop=True)
    table = mark_switches(MarkTest("H3K27me3", shuffled), MarkTest("H3K36me3", k36.results))
    assert len(table) == N
    assert table["start"].is_monotonic_increasing
    own = table.set_index("symbol")
    assert own.loc["S3", "class"] == "repressive switch"
    assert own.loc["S25", "class"] == "H3K36me3 gain"
    assert np.isnan(own.loc["S25", "H3K27me3_pvalue"])


def test_bivalent_and_poised_genes(k27: MarkTest, k36: MarkTest) -> None:
    k4 = one_mark("H3K4me3", {(0, 20): 1.5, (40, 60): 1.5, (100, 110): -1.5}, patients=PATIENTS)
    table = mark_switches(k27, k36, third=k4)
    found = table["class"].to_numpy()
    assert list(table.columns[:10]) == switch_columns(["H3K27me3", "H3K36me3", "H3K4me3"])
    assert set(found[REPRESSED]) == {"repressive switch"}
    assert set(found[SINGLE_GAIN]) == {"bivalent gain"}
    assert set(found[100:110]) == {"H3K4me3 loss"}
    ac = one_mark("H3K27ac", {(40, 60): -1.5}, patients=PATIENTS)
    found = mark_switches(k27, k36, third=ac)["class"].to_numpy()
    assert set(found[SINGLE_GAIN]) == {"poised gain"}


def test_results_without_a_test() -> None:
    tests = [one_mark(m, {}, patients=PATIENTS) for m in MARKS[:2]]
    bare = [t.results.assign(pvalue=np.nan, padj=np.nan) for t in tests]
    table = mark_switches(MarkTest("H3K27me3", bare[0]), MarkTest("H3K36me3", bare[1]))
    assert set(table["class"]) == {"none"}
    assert table["padj"].isna().all()


def test_what_cannot_be_done_is_said(k27: MarkTest, k36: MarkTest) -> None:
    with pytest.raises(DesignError, match="different marks"):
        mark_switches(k27, k27)
    with pytest.raises(DesignError, match="unknown method 'fisher'"):
        mark_switches(k27, k36, method="fisher")
    with pytest.raises(DesignError, match="third mark may be H3K4me3 or H3K27ac"):
        mark_switches(k27, k36, third=MarkTest("ER", k36.results))
    turned = one_mark("H3K36me3", K36, patients=PATIENTS, contrast="good-poor")
    with pytest.raises(DesignError, match="different contrasts"):
        mark_switches(k27, turned)


@pytest.mark.parametrize(
    ("correlation", "units", "method", "reason"),
    [
        (None, (6, 6), "max_p", "not known"),
        (JointCorrelation(-0.1, -0.1, -0.1, 10.0, 900), (6, 6, 5, 6), "max_p", "5 units only"),
        (JointCorrelation(-0.1, -0.1, np.nan, 10.0, 900), (6, 6), "adafilter", "by -0.10"),
        (JointCorrelation(-0.3, -0.3, np.nan, 10.0, 900), (6, 6), "max_p", "below -0.2"),
        (JointCorrelation(-0.1, -0.1, -0.3, 10.0, 900), (6, 6), "max_p", "small P"),
        (JointCorrelation(-0.6, -0.1, np.nan, 10.0, 900), (6, 6), "adafilter", "by -0.10"),
        (JointCorrelation(-0.1, -0.1, np.nan, 2.0, 900), (6, 6), "max_p", "too few"),
        (JointCorrelation(np.nan, np.nan, np.nan, 0.5, 0), (6, 6), "max_p", "too few"),
        (JointCorrelation(np.nan, np.nan, np.nan, 9.0, 0), (6, 6), "max_p", "cannot be"),
        (JointCorrelation(np.nan, 0.0, np.nan, 0.0, 0), (6, 6), "adafilter", "no tumour"),
        (JointCorrelation(np.nan, 0.0, np.nan, 0.0, 0), (), "max_p", "0 units"),
    ],
)
def test_the_rule(
    correlation: JointCorrelation | None, units: tuple[int, ...], method: str, reason: str
) -> None:
    chosen, why = choose_method(correlation, units)
    assert chosen == method
    assert reason in why
