"""Where the changes of a mark lie, and how much of the genome carries it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.units import merge_units
from resist_epi.domains.balance import mark_balance
from resist_epi.errors import DesignError
from resist_epi.genes.covariates import gene_covariates
from resist_epi.genes.where import CPG, cpg_classes, where_called
from resist_epi.genome.partition import class_of, read_partition
from resist_epi.model.analysis import Analysis
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import Kind
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.study import Study

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """The user's partition of the genome: its name and its parts, or nothing."""

    name: str = ""
    table: pd.DataFrame | None = None

    def classes(self, regions: pd.DataFrame) -> dict[str, NDArray[np.object_]]:
        """Name -> (n_regions,) class of each region; empty without a partition."""
        return {} if self.table is None else {self.name: class_of(regions, self.table)}


def study_parts(study: Study) -> Parts:
    """Read the partition that a study names."""
    path = study.settings.partition
    if path is None:
        return Parts()
    return Parts(path.name.split(".")[0], read_partition(path, study.naming))


def write_where(
    study: Study,
    sheet: SampleSheet,
    analyses: Mapping[Kind, Analysis],
    main: Analysis,
    bins: CountMatrix,
    outputs: Outputs,
) -> None:
    """Write where the calls of each kind of regions lie, and the balance of the mark.

    Parameters
    ----------
    sheet
        Rows of the mark.
    analyses
        Kind -> its analysis.
    main
        Of the regions that speak for a gene, whose design and contrast the balance takes.
    bins
        Bins of the genome, a column a library.
    """
    parts = study_parts(study)
    covariates = gene_covariates(study.reference)
    for kind, analysis in analyses.items():
        results = analysis.results
        partitions = parts.classes(results)
        if "cpg_island" in covariates and (results["gene_id"] != "").any():
            partitions = {CPG: cpg_classes(results, covariates)} | partitions
        if partitions and analysis.tested:
            path = outputs.path("where", kind)
            about = {"where": WHERE_WORDS}
            outputs.table(path, where_called(results, partitions), analysis.about(path) | about)
    try:
        units, _, _ = merge_units(bins, sheet, design_columns=list(main.design.variables))
        table = mark_balance(units, main.design, main.contrast, classes=parts.classes(bins.regions))
    except DesignError as error:
        logger.info("%s: no balance of the mark: %s", outputs.mark, error)
        return
    said = balance_words(table, main, outputs.mark)
    logger.info("%s", said)
    path = outputs.path("balance")
    outputs.table(path, table, main.about(path) | {"balance": said, "asked": BALANCE_WORDS})


WHERE_WORDS = (
    "called regions of one direction within 50 kb of one another count once; what is expected"
    " (n_expected) is the mean of draws of tested regions alike in signal and length"
)

BALANCE_WORDS = (
    "share of the bins that hold more than twice the unit's own background (the median of the"
    " quieter half of the bins); relative to that background, so a change of everything alike is"
    " not seen without a spike-in"
)


def balance_words(table: pd.DataFrame, main: Analysis, mark: str) -> str:
    """The balance of the whole genome in a sentence; of a slope there are no two groups to name."""
    row = table.iloc[0]
    changed = (
        f"{100 * row['difference']:+.2f} points ± {100 * row['error']:.2f}, P {row['pvalue']:.2g}"
    )
    if len(main.contrast.levels) != 2 or np.isnan([row["first"], row["second"]]).any():
        return f"the share of the genome where {mark} lies above background changes by {changed}"
    shares = [
        f"{row[side]:.2%}" + ("" if np.isnan(error) else f" ± {error:.2%}")
        for side in ("first", "second")
        for error in [row[f"{side}_error"]]
    ]
    first, second = main.contrast.levels
    return (
        f"{mark} lies above background in {shares[0]} of the genome in {first}, {shares[1]} in"
        f" {second} (mean ± standard error): a difference of {changed}"
    )
