"""The tests that a gene set can be put to, each with the question it asks and what it assumes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.errors import DesignError, unknown_name
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.model.relabelling import fit_to_relabel, relabel
from resist_epi.stats.literature import SUBRAMANIAN_2005, WU_2010, WU_2012, Reference
from resist_epi.stats.sets.rotation import RotationTests, roast
from resist_epi.stats.sets.set_counts import (
    SetCounts,
    logistic_score,
    over_representation,
    spline_basis,
)
from resist_epi.stats.sets.set_tests import SetTests, camera, fry

logger = logging.getLogger(__name__)

MIN_GENES = 5

MIN_DF = 8

PRESET_CORRELATION = 0.05

FLOOR = 0.01

ROTATIONS = 9999

GSEA_PERMUTATIONS = 1000


@dataclass(frozen=True)
class SetInputs:
    """What the tests read.

    Attributes
    ----------
    level
        The genes, one value each, and what they came from.
    members
        Set -> positions of its genes, one gene a locus, int64.
    direction
        (n_genes,) `gain`, `loss` or `none` at the level asked for.
    """

    level: GeneLevel
    members: Mapping[str, IntArray]
    direction: NDArray[np.object_]


@dataclass(frozen=True)
class SetPvalues:
    """P and sign of each set, and how they were found.

    Attributes
    ----------
    pvalue, sign
        (n_sets,) NaN where a set has no test; positive for more mark than elsewhere.
    how
        A sentence for the header.
    tested
        Whether the test could be made at all.
    error, df
        (n_sets,) standard error of the set's mean normal score less that of the others, and its
        degrees of freedom, where the test has them: what a shift must exceed to be seen.
    """

    pvalue: FloatArray
    sign: FloatArray
    how: str
    tested: bool = True
    error: FloatArray | None = None
    df: FloatArray | None = None


@dataclass(frozen=True)
class SetMethod:
    """A test of gene sets.

    Attributes
    ----------
    question
        What it asks.
    assumes
        What must hold for its P.
    needs_fit
        Whether it reads the fit, and not the table of results alone.
    relabels
        Whether it exchanges the labels of units: a run then shows it beside, where it could.
    references
        The papers behind it.
    """

    question: str
    assumes: str
    test: Callable[[SetInputs], SetPvalues]
    needs_fit: bool = False
    relabels: bool = False
    references: tuple[Reference, ...] = ()


def check_test(name: str) -> None:
    """Refuse a name that is none of the tests, with what each of them asks.

    Raises
    ------
    DesignError
        If it is none.
    """
    if name not in METHODS:
        known = "; ".join(f"{key}: {own.question}" for key, own in METHODS.items())
        raise DesignError(f"{unknown_name('gene-set test', name, METHODS)} ({known})")


def set_pvalues(name: str, inputs: SetInputs) -> SetPvalues:
    """Put all sets to one test; those of too few loci stay without P where it cannot carry them.

    Raises
    ------
    DesignError
        An unknown test, or one that needs the fit where there is none.
    """
    check_test(name)
    method = METHODS[name]
    level = inputs.level
    if method.needs_fit and (level.fit is None or level.contrast is None):
        raise DesignError(
            f"the gene-set test {name} reads the fit behind the results; give the counts (--counts)"
        )
    nothing = np.full(len(inputs.members), np.nan)
    tested = int(np.isfinite(level.z).sum())
    if tested < 2 * MIN_GENES:
        why = "too few genes have" if tested else "the results have no P, so no gene has"
        return SetPvalues(nothing, nothing, f"no test: {why} a test of their own", tested=False)
    return method.test(inputs)


def _camera(inputs: SetInputs) -> SetPvalues:
    level, z = inputs.level, inputs.level.z
    fit = level.fit
    members = list(inputs.members.values())
    df = 0 if fit is None else fit.df_design
    if fit is None or level.contrast is None or df < MIN_DF:
        why = "no counts were given" if fit is None else f"the fit leaves {df} residual df only"
        tests = camera(z, members, correlation=PRESET_CORRELATION)
        how = f"correlation preset to {PRESET_CORRELATION} since {why}"
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            residuals = level.effects[:, 1:] / np.sqrt(fit.linear.sigma2[level.rows])[:, None]
        tests = camera(z, members, residuals=residuals, floor=FLOOR)
        how = f"correlation estimated from {df} residual df, at least {FLOOR}"
    return _counted(
        inputs,
        tests,
        "camera (Wu & Smyth 2012), one value a gene and one gene a locus, against the other"
        f" genes tested; {how}",
    )


def _loci_called(inputs: SetInputs) -> tuple[NDArray[np.bool_], IntArray, list[IntArray]]:
    """Of each locus whether it is called, the gene that stands for it, and the sets of loci."""
    level = inputs.level
    first = level.one_a_locus(np.flatnonzero(np.isfinite(level.z)))
    place = dict(zip(level.locus[first].tolist(), range(len(first)), strict=True))
    called = inputs.direction[first] != "none"
    sets = [
        np.array(sorted({place[k] for k in level.locus[m].tolist() if k in place}), dtype=np.int64)
        for m in inputs.members.values()
    ]
    return called, first, sets


def _counted(inputs: SetInputs, tests: SetTests | SetCounts, how: str) -> SetPvalues:
    few = np.array([len(m) < MIN_GENES for m in inputs.members.values()], dtype=bool)
    found = SetPvalues(np.where(few, np.nan, tests.pvalue), np.sign(tests.statistic), how)
    if isinstance(tests, SetCounts):
        return found
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(few, np.nan, np.abs(tests.effect / tests.statistic))
    return replace(found, error=error, df=tests.df)


def _ora(inputs: SetInputs) -> SetPvalues:
    called, _, sets = _loci_called(inputs)
    tests = over_representation(called, sets)
    return _counted(
        inputs,
        tests,
        f"over-representation: {int(called.sum())} called of the {len(called)} loci tested, which"
        " are the universe (hypergeometric, one-sided: more than chance); it takes loci as"
        " independent and as equally likely to be called",
    )


def _logistic(inputs: SetInputs) -> SetPvalues:
    called, first, sets = _loci_called(inputs)
    parts, named = [], []
    level, covariates = inputs.level, inputs.level.covariates
    if covariates is not None and "length" in covariates:
        length = covariates["length"].reindex(level.genes["gene_id"].iloc[first])
        filled = length.fillna(length.median()).to_numpy(np.float64)
        if np.isfinite(filled).all():
            parts.append(spline_basis(np.log(np.maximum(filled, 1.0))))
            named.append("a spline of the gene's length")
    if covariates is not None and "cpg_island" in covariates:
        parts.append(level.islands[first].astype(np.float64)[:, None])
        named.append("whether its promoter is a CpG island")
    bases = level.bases[first]
    if len(np.unique(bases)) > 1:
        parts.append(spline_basis(np.log(np.maximum(bases, 1.0))))
        named.append("a spline of how many bases of it were tested")
    basis = np.column_stack(parts) if parts else np.zeros((len(first), 0))
    tests = logistic_score(called, sets, basis)
    beside = ", ".join(named) if named else "no covariate (no lengths are known)"
    return _counted(
        inputs,
        tests,
        f"logistic regression of being called ({int(called.sum())} of {len(called)} loci) beside"
        f" {beside}; score test, two-sided; it takes loci as independent",
    )


def _self_contained(
    inputs: SetInputs, test: Callable[..., SetTests | RotationTests], how: str
) -> SetPvalues:
    if not inputs.level.has_effects:
        raise DesignError("this gene-set test needs a fit with a contrast of coefficients")
    tests = test(inputs.level.effects, list(inputs.members.values()))
    return SetPvalues(
        tests.pvalue,
        np.sign(tests.statistic),
        f"{how}, one gene a locus; it asks whether the set changes at all, not whether it changes"
        " more than other genes, so a common shift calls nearly any set",
    )


def _permutation(inputs: SetInputs) -> SetPvalues:
    level = inputs.level
    if level.fit is None or level.contrast is None or level.design is None:
        raise DesignError("relabelling reads the fit and its design")
    rows = {name: level.rows[m].tolist() for name, m in inputs.members.items() if len(m)}
    own, instead = fit_to_relabel(level.fit, level.design, level.matrix)
    found = relabel(own, level.design, level.contrast, sets=rows, counted=False)
    table = found.sets.reindex(list(inputs.members))
    few = f", so that the smallest P is {2 / max(len(found.calls), 1):.2g}"
    return SetPvalues(
        np.asarray(table["pvalue"], dtype=np.float64),
        np.sign(np.asarray(table["statistic"], dtype=np.float64)),
        f"{len(found.calls)} {'' if found.complete else 'random '}relabellings of the units"
        f"{instead}: mean statistic of the set less that of all regions, against that under"
        f" exchanged labels{few};"
        " exact where the units of both groups are exchangeable",
    )


def _gsea(inputs: SetInputs) -> SetPvalues:
    import gseapy

    level, z = inputs.level, inputs.level.z
    kept = level.one_a_locus(np.flatnonzero(np.isfinite(z)))
    kept = np.union1d(kept, np.concatenate([np.zeros(0, np.int64), *inputs.members.values()]))
    kept = kept[np.isfinite(z[kept])]
    ranked = pd.Series(z[kept], index=[f"g{i}" for i in kept]).sort_values(ascending=False)
    sets = {name: [f"g{i}" for i in m if np.isfinite(z[i])] for name, m in inputs.members.items()}
    sets = {name: own for name, own in sets.items() if len(own) >= MIN_GENES}
    p = pd.Series(np.nan, index=list(inputs.members))
    score = p.copy()
    if sets:
        made = gseapy.prerank(
            ranked,
            sets,
            min_size=MIN_GENES,
            max_size=len(ranked),
            permutation_num=GSEA_PERMUTATIONS,
            seed=1,
            threads=1,
            outdir=None,
            no_plot=True,
            verbose=False,
        ).res2d.set_index("Term")
        p.update(made["NOM p-val"].astype(float))
        score.update(made["NES"].astype(float))
    logger.warning(
        "gsea: P by permutation of genes is too small where the genes of a set are correlated"
        " (type I .195 at a correlation of .05); prefer camera"
    )
    return SetPvalues(
        np.asarray(p, dtype=np.float64),
        np.sign(np.asarray(score, dtype=np.float64)),
        f"preranked GSEA (Subramanian et al. 2005), by gseapy with {GSEA_PERMUTATIONS}"
        " permutations of genes; warning: it takes genes as independent, and at a correlation of"
        " .05 within sets calls .195 of quiet sets at .05",
    )


# To add a test, add a record; the first is the default.
METHODS: dict[str, SetMethod] = {
    "camera": SetMethod(
        "do the genes change more than the other genes tested?",
        "correlation within a set is that of the residuals, or the preset one",
        _camera,
        references=(WU_2012,),
    ),
    "ora": SetMethod(
        "are more loci called in the set than elsewhere?",
        "loci are independent and equally likely to be called",
        _ora,
    ),
    "logistic": SetMethod(
        "are more loci called than length, CpG islands and the bases tested explain?",
        "loci are independent given these",
        _logistic,
    ),
    "fry": SetMethod(
        "do the genes change together?",
        "normal errors; says nothing of other genes",
        partial(_self_contained, test=fry, how="fry (Wu et al. 2010)"),
        needs_fit=True,
        references=(WU_2010,),
    ),
    "roast": SetMethod(
        "do the genes change together?",
        "normal errors; says nothing of other genes",
        partial(
            _self_contained,
            test=partial(roast, n_rotations=ROTATIONS),
            how=f"roast (Wu et al. 2010), {ROTATIONS} rotations",
        ),
        needs_fit=True,
        references=(WU_2010,),
    ),
    "permutation": SetMethod(
        "do the genes change more than under exchanged labels?",
        "units are exchangeable; few units give no small P",
        _permutation,
        needs_fit=True,
        relabels=True,
    ),
    "gsea": SetMethod(
        "do the genes gather at an end of the ranked list?",
        "genes are independent, which they are not: see its warning",
        _gsea,
        references=(SUBRAMANIAN_2005,),
    ),
}

DEFAULT_TEST = next(iter(METHODS))
