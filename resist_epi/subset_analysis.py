"""From an analysis to the changes in some of its units, or to the reason why there is no answer."""

from __future__ import annotations

from resist_epi.analysis import Analysis
from resist_epi.errors import DesignError
from resist_epi.subsets import Subsets, subset_results


def carriers_of(analysis: Analysis, *, fdr: float = 0.05) -> Subsets:
    """Look for changes in some units of the first side of an analysis's contrast.

    Raises
    ------
    DesignError
        If the analysis has no test, correlated units (`--block`), or as `subsets.subset_results`.
    """
    if not analysis.tested:
        raise DesignError("carriers of a change need a contrast that can be tested")
    if analysis.options.block is not None:
        raise DesignError("carriers of a change are looked for among independent units, not blocks")
    return subset_results(
        analysis.matrix,
        analysis.design,
        analysis.contrast,
        tested=analysis.fit.tested,
        fdr=fdr,
    )


def carriers_or_reason(
    analysis: Analysis, *, fdr: float = 0.05
) -> tuple[Subsets | None, dict[str, str]]:
    """As `carriers_of`, with a header line for the results; None with the reason in that line."""
    try:
        found = carriers_of(analysis, fdr=fdr)
    except DesignError as error:
        return None, {"carriers": f"not looked for: {error}"}
    return found, {"carriers": found.sentence}
