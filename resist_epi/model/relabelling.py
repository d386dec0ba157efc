"""How many calls the same analysis makes when the labels of the units mean nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions, fit_trend
from resist_epi.samples.design import Contrast, Design
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
    complete
        Whether these are all relabellings, or a seeded sample.
    extremes
        Index P (.01, .001, .0001); columns `observed` and `relabelled`: the share of regions with
        P at most that, under the true labels and, on average, under the others.
    sets
        Index the sets; columns `statistic` (mean t of the set less that of all regions) and
        `pvalue` (two-sided, share of relabellings at least as extreme, the true one among them).
    """

    calls: NDArray[np.int64]
    observed: int
    complete: bool
    extremes: pd.DataFrame
    sets: pd.DataFrame

    @property
    def pvalue(self) -> float:
        """Share of the relabellings with at least as many calls as the true labels."""
        return _share(self.calls >= self.observed, self.complete)

    @property
    def sentence(self) -> str:
        """One sentence for header and report."""
        what = "relabellings" if self.complete else "random relabellings"
        return (
            f"{len(self.calls)} {what} of the units: a median of {np.median(self.calls):.0f}"
            f" calls, 95 % at most {np.quantile(self.calls, 0.95, method='higher'):.0f};"
            f" here {self.observed}"
        )

    @property
    def extremes_sentence(self) -> str:
        """How often P is small under the true labels and under the others."""
        shares = [
            f"P of at most {level:g} in {row['observed']:.2%} of the regions, under relabellings"
            f" in {row['relabelled']:.2%}"
            for level, row in self.extremes.iterrows()
        ]
        return "; ".join(shares)


def relabel(
    fit: Fit,
    design: Design,
    contrast: Contrast,
    *,
    fdr: float = 0.05,
    sets: Mapping[str, Sequence[int]] | None = None,
    seed: int = 0,
) -> Relabelling:
    """Test every relabelling of the two sides of a contrast, or 1,000 where there are over 10,000.

    Labels are exchanged within the levels of the design's other columns that are no numbers, such
    as batches or the patients of a paired design. The weights of the units stay with the units.

    Parameters
    ----------
    fit
        By `trend`.
    sets
        Name -> rows of the fit.
    seed
        Of the sample.

    Raises
    ------
    DesignError
        If the fit is no `trend`, has correlated units, the contrast has no two sides, or the labels
        cannot be exchanged without changing the other coefficients.
    """
    if fit.method != "trend" or fit.linear.correlation is not None:
        raise DesignError("relabelling reads fits by trend without --block")
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
        fdr=fdr,
        sets=list(chosen.values()),
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
    of_sets = pd.DataFrame(
        {
            "statistic": true.set_statistics[0],
            "pvalue": [_share(beyond[:, i], complete) for i in range(beyond.shape[1])],
        },
        index=pd.Index(list(chosen), name="set"),
    )
    return Relabelling(null.calls, int(true.calls[0]), complete, extremes, of_sets)


def fit_to_relabel(fit: Fit, design: Design, matrix: CountMatrix | None) -> tuple[Fit, str]:
    """The fit, or `trend` on the same regions in the place of a count model, and a clause on it.

    Parameters
    ----------
    matrix
        What was fitted; without it a fit stays what it is.
    """
    if matrix is None or fit.method not in ("voom", "ql") or fit.linear.correlation is not None:
        return fit, ""
    options = FitOptions(weights=fit.weights is not None)
    own = fit_trend(matrix, design, fit.tested, options)
    return own, f" (by trend on the same regions, in place of {fit.method})"


def relabelling_header(
    fit: Fit,
    design: Design,
    contrast: Contrast,
    *,
    matrix: CountMatrix | None = None,
    fdr: float = 0.05,
) -> dict[str, str]:
    """Header lines with the sentences of `relabel`, or with why there are none.

    Parameters
    ----------
    matrix
        What was fitted. `voom` has a weight an observation and `ql` iterates, so that neither can
        be relabelled by one product; with the matrix, `trend` is relabelled in their place, and
        this is said.
    """
    try:
        own, instead = fit_to_relabel(fit, design, matrix)
        found = relabel(own, design, contrast, fdr=fdr)
    except DesignError as error:
        return {"relabelling": f"not done: {error}"}
    return {
        "relabelling": found.sentence + instead,
        "relabelling at the extremes": found.extremes_sentence,
    }


def _share(beyond: NDArray[np.bool_], complete: bool) -> float:
    # Of a sample the true labels are one more draw; of all splits they are one already.
    extra = 0 if complete else 1
    return float((beyond.sum() + extra) / (len(beyond) + extra))


def _strata(design: Design, contrast: Contrast) -> NDArray[np.int64]:
    """(n_units,) codes of the levels within which labels may be exchanged."""
    column = contrast.name.partition(":")[0]
    others = [
        v
        for v in design.variables
        if v != column and not pd.api.types.is_numeric_dtype(design.units[v])
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
