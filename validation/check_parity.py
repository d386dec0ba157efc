"""Hold the statistical kernels against R on data of any seed.

    python validation/check_parity.py --seed 7     # R simulates and answers in a temporary folder
    python validation/check_parity.py FOLDER       # answers that are there (tests/golden)

`tests/golden/simulated.R` and `contrasts.R` simulate the matrices and ask edgeR, limma and survival
(Rscript with edgeR, limma, statmod, MASS and survival is needed for a new seed). Prints the largest
difference of each part beside its bound; the exit code is 1 where one is exceeded.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from resist_epi.stats.groups.survival import cox_score_tests
from resist_epi.stats.linear.blocking import block_correlation, correlation_matrix
from resist_epi.stats.linear.least_squares import (
    LinearFit,
    contrast,
    contrast_mean_square,
    fit_linear,
)
from resist_epi.stats.linear.moderation import (
    Moderated,
    moderated_f,
    moderated_t,
    squeeze_variances,
    treat,
)
from resist_epi.stats.linear.precision import voom, voom_with_sample_weights
from resist_epi.stats.linear.weights import array_weights
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.negbin.glm import CountData, count_data
from resist_epi.stats.negbin.quasi import fit_quasi, quasi_f_test, quasi_treat
from resist_epi.stats.scaling import size_factors

FloatArray = npt.NDArray[np.float64]

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden"
SCENARIOS = ("dense", "sparse", "covariate", "outlier", "paired", "three")
GENERAL = ("covariate", "paired")  # designs of more than groups
FACTORS = {
    "TMM": (size_factors.tmm, 1e-12),
    "RLE": (size_factors.rle, 1e-12),
    "upperquartile": (size_factors.upper_quartile, 1e-12),
    "TMMwsp": (size_factors.tmmwsp, 1e-6),
}


class Line(NamedTuple):
    """What was compared on which matrix, how far apart the two are, and how far they may be."""

    part: str
    matrix: str
    measure: str
    difference: float
    bound: float


class Case(NamedTuple):
    """One matrix with R's answers; the contrast is the last coefficient."""

    name: str
    counts: FloatArray
    design: FloatArray
    sizes: FloatArray
    answer: pd.DataFrame
    contrast: FloatArray

    @property
    def level(self) -> FloatArray:
        return np.asarray(np.log2((self.counts + 0.5) / (self.sizes + 1) * 1e6))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="R's answers")
    parser.add_argument("--seed", type=int, help="simulate anew with this seed")
    options = parser.parse_args()
    if (options.folder is None) == (options.seed is None):
        parser.error("give a folder of answers, or --seed")
    if options.seed is None:
        return report(options.folder)
    with tempfile.TemporaryDirectory() as folder:
        for script in (GOLDEN / "simulated.R", GOLDEN / "contrasts.R"):
            subprocess.run(["Rscript", str(script), folder, str(options.seed)], check=True)
        return report(Path(folder))


def report(folder: Path) -> int:
    print("| part | matrix | measure | largest difference | bound | |\n|---|---|---|---|---|---|")
    missed = 0
    for line in compare(folder):
        held = line.difference <= line.bound
        missed += not held
        print(
            f"| {line.part} | {line.matrix} | {line.measure} | {line.difference:.1e} |"
            f" {line.bound:.0e} | {'' if held else '**missed**'} |"
        )
    return int(missed > 0)


def compare(folder: Path) -> Iterator[Line]:
    """All comparisons with the answers of a folder."""
    for name in SCENARIOS:
        case = load(folder, name)
        yield from factors(folder, case)
        yield from linear(folder, case)
        yield from quasi(case)
    yield from blocks(folder)
    yield from hazards(folder)
    yield from contrasts(folder)


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.tsv.gz", sep="\t")


def load(folder: Path, name: str) -> Case:
    counts = read(folder, f"{name}.counts").to_numpy(np.float64)
    design = read(folder, f"{name}.design").to_numpy(np.float64)
    table = read(folder, "factors").query("scenario == @name and method == 'TMM'")
    sizes = counts.sum(axis=0) * table["factor"].to_numpy()
    answer = read(folder, f"{name}.answer")
    return Case(name, counts, design, sizes, answer, np.eye(design.shape[1])[-1])


def factors(folder: Path, case: Case) -> Iterator[Line]:
    table = read(folder, "factors")
    for method, (function, bound) in FACTORS.items():
        theirs = table.query("scenario == @case.name and method == @method")["factor"].to_numpy()
        if len(theirs):
            difference = float(np.abs(function(case.counts) / theirs - 1).max())
            own = 1e-3 if (method, case.name) == ("TMMwsp", "sparse") else bound
            yield Line(method, case.name, "relative", difference, own)


def linear(folder: Path, case: Case) -> Iterator[Line]:
    fit = fit_linear(case.level, case.design)
    plain = squeeze_variances(fit.sigma2, fit.df_residual)
    effect = contrast(fit, case.contrast)
    yield from tests("moderated t", case, moderated_t(*effect, plain), "plain")
    along = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean)
    yield from tests("trend", case, moderated_t(*effect, along), "trend")
    yield from tests("trend, robust", case, _robust(fit, case, along=True), "robust")
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean, robust=True)
    yield from tests("treat", case, treat(*effect, squeezed, threshold=0.3), "treat")
    weighted = fit_linear(case.level, case.design, weights=array_weights(case.level, case.design))
    yield from tests("array weights", case, _robust(weighted, case, along=True), "weighted")
    for part, function, tag in (
        ("voom", voom, "voom"),
        ("voom with quality weights", voom_with_sample_weights, "quality"),
    ):
        if f"{tag}.t" not in case.answer:
            continue  # R itself failed on this matrix
        made = function(case.counts, case.design, case.sizes)
        precise = fit_linear(made.log_cpm, case.design, weights=made.weights)
        yield from tests(part, case, _robust(precise, case, along=False), tag)
    if case.name == "paired":
        pair = np.tile(np.arange(6), 2)
        design = case.design[:, [0, -1]]
        rho = block_correlation(case.level, design, pair).consensus
        blocked = fit_linear(case.level, design, correlation=correlation_matrix(pair, rho))
        small = case._replace(contrast=np.array([0.0, 1.0]))
        yield from tests(
            "duplicate correlation", case, _robust(blocked, small, along=True), "block"
        )


def _robust(fit: LinearFit, case: Case, *, along: bool) -> Moderated:
    squeezed = squeeze_variances(
        fit.sigma2, fit.df_residual, covariate=fit.mean if along else None, robust=True
    )
    return moderated_t(*contrast(fit, case.contrast), squeezed)


def tests(part: str, case: Case, found: Moderated, tag: str) -> Iterator[Line]:
    answer = case.answer
    yield Line(part, case.name, "t", _gap(found.statistic, answer[f"{tag}.t"]), 1e-8)
    yield Line(part, case.name, "log10 P", _log_gap(found.pvalue, answer[f"{tag}.p"]), 1e-8)


def quasi(case: Case) -> Iterator[Line]:
    answer = case.answer
    found = quasi_f_test(fit_quasi(count_data(case.counts, case.design, case.sizes)), case.contrast)
    bound = 2e-4 if case.name in GENERAL else 1e-5 if case.name == "sparse" else 1e-6
    if case.name not in GENERAL:
        change = _gap(found.log2_fold_change, answer["ql.lfc"])
        yield Line("ql", case.name, "log2 fold change", change, 1e-5)
    if case.name not in (*GENERAL, "sparse"):
        relative = np.abs(found.statistic - answer["ql.f"]) / np.maximum(answer["ql.f"], 1e-3)
        yield Line("ql", case.name, "F, relative", float(relative.max()), 1e-6)
    yield Line("ql", case.name, "log10 P", _log_gap(found.pvalue, answer["ql.p"]), bound)
    theirs = benjamini_hochberg(answer["ql.p"].to_numpy())
    ours = benjamini_hochberg(found.pvalue)
    for fdr in (0.05, 0.01):
        differing = float(((ours <= fdr) != (theirs <= fdr)).sum())
        called = int((theirs <= fdr).sum())
        yield Line("ql", case.name, f"lists at FDR {fdr:.0%} ({called} calls)", differing, 0.0)


def blocks(folder: Path) -> Iterator[Line]:
    """Duplicate correlation with blocks of unequal size; their layout stands in simulated.R."""
    y, answer = read(folder, "blocks.response").to_numpy(), read(folder, "blocks.answer")
    label = np.array([1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7])
    design = np.column_stack([np.ones(12), np.repeat([0, 1], 6)])
    for tag in ("plain", "weighted"):
        weights = read(folder, "blocks.weights").to_numpy() if tag == "weighted" else None
        rho = block_correlation(y, design, label, weights=weights).consensus
        fit = fit_linear(y, design, weights=weights, correlation=correlation_matrix(label, rho))
        squeezed = squeeze_variances(fit.sigma2, fit.df_residual)
        found = moderated_t(*contrast(fit, [0, 1]), squeezed)
        part, matrix = "duplicate correlation", f"unequal blocks, {tag}"
        yield Line(part, matrix, "t", _gap(found.statistic, answer[f"{tag}.t"]), 1e-8)
        yield Line(part, matrix, "log10 P", _log_gap(found.pvalue, answer[f"{tag}.p"]), 1e-8)


# Contrasts of one fit in contrasts.R: coefficients of each, and two that F tests together.
QUESTIONS: dict[str, tuple[dict[str, list[float]], list[list[float]]]] = {
    "interaction": (
        {"interaction": [0, 0, 0, 1], "reference": [0, 0, 1, 0], "average": [0, 0, 1, 0.5]},
        [[0, 0], [0, 0], [1, 0], [0, 1]],
    ),
    "pairs": (
        {"BA": [0, 1, 0], "CA": [0, 0, 1], "CB": [0, -1, 1]},
        [[0, 0], [1, 0], [0, 1]],
    ),
}


def contrasts(folder: Path) -> Iterator[Line]:
    """An interaction and all pairs of three groups, F over them, and treat of counts."""
    for name, (vectors, joint) in QUESTIONS.items():
        counts, design = (
            read(folder, f"{name}.{part}").to_numpy(np.float64) for part in ("counts", "design")
        )
        sizes = read(folder, f"{name}.sizes")["size"].to_numpy()
        answer = read(folder, f"{name}.answer")
        level = np.log2((counts + 0.5) / (sizes + 1) * 1e6)
        made = voom(counts, design, sizes)
        linear_fits = {
            "trend": fit_linear(level, design),
            "voom": fit_linear(made.log_cpm, design, weights=made.weights),
        }
        for tag, fit in linear_fits.items():
            along = fit.mean if tag == "trend" else None
            squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=along, robust=True)
            for key, vector in vectors.items():
                part = f"{tag}, {key}"
                effect = contrast(fit, vector)
                found = moderated_t(*effect, squeezed)
                gap = _gap(effect.estimate, answer[f"{tag}.{key}.lfc"])
                yield Line(part, name, "log2 fold change", gap, 1e-8)
                yield Line(part, name, "t", _gap(found.statistic, answer[f"{tag}.{key}.t"]), 1e-8)
                gap = _log_gap(found.pvalue, answer[f"{tag}.{key}.p"])
                yield Line(part, name, "log10 P", gap, 1e-8)
            together = moderated_f(contrast_mean_square(fit, joint), 2, squeezed)
            yield Line(f"{tag}, F", name, "F", _gap(together.statistic, answer[f"{tag}.F"]), 1e-7)
            gap = _log_gap(together.pvalue, answer[f"{tag}.F.p"])
            yield Line(f"{tag}, F", name, "log10 P", gap, 1e-8)
        yield from _questions_of_counts(name, count_data(counts, design, sizes), answer)


def _questions_of_counts(name: str, data: CountData, answer: pd.DataFrame) -> Iterator[Line]:
    vectors, joint = QUESTIONS[name]
    fit = fit_quasi(data)
    for key, vector in vectors.items():
        found = quasi_f_test(fit, vector)
        gap = _gap(found.log2_fold_change, answer[f"ql.{key}.lfc"])
        yield Line(f"ql, {key}", name, "log2 fold change", gap, 1e-5)
        gap = _log_gap(found.pvalue, answer[f"ql.{key}.p"])
        yield Line(f"ql, {key}", name, "log10 P", gap, 2e-4)
        for threshold in ("0.3", "1"):
            against = quasi_treat(fit, vector, threshold=float(threshold))
            # Below Poisson's variance glmTreat takes the bound from a null of another shape.
            free = answer["bound"].to_numpy() == 0
            theirs = answer[f"treat.{threshold}.{key}.p"]
            gap = _log_gap(against.pvalue[free], theirs[free])
            yield Line(f"ql, treat {threshold}, {key}", name, "log10 P", gap, 2e-4)
    together = quasi_f_test(fit, joint)
    relative = np.abs(together.statistic - answer["ql.F"]) / np.maximum(answer["ql.F"], 1e-3)
    yield Line("ql, F", name, "F, relative", float(relative.max()), 2e-4)
    yield Line("ql, F", name, "log10 P", _log_gap(together.pvalue, answer["ql.F.p"]), 2e-4)


def hazards(folder: Path) -> Iterator[Line]:
    from statsmodels.duration.hazard_regression import PHReg

    signal, samples = read(folder, "cox.signal").to_numpy(), read(folder, "cox.samples")
    answer = read(folder, "cox.answer")
    time, event, purity, site = (samples[c].to_numpy() for c in ("time", "event", "purity", "site"))
    for tag in ("plain", "adjusted", "breslow"):
        found = cox_score_tests(
            signal,
            time,
            event,
            covariates=None if tag == "plain" else purity,
            strata=None if tag == "plain" else site,
            ties="breslow" if tag == "breslow" else "efron",
        )
        score = _gap(found.statistic**2, answer[f"{tag}.score"])
        yield Line("cox", f"survival, {tag}", "score", score, 1e-8)
        # R goes on where the ratio has no maximum; ours are NaN there.
        ratio = np.isfinite(found.log_hazard_ratio)
        gap = _gap(found.log_hazard_ratio[ratio], answer[f"{tag}.coef"][ratio])
        yield Line("cox", f"survival, {tag}", "log hazard ratio", gap, 1e-8)
    some = np.flatnonzero(ratio)[:20]
    others = [
        PHReg(time, np.column_stack([signal[i], purity]), event, strata=site, ties="breslow").fit(
            disp=0, tol=1e-12
        )
        for i in some
    ]
    gap = _gap(found.log_hazard_ratio[some], [other.params[0] for other in others])
    yield Line("cox", "statsmodels PHReg", "log hazard ratio", gap, 1e-8)
    gap = _gap(found.standard_error[some], [other.bse[0] for other in others])
    yield Line("cox", "statsmodels PHReg", "standard error", gap, 1e-8)


def _gap(found: npt.ArrayLike, theirs: npt.ArrayLike) -> float:
    return float(np.abs(np.asarray(found) - np.asarray(theirs)).max())


def _log_gap(found: npt.ArrayLike, theirs: npt.ArrayLike) -> float:
    return _gap(np.log10(np.asarray(found)), np.log10(np.asarray(theirs)))


if __name__ == "__main__":
    sys.exit(main())
