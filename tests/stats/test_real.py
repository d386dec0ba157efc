"""Parity on real counts; R's answers come from tests/golden/make_golden.R."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.linear.precision import voom
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.negbin.glm import count_data
from resist_epi.stats.negbin.quasi import fit_quasi, quasi_f_test
from resist_epi.stats.scaling.size_factors import tmm

pytestmark = pytest.mark.real


def tamoxifen(folder: Path):
    table = pd.read_csv(
        folder / "tamoxifen_er_chip_diffbind/chr18_consensus_counts.tsv.gz", sep="\t"
    )
    sheet = pd.read_csv(folder / "tamoxifen_er_chip_diffbind/samples.tsv", sep="\t")
    tissues = [sheet["Tissue"] == t for t in ("MCF7", "T47D", "ZR75")]
    design = np.column_stack([np.ones(len(sheet)), *tissues, sheet["Condition"] == "Resistant"])
    return table[sheet["SampleID"]].to_numpy(float), design, sheet["library_reads"].to_numpy(float)


def lcl(folder: Path):
    table = pd.read_csv(folder / "h3k27ac_lcl_manorm2/h3k27ac_lcl_counts.tsv.gz", sep="\t")
    counts = table.filter(like="read_cnt").to_numpy(float)
    return counts, np.column_stack([np.ones(5), [1, 0, 0, 0, 0], [0, 0, 0, 1, 1]]), None


def rat(folder: Path):
    table = pd.read_csv(folder / "rat_heart_h3k27me3_bn_shr/chr12_500bp_counts.tsv.gz", sep="\t")
    return (
        table.filter(like="H3K27me3").to_numpy(float),
        np.array([[1, 0], [1, 0], [1, 1], [1, 1]]),
        None,
    )


@pytest.mark.parametrize("load", [tamoxifen, lcl, rat])
def test_parity(load, real_data, golden) -> None:
    name = load.__name__
    counts, design, libraries = load(real_data)
    counts = counts[counts.sum(axis=1) >= 10]
    libraries = counts.sum(axis=0) if libraries is None else libraries
    factors = golden("real.factors").query("data == @name")
    answer = golden(f"real.{name}")
    rows = answer["row"].to_numpy()
    found = tmm(counts, libraries)
    np.testing.assert_allclose(found, factors["factor"], rtol=1e-12)
    sizes, last = libraries * found, np.eye(design.shape[1])[-1]

    log_cpm = np.log2((counts + 0.5) / (sizes + 1) * 1e6)
    fit = fit_linear(log_cpm, design)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean, robust=True)
    close(moderated_t(*contrast(fit, last), squeezed), rows, answer, "trend")

    precise = voom(counts, design, sizes)
    fit = fit_linear(precise.log_cpm, design, weights=precise.weights)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, robust=True)
    close(moderated_t(*contrast(fit, last), squeezed), rows, answer, "voom")

    test = quasi_f_test(fit_quasi(count_data(counts, design, sizes)), last)
    distance = np.abs(np.log10(test.pvalue[rows]) - np.log10(answer["ql.p"]))
    assert distance.max() < (2e-4 if name == "tamoxifen" else 1e-5)
    assert (benjamini_hochberg(test.pvalue) <= 0.05).sum() == factors["called"].iloc[0]


def close(found, rows, answer, tag) -> None:
    assert np.abs(found.statistic[rows] - answer[f"{tag}.t"]).max() < 1e-8
    assert np.abs(np.log10(found.pvalue[rows]) - np.log10(answer[f"{tag}.p"])).max() < 1e-8
