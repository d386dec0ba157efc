"""Changes in some of the units of a group, and the units that carry them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.analysis import Analysis
from resist_epi.model.linear_models import log_level
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question
from resist_epi.schema import REGIONS, SUBSETS, names
from resist_epi.stats.groups.carriers import CarrierTests, carrier_tests
from resist_epi.stats.groups.permutation import null_space_design
from resist_epi.stats.linear.moderation import spread
from resist_epi.stats.multiple import benjamini_hochberg, directions


def carriers_of(analysis: Analysis) -> Subsets:
    """Look for changes in some units of the first side of an analysis's contrast.

    They are held against no change at all: a threshold on the fold change is not asked of a part
    of a side, and the sentence says so.

    Raises
    ------
    DesignError
        If the analysis has no test, correlated units (`--block`), or as `subsets.subset_results`.
    """
    question = analysis.question
    check_carriers(question, tested=analysis.tested)
    found = subset_results(
        analysis.matrix,
        analysis.design,
        analysis.contrast,
        tested=analysis.fit.tested,
        fdr=question.fdr,
    )
    if question.lfc_threshold > 0:
        more = f"; against no change at all, not the threshold of {question.lfc_threshold:g}"
        found = replace(found, sentence=found.sentence + more)
    return found


def with_carriers(analysis: Analysis) -> tuple[Analysis, Subsets | None]:
    """As `carriers_of`, and the analysis with what was found, or why nothing was looked for."""
    try:
        found = carriers_of(analysis)
    except DesignError as error:
        return analysis.with_more(header={"carriers": f"not looked for: {error}"}), None
    said, facts = {"carriers": found.sentence}, {"carriers": found.facts}
    return analysis.with_more(header=said, facts=facts), found


FEWEST_UNITS = 6  # on either side: fewer do not tell two levels from noise

# Units that stand out, and are named: by their share of the calls, and times the mean share.
SHARED, BEYOND_MEAN = 0.5, 1.5

METHOD = (
    "best split of the first side's units by moderated t, against splits of simulated noise with"
    " the spread, tails and skewness of these regions; each unit is centred and weighted among"
    " regions of like signal, so that changes of all regions together are not seen here"
)


@dataclass(frozen=True)
class Subsets:
    """Results of the test for carriers.

    Attributes
    ----------
    table
        Columns of `schema.SUBSETS`, a row a region; NaN where a region was not tested.
    sentence
        What was found, and which units carry it, in words.
    """

    table: pd.DataFrame
    sentence: str

    @property
    def header(self) -> dict[str, str]:
        """Sentence and method, for the `#` lines of the table."""
        return {"carriers": self.sentence, "carriers by": METHOD}

    @property
    def facts(self) -> dict[str, int]:
        """How many regions are called, and how many of them in some units only."""
        called = self.table[self.table["direction"] != "none"]
        part = int((called["n_carriers"] < called["n_units"]).sum())
        return {"called": len(called), "in some only": part}


def subset_results(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    *,
    tested: NDArray[np.bool_],
    fdr: float = Question.fdr,
    seed: int = 0,
) -> Subsets:
    """Look in every region for a change in some units of the contrast's first side.

    A mean over a group dilutes what half of it carries, and such a mixture inflates the variance
    that the mean is held against. This test is apart from that of the contrast, with a multiple
    testing of its own; a region that changes in the whole side is found by both. For carriers on
    the second side, turn the contrast round.

    Parameters
    ----------
    matrix
        Normalised, a column a unit, in the order of the design's rows.
    tested
        (n_regions,) bool.
    fdr
        Level at which `direction` says gain or loss.
    seed
        Of the simulated noise.

    Raises
    ------
    DesignError
        If the contrast has no two sides, either has fewer than 6 units, the groups differ by more
        than the contrast, or fewer than 200 regions are tested.
    """
    first = _first_side(design, contrast)
    X = design.matrix.to_numpy(np.float64)
    null_design = null_space_design(X, contrast.vector)
    rank = np.linalg.matrix_rank
    if rank(np.column_stack([null_design, first])) != rank(
        np.column_stack([null_design, first, X])
    ):
        raise DesignError("the groups differ by more than the contrast; leave interactions out")
    level, _ = log_level(matrix, tested)
    found = carrier_tests(level[tested], X, null_design, first, seed=seed)
    table = _table(matrix, tested, found, first, fdr)
    return Subsets(table, _in_words(table, contrast.levels[0], fdr))


def check_carriers(question: Question, *, tested: bool = True, contrasts: int = 1) -> None:
    """Refuse a question that carriers cannot be looked for with, before anything is fitted.

    Parameters
    ----------
    contrasts
        How many are asked for.

    Raises
    ------
    DesignError
        If there is no test, units are correlated (`--block`), or there are several contrasts.
    """
    if contrasts > 1:
        raise DesignError(
            f"carriers of a change are looked for in one contrast, not {contrasts}; ask with one"
            " --contrast"
        )
    if not tested:
        raise DesignError("carriers of a change need a contrast that can be tested")
    if question.block is not None:
        raise DesignError("carriers of a change are looked for among independent units, not blocks")


def _first_side(design: Design, contrast: Contrast) -> NDArray[np.bool_]:
    if len(contrast.sides) != 2:
        raise DesignError("carriers of a change are looked for where a contrast has two groups")
    smaller = min(contrast.group_sizes)
    if smaller < FEWEST_UNITS:
        raise DesignError(
            f"carriers of a change are looked for from {FEWEST_UNITS} units a group on; the"
            f" smaller one has {smaller}"
        )
    return contrast.sides[0]


def _table(
    matrix: CountMatrix,
    tested: NDArray[np.bool_],
    found: CarrierTests,
    first: NDArray[np.bool_],
    fdr: float,
) -> pd.DataFrame:
    columns = [c for c in names(REGIONS) if c in matrix.regions and c in names(SUBSETS)]
    table = matrix.regions[columns].reset_index(drop=True).copy()
    size = spread(found.carriers.sum(axis=1).astype(np.float64), tested)
    table["n_carriers"] = pd.array(size, dtype="Float64").astype("Int64")
    table["n_units"] = int(first.sum())
    table["carriers"] = _named(matrix, tested, found.carriers)
    table["carrier_log2FoldChange"] = spread(found.shift, tested)
    table["stat"] = spread(found.statistic, tested)
    table["pvalue"] = spread(found.pvalue, tested)
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy())
    table["direction"] = directions(table["padj"], table["stat"], fdr=fdr)
    return table[names(SUBSETS)]


def _named(
    matrix: CountMatrix, tested: NDArray[np.bool_], carriers: NDArray[np.bool_]
) -> list[str]:
    samples = np.array(matrix.samples, dtype=object)
    named = np.full(len(tested), "", dtype=object)
    named[tested] = [",".join(samples[row]) for row in carriers]
    return list(named)


def _in_words(table: pd.DataFrame, side: str, fdr: float) -> str:
    called = table[table["direction"] != "none"]
    part = called[called["n_carriers"] < called["n_units"]]
    sentence = (
        f"{len(called)} region{' changes' if len(called) == 1 else 's change'}"
        f" in units of {side} at {fdr:.0%} FDR,"
        f" {len(part)} of them in some only"
    )
    if not len(part):
        return sentence
    counted = Counter(unit for units in part["carriers"] for unit in units.split(","))
    n_units = int(table["n_units"].iloc[0])
    least = max(SHARED * len(part), BEYOND_MEAN * counted.total() / n_units)
    out = [f"{u} ({n / len(part):.0%})" for u, n in counted.most_common() if n >= least]
    middle = f", a median of {part['n_carriers'].median():g} of {n_units}"
    if not out:
        return f"{sentence}{middle}; no unit stands out"
    return (
        f"{sentence}{middle}; units that stand out: {', '.join(out)} of these (a subtype, purity,"
        " copy number or a batch could set them apart)"
    )
