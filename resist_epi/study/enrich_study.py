"""Gene sets of a study's counts, as a run tests them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from resist_epi.errors import DesignError
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.model.analysis import Analysis
from resist_epi.schema import Kind
from resist_epi.study.steps.analyses import genes_of_kind
from resist_epi.study.steps.domains import shared_domains
from resist_epi.study.steps.sets import level_of, sets_of
from resist_epi.study.study_counts import StudyCounts


def enrich_study(
    counts: StudyCounts,
    analysis: Analysis,
    gene_sets: Mapping[str, GeneSet] | None = None,
    *,
    domains: Analysis | None = None,
) -> pd.DataFrame:
    """Test gene sets in what was found of a study's counts, with the numbers of a run.

    As `enrich`, which takes results alone; here the mark, the lengths and CpG islands of its genes
    and the relabelled units are known. Of `peaks` a gene's value is the mean of its linked sites.

    Parameters
    ----------
    counts, analysis
        As of `count_study`, and `analyse` of it.
    gene_sets
        By default the built-in ones; `read_gmt` reads others.
    domains
        `analyse` of the same mark's `domains`: the genes of one domain then count once, as they do
        in a run of a mark that forms domains.

    Returns
    -------
    DataFrame
        A row a set, as of `enrich`.

    Raises
    ------
    DesignError
        If the regions are of no genes.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from resist_epi import analyse, count_study
    >>> from resist_epi.simulation import CohortSettings, simulate_cohort, write_cohort
    >>> few = CohortSettings(marks=("H3K27me3",), chromosomes=("chr21",), good=2, poor=2,
    ...                      fragments=40_000)
    >>> sheet = write_cohort(simulate_cohort(few), pathlib.Path(tempfile.mkdtemp()))
    >>> counts = count_study(sheet, "promoters", genome="hg38")
    >>> sets = enrich_study(counts, analyse(counts, contrast="poor-good"))
    >>> sets.columns[:4].tolist()
    ['set', 'source', 'n_genes', 'n_tested']
    """
    if counts.kind not in ("promoters", "genes", "peaks"):
        raise DesignError(
            f"{counts.kind} have no genes of their own; ask gene sets of promoters, genes or peaks"
        )
    study, mark = counts.study, counts.mark
    if gene_sets is not None:
        study = replace(study, gene_sets=gene_sets, own_sets=True)
    shared = None if domains is None else shared_domains(domains.results, mark)
    kind: Kind = "peaks" if counts.kind == "peaks" else "promoters"
    main = genes_of_kind(study, mark, analysis, kind)
    return sets_of(study, main, level_of(study, main, mark, shared))
