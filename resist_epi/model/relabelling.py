"""How many calls the same analysis makes when the labels of the units mean nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.analysis import Analysis
from resist_epi.model.differential import METHODS
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question
from resist_epi.stats.groups.permutation import (
    EXTREMES,
    label_splits,
    null_calls,
    null_space_design,
)


@dataclass(frozen=True)
class Relabelling:
    """Calls under relabellings of the units.

    Attributes
    ----------
    calls
        (n_splits,) regions called under each.
    observed
        Regions called under the true labels, by the same count.
    threshold
        The question's threshold on the fold change, of which these counts know nothing.
    complete
        Whether these are all relabellings, or a seeded sample.
    extremes
        Index P (.01, .001, .0001); columns `observed` and `relabelled`: the share of regions with
        P at most that, under the true labels and, on average, under the others.
    sets
        Index the sets; columns `statistic` (mean t of the set less that of all regions) and
        `pvalue` (two-sided, share of relabellings at least as extreme, the true one among them);
        `active` (share with P at most .05 less that of all regions) and `active_pvalue`
        (one-sided, share of relabellings with at least as much).
    """

    calls: NDArray[np.int64]
    observed: int
    complete: bool
    extremes: pd.DataFrame
    sets: pd.DataFrame
    threshold: float = 0.0

    @property
    def pvalue(self) -> float:
        """Share of the relabellings with at least as many calls as the true labels."""
        return _share(self.calls >= self.observed, self.complete)

    @property
    def facts(self) -> dict[str, Any]:
        """How many relabellings, their calls, and those under the true labels."""
        return {
            "n": len(self.calls),
            "complete": self.complete,
            "median": float(np.median(self.calls)),
            "q95": float(np.quantile(self.calls, 0.95, method="higher")),
            "observed": self.observed,
        }

    @property
    def sentence(self) -> str:
        """One sentence for header and report."""
        facts = self.facts
        what = "relabellings" if self.complete else "random relabellings"
        said = (
            f"{facts['n']} {what} of the units: a median of {facts['median']:.0f} calls,"
            f" 95 % at most {facts['q95']:.0f}; here {facts['observed']}"
        )
        return said + self._null

    @property
    def extremes_sentence(self) -> str:
        """How often P is small under the true labels and under the others."""
        shares = [
            f"P of at most {level:g} in {row['observed']:.2%} of the regions, under relabellings"
            f" in {row['relabelled']:.2%}"
            for level, row in self.extremes.iterrows()
        ]
        return "; ".join(shares) + self._null

    @property
    def _null(self) -> str:
        if not self.threshold:
            return ""
        return f" (these counts are against no change, not the threshold of {self.threshold:g})"


def relabel(
    fit: Fit,
    design: Design,
    contrast: Contrast,
    question: Question | None = None,
    *,
    sets: Mapping[str, Sequence[int]] | None = None,
    counted: bool = True,
    seed: int = 0,
) -> Relabelling:
    """Test every relabelling of the two sides of a contrast, or 1,000 where there are over 10,000.

    Labels are exchanged within the levels of the design's other columns that are no numbers, such
    as batches or the patients of a paired design. The weights of the units stay with the units.

    Parameters
    ----------
    fit
        By `trend`.
    question
        Its level is that of the calls. Against its threshold nothing is relabelled: the calls are
        against no change, and the sentence says so.
    sets
        Name -> rows of the fit.
    counted
        Whether calls and extremes are wanted; 0 otherwise, as where the sets alone are.
    seed
        Of the sample.

    Raises
    ------
    DesignError
        If the fit cannot be relabelled, has correlated units, the contrast has no two sides, or the
        labels cannot be exchanged without changing the other coefficients.
    """
    readable = METHODS[fit.method].relabelled_by == fit.method and not _leaves_out(fit)
    if not readable or fit.linear.correlation is not None:
        able = " or ".join(name for name, m in METHODS.items() if m.relabelled_by == name)
        raise DesignError(f"relabelling reads fits by {able} of every value, without --block")
    question = question or Question()
    if len(contrast.sides) != 2:
        raise DesignError("relabelling needs a contrast of two groups")
    rows = np.flatnonzero(fit.tested & np.isfinite(fit.squeezed.posterior))
    null_design = null_space_design(fit.linear.design, contrast.vector)
    first, second = contrast.sides
    splits, complete = label_splits((first, second), _strata(design, contrast), seed=seed)
    _check_model(fit, null_design, first)
    chosen = {k: np.flatnonzero(np.isin(rows, list(v))) for k, v in (sets or {}).items()}
    test = partial(
        null_calls,
        fit.linear.response[rows],
        null_design,
        squeezed=fit.squeezed.of(rows),
        weights=fit.linear.weights,
        fdr=question.fdr,
        sets=list(chosen.values()),
        counted=counted,
    )
    null, true = test(splits), test(first[None, :])
    extremes = pd.DataFrame(
        {
            "observed": true.extremes[0] / max(len(rows), 1),
            "relabelled": null.extremes.mean(axis=0) / max(len(rows), 1),
        },
        index=pd.Index(EXTREMES, name="P"),
    )
    beyond = np.abs(null.set_statistics) >= np.abs(true.set_statistics) * (1 - 1e-9)
    livelier = null.set_active >= true.set_active - 1e-9
    of_sets = pd.DataFrame(
        {
            "statistic": true.set_statistics[0],
            "pvalue": [_share(beyond[:, i], complete) for i in range(beyond.shape[1])],
            "active": true.set_active[0],
            "active_pvalue": [_share(livelier[:, i], complete) for i in range(beyond.shape[1])],
        },
        index=pd.Index(list(chosen), name="set"),
    )
    threshold = question.lfc_threshold
    return Relabelling(null.calls, int(true.calls[0]), complete, extremes, of_sets, threshold)


def fit_to_relabel(fit: Fit, design: Design, matrix: CountMatrix | None) -> tuple[Fit, str]:
    """The fit, or what the method's record has in its place, on the same regions, and a clause.

    Parameters
    ----------
    matrix
        What was fitted; without it a fit stays what it is.
    """
    other = METHODS[fit.method].relabelled_by
    by_itself = other == fit.method and not _leaves_out(fit)
    if matrix is None or other is None or by_itself or fit.linear.correlation is not None:
        return fit, ""
    options = FitOptions(weights=fit.weights is not None, centred=True)
    own = METHODS[other].fit(matrix, design, fit.tested, options)
    if other == fit.method:
        return own, " (with the values that the test leaves out)"
    return own, f" (by {other} on the same regions, in place of {fit.method})"


def _leaves_out(fit: Fit) -> bool:
    """Whether values are left out, which one product of regions and labels cannot."""
    weights = fit.linear.weights
    return weights is not None and weights.ndim == 2


def with_relabelling(analysis: Analysis) -> Analysis:
    """The analysis with the sentences and facts of `relabel`, or with why there are none.

    `voom` has a weight an observation and `ql` iterates, so that neither can be relabelled by one
    product; `trend` is relabelled in their place, and this is said.
    """
    design, contrast = analysis.design, analysis.contrast
    try:
        own, instead = fit_to_relabel(analysis.fit, design, analysis.matrix)
        found = relabel(own, design, contrast, analysis.question)
    except DesignError as error:
        return analysis.with_more(header={"relabelling": f"not done: {error}"})
    said = {
        "relabelling": found.sentence + instead,
        "relabelling at the extremes": found.extremes_sentence + instead,
    }
    return analysis.with_more(header=said, facts={"relabelling": found.facts})


def _share(beyond: NDArray[np.bool_], complete: bool) -> float:
    # Of a sample the true labels are one more draw; of all splits they are one already.
    extra = 0 if complete else 1
    return float((beyond.sum() + extra) / (len(beyond) + extra))


def _strata(design: Design, contrast: Contrast) -> NDArray[np.int64]:
    """(n_units,) codes of the levels within which labels may be exchanged."""
    others = [
        v
        for v in design.variables
        if v != contrast.column and not pd.api.types.is_numeric_dtype(design.units[v])
    ]
    if not others:
        return np.zeros(len(design.units), dtype=np.int64)
    codes = design.units.groupby(others, sort=False, dropna=False).ngroup()
    return np.asarray(codes, dtype=np.int64)


def _check_model(fit: Fit, null_design: np.ndarray, first: NDArray[np.bool_]) -> None:
    """The null model and the label together must be the model that was fitted."""
    together = np.column_stack([null_design, first])
    rank = np.linalg.matrix_rank
    if rank(together) != rank(np.column_stack([together, fit.linear.design])):
        raise DesignError(
            "relabelling needs groups that differ by the contrast alone; this design has"
            " interactions with them"
        )
