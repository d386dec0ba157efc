"""Every test of the registry at its edges, and whether order matters to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError, QuantityError, ResistEpiError
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.differential import METHODS
from resist_epi.samples.sheet import SampleSheet
from tests.support.builders import planted, regions, sheet

ALL = tuple(METHODS)
N = 12
NAMES = tuple(f"s{i}" for i in range(N))
RNG = np.random.default_rng(11)
TIME = np.round(RNG.exponential(20, N) + 1, 1)
EVENT = [1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1]


def rows(names: tuple[str, ...] = NAMES) -> SampleSheet:
    made = sheet(
        ["good"] * 6 + ["poor"] * 6,
        Batch=["1", "2"] * 6,
        TimeToProgression=list(TIME),
        Progressed=EVENT,
    )
    return made.for_samples(names)


def reads(n: int = 80, seed: int = 3) -> CountMatrix:
    rng = np.random.default_rng(seed)
    mean = rng.gamma(2, 60, size=(n, 1)) * rng.uniform(0.6, 1.6, N)
    mean[:10, 6:] *= 4
    counts = rng.negative_binomial(20, 20 / (20 + mean)).astype(float)
    return CountMatrix(counts, regions(n), NAMES, "reads", np.full(N, 1e6))


def run(matrix: CountMatrix, method: str, **options: object) -> Analysis:
    return analyse(matrix, rows(matrix.samples), method=method, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ALL)
def test_order_of_regions_and_samples_does_not_matter(method: str) -> None:
    made = reads()
    first = run(made, method, contrast=None if method == "cox" else "poor-good").results
    rng = np.random.default_rng(6)
    across, down = rng.permutation(N), rng.permutation(len(first))
    moved = CountMatrix(
        made.values[down][:, across],
        made.regions.iloc[down].reset_index(drop=True),
        tuple(NAMES[i] for i in across),
        "reads",
        made.library_sizes,
    )
    again = run(moved, method, contrast=None if method == "cox" else "poor-good").results
    again = again.set_index("region_id").loc[first["region_id"]].reset_index()
    for column in ("baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"):
        # With sample weights the stopping rule of their scoring is what is left of the order.
        np.testing.assert_allclose(again[column], first[column], rtol=1e-7, atol=1e-10)
    assert (again["direction"] == first["direction"]).all()


@pytest.mark.parametrize("method", ALL)
def test_regions_of_zeros_are_kept_and_not_counted(method: str) -> None:
    made = reads()
    with_zeros = CountMatrix(
        np.vstack([made.values, np.zeros((40, N))]), regions(120), NAMES, "reads", np.full(N, 1e6)
    )
    plain, table = run(made, method).results, run(with_zeros, method).results
    assert len(table) == 120
    assert table.loc[80:, ["pvalue", "padj", "stat", "lfcSE"]].isna().all(axis=None)
    assert (table.loc[80:, "direction"] == "none").all()
    # Neither fits nor FDR notice them.
    np.testing.assert_allclose(table.loc[:79, "padj"], plain["padj"], rtol=1e-7)


@pytest.mark.parametrize("method", ALL)
def test_one_region(method: str) -> None:
    one = CountMatrix(reads().values[:1], regions(1), NAMES, "reads", np.full(N, 1e6))
    if method == "voom":
        with pytest.raises(DesignError, match=r"2 regions with reads .*use ql or trend"):
            run(one, method)
        return
    table = run(one, method).results
    assert table["pvalue"].between(0, 1).all()
    assert table["padj"].equals(table["pvalue"].rename("padj"))


@pytest.mark.parametrize("method", ALL)
def test_huge_counts(method: str) -> None:
    made = reads()
    values = made.values.copy()
    values[0], values[1, 0], values[2] = 1e9, 1e9, np.r_[np.full(6, 1e8), np.full(6, 1e9)]
    table = run(replace(made, values=values), method, normalize="library_size").results
    assert np.isfinite(table["baseMean"]).all()
    tested = table["pvalue"].notna()
    assert tested.sum() >= 79  # a constant region may have no test of its own
    assert table.loc[tested, "pvalue"].between(0, 1).all()
    if method not in ("cox", "wilcoxon"):
        assert table.loc[2, "log2FoldChange"] == pytest.approx(np.log2(10), abs=0.05)


@pytest.mark.parametrize("method", ALL)
def test_identical_samples(method: str) -> None:
    """Nothing differs: no call, and nothing but NaN or P = 1 (or that of no difference)."""
    column = reads().values[:, :1]
    same = CountMatrix(np.tile(column, N), regions(80), NAMES, "reads", np.full(N, 1e6))
    table = run(same, method).results
    assert (table["direction"] == "none").all()
    assert not (table["pvalue"] < 0.9).any()


@pytest.mark.parametrize("method", [m for m in ALL if m != "cox"])
def test_perfectly_separated_groups(method: str) -> None:
    made = reads()
    values = made.values.copy()
    values[0] = np.r_[np.zeros(6), 90, 110, 95, 105, 100, 120]
    table = run(replace(made, values=values), method).results
    assert np.isfinite(table.loc[0, "log2FoldChange"])
    assert table.loc[0, "log2FoldChange"] > 3
    assert table.loc[0, "pvalue"] < 0.005


@pytest.mark.parametrize("bad", [-3.0, np.nan, np.inf])
def test_values_that_cannot_be_name_region_and_sample(bad: float) -> None:
    values = reads().values.copy()
    values[4, 7] = bad
    with pytest.raises(ResistEpiError, match=r"region r4 .*sample 's7'"):
        CountMatrix(values, regions(80), NAMES, "reads", np.full(N, 1e6))


@pytest.mark.parametrize("method", ["ql", "voom", "trend"])
def test_recovered_reads_need_not_be_whole_numbers(method: str) -> None:
    made = reads()
    values = made.values + RNG.uniform(-0.4, 0.4, made.values.shape) * (made.values > 1)
    recovered = CountMatrix(values, made.regions, NAMES, "recovered_reads", made.library_sizes)
    table, whole = run(recovered, method).results, run(made, method).results
    assert table["pvalue"].notna().all()
    assert (table["direction"] == whole["direction"]).mean() > 0.95


def test_signal_given_to_a_count_test_names_the_way_out() -> None:
    for method in ("ql", "voom"):
        with pytest.raises(QuantityError, match=r"needs reads .*mean_signal. Use --method trend"):
            analyse(planted(n=20, per_group=6), rows(), method=method)


def test_a_level_without_samples_is_no_group() -> None:
    """The sheet may hold groups of which the matrix has no sample."""
    made = reads().select(samples=NAMES[:10])
    more = sheet(["good"] * 5 + ["poor"] * 5 + ["unknown"] * 2, Batch=["1", "2"] * 6)
    table = analyse(made, more).results
    assert table["pvalue"].notna().all()
    with pytest.raises(DesignError, match=r"these levels\. Levels are: Condition: good, poor"):
        analyse(made, more, contrast="unknown-good")


@pytest.mark.parametrize("method", ["trend", "ql", "voom"])
def test_without_a_residual_degree_of_freedom_fold_changes_are_offered(method: str) -> None:
    two = reads().select(samples=("s0", "s6"))
    with pytest.raises(DesignError, match="--fold-changes-only"):
        run(two, method)
    table = run(two, method, fold_changes="if_untestable").results
    assert table["pvalue"].isna().all()
    assert np.isfinite(table["log2FoldChange"]).all()


def test_threads_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels start none; BLAS's own are set before it loads, so in other processes."""
    import subprocess
    import sys

    code = (
        "import numpy as np\n"
        "from resist_epi.stats.negbin.glm import count_data\n"
        "from resist_epi.stats.negbin.quasi import fit_quasi, quasi_f_test\n"
        "x = np.random.default_rng(1).negative_binomial(5, 0.02, (300, 8)).astype(float)\n"
        "d = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])\n"
        "print(repr(quasi_f_test(fit_quasi(count_data(x, d)), [0, 1]).pvalue.tolist()))\n"
    )
    found = []
    for threads in ("1", "2"):
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            monkeypatch.setenv(name, threads)
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        found.append(np.array(pd.Series(out.stdout.decode().strip("[]\n").split(", ")), float))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)
